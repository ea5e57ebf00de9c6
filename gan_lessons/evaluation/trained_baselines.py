"""The trained baselines: AdaIN on every pair of styles, CycleGAN and pix2pix on their own."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation.contestants import (
    MODEL,
    REFERENCE,
    Method,
    Referring,
    pair_of,
    read_off,
    restyle,
    ways,
)
from gan_lessons.evaluation.protocol import Pair
from gan_lessons.models import store
from gan_lessons.style_transfer import StyleTransfer


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
        In the order of their names.
    """
    found = [rival(store.find(name), device) for name in store.bundled_baselines()]
    return [one for one, on in found if one.pair is None or on == (dataset.name, size)]


def rival(folder: Path, device: str) -> tuple[Rival, tuple[str, int]]:
    """A baseline from its folder, and on which set and at which size it was trained."""
    model = StyleTransfer.load(folder, device=device, precision="fp32")
    data = model.config.data
    made = Rival(
        title=model.kind.title,
        method=ways(model)[REFERENCE if model.kind.needs_reference else MODEL],
        by_references=by_references(model) if model.kind.needs_reference else None,
        pair=pair_of(model),
        run=model.run,
        weights=hashlib.sha256((folder / store.FILE).read_bytes()).hexdigest(),
    )
    return made, (data.name, data.size)


def by_references(model: StyleTransfer) -> Referring:
    """A model that takes its style from a picture, with references that it is given."""
    return lambda task, x_ref: restyle(
        model, task, read_off(model, x_ref.flatten(0, 1), task.pair[1])
    )
