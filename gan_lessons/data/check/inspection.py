"""Looks through a folder of styles before a training does, and says what to do about each find.

Every file passes the gate once. What the gate took is judged by size, by its pixels, by a
perceptual hash, and by the measures of the library cleanvision for darkness, blur and emptiness,
which is handed small copies in portions, so that memory stays bounded however large the set is.
"""

import hashlib
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gan_lessons.data import folders
from gan_lessons.data.check.duplicates import near_groups
from gan_lessons.data.check.report import Finding, Report
from gan_lessons.images.gate import ImageError, is_clutter, open_image
from gan_lessons.images.listing import SUFFIXES
from gan_lessons.images.quiet import silence

FEW = 20
"""Below this many images a style is learnt by heart."""

UNBALANCED = 5
MAX_ASPECT = 3
ODD_FACTOR = 8
BLANK_RANGE = 8

_THUMB = 128  # cleanvision measures blur at 64 pixels: more would only cost memory
_PORTION = 500
_STRAYS = {  # kind: severity, text, advice
    "outside": ("warning", "images outside the folders of styles", "move them into one, or away"),
    "link": ("warning", "links out of the style's folder are not followed", "copy the files there"),
    "folder": ("note", "folders that are named like an image", "rename them"),
    "unsupported": ("warning", "files of a kind not read here", "export them as PNG or JPEG"),
    "ignored": ("note", "texts and files without an ending are ignored", "leave them as they are"),
}
_TEXTS = frozenset((".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml"))


@dataclass(frozen=True)
class _Seen:
    """What is remembered of an image that passed the gate."""

    name: str
    style: str
    size: tuple[int, int]
    digest: bytes
    blank: bool


def check(
    directory: str | Path, *, size: int = 64, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Looks through a folder with one subfolder a style.

    Args:
        directory: the folder; it is only read.
        size: side in pixels at which a model shall be trained.
        progress: called with (files done, files in all).

    Returns:
        The report. Damaged files are findings, never exceptions.

    Raises:
        ValueError: if the folder does not exist, or its layout is ambiguous.
    """
    directory = Path(directory)
    styles, entries = folders.scan(directory)
    seen: list[_Seen] = []
    refused: list[tuple[str, str, ImageError]] = []
    judge = _Judge()
    for done, entry in enumerate(entries, 1):
        name = entry.path.relative_to(directory).as_posix()
        try:
            image = open_image(entry.path)
        except ImageError as error:
            refused.append((name, entry.style, error))
        else:
            seen.append(_look(name, entry.style, image))
            judge.add(image, blank=seen[-1].blank)
        if progress:
            progress(done, len(entries))
    judge.finish()
    images = {style: sum(one.style == style for one in seen) for style in styles}
    found = [
        *_unreadable(refused),
        *_counts(images),
        *_exact(seen),
        *_near(seen, judge),
        *_shapes(seen, size),
        *_looks(seen, judge),
        *_strays(directory, entries),
    ]
    order = ("error", "warning", "note")
    found.sort(key=lambda one: (order.index(one.severity), one.kind, one.style or "", one.text))
    return Report(str(directory), images, tuple(found))


def _look(name: str, style: str, image: Image.Image) -> _Seen:
    digest = hashlib.sha256(repr(image.size).encode() + image.tobytes()).digest()
    blank = all(high - low < BLANK_RANGE for low, high in image.getextrema())
    return _Seen(name, style, image.size, digest, blank)


class _Judge:
    """Collects, in portions, what cleanvision and imagehash say of the images, in their order."""

    def __init__(self):
        self.issues: dict[str, list[int]] = {"dark": [], "blurry": [], "low_information": []}
        self.hashes: list[int] = []
        self.small: list[np.ndarray] = []
        self.missing = ""
        self._waiting: list[tuple[int, Image.Image]] = []
        try:
            with silence():
                import imagehash
                from cleanvision import Imagelab
            self._phash, self._lab = imagehash.phash, Imagelab
        except ImportError as error:
            self.missing = error.name or "cleanvision"

    def add(self, image: Image.Image, *, blank: bool) -> None:
        row = len(self.hashes)
        thumb = image.copy()
        thumb.thumbnail((_THUMB, _THUMB))
        self.small.append(np.asarray(thumb.resize((16, 16), Image.Resampling.BOX)))
        self.hashes.append(0 if self.missing else int(str(self._phash(thumb)), 16))
        if not blank and not self.missing:  # of a blank image the rest need not be said
            self._waiting.append((row, thumb))
        if len(self._waiting) >= _PORTION:
            self.finish()

    def finish(self) -> None:
        if not self._waiting:
            return
        with silence():
            # cleanvision asks a set for its length and for tuples that hold an image: a list will
            # do, and it never opens a file itself.
            lab = self._lab(torchvision_dataset=[(thumb,) for _, thumb in self._waiting])
            lab.find_issues({issue: {} for issue in self.issues}, n_jobs=1, verbose=False)
        for issue, rows in self.issues.items():
            marks = lab.issues[f"is_{issue}_issue"].tolist()
            rows += [row for (row, _), mark in zip(self._waiting, marks, strict=True) if mark]
        self._waiting.clear()


def _unreadable(refused: Sequence[tuple[str, str, ImageError]]) -> Iterator[Finding]:
    groups = defaultdict(list)
    for name, style, error in refused:
        groups[style, error.reason, error.advice].append(name)
    for (style, reason, advice), names in groups.items():
        yield Finding("unreadable", "error", reason, advice, style, tuple(names))


def _counts(images: dict[str, int]) -> Iterator[Finding]:
    if len(images) < folders.LEAST_STYLES:
        yield Finding(
            "too few styles",
            "error",
            f"{len(images)} found, and at least {folders.LEAST_STYLES} are needed",
            "put the images of each style into a folder of its own",
        )
    for style, count in images.items():
        if count < FEW:
            hopeless = count < folders.LEAST_IMAGES
            yield Finding(
                "too few images",
                "error" if hopeless else "warning",
                f"{count} readable, and a style needs at least "
                f"{folders.LEAST_IMAGES if hopeless else FEW} to be more than learnt by heart",
                "add images, or move the folder elsewhere",
                style,
            )
    some = [count for count in images.values() if count]
    least, most = min(some, default=0), max(some, default=0)
    if most > UNBALANCED * least:
        small = ", ".join(style for style, count in images.items() if most > UNBALANCED * count)
        yield Finding(
            "unbalanced styles",
            "warning",
            f"the largest has {most} images, the smallest {least} ({small})",
            "add images to the small ones, or judge their results with care",
        )


def _exact(seen: Sequence[_Seen]) -> Iterator[Finding]:
    groups = defaultdict(list)
    for row, one in enumerate(seen):
        groups[one.digest].append(row)
    yield from _duplicates("duplicates", "the same pixels", groups.values(), seen)


def _duplicates(
    kind: str, text: str, groups: Iterable[Sequence[int]], seen: Sequence[_Seen]
) -> Iterator[Finding]:
    for group in groups:
        if len(group) < 2:
            continue
        names = tuple(seen[row].name for row in group)
        styles = sorted({seen[row].style for row in group})
        if len(styles) > 1:
            yield Finding(
                f"{kind} across styles",
                "error" if kind == "duplicates" else "warning",
                f"{text} in {', '.join(styles)}: the styles cannot be told apart by them",
                "keep each picture in the one style that it belongs to",
                None,
                names,
            )
        else:
            advice = "keep one of them, or training and test share pictures"
            yield Finding(kind, "warning", text, advice, styles[0], names)


def _near(seen: Sequence[_Seen], judge: _Judge) -> Iterator[Finding]:
    """Groups of images that look alike but are not the same to the pixel."""
    if judge.missing:
        return
    # Of exact duplicates, which have been named, one stands for all; blank ones look all alike.
    firsts = {one.digest: row for row, one in reversed(list(enumerate(seen))) if not one.blank}
    rows = sorted(firsts.values())
    groups = near_groups([judge.hashes[row] for row in rows], [judge.small[row] for row in rows])
    named = [[rows[i] for i in group] for group in groups]
    yield from _duplicates("near duplicates", "almost the same picture", named, seen)


def _shapes(seen: Sequence[_Seen], size: int) -> Iterator[Finding]:
    tiny = {row for row, one in enumerate(seen) if min(one.size) < size}
    yield from _by_style(
        "tiny",
        f"the shorter side is under {size} pixels, so they are enlarged and teach blur",
        "find them larger, or train at a smaller size",
        tiny,
        seen,
    )
    long = {row for row, one in enumerate(seen) if max(one.size) > MAX_ASPECT * min(one.size)}
    text = f"one side is over {MAX_ASPECT} times the other, so a crop shows little of them"
    yield from _by_style("odd shape", text, "crop them to what matters", long, seen)
    sides = [(one.size[0] * one.size[1]) ** 0.5 for one in seen]
    middle = statistics.median(sides) if sides else 1
    odd = {row for row, side in enumerate(sides) if not 1 / ODD_FACTOR < side / middle < ODD_FACTOR}
    text = f"over {ODD_FACTOR} times larger or smaller than the usual {middle:.0f} pixels a side"
    advice = "check that they belong here"
    yield from _by_style("odd size", text, advice, odd - tiny - long, seen)


def _looks(seen: Sequence[_Seen], judge: _Judge) -> Iterator[Finding]:
    blank = {row for row, one in enumerate(seen) if one.blank}
    yield from _by_style("blank", "one colour all over", "remove them", blank, seen)
    if judge.missing:
        yield Finding(
            "not checked",
            "note",
            f"the package {judge.missing} is not installed, so near duplicates, dark, blurry and "
            "empty images were not looked for",
            'install it with pip install "gan-lessons[data]"',
        )
    kinds = (
        ("dark", "dark", "brighten them, or remove them unless the style is dark"),
        ("blurry", "blurry", "remove them unless the style is soft"),
        ("low_information", "nearly empty", "remove them unless the style is sparse"),
    )
    for issue, kind, advice in kinds:
        rows = set(judge.issues[issue])
        yield from _by_style(kind, "by the measure of cleanvision", advice, rows, seen, "note")


def _by_style(
    kind: str,
    text: str,
    advice: str,
    rows: Iterable[int],
    seen: Sequence[_Seen],
    severity: str = "warning",
) -> Iterator[Finding]:
    groups = defaultdict(list)
    for row in sorted(rows):
        groups[seen[row].style].append(seen[row].name)
    for style, names in groups.items():
        yield Finding(kind, severity, text, advice, style, tuple(names))


def _strays(directory: Path, entries: Sequence[folders.Entry]) -> Iterator[Finding]:
    """What is in the folder without being part of the set."""
    homes = [folder for _, _, folder in folders.style_folders(directory)]
    taken = {entry.path for entry in entries}
    strays = defaultdict(list)
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory)
        if path not in taken and not any(is_clutter(part) for part in relative.parts):
            kind = _kind_of_stray(path, homes)
            if kind:
                strays[kind].append(relative.as_posix())
    for kind, names in strays.items():
        severity, text, advice = _STRAYS.get(kind, _STRAYS["unsupported"])
        yield Finding(kind, severity, text, advice, None, tuple(names))


def _kind_of_stray(path: Path, homes: Sequence[Path]) -> str:
    suffix = path.suffix.lower()
    if path.is_dir():
        return "folder" if suffix in SUFFIXES else ""
    if suffix in SUFFIXES:
        return "link" if any(path.is_relative_to(home) for home in homes) else "outside"
    return "ignored" if suffix in _TEXTS or not suffix else f"unsupported {suffix}"
