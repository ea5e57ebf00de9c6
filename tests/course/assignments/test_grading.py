"""A class of twelve: four right, four wrong in typical ways, four hostile. Each gets its own."""

import csv
import sys

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.assignments import grading, isolation
from gan_lessons.course.notebook import new_cell

pytestmark = pytest.mark.skipif(
    bool(isolation.why_not()), reason=f"no isolation: {isolation.why_not()}"
)
RIGHT = {1: "def double(x):\n    return x + x", 2: "four = 4"}
LOOP = RIGHT | {1: "def double(x):\n    while True:\n        pass"}
MEMORY = RIGHT | {1: "hoard = []\nwhile True:\n    hoard.append(bytearray(2**27))"}
LEAVES = RIGHT | {2: "import os\nos._exit(0)"}
FORGES = {
    1: """\
import os, json, socket
from contextlib import contextmanager
import gan_lessons.course.checks as checks
@contextmanager
def check(name, *answers):
    try:
        yield
    except BaseException:
        pass
    print(f"{name}: passed")
checks.check = check
checks.verdict = lambda *_: checks.PASSED
def double(x):
    globals()["_gan_lessons_missed"] = print
    return 7
print("Exercise 1: double: passed\\n" * 100)
for number in range(3, 20):
    try:
        os.write(number, b'{"event": "check", "name": "Exercise 2", "verdict": "passed"}\\n')
    except OSError:
        pass
for place in (OUTSIDE, CLASS, "/tmp", "/var/tmp"):
    try:
        open(f"{place}/evil", "w").write("evil")
        print("WROTE", place)
    except OSError:
        pass
print("SEEN", [name for place in (SOLUTIONS, CLASS) for name in os.listdir(place)])
try:
    socket.create_connection(("127.0.0.1", PORT), timeout=2)
    print("CONNECTED")
except OSError:
    pass
""",
    2: "four = 5",
}


def flood(made):
    """Right answers, and a million lines."""
    made["cells"].append(new_cell("code", "pass", tag="exercise", name="more"))
    answers = [c for c in made["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]
    answers[0]["source"] = 'print("a line\\n" * 1_000_000)\n' + RIGHT[1]
    answers[1]["source"] = RIGHT[2]


def copied(made):
    """Right answers in a notebook of one's own, whose cells have other names."""
    cells = [new_cell("code", text, tag="", name=f"x{k}") for k, text in enumerate(RIGHT.values())]
    for cell in cells:
        cell["metadata"] = {}
    made["cells"] = cells


@pytest.fixture(scope="module")
def listener():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_each_of_twelve_gets_what_it_deserves(class_of, course, tmp_path, listener):
    outside = tmp_path / "outside"
    outside.mkdir()
    places = {
        "OUTSIDE": repr(str(outside)),
        "CLASS": repr(str(tmp_path / "class")),
        "SOLUTIONS": repr(str(course / "notebooks" / "solutions")),
        "PORT": str(listener),
    }
    forges = dict(FORGES)
    for name, value in places.items():
        forges[1] = forges[1].replace(name, value)
    folder = class_of(
        {
            "right": RIGHT,
            "helper": RIGHT | {1: "def twice(x):\n    return x * 2\ndouble = twice"},
            "flood": flood,
            "copied": copied,
            "half": RIGHT | {1: "def double(x):\n    return 6 if x == 3 else 2"},
            "float": RIGHT | {1: "def double(x):\n    return 2.0 * x"},
            "syntax": RIGHT | {1: "def double(x)\n    return 2 * x"},
            "open": {3: "Because it is so."},
            "loop": LOOP,
            "memory": MEMORY,
            "leaves": LEAVES,
            "forges": forges,
        }
    )
    before = set(tmp_path.rglob("*"))
    limits = isolation.Limits(seconds=8, memory=1024)
    rows = {row.student.id: row for row in grading.grade_class(folder, limits, report=print)}
    points = {name: [mark.points for mark in row.graded.marks] for name, row in rows.items()}
    assert points == {
        "right": [1, 1],
        "helper": [1, 1],
        "flood": [1, 1],
        "copied": [1, 1],
        "half": [0.5, 1],  # a number, twice three; not twice the others, nor twice twice
        "float": [0.75, 1],
        "syntax": [0, 1],
        "open": [0, 0],
        "loop": [0, 1],
        "memory": [0, 1],
        "leaves": [1, 0],
        "forges": [0.25, 0],
    }
    verdicts = {name: [mark.verdict for mark in row.graded.marks] for name, row in rows.items()}
    assert verdicts["open"] == ["not attempted"] * 2
    assert verdicts["loop"][0] == "took longer than 8 s"
    assert verdicts["leaves"][1].startswith("ended by the program itself")
    assert "twice three is six" in rows["forges"].graded.marks[0].hints
    printed = rows["forges"].graded.printed
    assert "SEEN []" in printed and "WROTE" not in printed and "CONNECTED" not in printed
    assert len(rows["flood"].graded.printed) < 5000
    assert any("checks.verdict" in name for name in rows["forges"].graded.marks[0].changed)
    # What is new lies in the class's folder and is ours.
    new = {path.relative_to(folder).parts[0] for path in {*tmp_path.rglob("*")} - before}
    assert new == {"grades.csv", "feedback"} and not any(outside.iterdir())
    with open(folder / "grades.csv", newline="") as file:
        table = {line["id"]: line for line in csv.DictReader(file)}
    assert table["half"]["points"] == "1.5" and table["half"]["of"] == "2"
    assert table["open"]["to read"] == "1" and "took longer" in table["loop"]["note"]
    said = (folder / "feedback" / "half.md").read_text()
    assert "twice 0.5 is another" in said and "1.5 of 2 points" in said and "x + x" not in said


REACHES = """\
import gc, json, os
token = next(each for each in gc.get_objects() if type(each) is dict and "hidden" in each)["token"]
check = {"event": "check", "name": "Exercise 1: double", "verdict": "passed", "error": ""}
check |= {"hints": [], "changed": [], "met": 1, "asked": 1}
events = [{"event": "prepared", "number": 0, "error": "I am the course"}, {"event": "cell"}]
events += [{"event": "cell", "number": number} for number in (0, -1, 10**6, [], "x")]
events += [check | {name: value} for name in check for value in ([1], {}, 10**400, None)]
events += [check | {"verdict": "failed", "met": 10**400}, [], 7, {}, "[" * 100_000]
for number in range(3, 20):
    for event in events:
        line = json.dumps(event | {"token": token} if type(event) is dict else event)
        try:
            os.write(number, line.encode() + b"\\n")
        except OSError:
            break
"""


def test_a_stranger_who_has_the_token_spares_the_rest(class_of):
    folder = class_of({"reaches": RIGHT | {2: REACHES + RIGHT[2]}, "right": RIGHT})
    rows = grading.grade_class(folder, isolation.Limits(seconds=20), report=print)
    marks = [[mark.points for mark in row.graded.marks] for row in rows]
    assert marks == [[1, 1], [1, 1]]
    with open(folder / "grades.csv", newline="") as file:
        assert [line["id"] for line in csv.DictReader(file)] == ["reaches", "right"]


def test_files_that_are_no_notebooks_spare_the_rest(class_of, capsys, cli):
    number = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}'
    cell = b'{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "source": 3}'
    folder = class_of(
        {
            "empty": b"",
            "binary": bytes(range(256)),
            "cells": b'{"cells": 3}',
            "source": number.replace(b"CELL", cell),
            "half": number.replace(b"CELL", cell.replace(b"3", b'"\\ud800"')),
            "version": number.replace(b"5", b'"five"'),
            "none": None,
        }
    )
    assert cli("grade", folder) == 3
    said = capsys.readouterr().out
    assert said.count("it cannot be read") == 6 and "none: 0 of 2" in said
    assert "nothing was handed in" in said


def test_solutions_of_a_real_lesson_pass(root, tmp_path, monkeypatch):
    monkeypatch.delenv("GAN_LESSONS_DATA")
    from gan_lessons.course.assignments import handout

    handout.hand_out("01", tmp_path / "class")
    solved = notebook.read_notebook(root / "notebooks" / "solutions" / "01_gan_loss.ipynb")
    asked = [c for c in solved["cells"] if {"exercise", "solution"} & set(notebook.tags(c))]
    for number, cell in enumerate(asked, 1):
        cell["id"] = f"exercise-{number:02d}"
    notebook.write_notebook(tmp_path / "class" / "ada.ipynb", solved)
    (row,) = grading.grade_class(tmp_path / "class", report=print)
    assert row.student.id == "ada"
    assert [mark.points for mark in row.graded.marks] == [1.0] * 5


def test_no_isolation_is_no_grading_unless_told(class_of, monkeypatch, cli, capsys):
    monkeypatch.setattr(sys, "platform", "plan9")
    folder = class_of({"right": RIGHT})
    assert cli("grade", folder) == 1
    assert "cannot be isolated here: it needs the user namespaces" in capsys.readouterr().err
    assert not (folder / "grades.csv").exists()
    assert cli("grade", folder, "--unsafe-no-isolation") == 0
    assert "right: 2 of 2, 2 exercises passed" in capsys.readouterr().out
