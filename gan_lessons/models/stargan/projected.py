"""A discriminator on features that were learned elsewhere (Sauer et al. 2021, Projected GANs).

The first blocks of an EfficientNet-lite0 trained on ImageNet look at the picture and stay as they
are; only small heads on their feature maps learn. On a small set that saves the discriminator from
learning to see first. It is another network than the one that results are measured with: who trains
against the judge learns to please the judge.
"""

from functools import cache

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from gan_lessons.data.letters import LETTERS
from gan_lessons.files import share
from gan_lessons.layers import SLOPE
from gan_lessons.losses.references import statistics
from gan_lessons.models.stargan.recipe import ModelConfig

FILE = "efficientnet_lite0.safetensors"
# Kernel, stride, factor of expansion and channels (Tan and Le 2019, Table 1, as far as it is used).
BLOCKS = (
    (3, 1, 1, 16), (3, 2, 6, 24), (3, 1, 6, 24), (5, 2, 6, 40), (5, 1, 6, 40),
    (3, 2, 6, 80), (3, 1, 6, 80), (3, 1, 6, 80),
)  # fmt: skip
STEM = 32
TAPS = (0, 2, 4, 7)  # the last block before each halving: a half, 1/4, 1/8, 1/16 of the side
CHANNELS = tuple(BLOCKS[tap][3] for tap in TAPS)


class FrozenConv(nn.Module):
    """A convolution whose numbers are given: buffers, which nothing trains and no file repeats.

    At stride 2 it pads more below and to the right, as the network did where it was trained.
    """

    def __init__(self, dim_in: int, dim_out: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__()
        self.stride, self.groups = stride, groups
        before = (kernel - stride) // 2
        self.padding = (before, kernel - stride - before) * 2
        shape = (dim_out, dim_in // groups, kernel, kernel)
        self.register_buffer("weight", torch.zeros(shape), persistent=False)
        self.register_buffer("bias", torch.zeros(dim_out), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.padding) if any(self.padding) else x
        # On a CPU the way back through such a one is ten to fifty times as slow in bfloat16.
        if self.groups > 1 and self.stride > 1 and x.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                return self.filter(x.to(self.weight.dtype)).to(x.dtype)
        return self.filter(x)

    def filter(self, x: Tensor) -> Tensor:
        """The convolution of a padded map."""
        return F.conv2d(x, self.weight, self.bias, self.stride, groups=self.groups)


class InvertedBlk(nn.Module):
    """Widen, filter each channel by itself, narrow (Sandler et al. 2018, section 3.3)."""

    def __init__(self, dim_in: int, kernel: int, stride: int, factor: int, dim_out: int):
        super().__init__()
        wide = dim_in * factor
        self.expand = FrozenConv(dim_in, wide, 1) if factor > 1 else None
        self.depth = FrozenConv(wide, wide, kernel, stride, groups=wide)
        self.project = FrozenConv(wide, dim_out, 1)
        self.residual = stride == 1 and dim_in == dim_out

    def forward(self, x: Tensor) -> Tensor:
        h = x if self.expand is None else F.relu6(self.expand(x))
        h = self.project(F.relu6(self.depth(h)))
        return x + h if self.residual else h


class FrozenFeatures(nn.Module):
    """The first eight blocks of EfficientNet-lite0, batch norm folded into the convolutions."""

    def __init__(self):
        super().__init__()
        self.stem = FrozenConv(3, STEM, 3, stride=2)
        dims = (STEM, *(block[3] for block in BLOCKS))
        self.blocks = nn.ModuleList(
            InvertedBlk(dim_in, *block) for dim_in, block in zip(dims[:-1], BLOCKS, strict=True)
        )
        for number, channels in enumerate(CHANNELS):
            self.register_buffer(f"mean{number}", torch.zeros(channels, 1, 1), persistent=False)
            self.register_buffer(f"std{number}", torch.ones(channels, 1, 1), persistent=False)
        given = frozen_numbers()
        for name, value in self.named_buffers():
            value.copy_(given[name])

    def forward(self, x: Tensor) -> list[Tensor]:
        """Look at pictures.

        Args:
            x: `(N, 3, H, W)` in [-1, 1]; H and W multiples of 16.

        Returns:
            Four maps `(N, C, H / 2, W / 2)` to `(N, C, H / 16, W / 16)`. Over the emoji that they
            were fitted to, every channel has mean 0 and variance 1.
        """
        h, maps = F.relu6(self.stem(x)), []
        for number, block in enumerate(self.blocks):
            h = block(h)
            if number in TAPS:
                k = len(maps)
                mean, std = getattr(self, f"mean{k}"), getattr(self, f"std{k}")
                maps.append((h - mean.to(h.dtype)) / std.to(h.dtype))
        return maps


@cache
def frozen_numbers() -> dict[str, Tensor]:
    """The numbers of `FrozenFeatures`, which come with the course."""
    return load_file(share("data", "backbone", FILE))


class ProjectedDiscriminator(nn.Module):
    """Judge whether an image is a real one of a domain, from features that stay as they are.

    One head a map: two 3x3 convolutions, then a logit for every domain and place, all with spectral
    norm, which takes the place of a gradient penalty. It stands beside the trained discriminator:
    features made for photographs hardly notice whether white paper is quite white.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.features = FrozenFeatures()
        self.heads = nn.ModuleList(
            head(channels, config.projected, config.domains, halve=number == 0)
            for number, channels in enumerate(CHANNELS)
        )
        if config.auxiliary:
            first = nn.Linear(2 * sum(CHANNELS), config.auxiliary)
            last = nn.Linear(config.auxiliary, config.domains)
            self.auxiliary = nn.Sequential(first, nn.LeakyReLU(SLOPE), last)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Judge.

        Args:
            x: `(N, 3, size, size)` in [-1, 1]; the size a multiple of 16.

        Returns:
            Logits of every domain and place, `(N, domains, h, w)` for each of four maps; positive
            means real.
        """
        return self.judge(self.features(x))

    def judge(self, maps: list[Tensor]) -> list[Tensor]:
        """The same of features that are there already."""
        return [head(h) for head, h in zip(self.heads, maps, strict=True)]

    def classify(self, maps: list[Tensor]) -> Tensor:
        """Of which style pictures are, `(N, domains)` logits, by the statistics of their maps.

        It learns from real pictures alone, by whatever sets the styles apart, and has to do with
        no generator.
        """
        return self.auxiliary(statistics(maps))


class LetterReader(nn.Module):
    """Of which letter a picture is, from the features at an eighth of its side.

    It learns from real letters alone. A generator that has to satisfy it keeps the stroke by which
    a Q is no O.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        places = (config.size // 8) ** 2
        first = nn.Linear(CHANNELS[2] * places, config.reader)
        last = nn.Linear(config.reader, len(LETTERS))
        self.layers = nn.Sequential(nn.Flatten(), first, nn.LeakyReLU(SLOPE), last)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Maps of `FrozenFeatures` to logits `(N, 26)`, A to Z."""
        return self.layers(maps[2])


def head(channels: int, width: int, domains: int, *, halve: bool) -> nn.Sequential:
    """What learns on one map; the finest is halved first, where most of the cost would be."""
    first = nn.Conv2d(channels, width, 4 if halve else 3, stride=1 + halve, padding=1)
    layers = (first, nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, domains, 1))
    first, second, last = map(spectral_norm, layers)
    return nn.Sequential(first, nn.LeakyReLU(SLOPE), second, nn.LeakyReLU(SLOPE), last)
