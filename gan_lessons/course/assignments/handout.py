"""Assignments: the exercises of a lesson as a notebook a student, without their solutions.

A handout is made from the same source as the lesson's exercises, `notebooks/solutions/NN_….ipynb`:
its set-up, the tasks, empty answers, the checks. Each student gets a seed of his own. The cells
carry the metadata of nbgrader, so that it can hand out and grade the same notebooks.
"""

import csv
import hashlib
import io
import re
import reprlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gan_lessons.course import notebook
from gan_lessons.course.notebook import Cell, Notebook, code_cells, literals, new_cell, tags
from gan_lessons.course.publish import stubs
from gan_lessons.course.publish.tried_exercises import checks_in
from gan_lessons.course.sweep.parameters import lesson_named
from gan_lessons.files import OutputFolder, share
from gan_lessons.reading import read_regular
from gan_lessons.text import read_json

FILE = "assignment.json"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
TAKEN = ("feedback", "grades.csv", FILE)  # what lies beside the folders of students
MAX_LIST = 2**20  # bytes of a list of students
SEEDS = 10_000
KEPT = ("setup", "imports", "parameters")  # cells that come before the exercises
SCHEMA = 3  # of nbgrader's metadata


@dataclass(frozen=True)
class Student:
    """Who gets a handout: an identifier that names a folder, a name, a seed."""

    id: str
    name: str
    seed: int


def hand_out(lesson: str, out: str | Path, students: str | Path | None = None) -> list[Student]:
    """Writes a notebook for each student, and `assignment.json` for the grading.

    Args:
        lesson: how its name begins.
        out: folder that gets one folder a student; without a list, the one notebook.
        students: a CSV file with the columns id and name.

    Returns:
        The students; one of no name where there is no list.

    Raises:
        ValueError: if the lesson has no exercises, the list cannot be read, or the folder holds
            another assignment.
    """
    path = lesson_named(lesson)
    solutions = solutions_to(path)
    listed = read_students(students) if students else [("", "")]
    chosen = [Student(id_, name, seed_of(path.stem, id_)) for id_, name in listed]
    folder = OutputFolder(out)
    _refuse_another(folder, path.stem, chosen)
    for student in chosen:
        made = handout(solutions, path.stem, student)
        place = f"{student.id}/{path.name}" if student.id else path.name
        target = folder.path(place)
        if not target.exists():  # it may have come back already
            notebook.write_notebook(target, made)
    folder.write_json(FILE, {"lesson": path.stem, "students": [asdict(each) for each in chosen]})
    return chosen


def read_assignment(folder: str | Path) -> tuple[str, list[Student]]:
    """Reads what :func:`hand_out` wrote beside the notebooks.

    Raises:
        ValueError: if there is none, or it is damaged.
    """
    path = Path(folder) / FILE
    try:
        stored = read_json(path)
        students = [Student(**each) for each in stored["students"]]
        if not students or not all(map(_is_student, students)):
            raise ValueError
        return str(stored["lesson"]), students
    except FileNotFoundError:
        raise ValueError(
            f"{folder} holds no {FILE}; name the folder that `gan-lessons assign` made"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is damaged; make the assignment again") from None


def read_students(path: str | Path) -> list[tuple[str, str]]:
    """Reads a class.

    Args:
        path: a CSV file with the columns id and name, separated by commas, semicolons or tabs.

    Returns:
        Identifiers and names.

    Raises:
        ValueError: if a column is missing, or an identifier comes twice or names no folder.
    """
    try:
        text = read_regular(Path(path), MAX_LIST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8; save it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    lines = csv.DictReader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    try:
        columns = {(name or "").strip().lower(): name for name in lines.fieldnames or ()}
        rows = list(lines)
    except csv.Error as error:
        raise ValueError(f"{path} is no list of students: {error}") from None
    if not {"id", "name"} <= columns.keys():
        got = reprlib.repr(first)
        raise ValueError(f"{path} needs the columns id and name in its first line, got {got}")
    found: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(rows, 2):
        id_, name = ((line[columns[each]] or "").strip() for each in ("id", "name"))
        if not id_ and not name:
            continue
        if not ID.fullmatch(id_) or id_.lower() in TAKEN:
            raise ValueError(
                f"{path}, line {number}: {reprlib.repr(id_)} cannot name a folder; "
                "identifiers have letters, digits and . _ @ + - (64 at most)"
            )
        if id_.lower() in found:
            raise ValueError(
                f"{path}, line {number}: the id {id_!r} comes twice; each needs its own"
            )
        found[id_.lower()] = id_, " ".join(name.split())
    if not found:
        raise ValueError(f"{path} names no student")
    return list(found.values())


def handout(solutions: Notebook, lesson: str, student: Student) -> Notebook:
    """Makes the notebook of a student.

    Args:
        solutions: the notebook of solutions, of which no answer is taken over.
        lesson: the name of the lesson.
        student: whose seed is put in.

    Returns:
        A notebook in format 4 without outputs.
    """
    before = [_copied(cell, student) for cell in solutions["cells"] if set(tags(cell)) & set(KEPT)]
    asked = stubs.exercises(solutions)
    who = f"For {student.name or student.id}. " if student.id else ""
    title = (
        f"# Exercises of lesson {lesson}\n\n{who}Fill in the empty answers, run the checks below "
        "them, and hand this notebook in. Leave the cells with checks as they are."
    )
    head = new_cell("markdown", title, tag="exercise", name="title")
    cells = [head, *before, *asked]
    answers = answers_in(asked)
    for cell in cells:
        cell["metadata"] = {"tags": tags(cell), "nbgrader": _grading(cell, cell["id"] in answers)}
    kernel = {"kernelspec": dict(notebook.KERNEL), "language_info": {"name": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}


def answers_in(asked: Sequence[Cell]) -> set[str]:
    """Names the cells that a student fills in: code without a check, and open answers."""
    return {
        cell["id"]
        for cell in asked
        if (cell["cell_type"] == "code" and not checks_in(cell))
        or cell["source"] == stubs.OPEN_ANSWER
    }


def solutions_to(lesson: Path) -> Notebook:
    """Reads the solutions of a lesson.

    Raises:
        ValueError: if there are none.
    """
    path = share("notebooks") / "solutions" / lesson.name
    if not path.is_file():
        raise ValueError(f"{lesson.stem} has no exercises that could be handed out")
    return notebook.read_notebook(path)


def seed_of(lesson: str, student: str) -> int:
    """A student's own seed, the same whenever it is asked for; the lesson's own for nobody."""
    if not student:
        return 0
    digest = hashlib.sha256(f"{lesson}\n{student}".encode()).digest()
    return 1 + int.from_bytes(digest[:4]) % SEEDS


def _is_student(student: Student) -> bool:
    """Says whether what was stored is a student: the identifier names a folder, or nobody."""
    known = isinstance(student.id, str) and (not student.id or ID.fullmatch(student.id))
    return bool(known) and isinstance(student.name, str) and type(student.seed) is int


def _copied(cell: Cell, student: Student) -> Cell:
    """A cell of the set-up, with the student's seed in the parameters."""
    made = new_cell(cell["cell_type"], cell["source"], tag=tags(cell)[0], name=cell["id"])
    if "parameters" in tags(cell) and student.id and "seed" in (literals(cell) or {}):
        made["source"] = re.sub(
            r"^seed *=.*$", f"seed = {student.seed}", made["source"], flags=re.MULTILINE
        )
    return made


def _grading(cell: Cell, is_answer: bool) -> dict[str, Any]:
    """The metadata by which nbgrader knows what a cell is: answer, check or text to be read."""
    checks = len(checks_in(cell)) if cell["cell_type"] == "code" else 0
    is_open = is_answer and cell["cell_type"] == "markdown"
    made = {
        "schema_version": SCHEMA,
        "grade_id": cell["id"],
        "grade": bool(checks) or is_open,
        "solution": is_answer,
        "locked": not is_answer,
        "task": False,
    }
    return made | ({"points": max(1, checks)} if made["grade"] else {})


def _refuse_another(folder: OutputFolder, lesson: str, students: Sequence[Student]) -> None:
    """Raises where the folder holds another assignment: its seeds would be lost."""
    if not folder.path(FILE).exists():
        return
    before, there = read_assignment(folder.root)
    if before != lesson or not set(there) <= set(students):
        raise ValueError(
            f"{folder.root} holds an assignment of {before} for {len(there)}; name another folder"
        )


def checks_of(solutions: Notebook) -> list[str]:
    """Names all checks of a notebook of solutions, in their order."""
    return [name for cell in code_cells(solutions) for name in checks_in(cell)]
