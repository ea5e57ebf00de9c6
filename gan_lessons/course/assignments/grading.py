"""A class graded: every submission for itself, feedback for each, and a table for the teacher."""

import csv
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gan_lessons.course import notebook
from gan_lessons.course.assignments import isolation
from gan_lessons.course.assignments.handout import (
    FILE,
    Student,
    checks_of,
    handout,
    read_assignment,
    solutions_to,
)
from gan_lessons.course.assignments.submission import Graded, Mark, grade
from gan_lessons.course.checks import PASSED
from gan_lessons.course.sweep.parameters import lesson_named
from gan_lessons.files import OutputFolder, share
from gan_lessons.reading import read_regular
from gan_lessons.text import count_of

GRADES, FEEDBACK = "grades.csv", "feedback"
MAX_NOTEBOOK = 50 * 2**20  # bytes
SECRETS = (".ssh", ".gnupg", ".aws", ".config", ".netrc", ".kube", ".docker")
MISSING = "nothing was handed in"

Report = Callable[[str], None]


@dataclass
class Row:
    """A student and what his submission came to."""

    student: Student
    graded: Graded
    came: bool = True


def grade_class(
    folder: str | Path,
    limits: isolation.Limits | None = None,
    *,
    isolated: bool = True,
    report: Report = print,
) -> list[Row]:
    """Grades what came back into the folders of an assignment.

    Args:
        folder: that :func:`handout.hand_out` made, with the notebooks as they came back.
        limits: on each process.
        isolated: whether submissions are shut in.
        report: called with each line of progress.

    Returns:
        A row a student. Beside them, `grades.csv` and `feedback/ID.md` are written.

    Raises:
        ValueError: if there is no assignment, or no isolation to be had.
    """
    name, students = read_assignment(folder)
    if isolated and (reason := isolation.why_not()):
        raise ValueError(
            f"submissions cannot be isolated here: {reason}; run this on Linux, or say "
            "--unsafe-no-isolation to run strangers' code with all that you may do"
        )
    lesson = lesson_named(name)
    solutions, limits = solutions_to(lesson), limits or isolation.Limits()
    hidden = _hidden(Path(folder)) if isolated else []
    out, rows = OutputFolder(folder, create=False), []
    for student, path in _submissions(Path(folder), lesson.name, students):
        ours = handout(solutions, lesson.stem, student)
        graded = _graded(path, ours, checks_of(solutions), limits, hidden, isolated)
        rows.append(Row(student, graded, path.exists()))
        out.write_text(f"{FEEDBACK}/{student.id}.md", feedback(lesson.stem, rows[-1]))
        out.write_text(GRADES, table(rows))
        report(_line(rows[-1]))
    return rows


def feedback(lesson: str, row: Row) -> str:
    """What a student gets to read, as Markdown."""
    graded, who = row.graded, row.student.name or row.student.id
    lines = [f"# {lesson}: {_plain(who)}", ""]
    lines += [f"{graded.points:g} of {len(graded.marks)} points.", ""]
    if graded.note:
        lines += [f"Note: {_plain(graded.note)}.", ""]
    for mark in graded.marks:
        lines += [f"## {_plain(mark.name)}", "", f"{mark.points:g} of 1: {_plain(mark.verdict)}."]
        lines += [f"- {_plain(hint)}" for hint in mark.hints]
        if mark.changed:
            lines.append(f"- changed in libraries, and put back: {_plain(', '.join(mark.changed))}")
        lines.append("")
    if graded.answers:
        lines += ["## Answers in words", "", "These are read by your teacher.", ""]
    if graded.printed.strip():
        shown = "\n".join("    " + line[:200] for line in graded.printed.splitlines()[:60])
        lines += ["## What your notebook printed", "", shown, ""]
    return "\n".join(lines)


def table(rows: list[Row]) -> str:
    """The grades as CSV: id, name, points, of, one column a check, note."""
    names = [mark.name for mark in rows[0].graded.marks]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["id", "name", "points", "of", *names, "to read", "note"])
    for row in rows:
        marks = [f"{mark.points:g}" for mark in row.graded.marks]
        start = [row.student.id, row.student.name, f"{row.graded.points:g}", len(names)]
        end = [len(row.graded.answers), _noted(row)]
        writer.writerow([_harmless(str(each)) for each in [*start, *marks, *end]])
    return buffer.getvalue()


def _graded(
    path: Path,
    ours: notebook.Notebook,
    names: list[str],
    limits: isolation.Limits,
    hidden: list[str],
    isolated: bool,
) -> Graded:
    """Grades one file; what it is not is its result."""
    nothing = [Mark(name) for name in names]
    try:
        read_regular(path, MAX_NOTEBOOK)
        theirs = notebook.read_notebook(path)
        for cell in theirs["cells"]:
            str(cell["source"]), str(cell["cell_type"])
    except FileNotFoundError:
        return Graded(nothing, MISSING)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Graded(nothing, f"it cannot be read: {' '.join(str(error).split())[:200]}")
    return grade(ours, theirs, limits, hidden, isolated)


def _submissions(folder: Path, lesson: str, students: list[Student]) -> list[tuple[Student, Path]]:
    """Who was to hand in, and where that lies; without a list, every notebook of the folder."""
    if [each.id for each in students] != [""]:
        return [(each, folder / each.id / lesson) for each in students]
    found = [path for path in sorted(folder.glob("*.ipynb")) if path.name != lesson]
    if not found:
        raise ValueError(f"{folder} holds {FILE} and no notebook that came back")
    return [(Student(path.stem, path.stem, students[0].seed), path) for path in found]


def _hidden(folder: Path) -> list[str]:
    """What a submission must not see: solutions, the class, and what is the teacher's own."""
    home = Path.home().resolve()
    needed = [Path(sys.prefix), Path(sys.base_prefix), Path(__file__), share("notebooks")]
    in_use = any(path.resolve().is_relative_to(home) for path in needed)
    own = [home / name for name in SECRETS] if in_use else [home]
    return [str(path) for path in [share("notebooks") / "solutions", folder.resolve(), *own]]


def _line(row: Row) -> str:
    done = sum(mark.verdict == PASSED for mark in row.graded.marks)
    told = f"{row.student.id}: {row.graded.points:g} of {len(row.graded.marks)}"
    note = _noted(row)
    return f"{told}, {count_of(done, 'exercise')} passed{f'; {note}' if note else ''}"


def _noted(row: Row) -> str:
    """What the teacher should look at."""
    notes = [row.graded.note] if row.graded.note else []
    for mark in row.graded.marks:
        if mark.changed:
            notes.append(f"{mark.name}: changed {', '.join(mark.changed)}")
        if mark.verdict.startswith(("took longer", "ended by")):
            notes.append(f"{mark.name}: {mark.verdict}")
    return "; ".join(notes)


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text[:1] else text


def _plain(text: str) -> str:
    """A text that Markdown shows as it stands."""
    from gan_lessons.course.sweep.reports import plain

    return plain(text)
