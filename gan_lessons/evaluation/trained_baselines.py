"""The trained baselines: AdaIN on every pair of styles, CycleGAN and pix2pix on their own."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation.contestants import Method, Referring, Task, reference_rows
from gan_lessons.evaluation.protocol import Pair
from gan_lessons.metrics.features import as_float
from gan_lessons.models import store
from gan_lessons.style_transfer import StyleTransfer

TOGETHER = 64  # references read in one pass


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
        method=referring(model) if model.kind.needs_reference else translating(model),
        by_references=by_references(model) if model.kind.needs_reference else None,
        pair=None if model.kind.needs_reference else (data.source, data.target),
        run=model.run,
        weights=hashlib.sha256((folder / store.FILE).read_bytes()).hexdigest(),
    )
    return made, (data.name, data.size)


def translating(model: StyleTransfer) -> Method:
    """A model that knows one answer: each source put through it."""
    (style,) = model.styles
    return lambda task: model.translate(task.x, model.codes(style).expand(len(task.x), 0))[:, None]


def referring(model: StyleTransfer) -> Method:
    """A model that takes its style from a picture: the reference that others get too."""

    def method(task: Task) -> Tensor:
        return after(model, task.x, as_float(task.train[reference_rows(task)]))[:, None]

    return method


def by_references(model: StyleTransfer) -> Referring:
    """The same with references that it is given, several of each source."""

    def method(task: Task, x_ref: Tensor) -> Tensor:
        x = task.x.repeat_interleave(x_ref.shape[1], dim=0)
        return after(model, x, x_ref.flatten(0, 1)).unflatten(0, x_ref.shape[:2])

    return method


@torch.inference_mode()
def after(model: StyleTransfer, x: Tensor, x_ref: Tensor) -> Tensor:
    """Sources, each in the style of its own reference: two `(N, 3, S, S)` to the same."""
    y = torch.zeros(len(x_ref), dtype=torch.int64, device=model.device)
    s = [
        model.networks["style_encoder"](part.to(model.device), y[: len(part)])
        for part in x_ref.split(TOGETHER)
    ]
    return model.translate(x, torch.cat(s))
