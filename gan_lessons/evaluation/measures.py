"""All figures of one method on one pair of styles under one seed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from gan_lessons.evaluation.contestants import NEAREST, REAL, Task
from gan_lessons.images.movement import movement
from gan_lessons.metrics import prdc
from gan_lessons.metrics.diversity import diversity, same_palettes
from gan_lessons.metrics.features import as_float, embed, perceive
from gan_lessons.metrics.frechet import SUBSETS, kernel_distance
from gan_lessons.metrics.memorisation import memorisation
from gan_lessons.metrics.paired import content, truth
from gan_lessons.metrics.style import Judge


@dataclass(frozen=True)
class Measure:
    """What one figure is called and how to read it."""

    title: str
    better: str  # "lower", "higher" or "" where neither is better
    digits: int = 3


FIGURES = {
    "truth_mean": Measure("truth, mean over draws", "lower"),
    "truth_best": Measure("truth, best draw", "lower"),
    "content": Measure("content, top-1", "higher"),
    "style": Measure("style, share judged so", "higher"),
    "kid": Measure("KID, MobileNetV2, x 1000", "lower", 1),
    "diversity": Measure("diversity of draws", ""),
    "diversity_palette": Measure("diversity, palettes matched", ""),
    "precision": Measure("precision", "higher"),
    "recall": Measure("recall", "higher"),
    "density": Measure("density", "higher"),
    "coverage": Measure("coverage", "higher"),
    "memorisation": Measure("memorisation", ""),
    "movement": Measure("mean change of a pixel", ""),
    "match": Measure("match, of ten references", "higher"),
    "worth": Measure("worth of a reference", "lower"),
    "truth_by_true": Measure("truth, by the true drawing", "lower"),
    "truth_by_random": Measure("truth, by random references", "lower"),
    "spread": Measure("spread over references", ""),
    "spread_palette": Measure("spread, palettes matched", ""),
}


@dataclass(frozen=True)
class Known:
    """What is known of a pair's target style."""

    true: Tensor | None  # (N, D), perceptual features of the true drawings, where they are known
    gallery: Tensor  # (M, D), of all test pictures of the style
    gallery_groups: list[str]
    wanted: list[str]  # group of each source
    train: Tensor  # (T, D), of training pictures, possibly in half precision
    train_pooled: Tensor  # (T, 1280)
    train_radii: Tensor | None  # (T,), of the manifold; None where there are too few pictures
    usual: float | None  # distance of test pictures to these, None where it means nothing
    judge: Judge | None  # where it knows the style
    device: str


@dataclass(frozen=True)
class Described:
    """Results of one method on one pair of styles, as far as they do not hang on the seed."""

    pooled: Tensor  # (N, K, 1280)
    found: dict[str, float]  # figures of the results one by one
    as_set: bool  # whether realism is asked of them


def describe(name: str, images: Tensor, task: Task, known: Known) -> Described:
    """All figures of results as single pictures; their features are computed once for all.

    Args:
        name: of the method.
        images: its results, `(N, K, 3, S, S)`, in [-1, 1] or uint8.
        task: what it was asked for.
        known: what is known of the target style.

    Returns:
        Figures and pooled features. Drawings by hand are not judged as to memorisation, nor
        training pictures as to style and realism; diversity needs several draws.
    """
    n, draws = images.shape[:2]
    perceptual, pooled = embed(images.flatten(0, 1), device=known.device)
    features = perceptual.view(n, draws, -1)
    moved = [movement(x.expand_as(own), as_float(own)) for x, own in zip(task.x, images)]
    found = {} if name in REAL else {"movement": sum(moved) / len(moved)}
    if known.true is not None:
        found |= against_truth(features, known)
    if draws > 1:
        found |= spread_of_draws(as_float(images), features, known.device)
    if name != NEAREST and known.judge is not None:
        found["style"] = known.judge.share(images.flatten(0, 1), task.pair[1])
    if name not in REAL and known.usual is not None:
        found["memorisation"] = memorisation(perceptual, known.train, known.usual)
    return Described(pooled.view(n, draws, -1), found, as_set=name != NEAREST)


def against_truth(features: Tensor, known: Known) -> dict[str, float]:
    """Distance to the true drawings, and whether they are recognised: `(N, K, D)`."""
    mean, best = truth(features, known.true)
    right = content(features, known.gallery, known.gallery_groups, known.wanted)
    return {
        "truth_mean": mean.mean().item(),
        "truth_best": best.mean().item(),
        "content": right.mean().item(),
    }


def measure(described: Described, known: Known, seed: int) -> dict[str, float]:
    """All figures of a method under one seed.

    Draws of one source resemble each other, and sets of such would not be comparable with sets of
    different things: realism is measured on one draw of every source at a time, and averaged.

    Args:
        described: its results.
        known: what is known of the target style.
        seed: of the random subsets that kernel distances are averaged over.

    Returns:
        Figure by name.
    """
    if not described.as_set:
        return described.found
    draws = described.pooled.shape[1]
    subsets = max(1, SUBSETS // draws)
    sets = described.pooled.unbind(1)
    rows = [realism(one, known, subsets, seed * draws + draw) for draw, one in enumerate(sets)]
    return described.found | average(rows)


def spread_of_draws(images: Tensor, features: Tensor, device: str) -> dict[str, float]:
    """Diversity as the draws are, and with the palette of the first, which stays as it is."""
    together = 1 if images.device.type == "cpu" else 64  # sources
    matched = torch.cat([same_palettes(p)[:, 1:].flatten(0, 1) for p in images.split(together)])
    repainted = perceive(matched, device=device).unflatten(0, (len(images), -1))
    return {
        "diversity": diversity(features).mean().item(),
        "diversity_palette": diversity(torch.cat([features[:, :1], repainted], dim=1))
        .mean()
        .item(),
    }


def realism(pooled: Tensor, known: Known, subsets: int, seed: int) -> dict[str, float]:
    """Kernel distance and manifolds of one set, `(N, 1280)`, against training pictures."""
    real, found = known.train_pooled, {}
    if min(len(pooled), len(real)) > 1:
        distance, _ = kernel_distance(real, pooled, subsets=subsets, seed=seed)
        found["kid"] = 1000 * distance
    if known.train_radii is not None and len(pooled) > prdc.NEIGHBOURS:
        found |= asdict(prdc.compare(real, pooled, around_real=known.train_radii))
    return found


def real_diversity(
    images: Tensor, features: Tensor, draws: int, device: str, groups: int = 4
) -> dict[str, float]:
    """Diversity of real pictures of the style, different concepts in place of draws.

    Args:
        images: training pictures of the style, uint8 `(T, 3, S, S)`.
        features: their perceptual features `(T, D)`.
        draws: how many pictures stand for the draws of one source.
        device: where to compute.
        groups: how many sets of pictures to average over, at most.

    Returns:
        The two figures of diversity; none where there are too few pictures.
    """
    count = min(groups, len(images) // draws)
    if not count or draws < 2:
        return {}
    # Neighbours in order show much the same, such as twelve clocks: take every so-manieth.
    step = len(images) // (count * draws)
    rows = (torch.arange(count * draws) * step).view(draws, count).T.flatten()
    images = as_float(images[rows]).unflatten(0, (count, draws))
    return spread_of_draws(images, features[rows].unflatten(0, (count, draws)), device)


def average(values: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean of each figure over those that have it."""
    return {
        name: sum(own) / len(own)
        for name in FIGURES
        if (own := [value[name] for value in values if name in value])
    }
