"""A small velocity network for flow matching, convolutional or dense, and the way to sample by it.

Lipman et al. 2023; Liu et al. 2023. The network says in which direction a point has to move at a
time between 0, where all is noise, and 1, where all is data.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import HALF, SLOPE, AdaINResBlk, ResBlk, networks_from_seed
from gan_lessons.models.flow.recipe import FlowConfig
from gan_lessons.models.mlp.networks import dense
from gan_lessons.models.stargan.networks import he_init

FREQUENCIES = 8  # of the sine and cosine by which a time is told


def embed(t: Tensor) -> Tensor:
    """Tell a time by sines and cosines of doubling frequency (Vaswani et al. 2017, section 3.5).

    Args:
        t: `(N,)` in [0, 1].

    Returns:
        `(N, 16)` in [-1, 1].

    Example:
        >>> embed(torch.zeros(1)).tolist() == [[0.0] * 8 + [1.0] * 8]
        True
    """
    angles = t[:, None] * math.pi / 2 * 2.0 ** torch.arange(FREQUENCIES, device=t.device)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class DenseVelocity(nn.Module):
    """Velocity of a vector."""

    def __init__(self, config: FlowConfig):
        super().__init__()
        hidden = [config.width] * config.depth
        self.layers = dense([config.data_dim + 2 * FREQUENCIES, *hidden, config.data_dim])

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Say where to go.

        Args:
            x: `(N, data_dim)`.
            t: `(N,)` in [0, 1].

        Returns:
            `(N, data_dim)`.
        """
        return self.layers(torch.cat([x, embed(t).to(x.dtype)], dim=1))


class Velocity(nn.Module):
    """Velocity of an image: a U-Net of residual blocks whose way up knows the time."""

    def __init__(self, config: FlowConfig):
        super().__init__()
        widths = [min(config.width * 2**i, config.max_width) for i in range(config.depth + 1)]
        steps = list(zip(widths[:-1], widths[1:], strict=True))
        inner, self.stride = widths[-1], 2**config.depth
        self.time = nn.Sequential(nn.Linear(2 * FREQUENCIES, inner), nn.LeakyReLU(SLOPE))
        self.from_rgb = nn.Conv2d(config.channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList(ResBlk(a, b, normalize=True, downsample=True) for a, b in steps)
        self.middle = AdaINResBlk(inner, inner, inner)
        self.up = nn.ModuleList(AdaINResBlk(b, a, inner, upsample=True) for a, b in steps[::-1])
        self.to_rgb = nn.Conv2d(widths[0], config.channels, 3, padding=1)
        self.apply(he_init)
        nn.init.zeros_(self.to_rgb.weight)  # training starts at rest

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Say where to go.

        Args:
            x: `(N, channels, H, W)`; H and W multiples of `stride`.
            t: `(N,)` in [0, 1].

        Returns:
            `(N, channels, H, W)`.
        """
        s, h, skips = self.time(embed(t)), self.from_rgb(x), []
        for block in self.down:
            skips.append(h)
            h = block(h)
        h = self.middle(h, s)
        for block in self.up:
            h = HALF * (block(h, s) + skips.pop())
        return self.to_rgb(F.leaky_relu(h, SLOPE))


@torch.no_grad()
def sample(velocity: Callable[[Tensor, Tensor], Tensor], noise: Tensor, steps: int = 50) -> Tensor:
    """Follow the velocity from noise to data by Euler's method: x <- x + v(x, t) / steps.

    Args:
        velocity: of points and times, usually the averaged network.
        noise: `(N, ...)`, standard normal.
        steps: how many; each costs one pass.

    Returns:
        `(N, ...)`.

    Raises:
        ValueError: if there is not a single step.

    Example:
        >>> sample(lambda x, t: torch.full_like(x, 3.0), torch.ones(1, 2), steps=6).tolist()
        [[4.0, 4.0]]
    """
    if steps < 1:
        raise ValueError(f"one step or more expected, got {steps}")
    x = noise
    for step in range(steps):
        t = torch.full((len(x),), step / steps, dtype=x.dtype, device=x.device)
        x = x + velocity(x, t) / steps
    return x


def build(config: FlowConfig, seed: int = 0) -> dict[str, nn.Module]:
    """The network, initialised from a seed without touching global randomness.

    Args:
        config: its shape.
        seed: of the initial weights.

    Returns:
        "velocity", on the CPU.
    """
    kind = DenseVelocity if config.kind == "dense" else Velocity
    return networks_from_seed({"velocity": lambda: kind(config)}, seed)
