"""Looks through a folder of styles before a training does, and says what to do about each find.

Every file passes the gate once. What the gate took is judged by size, by its pixels, by a
perceptual hash, and by the measures of the library cleanvision for darkness, blur and emptiness,
which is handed small copies in portions, so that memory stays bounded however large the set is.
"""

import hashlib
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gan_lessons.data import folders
from gan_lessons.data.check.duplicates import near_groups
from gan_lessons.data.check.report import Finding, Report
from gan_lessons.data.entries import Scan, scan
from gan_lessons.data.layout import LEAST_STYLES
from gan_lessons.images.gate import ImageError, open_layers
from gan_lessons.images.listing import KINDS
from gan_lessons.images.quiet import silence

FEW = 20
"""Below this many images a style is learnt by heart."""

UNBALANCED = 5
MAX_ASPECT = 3
ODD_FACTOR = 8
BLANK_RANGE = 8

_THUMB = 128  # cleanvision measures blur at 64 pixels: more would only cost memory
_PORTION = 500
_MOST = 0.5  # of a style, from where on it is the style that is dark or empty, not a picture
_EXAMPLES = 5
_GRAVITY = {"closed": "error", "thumbnail": "note", "text": "note"}  # of strays; else a warning


@dataclass(frozen=True)
class _Seen:
    """What is remembered of an image that passed the gate."""

    name: str
    style: str
    size: tuple[int, int]
    digest: bytes
    blank: bool
    remarks: tuple[str, ...] = ()


def inspect_folder(
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
    scanned = scan(directory)
    styles, entries = scanned.styles, scanned.entries
    seen: list[_Seen] = []
    refused: list[tuple[str, str, ImageError]] = []
    judge = _Judge()
    for done, entry in enumerate(entries, 1):
        name = entry.path.relative_to(directory).as_posix()
        try:
            image, _, remarks = open_layers(entry.path)
        except ImageError as error:
            refused.append((name, entry.style, error))
        else:
            seen.append(_look(name, entry.style, image, remarks))
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
        *_remarks(seen),
        *_strays(scanned),
    ]
    order = ("error", "warning", "note")
    found.sort(key=lambda one: (order.index(one.severity), one.kind, one.text, one.style or ""))
    return Report(str(directory), images, tuple(found), scanned.layout.said)


def _look(name: str, style: str, image: Image.Image, remarks: tuple[str, ...]) -> _Seen:
    digest = hashlib.sha256(repr(image.size).encode() + image.tobytes()).digest()
    blank = all(high - low < BLANK_RANGE for low, high in image.getextrema())
    return _Seen(name, style, image.size, digest, blank, remarks)


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
    if len(images) < LEAST_STYLES:
        yield Finding(
            "too few styles",
            "error",
            f"{len(images)} found, and at least {LEAST_STYLES} are needed",
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
    sizes = Counter(one.style for one in seen)
    for issue, kind, advice in kinds:
        rows = set(judge.issues[issue])
        of = Counter(seen[row].style for row in rows)
        whole = {style for style, count in of.items() if FEW <= sizes[style] < count / _MOST}
        for style in sorted(whole):
            names = [seen[row].name for row in sorted(rows) if seen[row].style == style]
            text = "most of a style, so that this is how the style looks"
            advice_then = "nothing needs to be done if that is meant"
            files = tuple(names[:_EXAMPLES])
            yield Finding(kind, "note", text, advice_then, style, files, len(names))
        rest = {row for row in rows if seen[row].style not in whole}
        yield from _by_style(kind, "by the measure of cleanvision", advice, rest, seen, "note")


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


def _remarks(seen: Sequence[_Seen]) -> Iterator[Finding]:
    """What the gate decided on the way in."""
    for text in sorted({remark for one in seen for remark in one.remarks}):
        rows = [row for row, one in enumerate(seen) if text in one.remarks]
        advice = "nothing needs to be done if that is right; else save them anew"
        yield from _by_style("read so", text, advice, rows, seen, "note")


def _strays(scanned: Scan) -> Iterator[Finding]:
    """What is in the folder without being part of the set."""
    strays = defaultdict(list)
    called = {"text": "ignored", "thumbnail": "system copies"}
    for one in scanned.left_out:
        name = one.path.relative_to(scanned.directory).as_posix()
        unknown = f"unsupported {one.path.suffix.lower()}" if one.kind == "unknown" else ""
        strays[one.kind, unknown or called.get(one.kind, one.kind)].append(name)
    for (kind, title), names in strays.items():
        what, advice = KINDS[kind]
        severity = _GRAVITY.get(kind, "warning")
        yield Finding(title, severity, what, advice, None, tuple(sorted(names)))
