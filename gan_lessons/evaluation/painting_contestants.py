"""Who restyles photographs: a model in three ways, what learned nothing, and published models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gan_lessons.evaluation import baselines
from gan_lessons.evaluation.contestants import COLOUR, COPY, MEAN, MODEL, REFERENCE, pair_of
from gan_lessons.evaluation.paintings import Photograph, Work
from gan_lessons.metrics.features import as_float
from gan_lessons.models import store
from gan_lessons.style_transfer import StyleTransfer

ADAIN = "AdaIN"


@dataclass(frozen=True)
class Asked:
    """What is asked of every contestant: one painter, under one seed."""

    painter: str
    works: Sequence[Work]
    seed: int
    draws: int
    latents: int
    device: str = "cpu"

    def references(self) -> list[Tensor]:
        """The works as references, each `(1, 3, h, w)` in [-1, 1]."""
        return [as_float(work.image)[None].to(self.device) for work in self.works]


Contestant = Callable[[Photograph, Asked], Tensor]  # to (K, 3, H, W) in [-1, 1]


@dataclass(frozen=True)
class Way:
    """One way to restyle a photograph."""

    restyle: Contestant
    by_reference: bool = False  # result k is by work k of the painter
    alike: bool = False  # the same whoever the painter is


def ways(model: StyleTransfer | None) -> dict[str, Way]:
    """All that stand side by side, but for the trained baselines.

    Args:
        model: a trained model, or None for the others alone.

    Returns:
        By name.
    """
    return ({} if model is None else of_model(model)) | {
        COPY: Way(lambda photo, asked: photo.x, alike=True),
        COLOUR: Way(recoloured, by_reference=True),
    }


def of_model(model: StyleTransfer) -> dict[str, Way]:
    """How a model is used: it draws styles, takes them from references, or knows one answer."""
    by_reference = {REFERENCE: Way(lambda p, asked: by_references(model, p, asked), True)}
    if model.kind.draws:
        return {
            MODEL: Way(lambda photo, asked: drawn(model, photo, asked)),
            **by_reference,
            MEAN: Way(lambda photo, asked: by_mean(model, photo, asked)),
        }
    if model.kind.needs_reference:
        return by_reference
    return {MODEL: Way(lambda p, asked: model.translate(p.x, model.codes(model.styles[0])))}


def painters_of(model: StyleTransfer, painters: Sequence[str]) -> tuple[str, ...]:
    """The painters that a model can be asked for: of one pair of styles, its target alone."""
    pair = pair_of(model)
    return tuple(p for p in painters if pair is None or p == pair[1])


def by_references(model: StyleTransfer, photo: Photograph, asked: Asked) -> Tensor:
    """A result by each work, read as the model's users have it read."""
    style = asked.painter if model.kind.draws else model.styles[0]
    codes = model.codes(style, reference=[as_float(work.image) for work in asked.works])
    return model.translate(photo.x, codes)


def drawn(model: StyleTransfer, photo: Photograph, asked: Asked) -> Tensor:
    """Results by drawn codes, others for each photograph."""
    seed = 1_000 * asked.seed + photo.number
    return model.translate(photo.x, model.codes(asked.painter, count=asked.draws, seed=seed))


def by_mean(model: StyleTransfer, photo: Photograph, asked: Asked) -> Tensor:
    """The result by the mean of many drawn codes."""
    codes = model.codes(asked.painter, count=asked.latents, seed=asked.seed)
    return model.translate(photo.x, codes.mean(dim=0, keepdim=True))


def recoloured(photo: Photograph, asked: Asked) -> Tensor:
    """The photograph with the colour statistics of each work."""
    palettes = [baselines.palette(x) for x in asked.references()]
    return torch.cat([baselines.colour_transfer(photo.x, own) for own in palettes])


def adain(folder: Path, device: str) -> Way:
    """AdaIN with a bundled decoder, by the statistics of whole works at the photographs' scale."""
    model = StyleTransfer.load(folder, device=device, precision="fp32")
    known: dict[tuple[str, ...], Tensor] = {}

    @torch.inference_mode()
    def restyle(photo: Photograph, asked: Asked) -> Tensor:
        keys = tuple(work.key for work in asked.works)
        if keys not in known:
            known.clear()
            y = torch.zeros(1, dtype=torch.int64, device=model.device)
            read = model.networks["style_encoder"]
            known[keys] = torch.cat([read(x, y) for x in asked.references()])
        return model.translate(photo.x, known[keys])

    return Way(restyle, by_reference=True)


def bundled(device: str) -> dict[str, Way]:
    """The trained baselines that come with the course and take any photograph."""
    found = {}
    for name in store.bundled_baselines():
        folder = store.find(name)
        if store.describe(folder).architecture == "adain":
            found[ADAIN] = adain(folder, device)
    return found
