"""What lies in a folder of pictures: an entry for each of them, and what is left out.

No picture is opened here, so that a folder of any size is looked through at once.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from gan_lessons.data import layout
from gan_lessons.data.layout import Layout, Place, subfolders
from gan_lessons.images.listing import LeftOut, search
from gan_lessons.text import printable, spelled


@dataclass(frozen=True)
class Entry:
    """One file of a set: where it is, its style, its split if the folders say so, its key."""

    path: Path
    style: str
    split: str | None
    key: str


@dataclass(frozen=True)
class Scan:
    """What lies in a folder: how it is laid out, its pictures, and what is left out of them."""

    directory: Path
    layout: Layout
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def styles(self) -> tuple[str, ...]:
        """The names of the styles, sorted."""
        return self.layout.styles


def scan(directory: str | Path) -> Scan:
    """Lists what lies in a folder without opening any picture.

    Args:
        directory: the folder.

    Returns:
        The layout, an :class:`Entry` for each picture, and what is left out.

    Raises:
        ValueError: if the folder does not exist or its layout is ambiguous.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise ValueError(
            f"{printable(directory)} is not a folder; name one with a subfolder for each style."
        )
    found = layout.find(directory)
    pictures: dict[Place, list[Path]] = {}
    left_out: list[LeftOut] = []
    for place in found.places:
        inside = search(place.folder, without=subfolders(place.folder) if place.ending else ())
        left_out += inside.left_out
        pictures[place] = [path for path in inside.pictures if _belongs(path, place)]
    around = search(directory, without=[place.folder for place in found.places])
    left_out += around.left_out
    taken = {path for paths in pictures.values() for path in paths}
    left_out += [LeftOut(path, "outside") for path in around.pictures if path not in taken]
    return Scan(directory, found, _entries(pictures), tuple(dict.fromkeys(left_out)))


def _belongs(path: Path, place: Place) -> bool:
    return path.stem.upper().endswith(place.ending)


def _entries(pictures: dict[Place, list[Path]]) -> tuple[Entry, ...]:
    """An entry for each picture; its key is its name below the style's folder."""
    # Pairs are often called 7_A and 7_B, or 7_photo and 7_oil: what they show is called 7.
    named = all(
        path.stem.casefold().endswith(f"_{place.style.casefold()}")
        for place, paths in pictures.items()
        for path in paths
    )
    entries = []
    for place, paths in pictures.items():
        end = len(place.style) + 1 if named else 2 if place.ending else 0
        stems = [_stem(path.relative_to(place.folder), end) for path in paths]
        counts = Counter(stems)
        for path, stem in zip(paths, stems, strict=True):
            whole = _normal(path.relative_to(place.folder).as_posix())
            key = stem if counts[stem] == 1 else whole
            # Archives count from 1 again in every split: there one name is not one thing.
            key = f"{place.split}/{key}" if place.split else key
            entries.append(Entry(path, place.style, place.split, key))
    return tuple(entries)


def _stem(relative: Path, ending: int = 0) -> str:
    stem = relative.with_suffix("").as_posix()
    return _normal(stem[:-ending] if ending else stem)


def _normal(text: str) -> str:
    # macOS writes accents as characters of their own: the same file must get the same key.
    return unicodedata.normalize("NFC", spelled(text))
