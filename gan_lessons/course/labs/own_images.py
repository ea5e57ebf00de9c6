"""A bundled model learns a style that it never saw, from more and from fewer pictures of it.

The style is an engraving in blue ink: a fixed way to redraw an emoji, so that pictures of it can be
made, and the right answer to every source is known. Its training pictures are made of drawings that
the model was not trained on. `emoji64` goes on with them by the short recipe, and its results are
held to engravings of other drawings, beside what the bundled styles make of the same sources.
"""

import math
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.course.labs.pictures import keep
from gan_lessons.course.labs.store import Report, Store
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation.baselines import colour_transfer, palette
from gan_lessons.metrics.features import embed
from gan_lessons.metrics.frechet import kernel_distance
from gan_lessons.metrics.perceptual import apart
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.training.first_weights import tuning_recipe
from gan_lessons.training.run import train_by_recipe

LESSON = "17_your_own_images"
DATA = "emoji_styles"
MODEL = "emoji64"
STYLE, PLAIN = "engraving", "noto"  # the new style, and the drawings it is made of
INK = (0.16, 0.20, 0.42)  # red, green, blue
LIGHT = (0.30, 0.59, 0.11)  # shares of the channels in lightness
FINER = 4  # pixels drawn for each pixel of the result
HATCH = 4.0  # pixels from one stroke to the next, across them
LEAST_INK = 0.05  # share of a picture; what is paler teaches nothing
SOURCES = 200  # plain drawings in the folder
SHOWN = 10  # results in a kept picture


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    counts: tuple[int, ...]  # pictures of the new style
    settings: dict[str, int]  # what a training changes of the short recipe
    seeds: int  # trainings at each count
    sources: int  # restyled for a measurement


BUDGETS = {
    "smoke": Budget((3, 6), {"train.steps": 1, "train.batch": 2}, 1, 6),
    "class": Budget((20, 5, 70), {"train.steps": 150}, 1, 82),
    "full": Budget((20, 5, 10, 40, 70), {}, 5, 82),
}


def engraving(x: Tensor) -> Tensor:
    """Redraw pictures as engravings: outlines, and slanting strokes that swell in the dark.

    Args:
        x: `(N, 3, S, S)` uint8.

    Returns:
        The same shape, uint8.
    """
    fine = F.interpolate(x.float() / 255, scale_factor=FINER, mode="bilinear")
    light = (fine * torch.tensor(LIGHT)[:, None, None]).sum(dim=1, keepdim=True)
    places = torch.arange(fine.shape[-1])
    across = (places[:, None] + places) / math.sqrt(2)
    wave = 0.5 + 0.5 * torch.sin(2 * math.pi * across / (FINER * HATCH))
    strokes = light < 0.10 + 0.65 * wave
    around = F.avg_pool2d(fine, 13, stride=1, padding=6, count_include_pad=False)
    outlines = (fine - around).abs().amax(dim=1, keepdim=True) > 0.08
    ink = F.avg_pool2d((strokes | outlines).float(), FINER)
    paper = 1 - ink * (1 - torch.tensor(INK)[:, None, None])
    return (255 * paper).round().to(torch.uint8)


@cache
def emoji() -> StyleDataset:
    """The drawings that everything here is made of."""
    return load_dataset(DATA)


def drawings(split: str) -> Tensor:
    """Plain drawings of a split, `(N, 3, 64, 64)` uint8."""
    return emoji().images[emoji().indices(split, PLAIN)]


def training_set(count: int, seed: int) -> StyleDataset:
    """What somebody has who drew some pictures in a style of his own, and owns plain ones.

    Args:
        count: pictures of the new style, up to 70; of drawings that no bundled model was trained
            on, and not nearly empty.
        seed: which ones.

    Returns:
        A set of two styles, all for training.
    """
    chance = torch.Generator().manual_seed(seed)
    own = engraving(drawings("valid"))
    own = own[own.float().mean(dim=(1, 2, 3)) < 255 * (1 - LEAST_INK)]
    own = own[torch.randperm(len(own), generator=chance)[:count]]
    plain = drawings("train")[::6][:SOURCES]
    together = len(own) + len(plain)
    return replace(
        emoji(),
        name="my_styles",
        styles=(STYLE, PLAIN),
        images=torch.cat([own, plain]),
        labels=torch.tensor([0] * len(own) + [1] * len(plain)),
        keys=tuple(str(number) for number in range(together)),
        splits=("train",) * together,
        names=(),
        paired=False,
    )


@dataclass(frozen=True)
class Ruler:
    """Sources, the right answers, and the pictures of the style that a set of results is held to.

    Sources and pictures are made of different drawings, and neither was trained on.
    """

    sources: Tensor  # (N, 3, 64, 64) uint8
    answers: Tensor  # (N, D) perceptual features
    real: Tensor  # (M, 1280) pooled features

    def measure(self, results: Tensor) -> dict[str, float]:
        """KID to the style's pictures, times 1000, and the distance to the right answers."""
        perceptual, pooled = embed(results)
        away = apart(perceptual, self.answers).mean().item()
        return {"kid": self.kid(pooled), "truth": away}

    def kid(self, pooled: Tensor) -> float:
        """KID to the style's pictures, times 1000, by MobileNetV2's pooled features."""
        return 1000 * kernel_distance(self.real, pooled)[0]


def ruler(sources: int = 82) -> Ruler:
    """What results are measured with.

    Args:
        sources: how many are restyled, up to 82.
    """
    unseen = drawings("test")
    half = unseen[::2][:sources]
    answers, _ = embed(engraving(half))
    _, real = embed(engraving(unseen[1::2]))
    return Ruler(half, answers, real)


def restyled(model: StyleTransfer, style: str, sources: Tensor) -> Tensor:
    """Each source in a style, each by a draw of its own: `(N, 3, 64, 64)` uint8."""
    codes = model.codes(style, count=len(sources), seed=0)
    pairs = zip(sources.float() / 127.5 - 1, codes, strict=True)
    made = [model.translate(x[None], s[None]) for x, s in pairs]
    return (127.5 * (torch.cat(made) + 1)).round().to(torch.uint8)


def tune(count: int, seed: int, settings: dict[str, Any], out: Path) -> dict[str, Any]:
    """Let the bundled model learn the new style; what a step cost and where the style began.

    Args:
        count: pictures of the new style.
        seed: of the training, and of the choice of pictures.
        settings: fields of the recipe that differ from the short one.
        out: folder of the run.
    """
    recipe = tuning_recipe(MODEL, "my_styles").override({"train.seed": seed} | settings)
    recipe = recipe.override({"train.sample_every": recipe.train.steps})
    recipe = recipe.override({"train.checkpoint_every": recipe.train.steps})
    how = {"init_from": MODEL, "device": "cpu", "report": lambda line: None}
    state = train_by_recipe(recipe, out, dataset=training_set(count, seed), **how)
    return {
        "pictures": count,
        "steps": recipe.train.steps,
        "batch": recipe.train.batch,
        "begins": state.origin["styles"][STYLE],
        "precision": state.precision,
    }


def run(store: Store, preset: str, report: Report) -> None:
    """Measure what needs no training, then a training for each number of pictures."""
    budget = BUDGETS[preset]
    store.once("without training", partial(untrained, budget))
    for seed in range(budget.seeds):
        for count in budget.counts:
            make = partial(trained, store, budget, count, seed)
            store.once(f"{count} pictures, seed {seed}", make, precision="bf16")


def trained(store: Store, budget: Budget, count: int, seed: int) -> dict[str, Any]:
    """One training, measured, with some of its results as a picture."""
    measure = ruler(budget.sources)
    with TemporaryDirectory() as folder:
        facts = tune(count, seed, budget.settings, Path(folder) / "run")
        model = StyleTransfer.load(Path(folder) / "run", device="cpu")
        results = restyled(model, STYLE, measure.sources)
    shown = keep(store, f"results_{count}_{seed}", strip(results))
    return facts | measure.measure(results) | {"picture": shown}


def untrained(budget: Budget) -> dict[str, Any]:
    """The bundled styles, the sources themselves, their colours moved, and real pictures."""
    measure = ruler(budget.sources)
    model = StyleTransfer.load(MODEL, device="cpu")
    found = {}
    for style in model.styles:
        found[style] = measure.measure(restyled(model, style, measure.sources))
    own = training_set(20, 0)
    wanted = palette(own.images[own.indices(style=STYLE)].float() / 127.5 - 1)
    moved = colour_transfer(measure.sources.float() / 127.5 - 1, wanted)
    return {
        "bundled": found,
        "copying": measure.measure(measure.sources),
        "colour transfer": measure.measure((127.5 * (moved.clamp(-1, 1) + 1)).to(torch.uint8)),
        "floor": measure.kid(embed(engraving(drawings("valid")))[1]),
    }


def strip(results: Tensor) -> Tensor:
    """Some results side by side, `(3, 64, 64 * SHOWN)` in [-1, 1]."""
    return torch.cat(list(results[:: max(1, len(results) // SHOWN)][:SHOWN]), dim=2) / 127.5 - 1
