"""Figures against the truth: the same thing, truly drawn in the target style."""

import torch
from torch import Tensor

from gan_lessons.metrics.perceptual import apart, between


def truth(fake: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """How far results are from the true drawing.

    Args:
        fake: perceptual features `(N, K, D)`, K draws of each of N sources.
        real: `(N, D)`, those of the true drawings.

    Returns:
        Mean over the draws and best of them, each `(N,)`.
    """
    distances = apart(fake, real[:, None])
    return distances.mean(dim=1), distances.amin(dim=1)


def content(fake: Tensor, gallery: Tensor, groups: list[str], wanted: list[str]) -> Tensor:
    """Whether results still show the same thing.

    The nearest of all test pictures of the target style must be the true one or of its group, such
    as the same gesture by another person.

    Args:
        fake: perceptual features `(N, K, D)`.
        gallery: `(M, D)`, those of all test pictures of the target style.
        groups: the group of each picture of the gallery.
        wanted: the group of each source.

    Returns:
        Share of the draws whose nearest is right, `(N,)`.

    Raises:
        ValueError: if a source's group is nowhere in the gallery.
    """
    absent = sorted(set(wanted) - set(groups))
    if absent:
        raise ValueError(f"no true drawing to find for {', '.join(absent[:3])}")
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    n, draws = fake.shape[:2]
    found = between(fake.flatten(0, 1), gallery).argmin(dim=1)
    of_gallery = torch.tensor([number[group] for group in groups])
    of_source = torch.tensor([number[group] for group in wanted])
    return (of_gallery[found].view(n, draws) == of_source[:, None]).float().mean(dim=1)
