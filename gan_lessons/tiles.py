"""Pictures larger than memory allows: cut into tiles that agree where they meet."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.augment import resize
from gan_lessons.layers import shared_statistics


def translate(
    generator: nn.Module,
    generate: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    s: Tensor,
    tile: int,
) -> Tensor:
    """Restyle one picture in tiles that overlap by all that a pixel can see.

    Tiles share the normalisation statistics of one pass over the picture at reduced size.

    Args:
        generator: with an attribute `stride`.
        generate: runs it in the wanted precision.
        x: `(1, 3, H, W)` in [-1, 1]; H and W multiples of the stride.
        s: `(1, style_dim)`.
        tile: side of a tile in pixels, overlap not counted.

    Returns:
        `(1, 3, H, W)`.
    """
    stride = generator.stride
    margin = -(-reach(generator, s) // stride) * stride
    step = max(stride, tile // stride * stride)
    height, width = x.shape[2:]
    small = shrink(x, tile, stride)
    out = torch.empty_like(x)
    with shared_statistics(generator, lambda: generator(small, s)):
        for top in range(0, height, step):
            for left in range(0, width, step):
                above, before = max(0, top - margin), max(0, left - margin)
                bottom, right = min(height, top + step), min(width, left + step)
                window = x[:, :, above : bottom + margin, before : right + margin]
                done = generate(window, s)[:, :, top - above :, left - before :]
                out[:, :, top:bottom, left:right] = done[:, :, : bottom - top, : right - left]
    return out


def centre_square(x: Tensor, size: int) -> Tensor:
    """The central square of a picture, resized: `(1, 3, H, W)` to `(1, 3, size, size)`."""
    height, width = x.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(x[:, :, top : top + side, left : left + side], size)


def pad(x: Tensor, below: int, right: int) -> Tensor:
    """Repeat the last row and column: `(N, 3, H, W)` to `(N, 3, H + below, W + right)`."""
    return F.pad(x, (0, right, 0, below), mode="replicate") if below or right else x


def shrink(x: Tensor, side: int, stride: int) -> Tensor:
    """The whole picture with its long side at most `side`, both sides multiples of `stride`."""
    height, width = x.shape[2:]
    factor = min(1.0, side / max(height, width))
    shape = [max(stride, round(n * factor / stride) * stride) for n in (height, width)]
    return F.interpolate(x, shape, mode="bilinear", antialias=True)


@torch.inference_mode()
def reach(generator: nn.Module, s: Tensor) -> int:
    """How far away a pixel of the source can change a pixel of the result, found by trying.

    Args:
        generator: with an attribute `stride`.
        s: `(1, style_dim)`, any style.

    Returns:
        Pixels. Statistics of instance normalisation, which see everything, are left out: tiles
        share them.
    """
    stride, side = generator.stride, 64 * generator.stride
    blank = torch.zeros(1, 3, side, side, device=s.device)
    poked = blank.clone()
    middle = side // 2
    poked[:, :, middle : middle + stride, middle : middle + stride] = 1
    noise = torch.rand_like(blank)  # so that no activation sits at zero everywhere
    with shared_statistics(generator, lambda: generator(noise, s)):
        change = (generator(noise + poked, s) - generator(noise, s)).abs().amax(dim=(0, 1))
    rows = change.amax(dim=1).nonzero()
    columns = change.amax(dim=0).nonzero()
    ends = torch.cat([rows, columns])
    if not len(ends):
        return 0
    return int(max(middle - ends.min(), ends.max() - middle - stride + 1, 0))
