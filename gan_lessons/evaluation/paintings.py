"""Measuring a model on `painted_photos`: held-out photographs, and few works of each painter.

Whole pictures are restyled and looked at through crops, at one scale whatever the size that the
model was trained at. A seed has its own share of the photographs, its own crops and its own draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from gan_lessons.data.batches import generator_at
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation.protocol import HELD_OUT, mixed
from gan_lessons.metrics.features import as_float, embed
from gan_lessons.metrics.references import style_statistics

PHOTO = "photo"
CROP = 128  # pixels a side of what is looked at
SIZE = 128  # that the set is read at: shorter sides of at most four times that


@dataclass(frozen=True)
class PaintingPlan:
    """How much is measured; 0 stands for all there is."""

    name: str
    photos: int  # of each seed; no two seeds have one in common
    side: int  # of the middle of each photograph, longest; 0: all of it
    crops: int  # of each photograph and of its results
    views: int  # crops of each work
    step: int  # pixels from one crop of a training work to the next, where copies are looked for
    draws: int  # of each photograph
    redrawn: int = 500  # draws of the bootstrap
    seeds: tuple[int, ...] = (0, 1, 2)
    shown: int = 20  # whole photographs on the sheet
    latents: int = 1000  # that the mean code is averaged over
    split: str = "test"  # or "valid", to choose between trainings without looking at test pictures

    def __post_init__(self):
        if self.split not in HELD_OUT:
            raise ValueError(f"split: one of {', '.join(HELD_OUT)}, got {self.split!r}")


PLANS = {
    plan.name: plan
    for plan in (
        PaintingPlan(
            "smoke", photos=4, side=128, crops=1, views=24, step=48, draws=2, redrawn=200, shown=4
        ),
        PaintingPlan("class", photos=6, side=0, crops=10, views=48, step=32, draws=4),
        PaintingPlan("full", photos=0, side=0, crops=16, views=64, step=32, draws=8),
        PaintingPlan("curve", photos=8, side=160, crops=4, views=48, step=48, draws=2, seeds=(0,)),
    )
}


@dataclass(frozen=True)
class Work:
    """A painting or print."""

    key: str
    title: str
    split: str
    image: Tensor  # (3, h, w), uint8


@dataclass(frozen=True)
class Photograph:
    """A photograph that is restyled."""

    key: str
    number: int  # among those of the split
    x: Tensor  # (1, 3, H, W) in [-1, 1]


@dataclass(frozen=True)
class Views:
    """Pictures as their crops show them."""

    perceptual: Tensor  # (N, C, D), in half precision: they are many
    pooled: Tensor  # (N, C, 1280)
    groups: list[Tensor]  # style statistics, (N, C, D_g)

    @classmethod
    def of(cls, pictures: Sequence[Tensor], cut: Callable[[int, Tensor], Tensor], device: str):
        """Look at pictures `(3, H, W)`, one at a time, through `cut(number, picture)`."""
        perceptual, pooled, groups = [], [], []
        for number, picture in enumerate(pictures):
            crops = cut(number, picture)
            looks, features = embed(crops, device=device)
            perceptual.append(looks.half())
            pooled.append(features)
            groups.append(style_statistics(crops, device=device))
        own = [torch.stack(group) for group in zip(*groups, strict=True)]
        return cls(torch.stack(perceptual), torch.stack(pooled), own)


@dataclass
class PaintingBed:
    """Photographs and works of a set as a plan wants them.

    Args:
        dataset: `painted_photos`, or a set with a style `photo` and painters.
        plan: how much of it.
        device: where features are computed.

    Raises:
        ValueError: if there is no held-out photograph, or no painter with works of both kinds.
    """

    dataset: StyleDataset
    plan: PaintingPlan
    device: str = "cpu"
    _known: dict = field(default_factory=dict)

    def __post_init__(self):
        if PHOTO not in self.dataset.styles or not self.rows(PHOTO, (self.plan.split,)):
            raise ValueError(f"{self.dataset.name} has no {self.plan.split} photographs")
        if not self.painters:
            raise ValueError(
                f"{self.dataset.name} has no painter with three training works and a "
                f"{self.plan.split} work"
            )

    def rows(self, style: str, splits: Sequence[str]) -> list[int]:
        """Rows of a style in some splits."""
        own = self.dataset.indices(style=style).tolist()
        return [row for row in own if self.dataset.splits[row] in splits]

    @cached_property
    def painters(self) -> tuple[str, ...]:
        """Styles with works to measure by."""
        return tuple(
            style
            for style in self.dataset.styles
            if style != PHOTO
            and len(self.rows(style, ("train",))) > 2
            and self.rows(style, (self.plan.split,))
        )

    def works(self, painter: str) -> list[Work]:
        """All works of a painter that a plan may look at: no test works where it is for choosing.

        Those of the training come first, those of the plan's split last.
        """
        splits = ("train", "valid", "test") if self.plan.split == "test" else ("train", "valid")
        data = self.dataset
        rows = sorted(self.rows(painter, splits), key=lambda row: splits.index(data.splits[row]))
        titles = data.names or data.keys
        return [Work(data.keys[r], titles[r], data.splits[r], data.images[r]) for r in rows]

    def of_split(self, painter: str, split: str) -> Tensor:
        """Which of the works are of a split, `(W,)` of 0 and 1."""
        return torch.tensor([float(w.split == split) for w in self.works(painter)]).double()

    def photographs(self, seed: int) -> list[Photograph]:
        """The share of the held-out photographs that a seed has."""
        place, seeds = self.plan.seeds.index(seed), len(self.plan.seeds)
        chosen = list(enumerate(self.order))[place::seeds][: self.plan.photos or None]
        return [self.photograph(number, row) for number, row in chosen]

    @cached_property
    def order(self) -> list[int]:
        """Rows of the held-out photographs, in an order that follows nothing."""
        rows = {self.dataset.keys[row]: row for row in self.rows(PHOTO, (self.plan.split,))}
        return [rows[key] for key in mixed(rows)]

    def photograph(self, number: int, row: int, whole: bool = False) -> Photograph:
        """One of them, as far as the plan takes it."""
        x = as_float(self.dataset.images[row]).to(self.device)
        x = x[None] if whole else self.middle(x)
        return Photograph(self.dataset.keys[row], number, x)

    @cached_property
    def untouched(self) -> Tensor:
        """Pooled features of crops of all held-out photographs, `(N, C, 1280)`."""
        photos = [self.photograph(number, row) for number, row in enumerate(self.order)]
        own = [self.cut(photo.x[0], photo, self.plan.seeds[0]) for photo in photos]
        return torch.stack([embed(x, device=self.device)[1] for x in own])

    def middle(self, x: Tensor) -> Tensor:
        """The middle of a photograph, as the plan takes it: `(3, h, w)` to `(1, 3, H, W)`."""
        height, width = x.shape[1:]
        h, w = (min(side, self.plan.side or side) for side in (height, width))
        top, left = (height - h) // 2, (width - w) // 2
        return x[None, :, top : top + h, left : left + w]

    def works_seen(self, painter: str, seed: int) -> Views:
        """All works of a painter through the crops of a seed, looked at once."""
        key = painter, seed
        if key not in self._known:
            self.forget(painter)
            pictures = [as_float(work.image).to(self.device) for work in self.works(painter)]
            self._known[key] = Views.of(
                pictures, lambda n, x: crops(x, self.plan.views, seed, 10_000 + n), self.device
            )
        return self._known[key]

    def forget(self, painter: str) -> None:
        """Let go of what is known of other painters, and of the works under other seeds."""
        for other, what in list(self._known):
            if other != painter or what != "train":
                del self._known[other, what]

    def trained(self, painter: str) -> Tensor:
        """Pooled features of all training works, crop by crop, `(M, 1280)`."""
        key = painter, "train"
        if key not in self._known:
            works = [work for work in self.works(painter) if work.split == "train"]
            own = torch.cat([tiles(as_float(work.image), self.plan.step) for work in works])
            self._known[key] = embed(own, device=self.device)[1]
        return self._known[key]

    def cut(self, x: Tensor, photograph: Photograph, seed: int) -> Tensor:
        """A photograph's crops, or those of a result at the same places, `(C, 3, S, S)`."""
        return crops(x, self.plan.crops, seed, photograph.number)


def crops(x: Tensor, count: int, seed: int, number: int, side: int = CROP) -> Tensor:
    """Squares of a picture at random places, the same ones for a seed, number and size.

    Args:
        x: `(3, H, W)`.
        count: how many.
        seed: of the evaluation.
        number: of the picture.
        side: in pixels; a picture that is smaller gives what it has.

    Returns:
        `(count, 3, side, side)`.
    """
    room = [length - min(side, length) + 1 for length in x.shape[1:]]
    random = generator_at(seed, number)
    at = torch.rand(count, 2, generator=random, dtype=torch.float64)
    places = (at * torch.tensor(room)).long().tolist()
    return torch.stack([x[:, top : top + side, left : left + side] for top, left in places])


def tiles(x: Tensor, step: int, side: int = CROP) -> Tensor:
    """Squares of a picture in rows and columns, `(3, H, W)` to `(N, 3, side, side)`."""
    tops, lefts = (range(0, max(1, length - side + 1), step) for length in x.shape[1:])
    return torch.stack(
        [x[:, top : top + side, left : left + side] for top in tops for left in lefts]
    )
