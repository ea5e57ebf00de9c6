"""From a picture to one vector: what style encoder and discriminator share."""

import math

from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import SLOPE, ResBlk


def widths(first: int, largest: int, halvings: int) -> list[int]:
    """Channels before and after each halving: doubled every time, up to a bound."""
    return [min(first * 2**i, largest) for i in range(halvings + 1)]


def stem(width: int, stride: int) -> nn.Conv2d:
    """The first layer: 3x3, or at stride 2 a 4x4 that halves the size."""
    return nn.Conv2d(3, width, 3 if stride == 1 else 4, stride=stride, padding=1)


class Trunk(nn.Module):
    """Residual blocks from an image down to one vector; style encoder and discriminator."""

    def __init__(self, size: int, width: int, max_width: int, stride: int):
        super().__init__()
        halvings = int(math.log2(size)) - 2 - (stride == 2)
        channels = widths(width, max_width, halvings)
        self.from_rgb = stem(channels[0], stride)
        self.blocks = nn.ModuleList(
            ResBlk(a, b, downsample=True) for a, b in zip(channels[:-1], channels[1:], strict=True)
        )
        self.out_dim = channels[-1]
        self.to_vector = nn.Conv2d(self.out_dim, self.out_dim, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = self.from_rgb(x)
        for block in self.blocks:
            h = block(h)
        h = self.to_vector(F.leaky_relu(h, SLOPE))  # (N, C, 4, 4) -> (N, C, 1, 1)
        return F.leaky_relu(h, SLOPE).flatten(1)
