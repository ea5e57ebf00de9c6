"""What a model must beat without having learned anything."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lessons.images.colour import correlate, decorrelate, statistics, visible

STRETCH = 4.0  # most by which the contrast of a channel grows


@dataclass(frozen=True)
class Palette:
    """Mean and standard deviation of the three decorrelated channels."""

    mean: Tensor  # (3,)
    std: Tensor  # (3,)


def copy(x: Tensor) -> Tensor:
    """The source itself, `(N, 3, H, W)`."""
    return x.clone()


def palette(x: Tensor) -> Palette:
    """The colours of a style, averaged over its pictures; white paper does not count.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].

    Returns:
        The mean over pictures of each picture's mean and standard deviation.
    """
    mean, std, inked = statistics(x)
    return Palette(mean[inked].mean(dim=0), std[inked].mean(dim=0))


def colour_transfer(x: Tensor, target: Palette) -> Tensor:
    """Give pictures the colour statistics of a style (Reinhard et al. 2001, equations 10 and 11).

    Unlike there, white paper neither counts nor changes, and contrast is stretched four times at
    most: what is nearly black holds no colour but the noise of compression.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].
        target: statistics to reach.

    Returns:
        `(N, 3, H, W)` in [-1, 1].
    """
    mean, std, _ = statistics(x)
    stretch = (target.std / std.clamp(min=1e-4)).clamp(max=STRETCH)
    lab = decorrelate(x)
    moved = (lab - mean[:, :, None, None]) * stretch[:, :, None, None]
    coloured = correlate(moved + target.mean[:, None, None])
    return torch.where(visible(x), coloured, x)


def nearest_image(distances: Tensor, images: Tensor) -> Tensor:
    """The training picture of the target style that is nearest to each source.

    Args:
        distances: of each source to each training picture, `(N, M)`.
        images: the training pictures, `(M, 3, H, W)`.

    Returns:
        `(N, 3, H, W)`.
    """
    return images[distances.argmin(dim=1)]
