"""Our generator: StarGAN v2's task, with an output that starts from its source.

Four changes against `networks.Generator`, each the cure of something seen in trials: the network
adds to its source (shape and palette hold from the first step), modulated convolutions replace
AdaIN (no droplets), enlarging is filtered (no pixel grid), and skips carry fine detail past the
bottleneck. At full resolution, where a channel costs most, it works with a quarter of its width.
"""

import math

from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import HALF, SLOPE, ModulatedConv, ModulatedResBlk, ResBlk
from gan_lessons.models.stargan.recipe import ModelConfig
from gan_lessons.models.stargan.trunk import stem, widths


class UpBlk(nn.Module):
    """Double the size, join the encoder's features of that size, refine in the style."""

    def __init__(self, dim_in: int, dim_out: int, style_dim: int):
        super().__init__()
        self.enlarge = ModulatedConv(dim_in, dim_out, style_dim, upsample=True)
        self.join = nn.Conv2d(dim_out, dim_out, 1)
        self.refine = ModulatedResBlk(dim_out, style_dim)

    def forward(self, x: Tensor, skip: Tensor, s: Tensor) -> Tensor:
        h = self.enlarge(F.leaky_relu(x, SLOPE), s)
        return self.refine(HALF * (h + self.join(skip)), s)


class ModulatedGenerator(nn.Module):
    """x + g(x, s): what to change about an image so that it has the style asked for."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        halvings = int(math.log2(config.size // config.bottleneck)) - 1
        channels = widths(config.width, config.max_width, halvings)
        inner, style = channels[-1], config.style_dim
        fine = max(8, config.width // 4)
        self.stride, self.style_dim = 2 ** (halvings + 1), style
        self.from_rgb = stem(channels[0], 2)
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1)
            for a, b in zip(channels[:-1], channels[1:], strict=True)
        )
        self.encode = nn.ModuleList(ResBlk(inner, inner) for _ in range(config.blocks))
        self.decode = nn.ModuleList(ModulatedResBlk(inner, style) for _ in range(config.blocks))
        self.up = nn.ModuleList(
            UpBlk(b, a, style) for a, b in zip(channels[-2::-1], channels[:0:-1], strict=True)
        )
        self.enlarge = ModulatedConv(channels[0], fine, style, upsample=True)
        self.join = stem(fine, 1)
        self.to_rgb = nn.Conv2d(fine, 3, 3, padding=1)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Restyle.

        Args:
            x: `(N, 3, H, W)` in [-1, 1]; H and W multiples of `stride`.
            s: `(N, style_dim)`.

        Returns:
            `(N, 3, H, W)`, near [-1, 1] once trained; not clamped.
        """
        return x + self.to_rgb(self.finest(x, s)).to(x.dtype)

    def finest(self, x: Tensor, s: Tensor, under: Tensor | float = 0.0) -> Tensor:
        """The last features before the colours, `(N, C/4, H, W)`.

        Args:
            x: `(N, 3, H, W)` in [-1, 1].
            s: `(N, style_dim)`.
            under: added to the first features, `(N, C, H/2, W/2)`.
        """
        h, skips = self.from_rgb(x) + under, []  # (N, C, H/2, W/2)
        for down in self.down:
            skips.append(h)
            h = down(F.leaky_relu(h, SLOPE))
        for block in self.encode:
            h = block(h)
        for block in self.decode:
            h = block(h, s)
        for up in self.up:
            h = up(h, skips.pop(), s)
        h = HALF * (self.enlarge(F.leaky_relu(h, SLOPE), s) + self.join(x))
        return F.leaky_relu(h, SLOPE)
