"""Any folder with one subfolder a style is a data set.

How it is laid out is found by :mod:`gan_lessons.data.layout`. What the folder does not split is
split here, by the files' names alone, so that adding a picture moves no other one.
"""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gan_lessons.data.entries import Entry, Scan, scan
from gan_lessons.data.layout import LEAST_STYLES, subfolders
from gan_lessons.data.style_dataset import SPLITS, StyleDataset
from gan_lessons.images.gate import ImageError, image_to_uint8, open_image
from gan_lessons.images.listing import named, summary
from gan_lessons.text import count_of, printable

VALID_SHARE, TEST_SHARE = 0.05, 0.10
LEAST_IMAGES, FEW_IMAGES = 2, 10
MAX_ASPECT = 8
"""Longer panoramas lose their ends: enlarging a line of pixels would need any amount of memory."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LazyImages(Sequence):
    """Images that are decoded each time they are asked for: `(3, h, w)` uint8 of any size."""

    paths: tuple[Path, ...]
    size: int

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Tensor:
        return decode(self.paths[index], self.size)


def load_folder(
    directory: str | Path,
    size: int = 64,
    *,
    memory: int = 2 * 2**30,
    report: Callable[[str], None] | None = None,
) -> StyleDataset:
    """Loads a folder with one subfolder a style, or laid out otherwise as archives are.

    Files that cannot be read are left out and named. Without folders for validation and test, 5
    and 10 % of the training images are drawn by a hash of their name below the style's folder: two
    files of one name in two styles, taken to show the same thing, fall on the same side.

    Args:
        directory: the folder.
        size: side in pixels at which the images will be used. Each is kept with its shorter side
            between `size` and `2 * size`, so that crops may vary in scale.
        memory: bytes of pixels up to which the set is held in memory; a larger one is decoded
            again at each access.
        report: called with a line on the layout and one for each kind of what is left out; else
            these go to the log.

    Returns:
        The whole set, styles in alphabetical order.

    Raises:
        ValueError: if there are fewer than two styles, a style has fewer than two readable images,
            in all or for training, or the layout is only half of one.
    """
    scanned = scan(directory)
    directory, styles = scanned.directory, scanned.styles
    if len(styles) < LEAST_STYLES:
        raise ValueError(_too_few_styles(directory, styles))
    kept, images, refused = _decode_all(scanned.entries, size, memory)
    _check_counts(directory, styles, kept, refused)
    splits = assign_splits(kept)
    (report or _log.info)(_described(scanned, kept, splits))
    for line in _left_out(scanned, refused):
        (report or _log.warning)(line)
    return StyleDataset(
        name=directory.resolve().name,
        styles=styles,
        images=images,
        labels=torch.tensor([styles.index(entry.style) for entry in kept]),
        keys=tuple(entry.key for entry in kept),
        splits=splits,
        # Only 7_A and 7_B are said to belong together: a camera's counter, or a list numbered
        # from 1, gives one name to two things.
        paired=all(place.ending for place in scanned.layout.places),
        files=tuple(entry.path for entry in kept),
    )


def assign_splits(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Gives each image its split: the folder's where it has one, else by a hash of its key.

    Small styles keep two images for training whatever the hash says, and from ten images on two
    for validation and two for the test; by key, so that the same thing in another style comes along
    and nothing leaks.

    Args:
        entries: all images of a set.

    Returns:
        "train", "valid" or "test" for each.
    """
    present = {entry.split for entry in entries}
    drawn = [split for split in ("test", "valid") if split not in present]
    keys = defaultdict(set)
    for entry in entries:
        if entry.split in (None, "train"):
            keys[entry.style].add(entry.key)
    ranked = [sorted(keys[style], key=_draw) for style in sorted(keys)]
    fixed = {key: "train" for own in ranked for key in own[-LEAST_IMAGES:]}

    def side(key: str) -> str:
        number = _draw(key)
        by_hash = "valid" if number < VALID_SHARE else "test"
        held = by_hash in drawn and number < VALID_SHARE + TEST_SHARE
        return fixed.get(key, by_hash if held else "train")

    for own in (own for own in ranked if len(own) >= FEW_IMAGES):
        for split in drawn:
            missing = LEAST_IMAGES - sum(side(key) == split for key in own)
            nearest = [key for key in own if key not in fixed and side(key) == "train"]
            fixed.update((key, split) for key in nearest[: max(0, missing)])
    return tuple(
        entry.split if entry.split not in (None, "train") else side(entry.key) for entry in entries
    )


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
    found = f"only the style {printable(styles[0])!r}" if styles else "no folder"
    advice = "put the images of each style into a folder of its own there"
    only = subfolders(directory)[:1]
    if styles and only and subfolders(only[0]):
        advice = f"if the styles are in {printable(only[0])}, name that folder"
    return (
        f"{printable(directory)} holds {found}, and a data set needs at least {LEAST_STYLES} "
        f"styles; {advice}."
    )


def _described(scanned: Scan, kept: Sequence[Entry], splits: Sequence[str]) -> str:
    """The layout in a line, with the pictures of each style by split."""
    counts = Counter(zip((entry.style for entry in kept), splits, strict=True))
    each = [
        f"{printable(style)} {'/'.join(str(counts[style, split]) for split in SPLITS)}"
        for style in scanned.styles
    ]
    given = {place.split for place in scanned.layout.places}
    drawn = [split for split in SPLITS[1:] if split not in given]
    by_name = f"; {' and '.join(drawn)} drawn by name" if drawn else ""
    where = printable(scanned.directory)
    return f"{where}: {scanned.layout.said}{by_name}; {'/'.join(SPLITS)} images: {', '.join(each)}"


def _left_out(scanned: Scan, refused: Sequence[tuple[Entry, ImageError]]) -> list[str]:
    """What the set is loaded without, a line a kind; texts need not be told of."""
    home, reasons = scanned.directory, defaultdict(list)
    for entry, error in refused:
        reasons[f"{error.reason}; {error.advice}"].append(entry.path)
    lines = [
        f"left out: {count_of(len(paths), 'picture')}: {printable(reason)} ({named(paths, home)})"
        for reason, paths in reasons.items()
    ]
    others = [one for one in scanned.left_out if one.kind != "text"]
    return [f"{printable(home)}: {line}" for line in lines + summary(others, home)]


def _count(number: int) -> str:
    return f"{number or 'no'} readable image{'' if number == 1 else 's'}"


def _draw(key: str) -> float:
    """A number in [0, 1) that depends on the key alone."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
