"""A typeface as `letters` has it: drawn by FreeType, measured, and with its licence."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan_lessons.data.letters import LETTERS, SIZE

CAPITAL, BASELINE = 40, 48
"""Height of an H, and where it stands, in pixels: 8 are free above it and 16 below."""

LEAST_LETTERS = 20
"""A typeface that lacks more than six letters, or whose letters do not fit, is left out."""

LEANING = 0.08
"""Pixels to the right per pixel upwards from which a typeface is an italic: 4.6 degrees."""

NAMES = {
    "ofl": "OFL-1.1",
    "lppl": "LPPL",
    "lppl1": "LPPL-1.0",
    "lppl1.2": "LPPL-1.2",
    "lppl1.3": "LPPL-1.3",
    "lppl1.3c": "LPPL-1.3c",
    "gfl": "GFL",
    "gfsl": "GFL",
    "gpl": "GPL",
    "gpl2": "GPL-2.0",
    "gpl2+": "GPL-2.0-or-later",
    "gpl3": "GPL-3.0",
    "gpl3+": "GPL-3.0-or-later",
    "apache2": "Apache-2.0",
    "bsd3": "BSD-3-Clause",
    "mit": "MIT",
}
"""What the package calls a licence, and what everyone else does. Others are not taken."""

_FINE = 4  # drawn so many times larger and reduced, which knows no hinting


@dataclass(frozen=True)
class Family:
    """A row of the table: a family's name, the model it revives, its domain, its files."""

    family: str
    model: str
    domain: str
    fonts: str


@dataclass(frozen=True)
class Typeface:
    """One font, drawn.

    `letters` is uint8 `(26, S, S)`, 255 where there is no ink; `present` is bool `(26,)`.
    """

    name: str
    file: str
    family: str
    model: str
    domain: str
    licence: str
    letters: np.ndarray
    present: np.ndarray
    split: str = ""

    @property
    def ink(self) -> np.ndarray:
        """Share of ink in each sixteenth-by-sixteenth cell, `(26, 16, 16)`, for comparing."""
        cells = self.letters.reshape(len(LETTERS), 16, SIZE // 16, 16, SIZE // 16)
        return 1 - cells.mean((2, 4), dtype=np.float32) / 255


def read_licences(path: Path) -> Callable[[Path], str]:
    """What the package says of the licence of a file.

    Args:
        path: its list, a line `NAME: LICENCES` and then the files it is about, as patterns.

    Returns:
        From a path below the folder of fonts to licences, joined by " AND "; empty where the list
        names none, or says of any that it is of another kind.

    Raises:
        ValueError: if there is no such list.
    """
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines()
    except (OSError, EOFError) as error:
        raise ValueError(f"{path}: expected the package's list of licences ({error})") from error
    said, words = {}, []
    for line in lines:
        if ": " in line:
            words = line.split(": ", 1)[1].split()
        elif "/fonts/" in line:
            said[line.split("/fonts/", 1)[1].removesuffix("/*")] = words

    def licence(file: Path) -> str:
        found = next((said[str(p)] for p in (file, *file.parents) if str(p) in said), [])
        known = {NAMES[word] for word in found if word in NAMES}
        # Beside the OFL, which is for fonts, other words are about the macros that come with them.
        return " AND ".join(sorted(known)) if "ofl" in found or len(known) == len(found) else ""

    return licence


def draw(path: Path, family: Family, licence: str) -> Typeface | None:
    """Draw the capitals of one font.

    Args:
        path: the font.
        family: its row of the table.
        licence: its licence.

    Returns:
        The typeface; None where it has no licence, no H to measure, or too few letters.
    """
    if not licence:
        return None
    basic = ImageFont.Layout.BASIC
    height = -ImageFont.truetype(path, 200, layout_engine=basic).getbbox("H", anchor="ls")[1]
    if height <= 0:
        return None
    font = ImageFont.truetype(path, 200 * CAPITAL * _FINE / height, layout_engine=basic)
    drawn = [_letter(font, letter) for letter in LETTERS]
    present = np.array([one is not None for one in drawn])
    if present.sum() < LEAST_LETTERS:
        return None
    blank = np.full((SIZE, SIZE), 255, np.uint8)
    letters = np.stack([blank if one is None else one for one in drawn])
    stems = [i for i in map(LETTERS.index, "HILT") if present[i]]
    leans = family.domain != "display" and lean(letters[stems]) > LEANING
    return Typeface(
        name=path.stem,
        file=path.as_posix().rpartition("/fonts/")[2],
        family=family.family,
        model=family.model,
        domain="italic" if leans else family.domain,
        licence=licence,
        letters=letters,
        present=present,
    )


def lean(letters: np.ndarray) -> float:
    """How far a typeface leans, in pixels to the right per pixel upwards.

    Args:
        letters: uint8 `(n, S, S)`, letters that have upright stems.

    Returns:
        The shear after which ink stands in the steepest columns; the median over the letters.
    """
    shears = np.arange(-0.1, 0.5, 0.025)
    rows = np.arange(BASELINE - CAPITAL, BASELINE)
    ink = 1 - letters[:, rows].astype(np.float32) / 255
    steepness = []
    for shear in shears:
        columns = np.zeros((len(letters), 2 * SIZE))
        for line, row in zip(ink.transpose(1, 0, 2), rows):
            start = round(SIZE / 2 - (BASELINE - row) * shear)
            columns[:, start : start + SIZE] += line
        steepness.append((columns**2).sum(1))
    return float(np.median(shears[np.argmax(steepness, axis=0)]))


def _letter(font: ImageFont.FreeTypeFont, letter: str) -> np.ndarray | None:
    """One letter on its baseline, its ink centred; None where the font lacks it or it is cut."""
    mask = font.getmask(letter)
    if mask.getbbox() is None or bytes(mask) == bytes(font.getmask("\ue123")):
        return None  # blank, or the sign for a missing letter
    left, top, right, bottom = font.getbbox(letter, anchor="ls")
    width = right - left
    if width > (SIZE - 2) * _FINE or -top > (BASELINE - 1) * _FINE:
        return None
    if bottom > (SIZE - BASELINE - 1) * _FINE:
        return None
    picture = Image.new("L", (SIZE * _FINE, SIZE * _FINE), 255)
    place = ((SIZE * _FINE - width) / 2 - left, BASELINE * _FINE)
    ImageDraw.Draw(picture).text(place, letter, font=font, fill=0, anchor="ls")
    return np.asarray(picture.reduce(_FINE))
