"""Lessons built in a folder of their own, by real kernels."""

import sys
from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.claims import recorded
from gan_lessons.course.publish import build_lessons, colab

PICTURE = """\
import base64
import ipywidgets
from IPython.display import Image, display

png = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
display(ipywidgets.IntSlider(value=3))
display(Image(png, alt="One pixel"))
"""


def cell(kind: str, source: str, *tags: str, name: str) -> dict:
    made = notebook.new_cell(kind, source, tag="", name=name)
    made["metadata"] = {"tags": list(tags)}
    return made


def write(path: Path, *cells: dict) -> Path:
    metadata = {"kernelspec": {"display_name": "mine", "name": "python3"}, "widgets": {}}
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
    return notebook.write_notebook(path, made)


@pytest.fixture
def lesson(tmp_path) -> Path:
    write(
        tmp_path / "solutions" / "01_loss.ipynb",
        cell("markdown", "# Solutions", name="title"),
        cell("markdown", "### Exercise 1", "exercise", name="task"),
        cell("code", "def double(x):\n    return 2 * x", "solution", name="solution"),
        cell(
            "code",
            "from gan_lessons.course.checks import check\n\n"
            "with check('1'):\n    assert double(2) == 4",
            "exercise",
            name="check",
        ),
    )
    return write(
        tmp_path / "01_loss.ipynb",
        cell("markdown", "# The loss", name="title"),
        cell("code", "import os\nprint('x' in dir(), os.getcwd())", name="first"),
        cell("code", PICTURE, name="widget"),
        cell("code", "from gan_lessons.course.claims import claim", name="import"),
        cell("code", "claim('two', 2, 1, 3);", name="claim"),
        cell("code", "raise ValueError('on purpose')", "raises-exception", name="error"),
        cell("markdown", "## Exercises", name="exercises"),
    )


@pytest.fixture
def built(lesson) -> dict:
    build_lessons.build_lesson(lesson, lesson.parent)
    return notebook.read_notebook(lesson)


def test_built_lesson(built, lesson):
    code = list(notebook.code_cells(built))
    assert [each["execution_count"] for each in code] == list(range(1, len(code) + 1))
    assert code[0]["source"] == colab.setup_source()
    by_name = {each["id"]: each for each in built["cells"]}
    assert by_name["widget"]["metadata"]["tags"] == ["widget"]
    (picture,) = by_name["widget"]["outputs"]
    assert picture["metadata"]["image/png"]["alt"] == "One pixel"
    assert "widgets" not in built["metadata"]
    assert built["metadata"]["kernelspec"] == notebook.KERNEL
    assert [each.name for each in recorded(built)] == ["two"]
    assert by_name["error"]["outputs"][0]["output_type"] == "error"
    stub, check = by_name["exercise-02"], by_name["exercise-03"]
    assert "return" not in stub["source"] and stub["metadata"]["tags"] == ["exercise"]
    assert check["outputs"][0]["text"] == "1: not attempted\n"


def test_solutions_pass_their_checks(lesson):
    path = notebook.solutions_of(lesson)
    found = build_lessons.build_lesson(path, lesson.parent)
    assert not found
    assert notebook.read_notebook(path)["cells"][-1]["outputs"][0]["text"] == "1: passed\n"


def test_building_twice_writes_the_same_bytes(lesson):
    path = notebook.solutions_of(lesson)
    build_lessons.build_lesson(path, lesson.parent)
    once = path.read_bytes()
    build_lessons.build_lesson(path, lesson.parent)
    assert path.read_bytes() == once


def test_failing_cell_is_named_and_the_notebook_stays(tmp_path):
    path = write(
        tmp_path / "02_gan.ipynb",
        cell("markdown", "# T", name="t"),
        cell("code", "x = 1", name="a"),
        cell("code", "unknown + x", name="b"),
        cell("code", "x = 2", name="c"),
    )
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"02_gan.ipynb: code cell 3 \(unknown \+ x\): NameError"):
        build_lessons.build_lesson(path, tmp_path)
    assert path.read_bytes() == before


def test_notebooks_are_chosen_by_the_beginning_of_their_name(lesson, tmp_path):
    root = lesson.parent
    write(root / "00_start.ipynb", cell("markdown", "# T", name="t"))
    everything = [path.relative_to(root).as_posix() for path in build_lessons.chosen([], root)]
    assert everything == ["solutions/01_loss.ipynb", "00_start.ipynb", "01_loss.ipynb"]
    assert build_lessons.chosen(["01"], root) == [lesson]
    with pytest.raises(ValueError, match="No notebook begins with '07'"):
        build_lessons.chosen(["07"], root)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize("word", ["SIGSTOP", "SIGKILL"])
def test_kernel_that_does_not_answer_is_not_waited_for(word, tmp_path, monkeypatch):
    monkeypatch.setattr(build_lessons, "CELL_SECONDS", 3)
    path = tmp_path / "01_loss.ipynb"
    source = f"import os, signal\nos.kill(os.getpid(), signal.{word})"
    write(path, cell("markdown", "# The loss", name="title"), cell("code", source, name="still"))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"01_loss.ipynb: code cell 1 \(import os, signal\)"):
        build_lessons.execute(notebook.read_notebook(path), path)
    assert path.read_bytes() == before
