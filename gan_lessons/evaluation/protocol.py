"""What is measured on what: the protocols, pairs of styles, sources, and their truth."""

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import share
from gan_lessons.images.resize import resize

HELD_OUT = ("valid", "test")
Pair = tuple[str, str]  # source style, target style


@dataclass(frozen=True)
class Protocol:
    """How much is measured; 0 stands for all there is."""

    name: str
    pairs: int  # ordered pairs of styles
    sources: int  # test concepts of each pair
    train: int  # training pictures of each style that sets are compared with
    draws: int = 10  # latents of each source
    seeds: tuple[int, ...] = (0, 1, 2)
    latents: int = 1000  # that the mean code is averaged over
    referred: int = 1  # sources of each pair that are restyled by ten references each
    split: str = "test"  # or "valid", to choose between trainings without looking at test pictures

    def __post_init__(self):
        if self.split not in HELD_OUT:
            raise ValueError(f"split: one of {', '.join(HELD_OUT)}, got {self.split!r}")


PROTOCOLS = {
    p.name: p
    for p in (
        Protocol("smoke", pairs=8, sources=6, train=60),
        Protocol("class", pairs=0, sources=16, train=300, referred=6),
        Protocol("full", pairs=0, sources=0, train=0, referred=16),
        Protocol(
            "curve", pairs=0, sources=48, train=300, referred=4, draws=2, seeds=(0,), latents=100
        ),
    )
}


def protocol(name: str) -> Protocol:
    """A protocol by name.

    Args:
        name: "smoke", "class", "full", or "curve", which is cheap enough to be repeated along a
            training.

    Returns:
        The protocol.

    Raises:
        ValueError: if there is no such protocol.
    """
    if name not in PROTOCOLS:
        raise ValueError(f"no protocol {name!r}; they are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def pairs(styles: tuple[str, ...], most: int) -> list[Pair]:
    """Ordered pairs of styles, the same ones always.

    Args:
        styles: in domain order.
        most: how many, or 0 for all. Fewer are taken so that styles occur equally often.

    Returns:
        Pairs, those into one target side by side.
    """
    count = len(styles)
    offsets = sorted(range(1, count), key=lambda offset: (abs(2 * offset - count), offset))
    chosen = [(i, (i + offset) % count) for offset in offsets for i in range(count)]
    chosen = chosen[: most or None]
    return [(styles[a], styles[b]) for a, b in sorted(chosen, key=lambda p: (p[1], p[0]))]


def mixed(keys: Iterable[str]) -> list[str]:
    """Keys in an order that follows nothing and is the same always."""
    return sorted(keys, key=lambda key: hashlib.sha256(key.encode()).digest())


def scattered(keys: Iterable[str], most: int) -> list[str]:
    """Some of the keys, spread over all and the same ones always; 0 takes all."""
    return sorted(mixed(keys)[: most or None])


def concept_groups(dataset: StyleDataset) -> dict[str, str]:
    """The group of each key, such as one gesture by several persons.

    Args:
        dataset: any set.

    Returns:
        Key to group; where a set has no groups, every key is its own.
    """
    groups = {key: key for key in dataset.keys}
    if dataset.name == "emoji_styles":
        with share("data", dataset.name, "concepts.csv").open(encoding="utf-8") as table:
            groups |= {row["key"]: row["group"] for row in csv.DictReader(table)}
    return groups


def fitted(image: Tensor, size: int) -> Tensor:
    """The central square of a picture at a side: uint8 `(3, h, w)` to `(3, size, size)`."""
    height, width = image.shape[1:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[:, top : top + side, left : left + side]
    return square if side == size else resize(square[None].float(), size)[0].round().byte()


def nothing_to_measure(dataset: StyleDataset, split: str) -> str:
    """Why a set cannot be measured on, and what to do."""
    if dataset.paired and split in dataset.splits:
        return (
            f"{dataset.name} has no {split} picture that is drawn in two styles; name the pictures "
            "of a pair alike, or leave out --pairs and measure what needs no truth"
        )
    return (
        f"{dataset.name} has no {split} pictures; put pictures that were not trained on into "
        f"{split}/STYLE beside train/STYLE"
    )


class TestBed:
    """Pictures of a set as the protocol wants them.

    Where the set is `paired`, sources are what both styles of a pair have, and there is a truth.
    Otherwise a name that two styles share means nothing: every test picture of a style is a source,
    and what needs a truth is not measured.

    Args:
        dataset: any set but `letters`, which has a bed of its own.
        protocol: how much of it.
        size: pixels a side, the model's.
        only: the only pair that is measured, where a model knows no other.

    Raises:
        ValueError: if there is nothing to measure: no test pictures, or no shared ones in a set
            that says to be paired.
    """

    __test__ = False  # of gan_lessons, not of pytest

    def __init__(
        self, dataset: StyleDataset, protocol: Protocol, size: int, only: Pair | None = None
    ):
        self.dataset, self.protocol, self.size = dataset, protocol, size
        self.groups = concept_groups(dataset)
        self.rows = {
            (part, style): {dataset.keys[i]: i for i in dataset.indices(split, style).tolist()}
            for part, split in (("train", "train"), ("test", protocol.split))
            for style in dataset.styles
        }
        found = [only] if only else pairs(dataset.styles, protocol.pairs)
        self.paired = dataset.paired
        self.pairs = [pair for pair in found if self.shared(pair)]
        if not self.pairs:
            raise ValueError(nothing_to_measure(dataset, protocol.split))

    def shared(self, pair: Pair) -> list[str]:
        """Test concepts that both styles of a pair have, as many as the protocol takes.

        Of a set that is not paired: test pictures of the first style, none where the second has
        no test pictures to compare results with.
        """
        source, target = (self.rows["test", style] for style in pair)
        if not target:
            return []
        keys = [key for key in source if key in target] if self.paired else source
        return scattered(keys, self.protocol.sources)

    def images(self, split: str, style: str, keys: list[str]) -> Tensor:
        """Pictures by key, uint8 `(N, 3, S, S)`."""
        rows = self.rows[split, style]
        return torch.stack([fitted(self.dataset.images[rows[key]], self.size) for key in keys])

    def train_keys(self, style: str) -> list[str]:
        """Keys of the training pictures that sets are compared with."""
        return scattered(list(self.rows["train", style]), self.protocol.train)

    def test_keys(self, style: str) -> list[str]:
        """Keys of all test pictures of a style."""
        return list(self.rows["test", style])
