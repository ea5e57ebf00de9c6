"""Does a reference decide? Some sources, each restyled by ten references and by the truth.

What draws by references is asked: the model, AdaIN, colour transfer with the palette of each
reference, and copying, on which no reference has any effect and which shows what that scores.
"""

from dataclasses import replace

import torch
from torch import Tensor

from gan_lessons.data.batches import generator_at
from gan_lessons.evaluation import baselines
from gan_lessons.evaluation.contestants import (
    COLOUR,
    COPY,
    REFERENCE,
    Referring,
    Task,
    read_off,
    restyle,
)
from gan_lessons.evaluation.measures import spread_of_draws
from gan_lessons.metrics.features import as_float, perceive
from gan_lessons.metrics.perceptual import apart
from gan_lessons.metrics.references import Scale, match, style_statistics, worth
from gan_lessons.style_transfer import StyleTransfer

REFERENCES = 10  # of each source


def contestants(model: StyleTransfer | None) -> dict[str, Referring]:
    """All that take their style from a picture.

    Args:
        model: a trained model, or None for the others alone.

    Returns:
        By the names that they have as contestants.
    """
    rows: dict[str, Referring] = {}
    if model is not None and "style_encoder" in model.networks:
        rows[REFERENCE] = lambda task, x_ref: restyle(
            model, task, read_off(model, x_ref.flatten(0, 1), task.pair[1])
        )
    return rows | {
        COPY: lambda task, x_ref: task.x[:, None].expand_as(x_ref),
        COLOUR: recoloured,
    }


def recoloured(task: Task, x_ref: Tensor) -> Tensor:
    """Each source with the colours of each reference."""
    rows = [
        [baselines.colour_transfer(x[None], baselines.palette(one[None]))[0] for one in own]
        for x, own in zip(task.x, x_ref, strict=True)
    ]
    return torch.stack([torch.stack(row) for row in rows])


def some(task: Task, most: int) -> Task:
    """A task with a few of its sources, others for each seed.

    Args:
        task: a pair of styles under one seed.
        most: how many sources; 0: all.
    """
    random = generator_at(task.seed, 2 * task.number)
    rows = torch.randperm(len(task.x), generator=random)[: most or None].sort().values
    rows = rows.to(task.x.device)
    own = {"x": task.x[rows], "x_features": task.x_features[rows]}
    return replace(task, **own, true=task.true[rows] if task.paired else task.true)


def reference_sets(task: Task) -> Tensor:
    """Which training pictures of the target style each source gets, no two alike: `(N, K)`."""
    random = generator_at(task.seed, 2 * task.number + 1)
    count = min(REFERENCES, len(task.train))
    rows = [torch.randperm(len(task.train), generator=random)[:count] for _ in task.x]
    return torch.stack(rows).to(task.train.device)


def measure(method: Referring, task: Task, scale: Scale, device: str) -> dict[str, float]:
    """What references do to the results of one contestant.

    Args:
        method: the contestant.
        task: from `some`.
        scale: of style statistics of the target style's training pictures.
        device: where to compute.

    Returns:
        Measures by name; none where there are too few training pictures to choose from.
    """
    rows = reference_sets(task)
    count = rows.shape[1]
    if count < 2:
        return {}
    x_ref = as_float(task.train[rows.flatten()]).unflatten(0, rows.shape)
    given = torch.cat([x_ref, as_float(task.true)[:, None]], dim=1) if task.paired else x_ref
    images = method(task, given)
    features = perceive(images.flatten(0, 1), device=device).unflatten(0, images.shape[:2])
    found = {
        name.replace("diversity", "spread"): value
        for name, value in spread_of_draws(images[:, :count], features[:, :count], device).items()
    }
    seen, shown = (
        scale(style_statistics(x.flatten(0, 1), device=device)).unflatten(0, x.shape[:2])
        for x in (images[:, :count], x_ref)
    )
    found["match"] = match(seen, shown).mean().item()
    return found | to_truth(features, task, device) if task.paired else found


def to_truth(features: Tensor, task: Task, device: str) -> dict[str, float]:
    """Distances to the truth by random references and, last of all, by the truth itself."""
    away = apart(features, perceive(task.true, device=device)[:, None])
    return {
        "truth_by_random": away[:, :-1].mean().item(),
        "truth_by_true": away[:, -1].mean().item(),
        "worth": worth(away[:, -1], away[:, :-1]),
    }
