"""Any folder with one subfolder a style is a data set.

Three layouts are understood: `STYLE/…`, `train|valid|test/STYLE/…`, and the `trainA, trainB,
testA, testB` of many archives for unpaired translation. What the folder does not split is split
here, by the files' names alone, so that adding a picture moves no other one.
"""

import hashlib
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.images.gate import ImageError, image_files, image_to_uint8, is_clutter, open_image
from gan_lessons.text import printable

VALID_SHARE, TEST_SHARE = 0.05, 0.10
LEAST_STYLES, LEAST_IMAGES = 2, 2
MAX_ASPECT = 8
"""Longer panoramas lose their ends: enlarging a line of pixels would need any amount of memory."""

_SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "val": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
}
_LETTERED = re.compile(r"(train|valid|val|test)[_-]?([A-Z])")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One file of a set: where it is, its style, its split if the folders say so, its key."""

    path: Path
    style: str
    split: str | None
    key: str


@dataclass(frozen=True)
class LazyImages(Sequence):
    """Images that are decoded each time they are asked for: `(3, h, w)` uint8 of any size."""

    paths: tuple[Path, ...]
    size: int

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Tensor:
        return decode(self.paths[index], self.size)


def load(directory: str | Path, size: int = 64, *, memory: int = 2 * 2**30) -> StyleDataset:
    """Loads a folder with one subfolder a style.

    Files that cannot be read are left out, with one warning that names them. Without folders for
    validation and test, 5 and 10 % of the training images are drawn by a hash of their name below
    the style's folder: two files of one name in two styles, taken to show the same thing, fall on
    the same side. Every style keeps two images for training.

    Args:
        directory: the folder.
        size: side in pixels at which the images will be used. Each is kept with its shorter side
            between `size` and `2 * size`, so that crops may vary in scale.
        memory: bytes of pixels up to which the set is held in memory; a larger one is decoded
            again at each access.

    Returns:
        The whole set, styles in alphabetical order.

    Raises:
        ValueError: if there are fewer than two styles, or a style has fewer than two readable
            images, in all or for training.
    """
    directory = Path(directory)
    styles, entries = scan(directory)
    if len(styles) < LEAST_STYLES:
        raise ValueError(_too_few_styles(directory, styles))
    kept, images, refused = _decode_all(entries, size, memory)
    if refused:
        _log.warning(_left_out(directory, refused, len(entries)))
    _check_counts(directory, styles, kept, refused)
    return StyleDataset(
        name=directory.resolve().name,
        styles=styles,
        images=images,
        labels=torch.tensor([styles.index(entry.style) for entry in kept]),
        keys=tuple(entry.key for entry in kept),
        splits=assign_splits(kept),
        paired=False,  # a camera's counter, or a list numbered from 1, gives one name to two things
    )


def scan(directory: str | Path) -> tuple[tuple[str, ...], tuple[Entry, ...]]:
    """Lists the styles and images of a folder without opening any.

    Args:
        directory: the folder.

    Returns:
        Style names, sorted, and an :class:`Entry` for each file that ends like an image.

    Raises:
        ValueError: if the folder does not exist or its layout is ambiguous.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise ValueError(f"{directory} is not a folder; name one with a subfolder for each style.")
    places = style_folders(directory)
    entries = []
    for split, style, folder in places:
        files = [(path, path.relative_to(folder)) for path in image_files(folder)]
        stems = Counter(_stem(relative) for _, relative in files)
        for path, relative in files:
            stem = _stem(relative)
            key = stem if stems[stem] == 1 else _normal(relative.as_posix())
            # Archives count from 1 again in every split: there one name is not one thing.
            entries.append(Entry(path, style, split, f"{split}/{key}" if split else key))
    return tuple(sorted({style for _, style, _ in places})), tuple(entries)


def style_folders(directory: Path) -> list[tuple[str | None, str, Path]]:
    """Finds which folders hold a style: (split or None, style, folder) for each.

    Args:
        directory: an existing folder.

    Returns:
        In alphabetical order.

    Raises:
        ValueError: if folders for splits stand among others, or hold no folders for styles.
    """
    folders = subfolders(directory)
    lettered = [_LETTERED.fullmatch(folder.name) for folder in folders]
    if folders and all(lettered):
        return [(_SPLIT_NAMES[m[1]], m[2], f) for m, f in zip(lettered, folders, strict=True)]
    layer = [folder for folder in folders if folder.name.lower() in _SPLIT_NAMES]
    if len(layer) == len(folders):
        for empty in (folder for folder in layer if not subfolders(folder)):
            raise ValueError(f"{empty} has no folders in it; put one folder for each style there.")
        places = [(folder, inner) for folder in layer for inner in subfolders(folder)]
        return [(_SPLIT_NAMES[outer.name.lower()], inner.name, inner) for outer, inner in places]
    mixed = [folder.name for folder in layer if subfolders(folder)]
    if mixed:
        others = ", ".join(folder.name for folder in folders if folder not in layer)
        raise ValueError(
            f"{directory} has both {', '.join(mixed)} and other folders ({others}); "
            "keep either folders for splits or folders for styles there."
        )
    return [(None, folder.name, folder) for folder in folders]


def subfolders(directory: Path) -> list[Path]:
    """The visible folders right below a folder, sorted; a folder of a style may be a link."""
    return sorted(
        (path for path in directory.iterdir() if path.is_dir() and not is_clutter(path.name)),
        key=lambda path: path.name,
    )


def assign_splits(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Gives each image its split: the folder's where it has one, else by a hash of its key.

    Args:
        entries: all images of a set.

    Returns:
        "train", "valid" or "test" for each.
    """
    present = {entry.split for entry in entries}
    free = [entry for entry in entries if entry.split in (None, "train")]
    # Small styles keep two for training whatever the hash says; by key, so that the same thing in
    # another style comes along and nothing leaks.
    staying = set()
    for style in {entry.style for entry in free}:
        keys = {entry.key for entry in free if entry.style == style}
        staying.update(sorted(keys, key=_draw)[-LEAST_IMAGES:])

    def choose(entry: Entry) -> str:
        if entry.split not in (None, "train") or entry.key in staying:
            return entry.split or "train"
        number = _draw(entry.key)
        if number < VALID_SHARE:
            return "train" if "valid" in present else "valid"
        if number < VALID_SHARE + TEST_SHARE:
            return "train" if "test" in present else "test"
        return "train"

    return tuple(choose(entry) for entry in entries)


def decode(path: Path, size: int) -> Tensor:
    """Decodes one file for use at a size.

    Args:
        path: the file.
        size: side in pixels of the crops to be taken.

    Returns:
        `(3, h, w)` uint8, the shorter side between `size` and `2 * size`.

    Raises:
        ImageError: if it cannot be read.
    """
    image = open_image(path, at_least=2 * size)
    width, height = (min(side, MAX_ASPECT * min(image.size)) for side in image.size)
    if (width, height) != image.size:
        left, top = (image.width - width) // 2, (image.height - height) // 2
        image = image.crop((left, top, left + width, top + height))
    short = min(image.size)
    target = min(max(short, size), 2 * size)
    if target != short:
        sides = tuple(max(target, round(side * target / short)) for side in image.size)
        image = image.resize(sides, Image.Resampling.BICUBIC)
    return image_to_uint8(image)


def _decode_all(
    entries: Sequence[Entry], size: int, memory: int
) -> tuple[list[Entry], Tensor | Sequence[Tensor], list[tuple[Entry, ImageError]]]:
    """Decodes everything once: a damaged file shall be found now, not after hours of training."""
    kept: list[Entry] = []
    refused: list[tuple[Entry, ImageError]] = []
    images: list[Tensor] = []
    used = 0
    for entry in entries:
        try:
            image = decode(entry.path, size)
        except ImageError as error:
            refused.append((entry, error))
            continue
        kept.append(entry)
        used += image.numel()
        if used <= memory:
            images.append(image)
        else:
            images.clear()
    if used > memory:
        return kept, LazyImages(tuple(entry.path for entry in kept), size), refused
    return kept, _stacked(images), refused


def _stacked(images: list[Tensor]) -> Tensor | list[Tensor]:
    """One tensor where all are squares of one size; the list is emptied on the way."""
    shapes = {image.shape for image in images}
    if len(shapes) != 1 or images[0].shape[1] != images[0].shape[2]:
        return images
    stack = torch.empty((len(images), *images[0].shape), dtype=torch.uint8)
    for row in reversed(range(len(images))):
        stack[row] = images.pop()
    return stack


def _check_counts(
    directory: Path,
    styles: Sequence[str],
    kept: Sequence[Entry],
    refused: Sequence[tuple[Entry, ImageError]],
) -> None:
    bad = Counter(entry.style for entry, _ in refused)
    good = Counter(entry.style for entry in kept)
    train = Counter(entry.style for entry in kept if entry.split in (None, "train"))
    for style in styles:
        where = f"style {style!r} in {directory}"
        if good[style] < LEAST_IMAGES:
            unread = f" ({bad[style]} more cannot be read)" if bad[style] else ""
            raise ValueError(
                f"{where} has {_count(good[style])}{unread}, and a style needs at least "
                f"{LEAST_IMAGES}; add images, or move its folder elsewhere."
            )
        if train[style] < LEAST_IMAGES:
            raise ValueError(
                f"{where} has {_count(train[style])} for training, and needs at least "
                f"{LEAST_IMAGES}; move some from its other splits to train."
            )


def _too_few_styles(directory: Path, styles: Sequence[str]) -> str:
    found = f"only the folder {styles[0]!r}" if styles else "no folder"
    advice = "put the images of each style into a folder of its own there"
    only = subfolders(directory)[:1]
    if styles and only and len(subfolders(only[0])) >= LEAST_STYLES:
        advice = f"if the styles are in {only[0]}, name that folder"
    return (
        f"{directory} holds {found}, and a data set needs at least {LEAST_STYLES} styles; {advice}."
    )


def _left_out(directory: Path, refused: Sequence[tuple[Entry, ImageError]], total: int) -> str:
    shown = [f"{one.path.relative_to(directory)} ({error.reason})" for one, error in refused[:3]]
    if len(refused) > 3:
        shown.append(f"and {len(refused) - 3} more")
    text = f"{directory}: {len(refused)} of {total} files left out: {', '.join(shown)}"
    return printable(text)


def _count(number: int) -> str:
    return f"{number or 'no'} readable image{'' if number == 1 else 's'}"


def _stem(relative: Path) -> str:
    return _normal(relative.with_suffix("").as_posix())


def _normal(text: str) -> str:
    # macOS writes accents as characters of their own: the same file must get the same key.
    return unicodedata.normalize("NFC", text)


def _draw(key: str) -> float:
    """A number in [0, 1) that depends on the key alone."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
