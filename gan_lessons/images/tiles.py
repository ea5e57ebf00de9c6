"""Pictures larger than memory allows: cut into tiles that agree where they meet."""

from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.images.resize import resize
from gan_lessons.layers import InstanceNorm, shared_statistics


@dataclass(frozen=True)
class Tile:
    """A part of a picture: its core, and the window around it that one pass sees."""

    core: tuple[slice, slice]
    window: tuple[slice, slice]

    def cut(self, x: Tensor) -> Tensor:
        """The window of a picture."""
        return x[:, :, *self.window]

    def inner(self, h: Tensor) -> Tensor:
        """The core's part of a feature map of the window, whatever its scale."""
        rows, columns = (
            slice(*(n * (end - w.start) // (w.stop - w.start) for end in (c.start, c.stop)))
            for c, w, n in zip(self.core, self.window, h.shape[2:], strict=True)
        )
        return h[:, :, rows, columns]


class Enough(Exception):
    """Ends a pass that has seen what it was for."""


def translate(
    generator: nn.Module,
    generate: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    s: Tensor,
    tile: int,
) -> Tensor:
    """Restyle one picture in tiles that overlap by all that a pixel can see.

    Tiles share the normalisation statistics of the whole picture: but for rounding, the result is
    that of one pass.

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
    rows, columns = (spans(length, step, margin) for length in x.shape[2:])
    parts = [Tile((r[0], c[0]), (r[1], c[1])) for r in rows for c in columns]
    out = torch.empty_like(x)
    with whole_statistics(generator, lambda part: generate(part.cut(x), s), parts):
        for part in parts:
            out[:, :, *part.core] = part.inner(generate(part.cut(x), s))
    return out


def spans(length: int, step: int, margin: int) -> list[tuple[slice, slice]]:
    """Cores that cover a length, each with its window."""
    starts = range(0, length, step)
    cores = [slice(start, min(length, start + step)) for start in starts]
    return [(c, slice(max(0, c.start - margin), min(length, c.stop + margin))) for c in cores]


@contextmanager
def whole_statistics(generator: nn.Module, run: Callable[[Tile], Tensor], parts: list[Tile]):
    """Within the block, every `InstanceNorm` uses the statistics of the whole picture.

    They are gathered tile by tile, for one layer after another, since what reaches a layer hangs
    on the statistics of those before it. (The statistics of one pass over a smaller copy cost
    less, but errors grow from layer to layer: at half the size, ten steps of 255 in the mean.)

    Args:
        generator: whose normalisation layers are concerned; without any nothing is run.
        run: passes a tile's window through the generator.
        parts: tiles whose cores make up the picture.

    Yields:
        None. Afterwards each picture is normalised by its own statistics again.
    """
    norms = [m for m in generator.modules() if isinstance(m, InstanceNorm)]
    seen: dict[InstanceNorm, list[tuple[int | Tensor, Tensor, Tensor]]] = {}

    def gather(norm: InstanceNorm, inputs: tuple[Tensor]) -> None:
        if norm.lent is None:
            seen.setdefault(norm, []).append(norm.moments(part.inner(inputs[0])))
            raise Enough

    hooks = [norm.register_forward_pre_hook(gather) for norm in norms]
    try:
        for _ in norms:
            for part in parts:
                with suppress(Enough):
                    run(part)
            for norm, found in seen.items():
                norm.lent = joined_statistics(found, norm.eps)
            seen.clear()
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for norm in norms:
            norm.lent = None


def joined_statistics(
    found: list[tuple[int | Tensor, Tensor, Tensor]], eps: float
) -> tuple[Tensor, Tensor]:
    """Mean and 1 / sqrt(var + eps) of the whole, from pixels, mean and variance of its parts."""
    pixels = sum(n for n, _, _ in found)
    if isinstance(pixels, Tensor):
        pixels = pixels.clamp(min=1)  # a blank picture has none that count
    mean = sum(n * m for n, m, _ in found) / pixels
    var = sum(n * (v + (m - mean).square()) for n, m, v in found) / pixels
    return mean, torch.rsqrt(var + eps)


def centre_square(x: Tensor, size: int) -> Tensor:
    """The central square of a picture, resized: `(1, 3, H, W)` to `(1, 3, size, size)`."""
    height, width = x.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(x[:, :, top : top + side, left : left + side], size)


def squares(x: Tensor, size: int, share: float) -> Tensor:
    """Squares of one picture, as a model sees it that was trained on crops.

    Args:
        x: `(1, 3, H, W)`.
        size: side in pixels that they are resized to.
        share: side of each, as a share of the picture's shorter side.

    Returns:
        `(1, 3, size, size)`, the central one, where the share is 1; else three by three that reach
        from border to border, `(9, 3, size, size)`.
    """
    if share == 1:
        return centre_square(x, size)
    height, width = x.shape[2:]
    side = max(1, round(share * min(height, width)))
    rows, columns = ([round(k * (n - side) / 2) for k in range(3)] for n in (height, width))
    found = [x[:, :, r : r + side, c : c + side] for r in rows for c in columns]
    return torch.cat([resize(square, size) for square in found])


def pad(x: Tensor, below: int, right: int) -> Tensor:
    """Repeat the last row and column: `(N, 3, H, W)` to `(N, 3, H + below, W + right)`."""
    return F.pad(x, (0, right, 0, below), mode="replicate") if below or right else x


def fitted(x: Tensor, generator: nn.Module) -> Tensor:
    """Repeat the last row and column until a generator takes a picture.

    Args:
        x: `(N, 3, H, W)`.
        generator: takes multiples of its `stride` and, where it has one, of no side below `least`:
            the borders that it mirrors have to be there.

    Returns:
        `(N, 3, H', W')`, as large or a little larger.
    """
    least = getattr(generator, "least", 1)
    below, right = (
        -(-max(side, least) // generator.stride) * generator.stride - side for side in x.shape[2:]
    )
    return pad(x, below, right)


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
    # Noise, so that no activation sits at zero everywhere; always the same.
    noise = torch.rand(blank.shape, generator=torch.Generator().manual_seed(0)).to(blank)
    with shared_statistics(generator, lambda: generator(noise, s)):
        change = (generator(noise + poked, s) - generator(noise, s)).abs().amax(dim=(0, 1))
    rows = change.amax(dim=1).nonzero()
    columns = change.amax(dim=0).nonzero()
    ends = torch.cat([rows, columns])
    if not len(ends):
        return 0
    return int(max(middle - ends.min(), ends.max() - middle - stride + 1, 0))
