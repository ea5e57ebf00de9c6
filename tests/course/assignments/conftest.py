"""A course of one lesson with three exercises, and a class of one's own making."""

import copy

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.assignments import handout
from gan_lessons.course.notebook import KERNEL, new_cell

TITLE = ("markdown", "", "# Solutions")
SETUP = ("code", "setup", "pass")
IMPORTS = ("code", "imports", "import math\n\nfrom gan_lessons import check")
PARAMETERS = ("code", "parameters", 'preset = "smoke"\nseed = 0')
ASKED = (
    ("markdown", "exercise", "**1. Implement.** Write `double`."),
    ("code", "solution", "def double(x):\n    return 2 * x"),
    (
        "code",
        "exercise",
        'with check("Exercise 1: double"):\n'
        '    assert isinstance(double(1), int), "a number for a number"\n'
        '    assert double(3) == 6, "twice three is six"\n'
        "    for x in (0.5, -2.0, seed):\n"
        '        assert double(x) == x + x, f"twice {x} is another"\n'
        '    assert double(double(1)) == 4, "twice twice is four times"',
    ),
    ("markdown", "exercise", "**2. Predict.** How many are two and two?"),
    ("code", "solution", "four = 4"),
    ("code", "exercise", 'with check("Exercise 2", four):\n    assert four == 4, "count again"'),
    ("markdown", "exercise", "**3. Explain.** Why?"),
    ("markdown", "solution", "Because of the secret reason."),
)
LESSON = "04_tiny.ipynb"


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    cells = []
    for k, (kind, tag, source) in enumerate((TITLE, SETUP, IMPORTS, PARAMETERS, *ASKED)):
        cell = new_cell(kind, source, tag=tag, name=f"c{k:02d}")
        cell["metadata"]["tags"] = [tag] if tag else []
        cells.append(cell)
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}, "cells": cells}
    lesson = made | {"cells": cells[:4]}
    notebook.write_notebook(root / "notebooks" / "solutions" / LESSON, made)
    notebook.write_notebook(root / "notebooks" / LESSON, lesson)
    return root


@pytest.fixture(autouse=True)
def here(course, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DATA", str(course))


@pytest.fixture
def class_of(tmp_path):
    """Hands out to students, who give back what they were given with answers in it."""

    def make(answers: dict[str, object]):
        lines = ["id,name", *(f"{id_},Student {id_}" for id_ in answers)]
        (tmp_path / "list.csv").write_text("\n".join(lines))
        folder = tmp_path / "class"
        handout.hand_out("04", folder, tmp_path / "list.csv")
        for id_, answer in answers.items():
            hand_in(folder / id_ / LESSON, answer)
        return folder

    return make


def hand_in(path, answer) -> None:
    """Answers: code by exercise, a function that changes the notebook, or the bytes of a file."""
    if isinstance(answer, bytes):
        path.write_bytes(answer)
        return
    if answer is None:
        path.unlink()
        return
    made = copy.deepcopy(notebook.read_notebook(path))
    if callable(answer):
        answer(made)
    else:
        written = [c for c in made["cells"] if c["metadata"]["nbgrader"]["solution"]]
        for number, text in answer.items():
            written[number - 1]["source"] = text
    notebook.write_notebook(path, made)
