"""Commands of `gan-lessons` for lessons with other parameters, and for what comes with them."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from gan_lessons.cli.errors import BROKEN, LEFT_OUT, Progress, example, warn, wrong_call
from gan_lessons.files import share
from gan_lessons.interrupt import interruptible
from gan_lessons.text import count_of

OWN = {"allow_extra_args": True, "ignore_unknown_options": True}
Out = Annotated[Path, typer.Option(help="Folder for what the runs leave.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", metavar="NAME VALUE", help="A parameter of the lesson; repeatable."),
]
CellTimeout = Annotated[
    float | None, typer.Option(min=1, metavar="SECONDS", help="Longest for one cell; smoke: 600.")
]
Timeout = Annotated[
    float | None, typer.Option(min=1, metavar="SECONDS", help="Longest for one run; no limit.")
]


def add_to(app: typer.Typer) -> None:
    """Put the commands into the command line of the course."""
    lines = ["gan-lessons run 03 -p loss hinge -p seed 1 --out runs/hinge"]
    app.command(cls=PairsCommand, context_settings=OWN, epilog=example(*lines))(run)
    lines = [
        "gan-lessons sweep losses.yaml --out runs/losses --jobs 2",
        "gan-lessons sweep 00_pictures --out runs/pictures",
    ]
    app.command(epilog=example(*lines))(sweep)
    lines = ["gan-lessons report runs/losses", "gan-lessons report runs/losses --by loss,lr"]
    app.command(epilog=example(*lines))(report)
    app.command(epilog=example("gan-lessons models"))(models)
    lines = ["gan-lessons lab", "gan-lessons lab --no-browser --port 8899"]
    app.command(context_settings=OWN, epilog=example(*lines))(lab)
    app.command(epilog=example("gan-lessons colab --repo OWNER/NAME"))(colab)


class PairsCommand(TyperCommand):
    """A command whose `-p` takes two words, a name and a value."""

    def parse_args(self, ctx, args):
        """Read the command line."""
        words, joined = list(args), []
        while words:
            joined.append(word := words.pop(0))
            if word == "-p":
                if len(words) < 2 or any(each.startswith("--") for each in words[:2]):
                    sentence = "a name and a value are expected, as in -p seed 3"
                    raise typer.BadParameter(sentence, param_hint="-p")
                joined.append(f"{words.pop(0)}={words.pop(0)}")
        return super().parse_args(ctx, joined)


def run(
    ctx: typer.Context,
    lesson: Annotated[str, typer.Argument(help="How its name begins, such as 04.")],
    out: Out,
    parameters: Parameters = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a finished run with other parameters.")
    ] = False,
    cell_timeout: CellTimeout = None,
    timeout: Timeout = None,
    html: Annotated[
        bool, typer.Option("--html", help="Write the notebook as a page, too, fit for printing.")
    ] = False,
) -> None:
    """Execute a lesson with other parameters.

    Each lesson names its parameters in a cell at its beginning; relative paths in them count from
    this folder. OUT gets the executed notebook, as far as it came, and run.json with the parameters
    and all that was measured. The exit code is 0 if every claim held, 4 if one did not, 1 if the
    run failed.
    """
    if ctx.args:
        raise typer.BadParameter(
            f"one lesson is expected, got {' '.join([lesson, *ctx.args])}; "
            "parameters are given as -p NAME VALUE"
        )
    given = dict(pair.split("=", 1) for pair in parameters or [])
    with interruptible() as stop:  # before libraries are read, which may swallow an interrupt
        from gan_lessons.course.sweep import costs, runs
        from gan_lessons.course.sweep import parameters as known

        with wrong_call(known.UnknownParameter):
            found = known.lesson_named(lesson)
            values = known.parameters_of(found, given)
        typer.echo(costs.told(found, values))
        limits = {"cell_seconds": cell_timeout, "seconds": timeout}
        with Progress() as watch:
            result = runs.run_lesson(
                lesson, given, out, force=force, stop=stop, watch=watch, **limits
            )
    for each in result["claims"]:
        typer.echo(f"{each['name']}: {each['value']} ({each['verdict']})")
    typer.echo(f"{result['lesson']} {result['status']} after {result['seconds']:.0f} s; see {out}")
    if html:
        from gan_lessons.course.sweep.lesson_page import write_page

        typer.echo(write_page(out / found.name, found.parent))
    if result["status"] == runs.STOPPED:
        raise KeyboardInterrupt
    if result["error"]:
        raise ValueError(result["error"])
    if result["status"] == runs.BROKEN:
        raise typer.Exit(BROKEN)


def sweep(
    grid: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="YAML with `lesson`, `grid`, `parameters`; or the name of one of the course's.",
        ),
    ],
    out: Out,
    jobs: Annotated[int, typer.Option(min=1, help="Runs at a time.")] = 1,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers make the runs.")
    ] = "",
    cell_timeout: CellTimeout = None,
    timeout: Timeout = None,
) -> None:
    """Execute a lesson once for every combination of a grid of parameters.

    Ctrl-C keeps the runs that are done; the same command goes on from there. With --scheduler, all
    workers must see OUT at the same path. The exit code is 0 if every claim held, 4 if one did not,
    1 if a run failed.
    """
    with interruptible() as stop:
        from gan_lessons.course.sweep import costs, runs
        from gan_lessons.course.sweep import grid as grids
        from gan_lessons.course.sweep import parameters as known

        settings = grids.Settings(jobs, scheduler, cell_timeout, timeout)
        with wrong_call(known.UnknownParameter):
            lesson, every = grids.read_sweep(_grid(grid))
        values = known.parameters_of(lesson, every[0])
        typer.echo(costs.told(lesson, values, len(every), jobs))
        found = grids.sweep(_grid(grid), out, settings, report=typer.echo, stop=stop)
    statuses = {each["status"] for each in found}
    if not statuses <= set(runs.DONE):
        raise typer.Exit(1)
    if runs.BROKEN in statuses:
        raise typer.Exit(BROKEN)


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What run or sweep left.")],
    by: Annotated[str, typer.Option(help="Parameters to group by; else those that vary.")] = "",
    of: Annotated[str, typer.Option(help="One claim or record alone, and a figure of it.")] = "",
) -> None:
    """Tell what many runs of a lesson say together: mean and spread over the seeds.

    Prints a table and writes it into DIR as report.md, and as report.html with curves and pictures,
    one page for the screen and for paper; with --of also report.png. The exit code is 3 if runs
    that did not come to their end were left out.
    """
    from gan_lessons.course.sweep import page, reports

    typer.echo(page.write_report(folder, _parts(by), of))
    if left := reports.left_out(folder):
        warn(f"Left out, not at its end: {', '.join(path.name for path in left)}.")
        raise typer.Exit(LEFT_OUT)


def models() -> None:
    """List all that was trained for the course: by what, on what, and what trains it again."""
    from gan_lessons.course import bundle

    typer.echo(bundle.describe())


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _grid(path: Path) -> Path:
    """A file, or where there is none, the course's own of that name."""
    from gan_lessons.course.sweep.parameters import UnknownParameter

    own = {each.stem: each for each in sorted((share("notebooks") / "params").glob("*.yaml"))}
    if path.exists():
        return path
    if path.stem in own:
        return own[path.stem]
    raise UnknownParameter(f"there is no file {path}; the course's own grids are: {', '.join(own)}")


def lab(ctx: typer.Context) -> None:
    """Open JupyterLab on the first lesson.

    Opens copies in the folder my_lessons, which are yours: what you change there is never written
    over, and the rest follows the course. All options are passed on to JupyterLab.
    """
    from gan_lessons.course import jupyterlab as jupyter

    raise typer.Exit(jupyter.main(ctx.args))


def colab(
    repo: Annotated[str, typer.Option(metavar="OWNER/NAME", help="Where the course is on GitHub.")],
) -> None:
    """Write badges for Colab into the notebooks.

    Badge and set-up cell need the address that the course is published at.
    """
    from gan_lessons.course.publish import colab as addresses

    for path in (changed := addresses.write_addresses(repo)):
        typer.echo(path)
    typer.echo(f"{count_of(len(changed), 'notebook')} changed")
