"""Figures against the truth: the same thing, truly drawn in the target style, or undamaged."""

import torch
from torch import Tensor

from gan_lessons.metrics.perceptual import apart, between

RANGE = 2.0  # from -1 to 1


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
    of_gallery = torch.tensor([number[group] for group in groups], device=fake.device)
    of_source = torch.tensor([number[group] for group in wanted], device=fake.device)
    return (of_gallery[found].view(n, draws) == of_source[:, None]).float().mean(dim=1)


def psnr(x: Tensor, y: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in decibels, 10 log10(range^2 / mean |x - y|^2).

    Args:
        x: `(N, C, H, W)` in [-1, 1].
        y: likewise, the truth.

    Returns:
        `(N,)`; infinite for equal images.

    Example:
        >>> psnr(torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.2)).item()
        20.0
    """
    error = (x - y).square().flatten(1).mean(dim=1)
    return 10 * torch.log10(RANGE**2 / error)


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity: means, contrasts and correlation in windows of 11 pixels.

    Wang et al. 2004, equation 13, computed by torchmetrics.

    Args:
        x: `(N, C, H, W)` in [-1, 1], 11 pixels a side or more.
        y: likewise, the truth.

    Returns:
        `(N,)`, 1 for equal images.

    Raises:
        ValueError: if torchmetrics is missing.
    """
    try:
        from torchmetrics.functional.image import structural_similarity_index_measure
    except ModuleNotFoundError:
        raise ValueError(
            "measuring needs torchmetrics; install it with: pip install 'gan-lessons[lessons]'"
        ) from None
    return structural_similarity_index_measure(x, y, data_range=RANGE, reduction="none")
