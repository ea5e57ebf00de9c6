"""`letters`: the capitals of a thousand typefaces, one content in many hands, every answer known.

A style (domain) is a way to build letters: sans, serif, italic, mono, display. Within it typefaces
differ widely, and each has drawn every letter, so that what a reference asks for has one right
answer: the same typeface's own letter.
"""

import zipfile
from pathlib import Path

import torch
from torch import Tensor

from gan_lessons.data.archive import read_index, sorted_members
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import share
from gan_lessons.images import gate

NAME = "letters"
STYLES = ("sans", "serif", "italic", "mono", "display")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIZE = 64
ARCHIVE = f"letters_{SIZE}.zip"
OVERVIEW = "typefaces.csv"
COLUMNS = (
    "file",
    "style",
    "typeface",
    "family",
    "group",
    "split",
    "letters",
    "licence",
    "source",
)
PLAIN = "Lato-Regular"
"""The typeface that sources are taken from: sans, regular, and in the training split."""


def load_letters(path: Path | None = None) -> StyleDataset:
    """Read the archive.

    Args:
        path: the archive, if it lies elsewhere than with the course's files.

    Returns:
        All letters, uint8 `(N, 3, 64, 64)`, sorted by style, typeface and letter. `keys` are the
        letters; `series` names the typeface of each and `families` the family. The three channels
        share their memory.

    Raises:
        ValueError: if the archive is missing or damaged.
    """
    members = sorted_members(path or share("data", NAME, ARCHIVE), STYLES, "typeface")
    rows, images = [], []
    for row, data in members:
        strip = gate.decode_trusted(data)[0]
        alphabet = dict(zip(LETTERS, strip.split(SIZE, dim=1)))
        for letter in row["letters"]:
            rows.append((row, letter))
            images.append(alphabet[letter].clone())
    return StyleDataset(
        name=NAME,
        styles=STYLES,
        images=torch.stack(images)[:, None].expand(-1, 3, -1, -1),
        labels=torch.tensor([STYLES.index(row["style"]) for row, _ in rows]),
        keys=tuple(letter for _, letter in rows),
        splits=tuple(row["split"] for row, _ in rows),
        paired=False,  # an A is an A in every style, but which typefaces belong together is unknown
        series=tuple(row["typeface"] for row, _ in rows),
        families=tuple(row["family"] for row, _ in rows),
    )


def plain_alphabet(path: Path | None = None) -> dict[str, Tensor]:
    """The letters that words are made from: those of the plain typeface, read alone.

    Args:
        path: the archive, if it lies elsewhere than with the course's files.

    Returns:
        A to Z, each `(3, 64, 64)` uint8.

    Raises:
        ValueError: if the archive is missing or damaged.
    """
    path = path or share("data", NAME, ARCHIVE)
    (row,) = (row for row in read_index(path) if row["typeface"] == PLAIN)
    with zipfile.ZipFile(path) as archive:
        strip = gate.decode_trusted(archive.read(row["file"]))
    return dict(zip(LETTERS, strip.split(SIZE, dim=2), strict=True))
