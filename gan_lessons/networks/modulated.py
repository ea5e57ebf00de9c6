"""Our generator: StarGAN v2's task, with an output that starts from its source.

Four changes against `stargan.Generator`, each the cure of something seen in trials: the network
adds to its source (shape and palette hold from the first step), modulated convolutions replace
AdaIN (no droplets), enlarging is filtered (no pixel grid), and a skip carries fine detail past
the bottleneck. No layer works at full resolution: a 4x4 convolution of stride 2 reads the image
and a sub-pixel convolution writes it, which costs a third.
"""

import math

from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.config import ModelConfig
from gan_lessons.layers import HALF, SLOPE, ModulatedConv, ModulatedResBlk, ResBlk
from gan_lessons.networks.stargan import stem, widths


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
        halvings = int(math.log2(config.size // config.bottleneck)) - (config.stem_stride == 2)
        channels = widths(config.width, config.max_width, halvings)
        inner, style = channels[-1], config.style_dim
        self.stride = config.stem_stride * 2**halvings
        self.from_rgb = stem(channels[0], config.stem_stride)
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1)
            for a, b in zip(channels[:-1], channels[1:], strict=True)
        )
        self.encode = nn.ModuleList(ResBlk(inner, inner) for _ in range(config.blocks))
        self.decode = nn.ModuleList(ModulatedResBlk(inner, style) for _ in range(config.blocks))
        self.up = nn.ModuleList(
            UpBlk(b, a, style) for a, b in zip(channels[-2::-1], channels[:0:-1], strict=True)
        )
        self.shuffle = nn.PixelShuffle(config.stem_stride)
        self.to_rgb = nn.Conv2d(channels[0], 3 * config.stem_stride**2, 3, padding=1)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Restyle.

        Args:
            x: `(N, 3, H, W)` in [-1, 1]; H and W multiples of `stride`.
            s: `(N, style_dim)`.

        Returns:
            `(N, 3, H, W)`, near [-1, 1] once trained; not clamped.
        """
        h, skips = self.from_rgb(x), []  # (N, C, H/2, W/2)
        for down in self.down:
            skips.append(h)
            h = down(F.leaky_relu(h, SLOPE))
        for block in self.encode:
            h = block(h)
        for block in self.decode:
            h = block(h, s)
        for up in self.up:
            h = up(h, skips.pop(), s)
        return x + self.shuffle(self.to_rgb(F.leaky_relu(h, SLOPE))).to(x.dtype)
