"""`painted_photos`: photographs, and nine works each of Morisot, Van Gogh and ukiyo-e masters.

Unpaired, and few works a painter: training takes random crops, and works are held out whole.
"""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_lessons.data.archive import sorted_members
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
    rows, images = _read(size, path, STYLES)
    return StyleDataset(
        name=NAME,
        styles=STYLES,
        images=images,
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
    rows, images = _read(size, path, (REFERENCE,))
    return {f"{r['author']}, {r['title']}": image for r, image in zip(rows, images, strict=True)}


def _read(
    size: int, path: Path | None, styles: tuple[str, ...]
) -> tuple[list[dict[str, str]], list[Tensor]]:
    rows, images = [], []
    for row, data in sorted_members(path or share("data", NAME, ARCHIVE), styles, "key"):
        image = gate.decode_trusted(data)
        rows.append(row)
        images.append(_shrunk(image, 4 * size / min(image.shape[1:])))
    return rows, images


def _shrunk(image: Tensor, factor: float) -> Tensor:
    if factor >= 1:
        return image
    size = [max(1, round(side * factor)) for side in image.shape[1:]]
    # PyTorch takes bytes here and rounds; no copy in floats is made.
    small = interpolate(image[None], size=size, mode="bilinear", antialias=True)
    return small[0]
