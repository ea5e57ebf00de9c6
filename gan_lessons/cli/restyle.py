"""The command `gan-lessons restyle`."""

from pathlib import Path
from typing import Annotated

import typer

from gan_lessons.cli.errors import Device, ListCommand, Precision, called, example, warn

SKIPPED = 3


Sources = Annotated[
    list[Path], typer.Argument(metavar="SOURCE", help="Pictures, or folders of pictures.")
]
Out = Annotated[Path, typer.Option(help="Folder for results, manifest and gallery.")]
ModelOption = Annotated[
    str, typer.Option(help="A bundled model, a folder, or OWNER/NAME on the Hugging Face hub.")
]
Styles = Annotated[
    list[str] | None,
    typer.Option(help="Styles, with commas between them, or all; repeatable.  [default: all]"),
]
Count = Annotated[int, typer.Option(min=1, help="Results of each style, and of each reference.")]
References = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PICTURE...",
        help="Pictures to take the style from; all words up to the next option.",
        show_default=False,
    ),
]
Strength = Annotated[
    float,
    typer.Option(
        min=0, max=1.5, help="0 leaves the picture, 1 is the model's result; more exaggerates."
    ),
]
Truncation = Annotated[
    float,
    typer.Option(
        min=0, max=2, help="Below 1 styles lie nearer to what all of their family share."
    ),
]
Interpolate = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="STYLE STYLE", help="An animation from one style to another."),
]
Frames = Annotated[int, typer.Option(help="Pictures of such a walk, one way.")]
Animation = Annotated[str, typer.Option(help="gif, webp or apng.")]
Seed = Annotated[int, typer.Option(help="Of the drawn styles.")]
Size = Annotated[
    int | None, typer.Option(min=1, help="Pixels on the shorter side; else the picture's own.")
]


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line of the course."""
    lines = [
        "gan-lessons restyle cat.png photos/ --style noto,openmoji --count 4 --out restyled",
        "gan-lessons restyle cat.png --style noto --reference red.png blue.png --out restyled",
        "gan-lessons restyle cat.png --interpolate noto openmoji --out restyled",
    ]
    app.command(cls=ListCommand, epilog=example(*lines))(restyle)


def restyle(
    sources: Sources,
    out: Out,
    model: ModelOption = "",
    style: Styles = None,
    count: Count = 1,
    reference: References = None,
    strength: Strength = 1.0,
    truncation: Truncation = 1.0,
    interpolate: Interpolate = None,
    frames: Frames = 24,
    animation: Animation = "gif",
    seed: Seed = 0,
    size: Size = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Show pictures in other styles.

    Writes STEM__STYLE__K.png, K counting from 1, with manifest.json and gallery.html; with several
    references STEM__STYLE__REFERENCE__K.png, and walks as STEM__STYLE__STYLE__K.gif. Results of
    the same names are replaced; sources of one stem become STEM, STEM-2 and so on. Pictures that
    cannot be read are named and skipped, and the exit code is 3 then.

    A reference is read as a picture of each style that was asked for. A walk from a style to
    itself leads from one of its draws to another.
    """
    from gan_lessons.models.card import unmoved
    from gan_lessons.models.store import bundled
    from gan_lessons.restyle.folder import restyle_files
    from gan_lessons.restyle.wish import Wish
    from gan_lessons.style_transfer import StyleTransfer

    if interpolate and style:
        raise typer.BadParameter("it names its styles itself", param_hint="--interpolate")
    name = model or next(iter(bundled()), "")
    if not name:
        raise ValueError("there is no bundled model here; name one with --model")
    loaded = StyleTransfer.load(
        name, device=device, precision=precision, truncation=truncation
    )
    wish = Wish(
        interpolate or _styles(style or ["all"], loaded.styles),
        count,
        seed,
        tuple(reference or ()),
        strength,
        size,
        animation if interpolate else "",
        frames,
    )
    manifest = restyle_files(
        loaded, sources, out, wish, name=called(name), report=typer.echo, warn=warn
    )
    if still := unmoved(loaded.run):
        typer.echo(still)
    if manifest["skipped"]:
        raise typer.Exit(SKIPPED)


def _styles(asked: list[str], present: tuple[str, ...]) -> tuple[str, ...]:
    """The styles that texts name, each once; a style whose name holds a comma is taken whole.

    >>> _styles(["Monet, late, noto"], ("noto", "Monet, late"))
    ('Monet, late', 'noto')
    """
    named: dict[str, None] = {}
    for text in asked:
        parts = text.split(",")
        while parts:
            ends = range(len(parts), 0, -1)
            known = (end for end in ends if ",".join(parts[:end]).strip() in present)
            end = next(known, 1)
            if one := ",".join(parts[:end]).strip():
                named |= dict.fromkeys(present if one == "all" else [one])
            parts = parts[end:]
    if not named:
        raise typer.BadParameter("name at least one style, or all", param_hint="--style")
    return tuple(named)
