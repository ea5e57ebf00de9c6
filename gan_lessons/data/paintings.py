"""`painted_photos`: photographs, and nine works each of Morisot, Van Gogh and ukiyo-e masters.

Unpaired, and few works a painter: training takes random crops, and works are held out whole.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_lessons.data.archive import (
    read_members,
)
from gan_lessons.data.build.painted_works import REFERENCE
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import share
from gan_lessons.images import gate

NAME = "painted_photos"
ARCHIVE = f"{NAME}.zip"
STYLES = ("photo", "morisot", "van_gogh", "ukiyo_e")


def load_painted_photos(size: int = 64, path: Path | None = None) -> StyleDataset:
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
        size: as for `load_painted_photos`.
        path: as for `load_painted_photos`.

    Returns:
        uint8 `(3, h, w)` by "painter, title".

    Raises:
        ValueError: if the archive is missing or damaged.
    """
    rows, images = _read(size, path, lambda row: row["style"] == REFERENCE)
    return {f"{r['author']}, {r['title']}": image for r, image in zip(rows, images, strict=True)}


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
