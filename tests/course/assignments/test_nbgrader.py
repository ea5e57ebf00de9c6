"""nbgrader's own commands, on a handout of lesson 01: what they hand out, and the points they give.

Configured as the notebook for instructors says, word for word.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.assignments import handout

pytest.importorskip("nbgrader")
pytestmark = pytest.mark.slow
LESSON = "01_gan_loss.ipynb"
CONFIG = re.compile(r"```python\n# nbgrader_config\.py\n(.+?)```", re.DOTALL)


@pytest.fixture
def nbgrader(root, tmp_path, monkeypatch):
    """nbgrader's command line in a course of its own."""
    monkeypatch.delenv("GAN_LESSONS_DATA")
    told = notebook.read_notebook(root / "notebooks" / "instructor" / "marking.ipynb")
    (config,) = CONFIG.findall("\n".join(cell["source"] for cell in told["cells"]))
    (tmp_path / "nbgrader_config.py").write_text(config)
    places = {f"JUPYTER_{name}_DIR": str(tmp_path / "own") for name in ("CONFIG", "RUNTIME")}
    # As in an activated environment: nbgrader calls `alembic` by its name.
    places["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    def run(*arguments) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments], cwd=tmp_path, capture_output=True,
            text=True, timeout=300, env=os.environ | places | {"JUPYTER_PLATFORM_DIRS": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stderr

    return run


def hand_in(tmp_path, student: str, answers: dict[str, str]) -> None:
    """A released notebook with answers in it, by the name of their cell."""
    made = notebook.read_notebook(tmp_path / "release" / "gan_loss" / LESSON)
    for cell in made["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    notebook.write_notebook(tmp_path / "submitted" / student / "gan_loss" / LESSON, made)


def test_what_is_handed_out_and_what_points_it_brings(root, tmp_path, nbgrader):
    handout.hand_out("01", tmp_path / "source" / "gan_loss")
    nbgrader("generate_assignment", "gan_loss")
    released = notebook.read_notebook(tmp_path / "release" / "gan_loss" / LESSON)
    given = notebook.read_notebook(tmp_path / "source" / "gan_loss" / LESSON)
    sources = [cell["source"] for cell in released["cells"]]
    assert sources == [cell["source"] for cell in given["cells"]]
    for answer in ("0.75", "log1p", "label * p / (p + q)"):
        assert answer not in "\n".join(sources)

    right = solutions_by_cell(root)
    first, second, *_ = right
    hand_in(tmp_path, "right", right)
    hand_in(tmp_path, "open", {})
    hand_in(tmp_path, "wrong", {first: right[first], second: "cross_entropy = max"})
    nbgrader("autograde", "gan_loss")
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
        points = {each.student.id: each.score for each in book.assignment_submissions("gan_loss")}
        most = book.find_assignment("gan_loss").max_score
    assert most == 5
    assert points == {"right": 5, "open": 0, "wrong": 1}


def solutions_by_cell(root) -> dict[str, str]:
    """Solutions of the lesson by the names that their cells have in a handout."""
    solved = notebook.read_notebook(root / "notebooks" / "solutions" / LESSON)
    asked = [c for c in solved["cells"] if {"exercise", "solution"} & set(notebook.tags(c))]
    named = {f"exercise-{number:02d}": cell for number, cell in enumerate(asked, 1)}
    return {k: c["source"] for k, c in named.items() if "solution" in notebook.tags(c)}
