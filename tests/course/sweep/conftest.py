"""A course with one tiny lesson, which does what its parameters ask for."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.notebook import KERNEL, new_cell
from gan_lessons.course.sweep import grid

PARAMETERS = """\
preset = "smoke"
seed = 0
lr = 0.1
loss = "hinge"
sizes = [1, 2]
chosen = None
slow = 0
count_in = ""
"""
CLAIMS = """\
from gan_lessons import claim, record
claim("loss", {"hinge": 1.0, "ns": 2.0}[loss] + seed / 10, 0, 1.5, preset=preset)
record("undefined", float("nan"))
"""
LAST = """\
import os, signal, time
from pathlib import Path
print("slow", slow, flush=True)
def tell(what):
    if count_in:
        with open(count_in, "a") as file:
            file.write(f"{what},{loss},{seed},{os.getpid()}\\n")
tell("begun")
if slow:
    time.sleep(slow)
if chosen == "stands still":
    os.kill(os.getpid(), signal.SIGSTOP)
if chosen == "client stands still":
    os.kill(os.getppid(), signal.SIGSTOP)
if chosen == "dies":
    os.kill(os.getpid(), signal.SIGKILL)
if chosen == "client dies":
    os.kill(os.getppid(), signal.SIGKILL)
if chosen == "breaks a picture":
    from IPython.display import display
    display({"image/png": "iVBORw0KGgo" + "A" * 9000, "text/plain": "a picture"}, raw=True)
if chosen == "prints":
    print("x" * 200_000)
if chosen == "writes":
    Path("written_here").write_text("here")
record("end", lr, source="stored")
tell("done")
"""


def write_course(root, **cells: str):
    """A course whose one lesson has the cells above, or others in their place."""
    sources = {"setup": "pass", "parameters": PARAMETERS, "a": CLAIMS, "b": LAST} | cells
    made = [new_cell("code", text, tag=tag, name=tag) for tag, text in sources.items()]
    lesson = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}}
    notebook.write_notebook(root / "notebooks" / "04_tiny.ipynb", lesson | {"cells": made})
    return root


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    return write_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(autouse=True)
def here(course, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DATA", str(course))


@pytest.fixture
def another_course(tmp_path, monkeypatch):
    """Makes a course with other cells, and lets it be the one that is found."""

    def make(**cells: str):
        root = write_course(tmp_path / "another", **cells)
        monkeypatch.setenv("GAN_LESSONS_DATA", str(root))
        return root / "notebooks" / "04_tiny.ipynb"

    return make


@pytest.fixture
def stored():
    """Reads what a run left."""
    return lambda folder: json.loads((Path(folder) / "run.json").read_text())


GRID = """\
lesson: 04
parameters: {lr: 1e-2, count_in: COUNTED}
grid:
  loss: [hinge, ns, none]
  seed: [0, 1]
"""


@pytest.fixture
def tiny_grid() -> str:
    return GRID


@pytest.fixture(scope="session")
def swept(course, tmp_path_factory):
    """A grid of six runs, killed when two of them were done, and gone on with, two at a time.

    Four come to their end; two have a loss that does not exist.
    """
    folder = tmp_path_factory.mktemp("swept")
    counted = str(folder / "counted")
    (folder / "grid.yaml").write_text(GRID.replace("COUNTED", counted))
    lines = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GAN_LESSONS_DATA", str(course))
        command = ["sweep", str(folder / "grid.yaml"), "--out", str(folder / "out")]
        process = subprocess.Popen([sys.executable, "-m", "gan_lessons", *command])
        wait_until(lambda: len(finished_below(folder / "out")) >= 2, 240)
        process.kill()
        process.wait()
        before = finished_below(folder / "out")
        found = grid.sweep(
            folder / "grid.yaml", folder / "out", grid.Settings(jobs=2), report=lines.append
        )
    assert {name: before[name] for name in before} == {
        name: text for name, text in finished_below(folder / "out").items() if name in before
    }
    return folder, found, lines


def finished_below(folder: Path) -> dict[str, str]:
    """What finished runs left, by folder."""
    texts = {path.parent.name: path.read_text() for path in folder.rglob("run.json")}
    return {name: text for name, text in texts.items() if '"status": "finished"' in text}


def wait_until(true, seconds: float) -> None:
    """Waits until something is true, and fails if that takes too long."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(name="wait_until")
def waiting():
    return wait_until


@pytest.fixture
def told():
    """Reads what the kernels of a sweep told: "begun" or "done", loss, seed, process."""

    def read(path: Path) -> list[list[str]]:
        if not path.exists():
            return []
        return [line.split(",") for line in path.read_text().split("\n")[:-1]]

    return read
