"""How `painted_photos` is built: packages unpacked, jigsaws put together, pictures reduced."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from PIL import Image

from gan_lessons.data.archive import INDEX, Member, write_set
from gan_lessons.data.build.packages import debian_package
from gan_lessons.data.build.painted_sources import PACKAGES, Picture, pictures
from gan_lessons.data.paintings import ARCHIVE
from gan_lessons.images import gate

COLUMNS = ("file", "style", "key", "group", "split", "title", "author", "licence", "source")
QUALITY = {"photo": 77, "painting": 88}

LONGEST = {"train": 512, "valid": 512, "test": 720, "painting": 800}
"""Longest side in pixels. Held-out photographs keep 720: whole pictures are restyled from them."""


def build_painted_photos(
    out: Path,
    *,
    size: int | None = None,
    source: Path | None = None,
    progress: Callable[[str], None] = print,
) -> Path:
    """Unpack the packages, put the jigsaws together, and write the archive.

    Args:
        out: folder for `painted_photos.zip` and `index.csv`.
        size: unused: the pictures are kept at one size, and reduced when they are loaded.
        source: folder with the Debian packages; without it they are fetched.
        progress: told what is being done, a line at a time.

    Returns:
        The archive.

    Raises:
        ValueError: if a package is missing, or is not as expected.
    """
    with ExitStack() as stack:
        roots = []
        for name in PACKAGES:
            progress(f"unpacking {name}")
            roots.append(stack.enter_context(debian_package(name, source)))
        found = list(pictures(*roots))
    kept = [picture for picture in found if picture.licence]
    for picture in found:
        if not picture.licence:
            progress(f"{picture.key}: left out, its licence is not known")
    progress(write_set(out, ARCHIVE, INDEX, map(_member, kept), COLUMNS))
    return out / ARCHIVE


def _member(picture: Picture) -> Member:
    kind = "photo" if picture.style == "photo" else "painting"
    image = _reduced(picture.image, LONGEST[picture.split if kind == "photo" else kind])
    row = {
        "file": f"images/{picture.style}/{picture.key}.webp",
        "style": picture.style,
        "key": picture.key,
        "group": picture.group,
        "split": picture.split,
        "title": picture.title,
        "author": picture.author,
        "licence": picture.licence,
        "source": picture.source,
    }
    return Member(row, gate.encode_image(image, "WEBP", quality=QUALITY[kind]))


def _reduced(image: Image.Image, longest: int) -> Image.Image:
    factor = longest / max(image.size)
    if factor >= 1:
        return image
    size = tuple(max(1, round(side * factor)) for side in image.size)
    return image.resize(size, Image.Resampling.LANCZOS)
