"""Differentiable augmentation before the discriminator (Zhao et al. 2020, section 3.2).

Real and generated images are varied alike and gradients pass through, so that the discriminator
cannot memorise a small set and the generator does not learn the variations. All randomness comes
in as uniform numbers: the result is a pure function of its arguments.
"""

import torch
from torch import Tensor

NUMBERS = 5  # uniform numbers an image: brightness, shift in y and x, cutout in y and x
SHIFT = 1 / 8  # largest shift, as a share of the side
BRIGHTNESS = 0.2  # largest change, in units of [-1, 1]
CUTOUT = 1 / 4  # side of the square, as a share of the image's


def augment(x: Tensor, uniform: Tensor, kinds: tuple[str, ...]) -> Tensor:
    """Vary images.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].
        uniform: `(N, 5)` in [0, 1).
        kinds: any of "brightness", "shift", "cutout".

    Returns:
        `(N, 3, H, W)`, differentiable in `x`.
    """
    if "brightness" in kinds:
        x = x + (uniform[:, 0] * 2 - 1)[:, None, None, None].to(x.dtype) * BRIGHTNESS
    if "shift" in kinds:
        x = shift(x, uniform[:, 1:3])
    if "cutout" in kinds:
        x = cutout(x, uniform[:, 3:5])
    return x


def shift(x: Tensor, uniform: Tensor) -> Tensor:
    """Move each image by up to an eighth of its side, repeating its border."""
    n, channels, height, width = x.shape
    moved = (uniform * 2 - 1) * SHIFT  # (N, 2), as shares of the sides
    rows = torch.arange(height, device=x.device)[None] + (moved[:, :1] * height).round().long()
    columns = torch.arange(width, device=x.device)[None] + (moved[:, 1:] * width).round().long()
    index = rows.clamp(0, height - 1)[:, :, None] * width + columns.clamp(0, width - 1)[:, None]
    pixels = x.permute(0, 2, 3, 1).reshape(n, height * width, channels)
    index = index.reshape(n, -1, 1).expand(-1, -1, channels)
    return pixels.gather(1, index).reshape(n, height, width, channels).permute(0, 3, 1, 2)


def cutout(x: Tensor, uniform: Tensor) -> Tensor:
    """Grey out one square an image."""
    height, width = x.shape[2:]
    row, column = uniform[:, :1] * height, uniform[:, 1:] * width  # of the centre
    far_y = (torch.arange(height, device=x.device) - row).abs() > height * CUTOUT / 2
    far_x = (torch.arange(width, device=x.device) - column).abs() > width * CUTOUT / 2
    keep = far_y[:, :, None] | far_x[:, None, :]
    return x * keep[:, None].to(x.dtype)
