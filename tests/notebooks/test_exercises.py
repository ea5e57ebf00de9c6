"""Every exercise of every lesson: the solution passes, stub and typical wrong answers do not."""

import runpy
import sys
from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.notebook import new_cell, tags
from gan_lessons.course.publish import stubs, tried_exercises

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
WRONG = Path(__file__).parent / "wrong_answers"
SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solutions_pass_and_stubs_and_wrong_answers_do_not(path):
    table = WRONG / f"{path.stem}.py"
    wrong = runpy.run_path(str(table))["WRONG"] if table.exists() else {}
    assert not tried_exercises.problems(notebook.read_notebook(path), path.parent, wrong)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_lesson_shows_the_exercises_of_its_solutions(path):
    lesson = notebook.read_notebook(NOTEBOOKS / path.name)
    shown = [cell["source"] for cell in lesson["cells"] if "exercise" in tags(cell)]
    assert shown == [cell["source"] for cell in stubs.exercises(notebook.read_notebook(path))]


def test_wrong_answers_belong_to_a_lesson():
    assert {path.stem for path in WRONG.glob("*.py")} <= {path.stem for path in SOLUTIONS}


CHECKS = """\
with check("Exercise 1", answer):
    assert answer > 3, "larger"
    assert answer == double(2), "count again"
"""


def solutions(answer: str = "answer = 4", check: str = CHECKS) -> dict:
    function = "def double(x):\n    return 2 * x"
    sources = [
        ("from gan_lessons import check", "setup"),
        (f"{answer}\n\n\n{function}", "solution"),
        (check, "exercise"),
        ("kept = (answer, double(3))", "exercise"),
        ("later = 1", "solution"),
        ("with check('Exercise 2', later):\n    assert kept == (4, 6) and later == 1, 'no'", "e"),
    ]
    cells = [new_cell("code", s, tag=tag, name=str(k)) for k, (s, tag) in enumerate(sources)]
    return {"cells": cells}


def tried(notebook: dict, *wrong: tuple[str, str], tmp_path: Path) -> list[str]:
    table = {"Exercise 1": dict(wrong), "Exercise 2": {"later = 2": "no"}}
    return tried_exercises.problems(notebook, tmp_path, table)


def test_wrong_answers_are_told_apart_and_leave_the_solution_in_place(tmp_path):
    found = tried(
        solutions(),
        ("answer = 1", "larger"),
        ("answer = 5", "count again"),
        ("def double(x):\n    return x", "count again"),
        ("answer = 5; kept = 3", "larger"),
        ("answer = 'many'", "larger"),
        ("unused = 4", "larger"),
        tmp_path=tmp_path,
    )
    another, no_hint, passes = found
    assert another.startswith("Exercise 1: a wrong answer meets another hint") and "kept" in another
    assert "meets no hint but TypeError" in no_hint
    assert passes == "Exercise 1: a wrong answer passes: unused = 4"


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (solutions("answer = 5"), "The solutions stop at 'with check(\"Exercise 1\", answer):'"),
        (solutions("answer = ..."), "Exercise 1: the solution does not pass."),
        (
            solutions(check="with check('Exercise 1'):\n    assert answer == 4, 'larger'"),
            "Exercise 1: the stub stops Run All: AssertionError",
        ),
        (
            solutions(check="with check('Exercise 1'):\n    assert answer is not 1, 'no'"),
            "Exercise 1: the stub does not say 'not attempted'.",
        ),
    ],
    ids=["wrong", "open", "stops", "passes"],
)
def test_exercise_that_is_not_as_it_should_be_is_found(made, sentence, tmp_path):
    found = tried(made, ("answer = 1", "larger"), tmp_path=tmp_path)
    assert any(each.startswith(sentence) for each in found), found


def test_check_without_wrong_answers_is_found(tmp_path):
    found = tried_exercises.problems(solutions(), tmp_path, {"Exercise 3": {"a = 1": "no"}})
    assert found[:2] == [f"Exercise {k}: no wrong answer is tried." for k in (1, 2)]
    assert found[2] == "Exercise 3: there is no such check."


def test_names_that_code_makes_are_found():
    code = "import a.b, c as d\nfrom e import f\nx, (y, *z) = 1, (2, 3)\nclass K:\n    v = 1\n"
    assert tried_exercises.names_made(code) == set("adfxyzK")


STILL = """\
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
with check("Exercise 1", answer):
    assert answer == 4, "no"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_kernel_that_does_not_answer_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(tried_exercises, "CELL_SECONDS", 3)
    found = tried(solutions(check=STILL), ("answer = 1", "no"), tmp_path=tmp_path)
    assert found == [
        "The solutions stop at 'import os, signal': the kernel has not answered for 3 s"
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there kernels use ports")
def test_kernel_and_client_meet_at_files_and_not_at_ports(tmp_path):
    kernel = tried_exercises._Kernel(tmp_path)
    try:
        assert kernel.manager.transport == "ipc" and Path(kernel.manager.ip).is_absolute()
        assert kernel.run("print(6 * 7)") == ("", "42\n")
    finally:
        kernel.stop()
    assert not list(Path(kernel.manager.ip).parent.glob(f"{Path(kernel.manager.ip).name}*"))
