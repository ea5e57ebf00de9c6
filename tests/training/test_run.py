import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from gan_lessons.data.batches import Batches
from gan_lessons.models import store
from gan_lessons.models.card import unmoved
from gan_lessons.models.stargan.architecture import ARCHITECTURE
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.provenance import commit
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.training import checkpoint, history
from gan_lessons.training import forecast as forecasting
from gan_lessons.training import run as runs
from gan_lessons.training.folder_lock import working_in
from gan_lessons.training.forecast import forecast
from gan_lessons.training.state import create_state

pytestmark = pytest.mark.usefixtures("one_thread")


class Crash(Exception):
    """Stands for whatever ends a training from outside."""


@pytest.fixture
def go(tiny_config, tiny_dataset, tmp_path):
    """Runs a recipe in a folder; what it told is kept in `go.told`."""

    def run(name="run", settings=None, *, crash=None, dataset=tiny_dataset, **options):
        def report(line):
            run.told.append(line)
            if crash and line.startswith(crash):
                raise Crash

        recipe = tiny_config.override(settings or {})
        options = {"device": "cpu", "dataset": dataset, "report": report} | options
        return runs.train_by_recipe(recipe, tmp_path / name, **options)

    run.told = []
    run.folder = tmp_path
    return run


def weights_of(state):
    return {
        f"{name}.{key}": value.clone()
        for name, network in state.networks.items()
        for key, value in network.state_dict().items()
    }


# What a run leaves behind


def test_a_run_leaves_all_it_promises(go, tiny_dataset):
    state = go()
    folder = go.folder / "run"
    assert state.step == 12
    assert [line["step"] for line in history.read(folder / "log.jsonl")] == [2, 4, 6, 8, 10, 12]
    assert [p.name for p in sorted(folder.glob("samples/*"))] == [
        "000004.png", "000008.png", "000012.png"
    ]  # fmt: skip
    described = json.loads((folder / "config.json").read_text())
    assert described["styles"] == list(tiny_dataset.styles)
    made = described["run"]
    assert (made["steps"], made["images"], made["precision"]) == (12, 48, "fp32")
    assert made["torch"] == torch.__version__ and made["from"] == {}
    assert made["commit"] == commit() and "train.steps=12" in made["recipe"]
    card = (folder / "README.md").read_text()
    assert f"commit {made['commit'] or 'not recorded'}" in card and f"| {made['recipe']} |" in card
    assert "# run" in card and "discs, squares, stripes" in card
    assert "12 of 4 source images (48 images seen)" in card and "random weights" in card
    assert not [p for p in folder.rglob("*") if p.name.startswith(".")]
    model = StyleTransfer.load(folder, device="cpu", precision="fp32")
    assert model.styles == tiny_dataset.styles and model.size == 16


def test_the_weights_for_use_are_the_averages(go):
    state = go(settings={"train.ema_half_life": 0.01})
    folder = go.folder / "run"
    stored = store.read_networks(folder, store.describe(folder), tuple(state.networks))
    for name, network in stored.items():
        expected = (state.averages.get(name) or state.networks[name]).state_dict()
        for key, value in network.state_dict().items():
            torch.testing.assert_close(value, expected[key], rtol=1e-3, atol=1e-6)
    current = state.networks["generator"].state_dict()["to_rgb.weight"]
    assert not state.averages["generator"].state_dict()["to_rgb.weight"].equal(current)


def test_snapshots_keep_the_model_of_each_checkpoint(go):
    settings = {"train.checkpoint_every": 5, "train.snapshots": True}
    go("run", settings)
    kept = sorted((go.folder / "run" / "snapshots").iterdir())
    assert [folder.name for folder in kept] == ["000005", "000010", "000012"]
    for folder in kept:
        assert store.describe(folder).run["steps"] == int(folder.name)
        StyleTransfer.load(folder, device="cpu", precision="fp32")
    last, before = ((folder / store.FILE).read_bytes() for folder in (kept[-1], kept[-2]))
    assert last == (go.folder / "run" / store.FILE).read_bytes() != before


def test_a_sheet_shows_held_out_sources_in_every_style(go, tiny_dataset, tiny_config):
    go(settings={"train.steps": 2, "train.lr": 1e-9, "train.mapping_lr": 1e-9})
    with Image.open(go.folder / "run" / "samples" / "000002.png") as sheet:
        rows = 8 * 18 + 2
        top = sheet.height - rows  # names stand above the columns
        assert sheet.width == 7 * 18 + 2 and 0 < top < 40
        cell = [sheet.crop((2 + 18 * c, top + 2, 18 + 18 * c, top + 18)) for c in range(7)]
        cell = [each.tobytes() for each in cell]
    assert set(cell) == {cell[0]}  # the model still returns its source
    batch = runs.fixed_batch(ARCHITECTURE, tiny_config, tiny_dataset, torch.device("cpu"))
    held_out = Batches(tiny_dataset, tiny_config.data, batch=1, latent_dim=4, seed=0, split="valid")
    known = held_out.take(tiny_dataset.indices("valid"), torch.zeros(6, 4))
    for x in batch.x_real:
        assert (known - x).abs().amax(dim=(1, 2, 3)).min() == 0


def test_without_validation_images_the_sheet_shows_training_images(tiny_dataset, tiny_config):
    dataset = replace(tiny_dataset, splits=("train",) * 36)
    batch = runs.fixed_batch(ARCHITECTURE, tiny_config, dataset, torch.device("cpu"))
    assert len(batch) == 8


def test_a_run_says_what_it_will_cost_before_it_starts(go):
    go()
    place = next(i for i, line in enumerate(go.told) if line.startswith("this will cost"))
    said = r"\d+\.\d\d s a step, \d+ s to the end, \d+\.\d GiB of memory at the peak, \d+ MiB"
    assert re.search(said, go.told[place])
    assert place < min(i for i, line in enumerate(go.told) if line.startswith("step "))
    assert any("tiny: 24 training images, 3 styles; cpu, fp32" in line for line in go.told)


def test_the_forecast_changes_nothing_and_knows_the_room_on_disk(
    tiny_config, tiny_dataset, tmp_path
):
    config = tiny_config.override({"train.sample_every": 12, "model.critic_max_width": 128})
    objective = StarGAN(config)
    state = create_state(objective, config, torch.device("cpu"))
    before = weights_of(state)
    batches = Batches(tiny_dataset, config.data, batch=4, latent_dim=4, seed=0)
    cost = forecast(objective, state, batches)
    assert all(value.equal(before[key]) for key, value in weights_of(state).items())
    assert state.step == 0 and not any(o.state for o in state.optimisers.values())
    assert cost.seconds == pytest.approx(12 * cost.seconds_per_step)
    assert 2**27 < cost.memory < 2**36
    runs.train_by_recipe(
        config, tmp_path, dataset=tiny_dataset, device="cpu", report=lambda line: None
    )
    names = ("checkpoint.pt", "model.safetensors", "samples/000012.png")
    used = sum((tmp_path / name).stat().st_size for name in names)
    assert 0.5 * used < cost.disk < 2 * used


def test_the_number_of_styles_comes_from_the_data(go, tiny_dataset):
    rows = (tiny_dataset.labels < 2).nonzero().flatten()
    two = replace(
        tiny_dataset,
        styles=("discs", "squares"),
        images=tiny_dataset.images[rows],
        labels=tiny_dataset.labels[rows],
        keys=tiny_dataset.keys[:24],
        splits=tiny_dataset.splits[:24],
    )
    state = go(settings={"train.steps": 1}, dataset=two)
    assert state.config.model.domains == 2
    assert state.networks["discriminator"].heads.weight.shape[0] == 2


def test_a_run_reads_the_folder_its_recipe_names(go, tiny_dataset):
    for style in ("one", "two"):
        (go.folder / "pictures" / style).mkdir(parents=True)
        for i, image in enumerate(tiny_dataset.subset("train", "discs").images):
            picture = Image.fromarray(image.permute(1, 2, 0).numpy())
            picture.save(go.folder / "pictures" / style / f"{i}.png")
    settings = {"data.name": str(go.folder / "pictures"), "train.steps": 1}
    assert go(settings=settings, dataset=None).step == 1
    described = json.loads((go.folder / "run" / "config.json").read_text())
    assert described["styles"] == ["one", "two"]


# Resuming


@pytest.mark.parametrize("crash", ["this will cost", "step 2/", "step 6/", "step 12/"])
def test_resuming_equals_never_having_stopped(go, contents, crash):
    go("whole")
    with pytest.raises(Crash):
        go("broken", crash=crash)
    go("broken", resume="auto")
    assert contents(go.folder / "broken") == contents(go.folder / "whole")


@pytest.mark.parametrize(
    "settings",
    [
        {"train.precision": "bf16"},
        {"model.generator": "adain", "data.crop_scale": 0.6, "data.flip": True},
        {"train.accumulate": 2, "loss.ds": 0.5, "loss.ds_steps": 7, "train.warmup": 6},
    ],
    ids=["bf16", "adain and crops", "accumulated, with schedules"],
)
def test_resuming_is_exact_under_every_recipe(go, contents, settings):
    settings = settings | {"train.steps": 8}
    go("whole", settings)
    with pytest.raises(Crash):
        go("broken", settings, crash="step 6/")
    go("broken", settings, resume="auto")
    assert contents(go.folder / "broken") == contents(go.folder / "whole")


def test_resuming_after_a_stop_equals_never_having_stopped(go, contents):
    settings = {"train.log_every": 1, "train.steps": 8}
    go("whole", settings)

    def report(line):
        if line.startswith("step 5/"):
            os.kill(os.getpid(), signal.SIGINT)

    assert go("broken", settings, report=report).step == 6
    go("broken", settings, resume="auto")
    whole, broken = (contents(go.folder / name) for name in ("whole", "broken"))
    assert set(broken) - set(whole) == {"000006.png"}  # the sheet of the moment it stopped
    assert {key: broken[key] for key in whole} == whole


def test_a_longer_training_equals_one_that_was_long_from_the_start(go, contents):
    settings = {"train.decay": 0.0, "train.steps": 12}
    go("whole", settings)
    go("longer", settings | {"train.steps": 4})
    go("longer", settings, resume="auto")
    assert contents(go.folder / "longer") == contents(go.folder / "whole")


def test_a_finished_run_can_be_made_longer_and_says_what_that_means(go):
    go(settings={"train.steps": 8, "train.decay": 0.5})
    assert go(settings={"train.steps": 16, "train.decay": 0.5}, resume="auto").step == 16
    assert any("had begun to fall towards step 8; now they rise again" in t for t in go.told)
    steps = [line["step"] for line in history.read(go.folder / "run" / "log.jsonl")]
    assert steps == [2, 4, 6, 8, 10, 12, 14, 16]
    with pytest.raises(ValueError, match="train.steps: 12 here, 16 there"):
        go(settings={"train.steps": 12, "train.decay": 0.5}, resume="auto")


def test_another_recipe_is_refused_before_anything_is_touched(go):
    go(settings={"train.steps": 2})
    before = {p: p.stat().st_mtime_ns for p in (go.folder / "run").rglob("*") if p.is_file()}
    with pytest.raises(ValueError, match=r"train.lr: 0.1 here.*--init-from|--init-from.*train.lr"):
        go(settings={"train.steps": 2, "train.lr": 0.1}, resume="auto")
    with pytest.raises(ValueError, match="already holds a run; add --resume auto"):
        go(settings={"train.steps": 2})
    assert before == {
        p: p.stat().st_mtime_ns for p in (go.folder / "run").rglob("*") if p.is_file()
    }


def test_a_run_does_not_go_on_with_data_of_other_styles(go, tiny_dataset):
    go(settings={"train.steps": 2})
    turned = replace(tiny_dataset, styles=("squares", "discs", "stripes"))
    with pytest.raises(ValueError, match="run was trained for the styles discs, squares, stripes;"):
        go(settings={"train.steps": 2}, dataset=turned, resume="auto")


def test_resume_auto_starts_where_there_is_nothing(go):
    assert go(settings={"train.steps": 1}, resume="auto").step == 1


def test_resume_takes_auto_or_nothing(go):
    with pytest.raises(ValueError, match="\"auto\" or nothing, got 'yes'"):
        go(resume="yes")


def test_a_resumed_run_keeps_the_precision_it_began_with(go):
    go(settings={"train.steps": 4, "train.decay": 0.0, "train.precision": "auto"})
    path = go.folder / "run" / "checkpoint.pt"
    parts = checkpoint.read(path)
    other = {"fp32": "bf16", "bf16": "fp32"}[parts["precision"]]
    torch.save({**parts, "precision": other}, path)  # as if another machine had begun it
    settings = {"train.steps": 5, "train.decay": 0.0, "train.precision": "auto"}
    assert go(settings=settings, resume="auto").precision == other


# Starting from weights


def test_weights_of_another_run_are_taken_over_and_recorded(go):
    source = go("source", {"train.steps": 6, "train.lr": 1e-2})
    state = go("next", {"train.steps": 1}, init_from=go.folder / "source")
    assert state.config.train.warmup == runs.WARMUP
    # The first step of Adam moves a weight by the learning rate at most, here 1e-6.
    for name, network in state.networks.items():
        theirs = (source.averages.get(name) or source.networks[name]).state_dict()
        for key, value in network.state_dict().items():
            torch.testing.assert_close(value, theirs[key], rtol=1e-3, atol=5e-6)
    assert state.origin == {"weights": "source", "steps": 6, "images": 24}
    made = json.loads((go.folder / "next" / "config.json").read_text())["run"]
    assert made["from"] == state.origin and made["steps"] == 1
    assert "| started from | source (6 steps) |" in (go.folder / "next" / "README.md").read_text()


def test_at_another_size_the_trunks_start_anew(go):
    source = go("source", {"train.steps": 6, "train.lr": 1e-2, "train.ema_half_life": 1e-3})
    larger = {"data.size": 32, "model.size": 32, "model.bottleneck": 8, "train.steps": 1}
    said = []
    state = go("next", larger, init_from=go.folder / "source", report=said.append)
    theirs = source.averages["generator"].state_dict()
    for key, value in state.networks["generator"].state_dict().items():
        torch.testing.assert_close(value, theirs[key], rtol=1e-3, atol=5e-6)
    assert any("starting anew: style_encoder, discriminator" in line for line in said)


def test_a_discriminator_that_is_not_bundled_starts_anew(go):
    go("source", {"train.steps": 1})
    path, said = go.folder / "source" / "model.safetensors", []
    kept = {k: v for k, v in load_file(path).items() if not k.startswith("discriminator")}
    save_file(kept, path)
    go("next", {"train.steps": 1}, init_from=go.folder / "source", report=said.append)
    assert "starting anew: discriminator" in said


def test_a_warm_up_of_ones_own_is_kept(go):
    go("source", {"train.steps": 1})
    state = go("next", {"train.steps": 1, "train.warmup": 7}, init_from=go.folder / "source")
    assert state.config.train.warmup == 7


SECOND = {"model.projected": 4, "loss.lazy": 2}  # a discriminator that the source did not have


@pytest.mark.parametrize(
    ("again", "more"),
    [(True, {}), (False, {}), (True, SECOND)],
    ids=["with --init-from", "without", "with a second discriminator"],
)
def test_a_run_from_weights_resumes_exactly(go, contents, again, more):
    go("source", {"train.steps": 1})
    origin, settings = {"init_from": go.folder / "source"}, {"train.steps": 6, **more}
    go("whole", settings, **origin)
    with pytest.raises(Crash):
        go("broken", settings, crash="step 6/", **origin)
    state = go("broken", settings, resume="auto", **(origin if again else {}))
    assert state.origin["weights"] == "source"
    assert contents(go.folder / "broken") == contents(go.folder / "whole")


def test_weights_of_other_shapes_are_refused(go):
    go("source", {"train.steps": 1})
    with pytest.raises(ValueError, match="source have other shapes.*generator.*config.json"):
        go("next", {"train.steps": 1, "model.width": 6}, init_from=go.folder / "source")
    with pytest.raises(ValueError, match="no model '.*nothing'"):
        go("other", {"train.steps": 1}, init_from=go.folder / "nothing")


# One training in a folder, the same pictures, and what memory holds


def test_a_second_training_in_a_folder_is_refused_while_the_first_lives(go):
    with pytest.raises(ValueError, match="another training is at work in .*wait until it has end"):
        go(report=lambda line: line.startswith("step 2/") and go(resume="auto"))
    assert go("run", resume="auto").step == 12  # the first is dead, and its lock with it


def test_the_lock_of_a_killed_process_is_none(tmp_path):
    code = (
        "import os, signal, sys\n"
        "from gan_lessons.training.folder_lock import working_in\n"
        f"with working_in({str(tmp_path / 'run')!r}):\n"
        "    print('locked', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(ValueError, match="another training is at work"):
            with working_in(tmp_path / "run"):
                raise AssertionError("both are in")
        holder.kill()
        holder.wait()
    with working_in(tmp_path / "run"):
        pass


def test_a_folder_that_nothing_came_into_goes_again(tmp_path):
    with pytest.raises(KeyError):
        with working_in(tmp_path / "run"):
            raise KeyError
    assert not (tmp_path / "run").exists()
    (tmp_path / "kept").mkdir()
    with working_in(tmp_path / "kept"):
        pass
    assert (tmp_path / "kept").is_dir()


def written(dataset, folder):
    """The training pictures of a set as a folder."""
    for row in dataset.indices("train").tolist():
        place = folder / dataset.styles[dataset.labels[row]]
        place.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(dataset.images[row].permute(1, 2, 0).numpy())
        picture.save(place / f"{row}.png")
    return folder


@pytest.fixture
def pictures(tiny_dataset, tmp_path):
    return written(tiny_dataset, tmp_path / "pictures")


def test_data_may_move_and_a_path_be_spelt_otherwise(go, pictures, monkeypatch):
    settings = {"data.name": str(pictures), "train.steps": 2, "train.decay": 0.0}
    go(settings=settings, dataset=None)
    spelt = {"data.name": f"{pictures}/", "train.steps": 3}
    assert go(settings=settings | spelt, dataset=None, resume="auto").step == 3
    moved = pictures.rename(go.folder / "elsewhere")
    settings |= {"data.name": str(moved), "train.steps": 4}
    assert go(settings=settings, dataset=None, resume="auto").step == 4


@pytest.mark.parametrize("change", ["replaced", "removed", "renamed"])
def test_other_pictures_are_refused_and_said_to_be_others(go, pictures, change):
    settings = {"data.name": str(pictures), "train.steps": 2, "train.decay": 0.0}
    go(settings=settings, dataset=None)
    one = next(pictures.rglob("*.png"))
    if change == "replaced":
        Image.new("RGB", (32, 32), "blue").save(one)
    else:
        one.unlink() if change == "removed" else one.rename(one.with_name("other.png"))
    before = {p: p.stat().st_mtime_ns for p in (go.folder / "run").rglob("*") if p.is_file()}
    with pytest.raises(ValueError, match="are not those that this run was trained on; put those"):
        go(settings=settings | {"train.steps": 3}, dataset=None, resume="auto")
    assert before == {
        p: p.stat().st_mtime_ns for p in (go.folder / "run").rglob("*") if p.is_file()
    }


def test_a_batch_that_memory_cannot_hold_is_refused_with_what_it_takes(go):
    for batch in (10**9, 2**31 - 1):
        with pytest.raises(
            ValueError, match=r"takes about [\d,]+ GiB of memory.*lower train.batch"
        ):
            go(settings={"train.batch": batch})
    assert not (go.folder / "run").exists()


def test_a_style_whose_name_no_file_can_hold_is_refused_at_the_start(go, tiny_dataset):
    name = os.fsdecode(b"caf\xe9")
    odd = replace(tiny_dataset, styles=("discs", name, "stripes"))
    with pytest.raises(ValueError, match=r"the style 'caf\?' is not UTF-8 or.*rename its folder"):
        go(dataset=odd)
    assert not (go.folder / "run").exists()


# What has learnt nothing


def test_a_model_that_still_copies_says_so_and_one_that_moved_does_not(go):
    go("still", {"train.steps": 1, "train.lr": 1e-9, "train.mapping_lr": 1e-9})
    known, card = store.describe(go.folder / "still"), (go.folder / "still" / "README.md")
    assert known.run["moved"] == 0
    said = "After 1 steps this model has not moved from its source yet"
    assert said in unmoved(known.run) and said in card.read_text()
    go("moved", {"train.steps": 12, "train.lr": 0.05, "train.ema_half_life": 1e-3})
    known, card = store.describe(go.folder / "moved"), (go.folder / "moved" / "README.md")
    assert known.run["moved"] > 0.02 and not unmoved(known.run)
    assert "not moved" not in card.read_text()


def test_a_bundled_model_is_found_by_its_name_to_begin_with(go):
    with pytest.raises(ValueError, match="emoji64 have other shapes than this recipe's generator"):
        go(init_from="emoji64")


def test_the_real_step_decides_about_the_precision_and_the_run_keeps_it(go, monkeypatch):
    monkeypatch.setattr(forecasting, "bf16_units", lambda device: "vector")
    slow = {"fp32": 2.0, "bf16": 1.0}
    monkeypatch.setattr(forecasting.Trial, "seconds", lambda self, step: slow[self.state.precision])
    settings = {"train.precision": "auto", "train.steps": 2, "train.decay": 0.0}
    assert go("quicker", settings).precision == "bf16"
    assert "a step in bf16 runs 2.0 times as fast as in fp32 here: bf16" in go.told
    slow["bf16"] = 1.9  # not worth it
    assert go("plain", settings).precision == "fp32"
    longer = settings | {"train.steps": 3}
    assert go("quicker", longer, resume="auto").precision == "bf16"
    assert store.describe(go.folder / "quicker").run["precision"] == "bf16"
