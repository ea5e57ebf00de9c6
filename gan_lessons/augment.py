"""Pictures varied, moved and robbed of their style, as pure functions of uniform numbers.

`augment` is for the discriminator's eyes (Zhao et al. 2020, section 3.2).

Real and generated images are varied alike and gradients pass through, so that the discriminator
cannot memorise a small set and the generator does not learn the variations. All randomness comes
in as uniform numbers: the result is a pure function of its arguments.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

NUMBERS = 5  # uniform numbers an image: brightness, shift in y and x, cutout in y and x
SHIFT = 1 / 8  # largest shift, as a share of the side
BRIGHTNESS = 0.2  # largest change, in units of [-1, 1]
CUTOUT = 1 / 4  # side of the square, as a share of the image's
DESTROYED = 6  # uniform numbers of `destroy`: hue, saturation, strength, gamma, lines, blur
DISPLACED = 4  # uniform numbers of `displace`: mirror, size, shift in x and y
BEND = 4  # control points a side of `warp`
WARPED = 3 + 2 * BEND**2  # uniform numbers of `warp`: slant, width, height, and how each is moved
SLANT, WIDER, BENT = 0.35, 0.3, 0.04  # largest: tangent, change of width, shift in half sides


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


def displace(x: Tensor, uniform: Tensor, *, on_white: bool = True) -> Tensor:
    """Mirror half of the pictures, and resize and shift each by up to 15 %.

    A code that is read off the moved picture cannot say what stands where.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].
        uniform: `(N, 4)` in [0, 1).
        on_white: whether white shows beyond the border, as paper does; else the picture mirrored.

    Returns:
        `(N, 3, H, W)`.
    """
    mirrored = torch.where(uniform[:, 0] < 0.5, -1.0, 1.0)
    size = 0.85 + 0.3 * uniform[:, 1]
    shift = 0.3 * (uniform[:, 2:] - 0.5)
    zero = torch.zeros_like(size)
    rows = torch.stack([size * mirrored, zero, shift[:, 0], zero, size, shift[:, 1]], dim=1)
    grid = F.affine_grid(rows.unflatten(1, (2, 3)), x.shape, align_corners=False).to(x.dtype)
    if not on_white:
        return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    return 1 + F.grid_sample(x - 1, grid, align_corners=False)


def destroy(x: Tensor, uniform: Tensor, *, lines: bool = True) -> Tensor:
    """Take a picture's palette, contrast and lines away; white paper stays all but white.

    What is left is what a style may not change. Hues turn by any angle, saturation and strength of
    the ink change, and its gamma; with `lines`, dark lines grow thin or edges get some, and fine
    shading is smoothed, in some of the pictures.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].
        uniform: `(N, 6)` in [0, 1).
        lines: whether lines and shading go too.

    Returns:
        `(N, 3, H, W)` in [-1, 1], differentiable in `x`.
    """
    u = uniform[:, :, None, None, None].unbind(1)
    ink = (1 - x) / 2
    if lines:
        thin = -F.max_pool2d(-ink, 3, stride=1, padding=1)
        dark = ink.mean(dim=1, keepdim=True)
        edge = F.max_pool2d(dark, 3, 1, 1) + F.max_pool2d(-dark, 3, 1, 1)
        ink = torch.lerp(ink, thin, (1 - 2.5 * u[4]).clamp(min=0))
        drawn = (1.2 * edge - 0.1).clamp(0, 1) * (2.5 * u[4] - 1.5).clamp(min=0)
        ink = ink + drawn * (1 - ink)
        smooth = F.avg_pool2d(F.pad(ink, (1,) * 4, mode="replicate"), 3, stride=1)
        ink = torch.lerp(ink, smooth, (1.6 * u[5] - 0.8).clamp(min=0))
    ink = turn(ink, 2 * math.pi * uniform[:, 0], 1.4 * uniform[:, 1] ** 0.7)
    ink = ink * (0.55 + 0.75 * u[2])
    ink = ink.clamp(1e-3, 1) ** torch.exp(1.2 * (u[3] - 0.5))
    return 1 - 2 * ink


def smooth_over(x: Tensor, uniform: Tensor) -> Tensor:
    """Take a painting's palette and brushwork away.

    Hues turn by any angle, saturation, contrast and gamma change, and everything finer than two to
    eight pixels is smoothed: strokes go, and what is shown stays.

    Args:
        x: `(N, 3, H, W)` in [-1, 1]; H and W multiples of 8.
        uniform: `(N, 6)` in [0, 1).

    Returns:
        `(N, 3, H, W)` in [-1, 1], differentiable in `x`.
    """
    u = uniform[:, :, None, None, None].unbind(1)
    levels = []  # smoothed over two, four and eight pixels
    for halvings in (1, 2, 3):
        h = F.avg_pool2d(x, 2**halvings)
        for _ in range(halvings):
            h = F.interpolate(h, scale_factor=2, mode="bilinear", align_corners=False)
        levels.append(h)
    how_far = 2 * u[5]  # 0 is the first level, 2 the third
    smooth = torch.where(
        how_far < 1,
        torch.lerp(levels[0], levels[1], how_far.clamp(0, 1)),
        torch.lerp(levels[1], levels[2], (how_far - 1).clamp(0, 1)),
    )
    smooth = turn((smooth + 1) / 2, 2 * math.pi * uniform[:, 0], 1.4 * uniform[:, 1] ** 0.7)
    mean = smooth.mean(dim=(1, 2, 3), keepdim=True)
    smooth = mean + (smooth - mean) * (0.6 + 0.7 * u[2]) + 0.3 * (u[4] - 0.5)
    return 2 * smooth.clamp(1e-3, 1) ** torch.exp(1.2 * (u[3] - 0.5)) - 1


def turn(x: Tensor, angle: Tensor, saturation: Tensor) -> Tensor:
    """Turn hues around the axis of greys (Rodrigues' formula) and stretch colours away from it.

    Args:
        x: `(N, 3, H, W)`; what is grey stays.
        angle: `(N,)`, in radians.
        saturation: `(N,)`, a factor.

    Returns:
        `(N, 3, H, W)`.

    Example:
        >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
        >>> third = torch.tensor([2 * math.pi / 3])
        >>> [round(v) for v in turn(red, third, torch.ones(1)).flatten().tolist()]
        [0, 1, 0]
    """
    grey = torch.full((3, 3), 1 / 3, device=x.device)
    across = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=x.device) / math.sqrt(3)
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    away = torch.eye(3, device=x.device) - grey
    turned = saturation[:, None, None] * (cos * away + sin * across)
    return torch.einsum("nij,njhw->nihw", (grey + turned).to(x.dtype), x)


def warp(x: Tensor, uniform: Tensor) -> Tensor:
    """Slant, widen and bend letters: what proportions a typeface gives them is lost.

    Args:
        x: `(N, C, H, W)` in [-1, 1], on white.
        uniform: `(N, 35)` in [0, 1).

    Returns:
        `(N, C, H, W)`.
    """
    u = 2 * uniform.float() - 1
    slant, wider, higher = (
        SLANT * u[:, 0],
        torch.exp(WIDER * u[:, 1]),
        torch.exp(WIDER / 4 * u[:, 2]),
    )
    zero = torch.zeros_like(slant)
    rows = torch.stack([wider, slant, zero, zero, higher, zero], dim=1)
    grid = F.affine_grid(rows.unflatten(1, (2, 3)), x.shape, align_corners=False)
    moved = BENT * u[:, 3:].unflatten(1, (2, BEND, BEND))
    moved = F.interpolate(moved, x.shape[2:], mode="bicubic", align_corners=True)
    grid = grid + moved.permute(0, 2, 3, 1).to(grid.dtype)
    return 1 + F.grid_sample(x - 1, grid.to(x.dtype), align_corners=False)
