"""What every data set looks like once it is loaded, whatever it came from."""

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

BUNDLED = ("emoji_styles", "painted_photos", "letters")
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class StyleDataset:
    """Images of several styles (domains), unpaired for training.

    Args:
        name: what the set is called in logs and model cards.
        styles: style names in domain order; `labels` index into them.
        images: uint8, either one tensor `(N, 3, S, S)` or a sequence of `(3, h, w)` tensors of
            differing sizes, which may decode lazily.
        labels: int64 `(N,)`, the domain of each image.
        keys: what each image shows.
        splits: "train", "valid" or "test" for each image.
        names: a human name for each key, where the source has one.
        paired: whether one key in two styles is the same thing drawn twice. Names that people and
            cameras give to files do not prove it.
        series: which images are of one hand, such as the letters of one typeface, where the source
            says so: one of them is a reference for the others.
        families: the series that are siblings, which lie on one side of the split.
        files: where each image comes from, where it is a file of its own.
    """

    name: str
    styles: tuple[str, ...]
    images: Tensor | Sequence[Tensor]
    labels: Tensor
    keys: tuple[str, ...]
    splits: tuple[str, ...]
    names: tuple[str, ...] = ()
    paired: bool = True
    series: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    def __post_init__(self):
        sizes = {len(self.images), len(self.labels), len(self.keys), len(self.splits)}
        if len(sizes) != 1:
            raise ValueError(f"images, labels, keys and splits differ in length: {sorted(sizes)}")

    def __len__(self) -> int:
        return len(self.labels)

    def indices(self, split: str | None = None, style: str | None = None) -> Tensor:
        """Positions of the images of one split and one style.

        Args:
            split: "train", "valid", "test", or None for all.
            style: a name from `styles`, or None for all.

        Returns:
            int64 `(M,)`, ascending.

        Raises:
            ValueError: if the set has no such style.
        """
        if style is not None and style not in self.styles:
            raise ValueError(f"no style {style!r} in {self.name}; it has {', '.join(self.styles)}")
        domain = None if style is None else self.styles.index(style)
        labels = self.labels.tolist()
        wanted = [
            i
            for i in range(len(self))
            if (split is None or self.splits[i] == split)
            and (domain is None or labels[i] == domain)
        ]
        return torch.tensor(wanted, dtype=torch.int64)

    def find(self, name: str, style: str) -> Tensor:
        """One image by what it shows.

        Args:
            name: a key or a human name, such as "red apple".
            style: a name from `styles`.

        Returns:
            uint8 `(3, h, w)`.

        Raises:
            ValueError: if the style has no such image; similar names are suggested.
        """
        rows = self.indices(style=style).tolist()
        titles = self.names or self.keys
        for row in rows:
            if name in (titles[row], self.keys[row]):
                return self.images[row]
        near = difflib.get_close_matches(name, [titles[row] for row in rows], n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"{self.name} has no {name!r} in the style {style}{hint}")

    def digest(self) -> str:
        """SHA-256 of what the set holds, wherever it lies and in whatever order.

        Returns:
            In hexadecimal; of every image's style, key, split and content, which is that of its
            file where it has one, and of its pixels otherwise.
        """
        entries = []
        for row, label in enumerate(self.labels.tolist()):
            if self.files:
                with self.files[row].open("rb") as handle:
                    content = hashlib.file_digest(handle, "sha256")
            else:
                content = hashlib.sha256(self.images[row].contiguous().numpy())
            entry = (self.styles[label], self.keys[row], self.splits[row], content.hexdigest())
            entries.append("\0".join(entry))
        text = "\n".join(sorted(entries))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def subset(self, split: str | None = None, style: str | None = None) -> "StyleDataset":
        """The same set, reduced to one split or one style; domains keep their numbers.

        Args:
            split: "train", "valid", "test", or None for all.
            style: a name from `styles`, or None for all.

        Returns:
            A `StyleDataset` that shares no memory it would have to copy when images are lazy.
        """
        rows = self.indices(split, style)
        chosen = rows.tolist()
        images = (
            self.images[rows]
            if isinstance(self.images, Tensor)
            else Selection(self.images, tuple(chosen))
        )
        return replace(
            self,
            images=images,
            labels=self.labels[rows],
            keys=tuple(self.keys[i] for i in chosen),
            splits=tuple(self.splits[i] for i in chosen),
            **{
                told: tuple(getattr(self, told)[i] for i in chosen)
                for told in ("names", "series", "families", "files")
                if getattr(self, told)
            },
        )


@dataclass(frozen=True)
class Selection(Sequence):
    """Some images of a sequence, in a given order, decoded only when asked for."""

    source: Sequence[Tensor]
    rows: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Tensor:
        return self.source[self.rows[index]]
