"""The command `gan-lessons`: thin; what it does lives in the modules that it imports when asked.

Exit codes: 0 success, 1 an error, 2 a command line that cannot be understood, 3 something was left
out, 4 a claim of a lesson did not hold, 130 stopped by Ctrl-C. An error is one sentence on standard
error; with the environment variable GAN_LESSONS_DEBUG=1 its traceback is shown.
"""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from gan_lessons import __version__
from gan_lessons.cli import classes, data, evaluate, lessons, restyle, serve, train
from gan_lessons.cli.errors import INTERRUPTED, Json, OneSentence, example

app = typer.Typer(
    cls=OneSentence,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
lessons.add_to(app)
classes.add_to(app)
evaluate.add_to(app)
serve.add_to(app)
restyle.add_to(app)
train.add_to(app)
data.add_to(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gan-lessons {__version__}")
        raise typer.Exit


@app.callback(
    epilog=example(
        "gan-lessons lab", "gan-lessons restyle cat.png --style all --count 4 --out restyled"
    )
)
def gan_lessons(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="And leave.")
    ] = False,
) -> None:
    """From the GAN loss to a style-transfer model you trained yourself."""


@app.command(epilog=example("gan-lessons doctor", "gan-lessons doctor --json"))
def doctor(as_json: Json = False) -> None:
    """Check this machine for all that the course needs.

    The exit code is 1 if something has failed that the course cannot do without.
    """
    from gan_lessons import doctor as machine

    findings = machine.examine()
    failed = any(finding.state == "fail" for finding in findings)
    if as_json:
        report = {"ok": not failed, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(report, indent=1, ensure_ascii=False))
    else:
        typer.echo(machine.as_text(findings))
    if failed:
        raise typer.Exit(1)


def main() -> None:
    """The entry point of the command."""
    try:
        app(prog_name="gan-lessons")
    except KeyboardInterrupt:  # before a command had begun
        sys.exit(INTERRUPTED)
