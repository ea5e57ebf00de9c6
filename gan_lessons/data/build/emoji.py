"""How `emoji_styles` is built: the drawings of eight packages, rendered, cropped and reduced."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from gan_lessons.data.archive import (
    Member,
    csv_text,
    note_checksum,
    split_of,
    write_archive,
)
from gan_lessons.data.build.emoji_concepts import Concept, IconSet, concepts, read_icons
from gan_lessons.data.build.emoji_groups import COMMON
from gan_lessons.data.build.packages import npm_package
from gan_lessons.data.emoji import NAME, SOURCES, STYLES, check_size
from gan_lessons.files import OutputFolder
from gan_lessons.images import gate

LEAST_STYLES = 6
"""A concept is kept when this many styles have it: the six full sets do, the older two may not."""

ALIGNED = ("fluent", "fluent_flat", "fluent_ink")
"""Drawn on one grid, part by part: cropped by their common box, or the alignment is lost."""

MARGIN = 1 / 16
"""White on each side of the visible box, as a share of the side of the picture."""

QUALITY = 87
OVERVIEW = "concepts.csv"
COLUMNS = ("file", "style", "key", "group", "split", "name")

_CANVAS = 256  # pixels across at which a drawing is rendered before it is cropped and reduced
_INK = "#212121"  # the colour that the ink set's own files have where these say "currentColor"
_VISIBLE = 8  # a pixel this far from white, of 255, belongs to the visible box
Box = tuple[float, float, float, float]


def build_emoji_styles(
    out: Path,
    *,
    size: int = 64,
    source: Path | None = None,
    progress: Callable[[str], None] = print,
    least: int = LEAST_STYLES,
    only: Callable[[Concept], bool] = lambda concept: True,
) -> Path:
    """Render the families and write the archive.

    Args:
        out: folder for `emoji_styles_SIZE.zip` and `concepts.csv`.
        size: side of the pictures in pixels, 64 or 128.
        source: folder with the packages as `npm pack` names them; without it they are fetched.
        progress: told what is being done, a line at a time.
        least: how many styles must have a concept.
        only: which of these concepts to render, for trying things out.

    Returns:
        The archive.

    Raises:
        ValueError: for another size, or if a package is missing.
    """
    check_size(size)
    with ExitStack() as stack:
        sets = {}
        for style, (package, version, *_rest) in SOURCES.items():
            progress(f"reading {package} {version}")
            folder = stack.enter_context(npm_package(package, version, source))
            sets[style] = read_icons(folder)
    chosen = [concept for concept in concepts(sets, least=least) if only(concept)]
    archive = f"{NAME}_{size}.zip"
    rows = write_archive(out, archive, _render_all(chosen, sets, size, progress), COLUMNS)
    _write_overview(out, chosen)
    progress(f"{archive}: {len(rows)} pictures of {len(chosen)} concepts")
    progress(f"SHA-256 {note_checksum(out, archive)}")
    return out / archive


def split(group: str) -> str:
    """The side of the split on which a group of concepts lies.

    Args:
        group: as `emoji_concepts.group_of` gives it.

    Returns:
        "train", "valid" or "test": about 85, 5 and 10 in a hundred of all pictures.
    """
    if group in COMMON:
        return "train"
    # The common groups are a quarter of the concepts; the rest gives up more to make up for it.
    return split_of(group, NAME, test=0.135, valid=0.065)


def _write_overview(out: Path, chosen: list[Concept]) -> None:
    rows = (
        {
            "key": concept.key,
            "name": concept.name,
            "group": concept.group,
            "split": split(concept.group),
            "styles": " ".join(style for style in STYLES if style in concept.drawings),
        }
        for concept in chosen
    )
    columns = ("key", "name", "group", "split", "styles")
    OutputFolder(out).write_text(OVERVIEW, csv_text(rows, columns))


def _render_all(
    chosen: list[Concept],
    sets: Mapping[str, IconSet],
    size: int,
    progress: Callable[[str], None],
) -> Iterator[Member]:
    for done, concept in enumerate(chosen, start=1):
        for style, picture in _pictures(concept, sets, size).items():
            row = {
                "file": f"images/{style}/{concept.key}.webp",
                "style": style,
                "key": concept.key,
                "group": concept.group,
                "split": split(concept.group),
                "name": concept.name,
            }
            yield Member(row, gate.encode_image(picture, "WEBP", quality=QUALITY))
        if done % 100 == 0 or done == len(chosen):
            progress(f"{done} of {len(chosen)} concepts rendered")


def _pictures(concept: Concept, sets: Mapping[str, IconSet], size: int) -> dict:
    canvases = {style: _render(sets[style], name) for style, name in concept.drawings.items()}
    boxes = {style: _visible_box(canvas) for style, canvas in canvases.items()}
    common = [boxes[style] for style in ALIGNED if boxes.get(style)]
    if common:
        box = tuple(f(b[i] for b in common) for i, f in enumerate((min, min, max, max)))
        boxes.update({style: box for style in ALIGNED if boxes.get(style)})
    return {s: _fit(canvases[s], box, size) for s, box in boxes.items() if box}


def svg(icons: IconSet, name: str) -> str:
    """A drawing as a whole SVG document, aliases and their turns resolved.

    Args:
        icons: the family.
        name: of an icon or alias.

    Returns:
        The document; `currentColor` is near-black.
    """
    turn, mirror = 0, [1, 1]
    while name in icons.aliases:
        alias = icons.aliases[name]
        turn += alias.get("rotate", 0)
        mirror = [
            mirror[0] * (-1) ** alias.get("hFlip", 0),
            mirror[1] * (-1) ** alias.get("vFlip", 0),
        ]
        name = alias["parent"]
    icon = icons.icons[name]
    width, height = icon.get("width", icons.width), icon.get("height", icons.height)
    left, top = icon.get("left", 0), icon.get("top", 0)
    body = icon["body"]
    if turn % 4 or mirror != [1, 1]:
        x, y = left + width / 2, top + height / 2
        move = f"translate({x} {y}) rotate({90 * turn}) scale({mirror[0]} {mirror[1]})"
        body = f'<g transform="{move} translate({-x} {-y})">{body}</g>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{left} {top} {width} {height}" width="{width}" height="{height}" '
        f'color="{_INK}">{body}</svg>'
    )


def _render(icons: IconSet, name: str):
    import resvg_py

    # One scale for the whole family: a few of its drawings have a larger view box.
    png = resvg_py.svg_to_bytes(
        svg_string=svg(icons, name), zoom=_CANVAS / icons.width, skip_system_fonts=True
    )
    return gate.open_image(bytes(png), name=name)


def _visible_box(canvas) -> Box | None:
    """Where a picture differs from white; None for a blank one."""
    darkest = canvas.convert("RGB")
    bands = [band.point(lambda value: 255 * (value <= 255 - _VISIBLE)) for band in darkest.split()]
    boxes = [box for box in (band.getbbox() for band in bands) if box]
    if not boxes:
        return None
    return tuple(f(box[i] for box in boxes) for i, f in enumerate((min, min, max, max)))


def _fit(canvas, box: Box, size: int):
    """Centre the visible box in a white square with the margin, and reduce it to `size`."""
    from PIL import Image

    width, height = box[2] - box[0], box[3] - box[1]
    side = max(width, height) / (1 - 2 * MARGIN)
    left, top = (box[0] + box[2] - side) / 2, (box[1] + box[3] - side) / 2
    pad = math.ceil(max(0, -left, -top, left + side - canvas.width, top + side - canvas.height)) + 1
    wide = Image.new("RGB", (canvas.width + 2 * pad, canvas.height + 2 * pad), "white")
    wide.paste(canvas, (pad, pad))
    frame = (left + pad, top + pad, left + pad + side, top + pad + side)
    return wide.resize((size, size), Image.Resampling.LANCZOS, box=frame)
