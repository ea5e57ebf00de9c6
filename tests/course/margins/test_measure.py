"""Notebooks run in other settings, and the comparisons of their checks made visible."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.margins import __main__ as command
from gan_lessons.course.margins import comparisons, measure, settings, table
from gan_lessons.course.margins.settings import USUAL, Setting
from gan_lessons.course.notebook import KERNEL, new_cell
from gan_lessons.files import OutputFolder

LESSON = """\
import os
import torch
from gan_lessons import claim
claim("seed", seed, -1, 9)
claim("threads", torch.get_num_threads(), 1, 4)
claim("twice", 1, 1, 1), claim("twice", 2, 2, 2)
claim("wide instructions", "avx2" not in os.environ.get("ATEN_CPU_CAPABILITY", ""), 0, 5)
"""
CHECK = """\
from gan_lessons import check
from gan_lessons.training import precision
answer = torch.tensor(4.0)
with check("Exercise 1", answer):
    assert 3 < answer < 4.5 and answer != 7, "no"
    for k in (1, 2):
        assert seed <= 3 - k, "a smaller one"
    assert precision.resolve("auto", "cpu") in ("bf16", "fp32"), "no"
    assert all(torch.zeros(2) < 1), "not a single number"
"""


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course with one small lesson."""
    sources = [("parameters", "preset = 'smoke'\nseed = 0"), ("a", LESSON), ("b", CHECK)]
    cells = [new_cell("code", text, tag=tag, name=tag) for tag, text in sources]
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}, "cells": cells}
    notebook.write_notebook(tmp_path / "notebooks" / "01_tiny.ipynb", made)
    (tmp_path / "data" / "lessons").mkdir(parents=True)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    return tmp_path


def values(found: dict) -> dict:
    return {each["name"]: each["value"] for each in found["values"]}


def test_setting_reaches_the_notebook(course):
    lesson = course / "notebooks" / "01_tiny.ipynb"
    found = measure.measure(lesson, USUAL)
    assert not found["errors"] and found["setting"] == "usual"
    assert values(found) == {
        "seed": 0,
        "threads": 1,
        "twice": 1,
        "twice (2)": 2,
        "wide instructions": 1,
        "Exercise 1: 3 < answer < 4.5": 0.5,
        "Exercise 1: seed <= 3 - k": 1.5,
    }
    other = Setting(seed=2, threads=2, instructions="avx2", precision="fp32")
    found = measure.measure(lesson, other)
    assert str(other) == "seed=2,threads=2,instructions=avx2,precision=fp32" == found["setting"]
    moved = values(found)
    assert (moved["seed"], moved["threads"], moved["wide instructions"]) == (2, 2, 0)
    # What fails is told, and what was compared before is there.
    assert moved["Exercise 1: seed <= 3 - k"] == -0.5
    assert found["errors"] == [
        "from gan_lessons import check: AssertionError: Exercise 1: a smaller one"
    ]


def test_run_up_to_a_claim_leaves_out_what_follows(course):
    lesson = course / "notebooks" / "01_tiny.ipynb"
    stored = notebook.read_notebook(lesson)
    measured = measure.measure(lesson, USUAL, until="threads")
    assert "threads" in values(measured)  # nothing is stored yet, so all of it ran
    for cell in stored["cells"][1:2]:
        data = {"application/vnd.gan-lessons.claim+json": {"name": "threads", "value": 1}}
        cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    notebook.write_notebook(lesson, stored)
    shorter = values(measure.measure(lesson, USUAL, until="threads"))
    assert "threads" in shorter and not any("Exercise" in name for name in shorter)


def test_runs_are_kept_and_go_on(course, tmp_path):
    root, out = course / "notebooks", OutputFolder(tmp_path / "runs")
    lesson = root / "01_tiny.ipynb"
    first = measure.store(lesson, root, USUAL, out)
    assert measure.store(lesson, root, USUAL, out) == first  # to the second that it took
    edited = notebook.read_notebook(lesson)
    edited["cells"][1]["source"] = LESSON.replace("-1, 9)", "-5, 9, refuses='a negative seed')")
    notebook.write_notebook(lesson, edited)
    assert measure.stored(lesson, root, USUAL, out) == first  # a band changes no number
    edited["cells"][1]["source"] = LESSON.replace('"seed", seed', '"seed", seed + 1')
    notebook.write_notebook(lesson, edited)
    assert measure.stored(lesson, root, USUAL, out) is None
    assert measure.stored(lesson, root, Setting(seed=1), out) is None


@pytest.mark.slow
def test_command_says_the_cost_and_writes_the_table(course, tmp_path, capsys):
    lesson = course / "notebooks" / "01_tiny.ipynb"
    words = ["01", "--seeds", "2", "--out", str(tmp_path / "runs")]
    assert command.main([*words, "--most", "2"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("5 runs, 0 of them kept already; the others take about 2 minutes of")
    assert "2 of 5  01_tiny seed=1" in said
    # The bands come from what the lesson stores, as `make lessons` leaves it.
    executed = notebook.read_notebook(lesson)
    measure.build_lessons.execute(executed, lesson)
    notebook.write_notebook(lesson, executed)
    assert command.main(words) == 1  # the check fails at other seeds only from 2 on, yet is near
    said = capsys.readouterr().out
    assert said.startswith("5 runs, 2 of them kept already") and "3 of 3" in said
    assert "1 runs, 0 of them kept already" in said  # all factors at once
    found = {row.name: row for row in table.read_table()["rows"]}
    assert found["seed"].nature == "drawn" and found["seed"].high == 9.5
    assert found["Exercise 1: seed <= 3 - k"].kind == "check"
    assert "twice" not in found
    assert (course / "data" / "lessons" / "margins.md").is_file()


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("x = 1 < 2", "x = 1 < 2"),
        ("with open('a') as b:\n    assert 1 < 2", "with open('a') as b:\n    assert 1 < 2"),
        (
            "with check('E'):\n    assert a < b, 'no'",
            "with check('E'):\n    assert __compared('E', 'a < b', a, '<', b), 'no'",
        ),
        (
            "with check('E'):\n    assert (a < b) == c or d > 1",
            "with check('E'):\n    assert (a < b) == c or d > 1",
        ),
    ],
)
def test_comparisons_that_have_to_hold_are_shown(source, shown):
    assert comparisons.instrument(source) == shown


@pytest.mark.parametrize(
    ("given", "holds"),
    [((1, "<", 2), True), ((1, "<", 2, "<", 2), False), ((2, ">=", 2, ">", 1), True)],
)
def test_comparison_holds_as_in_python(given, holds, monkeypatch):
    monkeypatch.setattr(comparisons, "_show", lambda found: None)
    assert comparisons.compared("E", "", *given) is holds


@pytest.mark.parametrize(
    ("given", "room"),
    [
        ((0.3, "<", 0.5), 0.2),
        ((0.5, ">=", 0.3), 0.2),
        ((7, ">=", 7), 0.5),  # 6 fails: half a count is left
        ((7, ">", 6), 0.5),
        ((8, "<", 8), -0.5),
        ((7, ">=", 6.5), 0.5),
    ],
)
def test_room_is_what_is_left_until_it_fails(given, room, monkeypatch):
    found = []
    monkeypatch.setattr(comparisons, "_show", found.append)
    comparisons.compared("E", "text", *given)
    assert found == [{"check": "E", "text": "text", "room": pytest.approx(room)}]


def test_factors_are_changed_one_at_a_time():
    every = settings.one_at_a_time(3)
    assert every[0] == USUAL and len(every) == len(set(every)) == 6
    for each in every[1:]:
        changed = [k for k, v in vars(each).items() if v != vars(USUAL)[k]]
        assert len(changed) == 1
    for each in settings.all_at_once(3):
        assert replace(each, seed=0) == Setting(0, 2, "avx2", settings.not_chosen())


def test_precision_that_is_not_chosen_takes_the_place_of_auto():
    source = (
        "from gan_lessons.course.margins.settings import compute_in, not_chosen\n"
        "from gan_lessons.training import precision\n"
        "other = not_chosen(); before = precision.resolve('auto', 'cpu')\n"
        "compute_in(''); assert precision.resolve('auto', 'cpu') == before != other\n"
        "compute_in(other); assert precision.resolve('auto', 'cpu') == other\n"
        "assert precision.resolve(before, 'cpu') == before"
    )
    subprocess.run([sys.executable, "-c", source], check=True)
