"""Commands of `gan-lessons` for a class: assignments handed out, and graded."""

from pathlib import Path
from typing import Annotated

import typer

from gan_lessons.cli.errors import LEFT_OUT, example, wrong_call


def add_to(app: typer.Typer) -> None:
    """Put the commands into the command line of the course."""
    lines = ["gan-lessons assign 04 --out class/04 --students list.csv"]
    app.command(epilog=example(*lines))(assign)
    app.command(epilog=example("gan-lessons grade class/04"))(grade)


def assign(
    lesson: Annotated[str, typer.Argument(help="How its name begins, such as 04.")],
    out: Annotated[Path, typer.Option(help="Folder for the notebooks.")],
    students: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Columns id and name.")
    ] = None,
) -> None:
    """Hand out the exercises of a lesson, without solutions.

    OUT gets a folder a student with a notebook and a seed of his own, and assignment.json, which
    grading needs; without --students, one notebook for all. What lies there already stays. The
    cells carry the metadata of nbgrader.
    """
    from gan_lessons.course.assignments.handout import hand_out
    from gan_lessons.course.sweep.parameters import UnknownParameter
    from gan_lessons.text import count_of

    with wrong_call(UnknownParameter):
        made = hand_out(lesson, out, students)
    typer.echo(f"{count_of(len(made), 'notebook')} in {out}")


def grade(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What assign made.")],
    timeout: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="Longest for one exercise.")
    ] = 60,
    memory: Annotated[int, typer.Option(min=256, metavar="MIB", help="Most of memory.")] = 4096,
    unsafe: Annotated[
        bool,
        typer.Option("--unsafe-no-isolation", help="Run submissions with all that you may do."),
    ] = False,
) -> None:
    """Grade what came back: DIR/ID/NN_lesson.ipynb for each student.

    Each submission runs in a process that has no network, may write nowhere and has limits on time,
    memory and output; checks and set-up are the course's own, only the answers are the student's.
    DIR gets grades.csv and feedback/ID.md. The exit code is 3 if somebody handed in nothing.
    """
    from gan_lessons.course.assignments import grading
    from gan_lessons.course.assignments.isolation import Limits

    limits = Limits(seconds=timeout, memory=memory)
    rows = grading.grade_class(folder, limits, isolated=not unsafe, report=typer.echo)
    typer.echo(f"See {folder / grading.GRADES} and {folder / grading.FEEDBACK}.")
    if not all(row.came for row in rows):
        raise typer.Exit(LEFT_OUT)
