"""Several processes under the real launchers: they reach the weights of one, and end as one."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.training import checkpoint, history

psutil = pytest.importorskip("psutil")  # comes with Accelerate
pytest.importorskip("accelerate")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX"),
]

SCRIPT = Path(__file__).parent / "two_processes.py"
PATIENCE = 200  # seconds, on a machine with other work
ACCELERATE = ["accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1"]
ACCELERATE += ["--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0"]
TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node=2"]


def load_script():
    spec = importlib.util.spec_from_file_location("two_processes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


work = load_script()


def start(launcher, *arguments):
    """Start two processes, in a group that gets signals as from a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", *launcher, *(str(argument) for argument in arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def finish(process):
    """Output and complaints; nobody is left behind where it takes for ever."""
    try:
        return process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        for each in [*psutil.Process(process.pid).children(recursive=True), process]:
            each.kill()
        raise


# What two processes do that one does too


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """All runs by two processes, and the halves that they went on from."""
    home = tmp_path_factory.mktemp("runs")
    for name, case in work.CASES.items():
        work.sit(case, 3, home / "one, then two" / name)
    process = start(ACCELERATE, SCRIPT, home)
    said, complained = finish(process)
    assert process.returncode == 0, said + complained
    return home


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same runs by one process, never stopped."""
    home = tmp_path_factory.mktemp("whole")
    for name, case in work.CASES.items():
        work.sit(case, 6, home / name)
    return home


@pytest.fixture(scope="module")
def seen(home):
    """What each of the two processes saw."""
    return [json.loads((home / f"seen{rank}.json").read_text()) for rank in (0, 1)]


def tensors(value, path=""):
    """All tensors of a checkpoint by path."""
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        parts = [tensors(part, f"{path}/{key}") for key, part in value.items()]
        return {name: leaf for part in parts for name, leaf in part.items()}
    return {path: value} if isinstance(value, torch.Tensor) else {}


def assert_same_run(folder, other):
    """Every number of two checkpoints, to a relative 1e-8; what they logged, to its digits."""
    ours, theirs = (checkpoint.read(f / checkpoint.FILE) for f in (folder, other))
    assert ours["step"] == theirs["step"] and ours["precision"] == "fp64"
    ours, theirs = tensors(ours), tensors(theirs)
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        scale = value.abs().max().item() if value.numel() else 0.0
        wrong = (value - theirs[key]).abs().max().item() if value.numel() else 0.0
        assert wrong <= 1e-8 * scale, (key, wrong, scale)
    logs = (history.read(f / history.FILE) for f in (folder, other))
    for one, two in zip(*logs, strict=True):
        assert {**one, "seconds_per_step": 0} == pytest.approx(
            {**two, "seconds_per_step": 0}, abs=2e-5
        )


@pytest.mark.parametrize("name", work.CASES)
def test_two_processes_reach_the_weights_of_one(home, whole, name):
    assert_same_run(home / "two" / name, whole / name)
    first, *_, last = history.read(whole / name / history.FILE)
    assert first["images"] == 8 and last["images"] == 48


@pytest.mark.parametrize("name", work.CASES)
def test_a_run_goes_on_with_another_number_of_processes(home, whole, name):
    assert_same_run(home / "one, then two" / name, whole / name)
    work.sit(work.CASES[name], 6, home / "two, then one" / name)
    assert_same_run(home / "two, then one" / name, whole / name)


def test_the_cases_have_lazy_steps_and_plain_ones(whole):
    logs = {name: history.read(whole / name / history.FILE) for name in work.CASES}
    assert ["r1" in line for line in logs["stargan"]] == [True, False] * 3
    assert ["r2" in line for line in logs["mlp, lazy R1 and R2, spectral"]] == [True, False] * 3
    assert ["adv_g" in line for line in logs["mlp, WGAN-GP"]] == [True, False] * 3
    saved = checkpoint.read(whole / "cyclegan" / checkpoint.FILE)["memories"]["a"]
    assert saved["seen"] == 48 > len(saved["images"])


def test_a_stop_asked_of_one_stops_both_after_the_same_step_and_saves_once(home, seen):
    stopped = "stopped after step 3; go on with --resume auto"
    assert [one["stopped"] for one in seen] == [[3, [3, 3], stopped], [3, [], stopped]]
    assert checkpoint.read(home / "stopped" / checkpoint.FILE)["step"] == 3
    assert len(history.read(home / "stopped" / history.FILE)) == 3


def test_a_nan_in_one_stops_both(seen):
    said = "FloatingPointError: adv_g became nan at step 3; the last checkpoint is sound"
    assert all(one["ill"].startswith(said) for one in seen)


def test_processes_that_disagree_are_refused(seen):
    said = "ValueError: the processes disagree on the finished steps: 0 in the main one, 1 in"
    assert all(one["other step"].startswith(said) for one in seen)
    assert [one["same"] for one in seen] == ["of 0", "of 0"]


def test_a_batch_that_does_not_divide_is_refused(seen):
    said = "must be a multiple of 4 (2 processes x 2 micro-batches), got 6; 4 would do"
    assert all(said in one["six"] for one in seen)


def test_batch_norm_is_named_as_what_differs(seen):
    said = "batch norm in the generator sees 2 of 4 samples"
    assert all(one["normed"].startswith(said) for one in seen)


def test_gradients_that_some_lack_and_overflows_are_the_same_everywhere(seen):
    assert seen[0]["averaged"] == seen[1]["averaged"] == [["0.5", "1.5"], None, ["1.0", "inf"]]


# How they end


@pytest.fixture(scope="module")
def command(tiny_dataset, tmp_path_factory):
    """The command that trains on a folder of pictures, in double precision."""
    from gan_lessons.images.gate import encode_image, tensor_to_image

    home = tmp_path_factory.mktemp("sets") / "mine"
    for number, (image, label) in enumerate(
        zip(tiny_dataset.images, tiny_dataset.labels, strict=True)
    ):
        path = home / tiny_dataset.styles[label] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_image(tensor_to_image(image / 127.5 - 1)))
    often = {"train.log_every": 1, "train.checkpoint_every": 4, "train.sample_every": 1000}
    settings = work.TINY | often | {"train.batch": 4, "train.accumulate": 2}
    words = ["gan_lessons", "train", "--data", home, "--device=cpu", "--resume=auto"]
    return [*words, *(f"--set={name}={value}" for name, value in settings.items())]


def workers(process):
    """The processes that a launcher started, by number."""
    found = psutil.Process(process.pid).children()
    return {int(one.environ()["RANK"]): one for one in found if "RANK" in one.environ()}


def end(process, at, how):
    """Wait for a step, do something, and return exit code, output and complaints of ours.

    The launcher adds a report of its own, with its own traceback; ours begins before that.
    """
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith(f"step {at}/"):
            how(process)
            break
    rest, complained = finish(process)
    ours = [line for line in complained.splitlines() if re.match(r"[a-z].*[.!?]$", line)]
    assert "gan_lessons/" not in complained, complained  # no traceback through our code
    return process.returncode, said + rest, ours


def test_killed_or_interrupted_the_run_ends_and_goes_on_to_the_weights_of_one(command, tmp_path):
    run, told = tmp_path / "run", "another process of this training has ended or does not answer"
    endless = [*command, "--set=train.steps=100000", "--out", run]
    code, said, ours = end(
        start(ACCELERATE, "-m", *endless), 6, lambda process: workers(process)[0].kill()
    )
    assert code and "2 processes, cpu, fp64" in said
    assert len(ours) == 1 and ours[0].startswith(told), ours
    assert checkpoint.read(run / checkpoint.FILE)["step"] == 4

    # The package's own launcher says nothing of its own.
    own = ["gan_lessons", *endless[1:], "--processes=2"]
    process = start(own)
    code, said, ours = end(process, 6, lambda process: os.killpg(process.pid, signal.SIGINT))
    assert code == 130 and not ours, ours
    assert said.count("resuming after step 4") == 1
    stopped = re.findall(r"stopped after step (\d+); go on with --resume auto", said)
    assert len(stopped) == 1
    last = int(stopped[0])
    assert checkpoint.read(run / checkpoint.FILE)["step"] == last

    for out in (run, tmp_path / "alone"):
        finish = [*command[1:], f"--set=train.steps={last + 2}", "--out", out]
        assert CliRunner().invoke(app, [str(word) for word in finish]).exit_code == 0
    assert_same_run(run, tmp_path / "alone")


def test_a_wrong_batch_is_one_sentence(command, tmp_path):
    process = start(TORCHRUN, "-m", *command, "--set=train.batch=6", "--out", tmp_path / "run")
    code, _, ours = end(process, None, None)
    assert code and len(ours) == 1
    assert "train.batch counts the samples of all processes" in ours[0]
    assert not (tmp_path / "run").exists()
