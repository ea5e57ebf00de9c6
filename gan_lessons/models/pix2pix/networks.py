"""U-Net generator and PatchGAN discriminator (Isola et al. 2017, appendix 6.1).

Two changes against the paper: instance norm in place of batch norm, which is the same for the
paper's batches of one; and dropout takes its chance from outside and drops whole channels, so that
a result is a function of its arguments.
"""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import SLOPE, InstanceNorm, networks_from_seed
from gan_lessons.models.dcgan.networks import initialise
from gan_lessons.models.pix2pix.recipe import Pix2PixConfig

DROPPING = 3  # decoder blocks with dropout


def down(before: int, after: int, *, norm: bool) -> nn.Sequential:
    """Bend, halve the size, normalise."""
    layers = [nn.LeakyReLU(SLOPE), nn.Conv2d(before, after, 4, 2, 1, bias=not norm)]
    return nn.Sequential(*layers, *([InstanceNorm(after, affine=True)] if norm else []))


def up(before: int, after: int) -> nn.Sequential:
    """Bend, double the size, normalise."""
    enlarge = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
    return nn.Sequential(nn.ReLU(), enlarge, InstanceNorm(after, affine=True))


def widths_of(config: Pix2PixConfig) -> list[int]:
    """Channels after each halving."""
    return [min(config.width * 2**i, config.max_width) for i in range(config.depth)]


def dropped(config: Pix2PixConfig) -> int:
    """How many channels may be dropped: the length of a generator's latents."""
    return sum(widths_of(config)[-2::-1][:DROPPING])


class Generator(nn.Module):
    """U-Net: down to a bottleneck and up again, with a skip at each size."""

    def __init__(self, config: Pix2PixConfig):
        super().__init__()
        widths = widths_of(config)
        self.stride, self.dropout = 2**config.depth, config.dropout
        self.from_rgb = nn.Conv2d(config.channels_in, widths[0], 4, 2, 1, bias=False)
        inner = config.depth - 1  # a single pixel has no scale to normalise by
        self.down = nn.ModuleList(
            down(widths[i - 1], widths[i], norm=i != inner) for i in range(1, config.depth)
        )
        arriving = [widths[-1], *(2 * w for w in widths[-2:0:-1])]  # joined with their skips
        self.up = nn.ModuleList(up(a, b) for a, b in zip(arriving, widths[-2::-1], strict=True))
        self.to_rgb = nn.ConvTranspose2d(2 * widths[0], config.channels_out, 4, 2, 1)
        self.dropped = dropped(config)
        initialise(self, "dcgan")

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """Translate.

        Args:
            x: `(N, channels_in, H, W)` in [-1, 1]; H and W multiples of `stride`.
            z: `(N, dropped)`, uniform in [0, 1): which channels are dropped; None drops nothing.

        Returns:
            `(N, channels_out, H, W)` in [-1, 1].
        """
        skips = [self.from_rgb(x)]
        for block in self.down:
            skips.append(block(skips[-1]))
        h = skips.pop()
        for number, block in enumerate(self.up):
            h = block(h)
            if z is not None and number < DROPPING:
                chance, z = z[:, : h.shape[1]], z[:, h.shape[1] :]
                h = drop(h, chance, self.dropout)
            h = torch.cat([h, skips.pop()], dim=1)
        return self.to_rgb(F.relu(h)).tanh()


def drop(h: Tensor, uniform: Tensor, share: float) -> Tensor:
    """Set channels to zero and strengthen the others by as much.

    Args:
        h: `(N, C, H, W)`.
        uniform: `(N, C)` in [0, 1).
        share: of the channels to drop.

    Returns:
        `(N, C, H, W)` of the same mean.

    Example:
        >>> drop(torch.ones(1, 2, 1, 1), torch.tensor([[0.1, 0.7]]), share=0.5).flatten().tolist()
        [0.0, 2.0]
    """
    keep = (uniform >= share).to(h.dtype) / (1 - share)
    return h * keep[:, :, None, None]


class PatchGAN(nn.Module):
    """Judge every patch of an image by itself: a discriminator that knows textures, not layouts.

    Args:
        channels: of the image, the condition's included.
        width: channels of the first layer, doubled at each halving up to eightfold.
        depth: halvings.
    """

    def __init__(self, channels: int, width: int = 64, depth: int = 3):
        super().__init__()
        widths = [width * 2 ** min(i, 3) for i in range(depth + 1)]
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        for number, (before, after) in enumerate(zip(widths[:-1], widths[1:], strict=True), 1):
            stride = 2 if number < depth else 1
            layers += [nn.Conv2d(before, after, 4, stride, 1, bias=False)]
            layers += [InstanceNorm(after, affine=True), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, 1, 1))
        initialise(self, "dcgan")

    def forward(self, x: Tensor) -> Tensor:
        """Judge.

        Args:
            x: `(N, channels, H, W)` in [-1, 1]; for a condition, both images one behind the other.

        Returns:
            `(N, H', W')` logits, one a patch; positive means real.
        """
        return self.layers(x)[:, 0]


def build(
    config: Pix2PixConfig, seed: int = 0, names: Collection[str] = ()
) -> dict[str, nn.Module]:
    """Both networks, initialised from a seed without touching global randomness.

    Args:
        config: their shapes.
        seed: of the initial weights.
        names: of the networks that are wanted; empty: all.

    Returns:
        "generator" and "discriminator", on the CPU.
    """
    both = config.channels_in + config.channels_out
    makers = {
        "generator": lambda: Generator(config),
        "discriminator": lambda: PatchGAN(both, config.critic_width, config.critic_depth),
    }
    return networks_from_seed(makers, seed, names)
