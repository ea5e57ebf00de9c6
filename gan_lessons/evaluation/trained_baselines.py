"""The trained baselines: AdaIN on every pair of styles, CycleGAN and pix2pix on their own."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation.contestants import (
    ADAIN,
    CYCLEGAN,
    PIX2PIX,
    Method,
    Referring,
    Task,
    reference_rows,
)
from gan_lessons.evaluation.protocol import Pair
from gan_lessons.metrics.features import as_float
from gan_lessons.models import store, translator_store
from gan_lessons.training import translators

TITLES = {"adain": ADAIN, "cyclegan": CYCLEGAN, "pix2pix": PIX2PIX}
TOGETHER = 64  # pictures in one pass


@dataclass(frozen=True)
class Rival:
    """A trained baseline."""

    title: str  # as it stands in the card
    method: Method
    pair: Pair | None  # the only one it was trained for; None: any
    run: dict  # what made the weights
    weights: str  # SHA-256 of their file
    by_references: Referring | None = None  # where it takes its style from pictures


def bundled(dataset: StyleDataset, size: int, device: str) -> list[Rival]:
    """The baselines that come with the course and can be measured on a set.

    Args:
        dataset: the set; a pair's baseline joins where it was trained on this very set and size.
        size: pixels a side.
        device: where they run.

    Returns:
        In the order of `TITLES`; those that are not there are left out.
    """
    present = store.bundled_translators()
    found = [rival(store.find(name), device) for name in TITLES if name in present]
    return [one for one, on in found if one.pair is None or on == (dataset.name, size)]


def rival(folder: Path, device: str) -> tuple[Rival, tuple[str, int]]:
    """A baseline from its folder, and on which set and at which size it was trained."""
    architecture, config, networks = translators.load(folder)
    (network,) = networks.values()
    network = network.to(device, memory_format=torch.channels_last)
    pair = getattr(config.data, "source", None) and (config.data.source, config.data.target)
    made = Rival(
        title=TITLES[architecture],
        method=referring(network) if architecture == "adain" else translating(network),
        by_references=by_references(network) if architecture == "adain" else None,
        pair=pair,
        run=translator_store.describe(folder)["run"],
        weights=hashlib.sha256((folder / translator_store.FILE).read_bytes()).hexdigest(),
    )
    return made, (config.data.name, config.data.size)


def translating(network: nn.Module) -> Method:
    """A network that knows one answer: each source put through it."""
    return lambda task: passes(network, task.x)[:, None]


def referring(network: nn.Module) -> Method:
    """A network that takes its style from a picture: the reference that the model gets too."""

    def method(task: Task) -> Tensor:
        return passes(network, task.x, as_float(task.train[reference_rows(task)]))[:, None]

    return method


def by_references(network: nn.Module) -> Referring:
    """The same with references that it is given, several of each source."""

    def method(task: Task, x_ref: Tensor) -> Tensor:
        x = task.x.repeat_interleave(x_ref.shape[1], dim=0)
        return passes(network, x, x_ref.flatten(0, 1)).unflatten(0, x_ref.shape[:2])

    return method


@torch.inference_mode()
def passes(network: Callable[..., Tensor], *pictures: Tensor) -> Tensor:
    """A network's results, some at a time, in [-1, 1]."""
    parts = zip(*(x.split(TOGETHER) for x in pictures), strict=True)
    return torch.cat([network(*part).float().clamp(-1, 1) for part in parts])
