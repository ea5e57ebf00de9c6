"""One submission, graded by a process that is shut in; started again behind whatever ended it."""

import contextlib
import json
import os
import secrets
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from queue import Empty, Queue
from typing import Any

from gan_lessons.course.assignments import isolation
from gan_lessons.course.checks import NOT_ATTEMPTED, PASSED
from gan_lessons.course.notebook import Cell, Notebook, code_cells
from gan_lessons.course.publish import stubs
from gan_lessons.course.publish.tried_exercises import checks_in
from gan_lessons.course.sweep.client import end_group
from gan_lessons.text import parse_json

START_SECONDS = 120  # for libraries to be imported on a machine that is busy
LOOK = 0.1
LINE = 2**20  # bytes of an event
EVENTS = {  # what `inside` tells, and of which types
    "cell": {"token": str, "number": int},
    "prepared": {"token": str, "error": str},
    "check": {"token": str, "name": str, "verdict": str, "error": str}
    | {"hints": list, "changed": list, "met": int, "asked": int},
    "end": {"token": str},
}


@dataclass
class Mark:
    """What an exercise came to.

    Attributes:
        name: as its check is called.
        points: from 0 to 1: the share of the check's assertions that held.
        verdict: `passed`, `not attempted`, `failed`, or what ended it.
        hints: of the assertions that did not hold.
        changed: names of libraries that the submission had changed.
    """

    name: str
    points: float = 0.0
    verdict: str = NOT_ATTEMPTED
    hints: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


@dataclass
class Graded:
    """What a submission came to.

    Attributes:
        marks: one for each check.
        note: what the teacher should know of it as a whole.
        printed: the beginning of what it printed.
        answers: the open answers, which nobody but a teacher can judge.
    """

    marks: list[Mark]
    note: str = ""
    printed: str = ""
    answers: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        """The sum."""
        return round(sum(mark.points for mark in self.marks), 2)


@dataclass(frozen=True)
class Part:
    """One exercise: what the student wrote for it, and the course's check."""

    answers: tuple[str, ...]
    check: str
    names: tuple[str, ...]


def parts_of(ours: Notebook, theirs: Notebook) -> tuple[list[str], list[Part], str]:
    """Takes the answers out of a submission, and everything else from the course.

    Args:
        ours: the handout as it was made for this student.
        theirs: what came back.

    Returns:
        Cells that come before the exercises; the exercises; a note.
    """
    known = {cell["id"]: cell for cell in ours["cells"]}
    before, checks, owner = [], [], {}
    for cell in code_cells(ours):
        if checks_in(cell):
            checks.append(cell)
        elif "exercise" in cell["metadata"]["tags"]:
            owner[cell["id"]] = len(checks)
        else:
            before.append(cell["source"])
    answers: list[list[str]] = [[] for _ in checks]
    place, note = 0, ""
    if not any(cell.get("id") in owner for cell in code_cells(theirs)):
        note = "the cells of the handout were not found by their names; all code is tried in order"
    for cell in code_cells(theirs):
        name = cell.get("id")
        if name in owner:
            place = owner[name]
        elif name in known or (note and _is_ours(cell, ours)):
            continue  # the course's own cell is used, whatever became of it
        if place < len(answers):
            answers[0 if note else place].append(cell["source"])
    parts = [
        Part(tuple(found), check["source"], tuple(checks_in(check)))
        for found, check in zip(answers, checks)
    ]
    return before, parts, note


def open_answers(theirs: Notebook, ours: Notebook) -> list[str]:
    """The answers in words."""
    asked = {cell["id"] for cell in ours["cells"] if cell["source"] == stubs.OPEN_ANSWER}
    written = [cell["source"] for cell in theirs["cells"] if cell.get("id") in asked]
    return [text for text in written if text.strip() and text != stubs.OPEN_ANSWER]


def grade(
    ours: Notebook,
    theirs: Notebook,
    limits: isolation.Limits,
    hidden: Sequence[str],
    isolated: bool,
) -> Graded:
    """Grades a submission.

    Args:
        ours: the handout as it was made for this student.
        theirs: what came back.
        limits: on the process.
        hidden: folders that it must not see.
        isolated: whether it is shut in.

    Returns:
        A mark for each check. What ends the process costs the exercise in which it did.

    Raises:
        ValueError: if the course's own cells fail, or the process cannot be shut in.
    """
    before, parts, note = parts_of(ours, theirs)
    marks = {name: Mark(name) for part in parts for name in part.names}
    printed, todo = "", list(parts)
    while any(name for part in todo for name in part.names):
        watched = _Process(before, todo, limits, hidden, isolated)
        ended_in, why = watched.follow(marks)
        printed = printed or watched.printed()
        if ended_in is None:
            break
        guilty = todo[ended_in]
        for name in guilty.names:
            marks[name].points, marks[name].verdict = 0.0, why
        # What came before has its marks and is run for its names alone.
        done = [replace(part, names=()) for part in todo[:ended_in]]
        todo = [*done, replace(guilty, answers=(), names=()), *todo[ended_in + 1 :]]
    return Graded(list(marks.values()), note, printed, open_answers(theirs, ours))


class _Process:
    """The process that runs a submission, as its parent sees it."""

    def __init__(
        self,
        before: Sequence[str],
        parts: Sequence[Part],
        limits: isolation.Limits,
        hidden: Sequence[str],
        isolated: bool,
    ):
        self.limits, self.token = limits, secrets.token_hex(16)
        self.cells = [{"source": text, "trusted": True, "checks": False} for text in before]
        self.part_of = [-1] * len(before)
        for number, part in enumerate(parts):
            added = [{"source": t, "trusted": False, "checks": False} for t in part.answers]
            added += [{"source": part.check, "trusted": True, "checks": True}] * bool(part.names)
            self.cells += added
            self.part_of += [number] * len(added)
        self.events: Queue[dict | None] = Queue()
        self.heard = 0
        self.kept: list[str] = []
        self.request = {"cells": self.cells, "token": self.token, "limits": asdict(limits)}
        self.request |= {"hidden": list(hidden), "isolated": isolated}
        self.isolated = isolated

    def follow(self, marks: dict[str, Mark]) -> tuple[int | None, str]:
        """Runs it; gives the exercise that ended it, and how; None where it came to its end."""
        with tempfile.TemporaryDirectory(prefix="grading-") as own:
            process = subprocess.Popen(
                isolation.command("gan_lessons.course.assignments.inside", isolated=self.isolated),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=isolation.environment(own),
                start_new_session=True,
            )
            listening = [
                threading.Thread(target=self._listen, args=(process,), daemon=True),
                threading.Thread(target=self._read, args=(process,), daemon=True),
            ]
            for thread in listening:
                thread.start()
            try:
                with contextlib.suppress(OSError):
                    told = json.dumps(self.request | {"own": own}).encode()
                    process.stdin.write(told + b"\n")
                    process.stdin.flush()
                return self._judge(process, marks)
            finally:
                end_group(process.pid)
                process.wait()
                for thread in listening:
                    thread.join(timeout=5)
                for pipe in (process.stdin, process.stdout, process.stderr):
                    with contextlib.suppress(OSError):
                        pipe.close()

    def printed(self) -> str:
        """The beginning of what it printed."""
        text = "".join(self.kept)
        left = self.heard - len(text)
        return text + (f"\n… and {left:,} characters more" if left > 0 else "")

    def _judge(self, process: subprocess.Popen, marks: dict[str, Mark]) -> tuple[int | None, str]:
        part, deadline = -1, time.monotonic() + START_SECONDS + self.limits.seconds
        while time.monotonic() < deadline:
            try:
                event = self.events.get(timeout=LOOK)
            except Empty:
                continue
            if event is None:
                process.wait()
                return self._ended(part, f"ended by the program itself{_code(process)}")
            if event["event"] == "end":
                return None, ""
            if event["event"] == "cell":
                # Never back: a stranger who got hold of the token would win time by it.
                if (begun := self._part(event["number"])) > part:
                    part = begun
                    deadline = time.monotonic() + self.limits.seconds
            elif event["event"] == "prepared" and event["error"] and part < 0:
                raise ValueError(f"the course's own cells fail: {event['error']}")
            elif event["event"] == "check":
                _note(marks, event)
        return self._ended(part, f"took longer than {self.limits.seconds:g} s")

    def _part(self, number: int) -> int:
        """The exercise that a cell belongs to; -1 before the first, and where there is no cell."""
        return self.part_of[number] if 0 <= number < len(self.part_of) else -1

    def _ended(self, part: int, why: str) -> tuple[int, str]:
        if part < 0:
            said = (self.printed().strip().splitlines() or [""])[-1]
            raise ValueError(f"the process that grades did not get to the exercises: {why} {said}")
        return part, why

    def _listen(self, process: subprocess.Popen) -> None:
        """Takes events that know the token; a stranger may write to the same pipe."""
        with contextlib.suppress(OSError, ValueError):
            while line := process.stdout.readline(LINE):
                with contextlib.suppress(ValueError):
                    event = parse_json(line.decode())
                    if _is_event(event) and event["token"] == self.token:
                        self.events.put(event)
        self.events.put(None)

    def _read(self, process: subprocess.Popen) -> None:
        """Keeps the beginning of what is printed, and lets the rest pass."""
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(process.stderr.fileno(), 2**16):
                text = data.decode("utf-8", "replace")
                room = self.limits.output - sum(map(len, self.kept))
                self.heard += len(text)
                if room > 0:
                    self.kept.append(text[:room])


def _is_event(event: Any) -> bool:
    """Says whether a line is an event as `inside` tells it, whoever wrote it."""
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return False
    fields = EVENTS.get(event["event"])
    if fields is None or not all(type(event.get(name)) is kind for name, kind in fields.items()):
        return False
    lists = [event[name] for name, kind in fields.items() if kind is list]
    return all(isinstance(each, str) for found in lists for each in found)


def _note(marks: dict[str, Mark], event: dict[str, Any]) -> None:
    """Writes a verdict down."""
    mark = marks.get(event["name"])
    if mark is None or event["asked"] == 0 and event["verdict"] != PASSED:
        return
    mark.verdict, mark.changed = event["verdict"], event["changed"]
    mark.hints = list(dict.fromkeys([*event["hints"], *filter(None, [event["error"]])]))[:3]
    if event["verdict"] == PASSED:
        mark.points = 1.0
    elif event["verdict"] != NOT_ATTEMPTED:
        asked = max(1, event["asked"])
        mark.points = round(min(max(0, event["met"]), asked) / asked, 2)


def _is_ours(cell: Cell, ours: Notebook) -> bool:
    """Says whether a cell without a name we know is one of the handout's."""
    sources = {each["source"].strip() for each in code_cells(ours)}
    try:
        return cell["source"].strip() in sources or bool(checks_in(cell))
    except SyntaxError:
        return False


def _code(process: subprocess.Popen) -> str:
    code = process.returncode
    if code in (-9, 137):
        return " or by the system, as when memory runs out"
    return f" (exit code {code})"
