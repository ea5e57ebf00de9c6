"""What is asked of every picture, what its results are called, and what they will cost."""

import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_lessons.images.animation import SUFFIX
from gan_lessons.images.gate import ImageError, encode_image, tensor_to_image
from gan_lessons.restyle.sources import distinct
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import count_of, duration, printable
from gan_lessons.walks import between, check_strength

FEW = 100  # results, up to which nobody asks what they cost
LISTED = 1_000_000  # results that one manifest and one gallery can list
MOST_FRAMES = 1_000  # of a walk: more than a minute
LONG = 60  # seconds, from where on the cost is said first
_MOST = 10**15  # results that are still counted: more would not fit on all disks there are


@dataclass(frozen=True)
class Wish:
    """What is asked of every picture; the fields are those of `StyleTransfer`'s methods.

    Args:
        styles: of the results; of a walk its two ends.
        count: results of each style, or of each style and reference; or walks.
        seed: of the drawn styles.
        references: pictures to take the styles from, each in turn.
        strength: how far to go from the picture to the result, 0 to 1.5.
        size: pixels on the shorter side, or None for the picture's own.
        animation: "" for pictures; "gif", "webp" or "apng" for walks from the first style to the
            second and back. A walk from a style to itself leads from one of its draws to another.
        frames: pictures of a walk, one way.
    """

    styles: tuple[str, ...]
    count: int = 1
    seed: int = 0
    references: tuple[str | Path, ...] = ()
    strength: float = 1.0
    size: int | None = None
    animation: str = ""
    frames: int = 24

    def __post_init__(self):
        check_strength(self.strength)
        if not self.animation:
            return
        if self.animation not in SUFFIX:
            raise ValueError(f"an animation is one of {', '.join(SUFFIX)}, got {self.animation!r}")
        if not 2 <= self.frames <= MOST_FRAMES:
            raise ValueError(f"a walk has 2 to {MOST_FRAMES:,} frames, got {self.frames}")
        if len(self.styles) != 2:
            raise ValueError(f"a walk has two ends, got {count_of(len(self.styles), 'style')}")
        if self.references:
            raise ValueError("a walk leads between drawn styles; leave the references out")

    @property
    def results(self) -> int:
        """How many files come of one picture."""
        each = 1 if self.animation else len(self.styles) * max(1, len(self.references))
        return each * self.count

    @property
    def pictures(self) -> int:
        """How many times the generator runs for one picture."""
        return self.results * (self.frames if self.animation else 1)

    def codes(self, model: StyleTransfer) -> Tensor:
        """The style codes of all results, in the order of :meth:`names`.

        Returns:
            `(pictures, style_dim)`; a walk takes `frames` rows.

        Raises:
            ValueError: for an unknown style or a reference that cannot be read.
        """
        if not self.animation:
            drawn = {"count": self.count, "seed": self.seed}
            references = list(self.references) or None
            return torch.cat([model.codes(s, reference=references, **drawn) for s in self.styles])
        start, end = self.styles
        further = self.count if start == end else 0  # the same draws would not lead anywhere
        starts = model.codes(start, count=self.count, seed=self.seed)
        ends = model.codes(end, count=self.count + further, seed=self.seed)[further:]
        walks = zip(starts.split(1), ends.split(1), strict=True)
        return torch.cat([between(*both, self.frames) for both in walks])

    def names(self, stem: str) -> list[dict[str, Any]]:
        """The results of one source, in the order in which they are made.

        Args:
            stem: of the source, as `distinct` gave it.

        Returns:
            For each what the manifest says of it: style, seed, index, file; and its reference.
        """
        if self.animation:
            return self._walks(stem)
        styles = _parts(self.styles)
        references = list(zip(self.references, _parts([Path(r).stem for r in self.references], 24)))
        made = []
        for style, named in zip(self.styles, styles, strict=True):
            for reference, of in references or [(None, "")]:
                middle = f"{named}__{of}" if len(references) > 1 else named
                about = {"reference": printable(reference)} if reference else {}
                made += [
                    {"style": style, **about, "seed": self.seed, "index": k}
                    | {"file": f"{stem}__{middle}__{k}.png"}
                    for k in range(1, self.count + 1)
                ]
        return made

    def _walks(self, stem: str) -> list[dict[str, Any]]:
        start, end = _parts(self.styles, 60)
        title, kind = " to ".join(self.styles), SUFFIX[self.animation]
        return [
            {"style": title, "seed": self.seed, "index": k}
            | {"file": f"{stem}__{start}__{end}__{k}.{kind}"}
            for k in range(1, self.count + 1)
        ]


def _parts(names: Sequence[str], longest: int = 100) -> list[str]:
    """Parts of file names, each as it is or cut to so many bytes, no two alike.

    None holds "__", which leaves one way to read a name, so no two results of a run share one.
    """
    short = (name.encode("utf-8", "replace")[:longest].decode("utf-8", "ignore") for name in names)
    return distinct([re.sub("_{2,}", "_", name).strip("_") for name in short])


def check_cost(model: StyleTransfer, wish: Wish, paths: Sequence[Path], out: Path) -> str:
    """Refuse what no disk, no list and no patience holds, before anything is made.

    Args:
        model: what restyles.
        wish: of each picture.
        paths: the pictures; the first that can be read is the measure of all.
        out: where the results go.

    Returns:
        What it will cost, where that is worth saying; else nothing.

    Raises:
        ValueError: if the results do not fit on the disk, or are too many to be listed.
    """
    results = len(paths) * wish.results
    if len(paths) * wish.pictures <= FEW:
        return ""
    seconds, size = of_one(model, wish, paths)
    pictures = min(len(paths) * wish.pictures, _MOST)
    seconds, size = seconds * pictures, size * pictures
    many = f"{results:,} results" if results < _MOST else f"more than {_MOST:,} results"
    cost = f"{many}: about {duration(seconds)} and {size / 2**30:,.2f} GiB"
    free = shutil.disk_usage(_nearest(out)).free
    if size > free:
        raise ValueError(
            f"{cost}, and the disk has {free / 2**30:,.2f} GiB free; ask for a smaller --count"
        )
    if results > LISTED:
        raise ValueError(
            f"{cost}, and one gallery lists {LISTED:,}; ask for a smaller --count, or for parts"
        )
    return cost if seconds > LONG else ""


def of_one(model: StyleTransfer, wish: Wish, paths: Sequence[Path]) -> tuple[float, int]:
    """Seconds and bytes of one result of the first picture that can be read."""
    code = model.codes(wish.styles[0], seed=wish.seed)
    for path in paths:
        try:
            x = model.prepare(path, wish.size)
        except ImageError:
            continue
        if x[0, 0].numel() < model.size**2 * 16:
            model.translate(x, code)  # the first time takes longer
        start = time.perf_counter()
        data = encode_image(tensor_to_image(model.translate(x, code)[0]))
        return time.perf_counter() - start, len(data)
    return 0.0, 0  # nothing can be read: each will be named in its turn


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first above it that is there."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())


def said_of_references(wish: Wish, styles: Sequence[str]) -> list[str]:
    """What a user should know who gave references: as what each is read.

    Args:
        wish: with references or none.
        styles: of the model.

    Returns:
        Sentences without a full stop, at most one a reference.
    """
    lines = []
    for reference in wish.references:
        home, name = Path(reference).absolute().parent.name, printable(reference)
        others = [style for style in wish.styles if style != home]
        if home in styles and others:
            lines.append(f"{name} lies in the folder of {home}, and is read as {_listed(others)}")
        elif len(wish.styles) > 1:
            lines.append(f"{name} is read once as a picture of each style: {_listed(wish.styles)}")
        else:
            lines.append(f"{name} is read as a picture of {_listed(wish.styles)}")
    return lines


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
