"""The command `gan-lessons restyle`."""

from pathlib import Path
from typing import Annotated

import typer

from gan_lessons.cli.errors import Device, Precision, called, example, warn

SKIPPED = 3


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line of the course."""
    lines = ["gan-lessons restyle cat.png photos/ --style noto,openmoji --count 4 --out restyled"]
    app.command(epilog=example(*lines))(restyle)


def restyle(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE", help="Pictures, or folders of pictures.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for results, manifest and gallery.")],
    model: Annotated[
        str,
        typer.Option(help="A bundled model, a folder, or OWNER/NAME on the Hugging Face hub."),
    ] = "",
    style: Annotated[str, typer.Option(help="Styles, with commas between them, or all.")] = "all",
    count: Annotated[int, typer.Option(min=1, help="Results of each style.")] = 1,
    reference: Annotated[
        Path | None, typer.Option(help="A picture to take the style from.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the drawn styles.")] = 0,
    size: Annotated[
        int | None, typer.Option(min=1, help="Pixels on the shorter side; else the picture's own.")
    ] = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Show pictures in other styles.

    Writes STEM__STYLE__K.png, K counting from 1, with manifest.json and gallery.html. Results of
    the same names are replaced; sources of one stem become STEM, STEM-2 and so on. Pictures that
    cannot be read are named and skipped, and the exit code is 3 then.
    """
    from gan_lessons.models.store import bundled
    from gan_lessons.restyle.folder import Wish, restyle_files
    from gan_lessons.style_transfer import StyleTransfer

    name = model or next(iter(bundled()), "")
    if not name:
        raise ValueError("there is no bundled model here; name one with --model")
    loaded = StyleTransfer.load(name, device=device, precision=precision)
    wish = Wish(_styles(style, loaded.styles), count, seed, reference, size)
    manifest = restyle_files(
        loaded, sources, out, wish, name=called(name), report=typer.echo, warn=warn
    )
    if manifest["skipped"]:
        raise typer.Exit(SKIPPED)


def _styles(asked: str, present: tuple[str, ...]) -> tuple[str, ...]:
    """The styles that a text names, each once."""
    if asked == "all":
        return present
    named = dict.fromkeys(part.strip() for part in asked.split(",") if part.strip())
    if not named:
        raise typer.BadParameter("name at least one style, or all", param_hint="--style")
    return tuple(named)
