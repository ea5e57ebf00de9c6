"""A training that is killed, over and over, and must not show it."""

import json
import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress
from itertools import pairwise

import pytest
from PIL import Image

from gan_lessons.images.gate import open_image
from gan_lessons.images.labels import LINE
from gan_lessons.models import store
from gan_lessons.training import checkpoint, history, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL"),
]
KILLS = 20
PATIENCE = 300  # seconds until a test gives up on a process


@pytest.fixture(scope="module")
def start():
    """Starts a training in a process of its own, forked from one that has imported everything."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(
        ["pytest", "torch.utils.tensorboard", "gan_lessons.training.run"]
        + [f"gan_lessons.data.{name}" for name in ("emoji", "folders", "paintings")]
    )

    def start(config, out):
        options = {"resume": "auto", "device": "cpu", "report": str}  # `str` tells nobody
        process = forks.Process(target=run.train_by_recipe, args=(config, out), kwargs=options)
        process.start()
        return process

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # sums in one order, for equality bit by bit
        yield start


@pytest.fixture(scope="module")
def recipe(tiny_dataset, tiny_config, tmp_path_factory):
    """Everything is written often, so that kills fall into writing too."""
    pictures = tmp_path_factory.mktemp("pictures")
    for i, image in enumerate(tiny_dataset.images):
        style = tiny_dataset.styles[tiny_dataset.labels[i]]
        place = pictures / tiny_dataset.splits[i] / style
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(place / f"{i % 12}.png")
    return tiny_config.override(
        {
            "data.name": str(pictures),
            "train.steps": 40,
            "train.log_every": 1,
            "train.sample_every": 3,
            "train.checkpoint_every": 2,
        }
    )


@pytest.fixture(scope="module")
def whole(start, recipe, tmp_path_factory):
    """A run that nobody disturbed."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    finish(start(recipe, out))
    return out


def finish(process):
    process.join(PATIENCE)
    assert process.exitcode == 0


def temporaries(out):
    return {p.name for p in out.rglob(".gan-lessons-*.tmp")}


def size_of_log(out):
    path = out / history.FILE
    return path.stat().st_size if path.exists() else 0


def wait_for_lines(out, number, process):
    """Returns when the log has so many lines more, or the process has ended."""
    seen, end = size_of_log(out), time.monotonic() + PATIENCE
    while number and process.exitcode is None:
        assert time.monotonic() < end
        now = size_of_log(out)
        if now != seen:
            seen, number = now, number - 1
        time.sleep(0.001)


def freeze_while_writing(out, number, process):
    """Halts the process in the middle of writing a file, after so many such moments."""
    before, end = temporaries(out), time.monotonic() + PATIENCE
    while process.exitcode is None:
        assert time.monotonic() < end
        if temporaries(out) - before:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGSTOP)
                time.sleep(0.001)
                if temporaries(out) - before:  # it is still there: the file is half-written
                    if not number:
                        return
                    number -= 1
                os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.0002)


def wait_for_a_random_moment(process, out, life, turn):
    """By turns: any moment of a life, any moment of a step, the moment when a file is written."""
    if turn % 4 == 0:
        process.join(random.uniform(0, life))
    elif turn % 4 == 2:
        wait_for_lines(out, random.randint(1, 6), process)
        process.join(random.uniform(0, life / 10))
    else:
        freeze_while_writing(out, random.randint(0, 12), process)


def check_that_all_is_whole(out):
    """Reads whatever a kill left, and returns the step of the checkpoint."""
    for path in out.glob("samples/*.png"):
        assert open_image(path).size == (7 * 18 + 2, LINE + 8 * 18 + 2)
    if (out / history.FILE).exists():
        steps = [line["step"] for line in history.read(out / history.FILE)]
        assert steps == list(range(1, len(steps) + 1))
    if (out / store.CONFIG).exists():
        known = store.describe(out)
        store.read_networks(out, known, sorted(store.stored_shapes(out)))
        assert len(known.styles) == 3 and known.run["steps"] % 2 == 0
    if not (out / checkpoint.FILE).exists():
        return 0
    parts = checkpoint.read(out / checkpoint.FILE)
    assert len(steps) >= parts["step"] and known.run["steps"] >= parts["step"]
    assert (out / "README.md").read_text().startswith("---")
    return parts["step"]


def test_twenty_kills_leave_no_trace(start, recipe, whole, contents, tmp_path):
    random.seed(7)
    began = time.monotonic()
    finish(start(recipe.override({"train.steps": 8}), tmp_path / "clock"))
    life = time.monotonic() - began  # from the first word to the eighth step
    expected = contents(whole)

    out, kills, reached, cut = tmp_path / "0", 0, [], set()
    while kills < KILLS:
        process = start(recipe, out)
        wait_for_a_random_moment(process, out, life, kills)
        process.kill()
        process.join()
        if process.exitcode == 0:  # it was done before: the next one
            assert contents(out) == expected
            out, reached = tmp_path / str(kills), []
            continue
        assert process.exitcode == -signal.SIGKILL
        kills += 1
        reached.append(check_that_all_is_whole(out))
        assert all(one <= two for one, two in pairwise(reached))  # what was saved stays saved
        cut |= temporaries(out)
    assert len(cut) > 3  # many kills did fall into writing
    finish(start(recipe, out))
    assert contents(out) == expected


def test_interrupts_finish_their_step_and_leave_no_trace(start, recipe, whole, contents, tmp_path):
    random.seed(8)
    out, stops = tmp_path / "run", 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        process = start(recipe, out)
        wait_for_lines(out, random.randint(2, 7), process)
        os.kill(process.pid, number)
        finish(process)
        saved = checkpoint.read(out / checkpoint.FILE)["step"]
        assert saved == history.read(out / history.FILE)[-1]["step"]
        assert saved == json.loads((out / store.CONFIG).read_text())["run"]["steps"]
        stops += saved < recipe.train.steps
    assert stops
    finish(start(recipe, out))
    expected, found = contents(whole), contents(out)
    assert {key: found[key] for key in expected} == expected
    assert all(key.endswith(".png") for key in set(found) - set(expected))
    assert not temporaries(out)
