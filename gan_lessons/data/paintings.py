"""`painted_photos`: photographs, and nine works each of Morisot, Van Gogh and ukiyo-e masters.

Unpaired, and few works a painter: training takes random crops, and works are held out whole.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from gan_lessons.data.archive import (
    INDEX,
    Member,
    csv_text,
    note_checksum,
    read_members,
    write_archive,
)
from gan_lessons.data.build.packages import debian_package
from gan_lessons.data.build.painted_sources import PACKAGES, Picture, pictures
from gan_lessons.data.build.painted_works import REFERENCE
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder, share
from gan_lessons.images import gate

NAME = "painted_photos"
ARCHIVE = f"{NAME}.zip"
STYLES = ("photo", "morisot", "van_gogh", "ukiyo_e")
COLUMNS = ("file", "style", "key", "group", "split", "title", "author", "licence", "source")

QUALITY = {"photo": 77, "painting": 88}
LONGEST = {"train": 512, "valid": 512, "test": 720, "painting": 800}
"""Longest side in pixels. Held-out photographs keep 720: whole pictures are restyled from them."""


def build(
    out: Path,
    *,
    size: int | None = None,
    source: Path | None = None,
    progress: Callable[[str], None] = print,
) -> Path:
    """Unpack the packages, put the jigsaws together, and write the archive.

    Args:
        out: folder for `painted_photos.zip` and `index.csv`.
        size: unused: the pictures are kept at one size, and `load` reduces them.
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
    rows = write_archive(out, ARCHIVE, (_member(picture) for picture in kept), COLUMNS)
    OutputFolder(out).write_text(INDEX, csv_text(rows, (*COLUMNS, "sha256")))
    progress(f"{ARCHIVE}: {len(rows)} pictures, SHA-256 {note_checksum(out, ARCHIVE)}")
    return out / ARCHIVE


def load(size: int = 64, path: Path | None = None) -> StyleDataset:
    """Read the archive.

    Args:
        size: side in pixels of the crops to be taken. Pictures are reduced until their shorter
            side is at most four times that, so that a crop of a quarter of it is still sharp.
        path: the archive, if it lies elsewhere than with the course's files.

    Returns:
        Photographs and painters, uint8 images `(3, h, w)` of differing sizes. The references are
        not among them; see `references`.

    Raises:
        ValueError: if the archive is missing or damaged.
    """
    rows, images = _read(size, path, lambda row: row["style"] in STYLES)
    order = sorted(range(len(rows)), key=lambda i: (STYLES.index(rows[i]["style"]), rows[i]["key"]))
    rows = [rows[i] for i in order]
    return StyleDataset(
        name=NAME,
        styles=STYLES,
        images=[images[i] for i in order],
        labels=torch.tensor([STYLES.index(row["style"]) for row in rows]),
        keys=tuple(row["key"] for row in rows),
        splits=tuple(row["split"] for row in rows),
        names=tuple(row["title"] for row in rows),
    )


def references(size: int = 256, path: Path | None = None) -> dict[str, Tensor]:
    """Paintings by painters of whom no style is trained, to try as references.

    Args:
        size: as for `load`.
        path: as for `load`.

    Returns:
        uint8 `(3, h, w)` by "painter, title".

    Raises:
        ValueError: if the archive is missing or damaged.
    """
    rows, images = _read(size, path, lambda row: row["style"] == REFERENCE)
    return {f"{r['author']}, {r['title']}": image for r, image in zip(rows, images, strict=True)}


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


def _read(
    size: int, path: Path | None, wanted: Callable[[Mapping[str, str]], bool]
) -> tuple[list[dict[str, str]], list[Tensor]]:
    path = path or share("data", NAME, ARCHIVE)
    rows, images = [], []
    for row, data in read_members(path):
        if wanted(row):
            image = gate.decode_trusted(data)
            factor = min(1, 4 * size / min(image.shape[1:]))
            rows.append(row)
            images.append(_shrunk(image, factor))
    return rows, images


def _shrunk(image: Tensor, factor: float) -> Tensor:
    if factor >= 1:
        return image
    size = [max(1, round(side * factor)) for side in image.shape[1:]]
    # PyTorch takes bytes here and rounds; no copy in floats is made.
    small = interpolate(image[None], size=size, mode="bilinear", antialias=True)
    return small[0]
