"""Encoder and decoder of a variational autoencoder, convolutional or dense.

Kingma and Welling 2014. The encoder answers with a normal distribution over latents, the decoder
with the mean of a normal distribution over images.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_lessons.config import require
from gan_lessons.layers import SLOPE
from gan_lessons.networks.mlp import dense


@dataclass(frozen=True)
class VAEConfig:
    """Shapes of the two networks."""

    kind: str = "conv"  # or "dense", for vectors
    size: int = 32  # pixels a side, a power of two; convolutional only
    channels: int = 3
    data_dim: int = 64  # numbers a sample; dense only
    latent_dim: int = 32
    width: int = 32  # channels at half the size, doubled at each halving; or of a hidden layer
    max_width: int = 256
    depth: int = 2  # hidden layers; dense only

    def __post_init__(self):
        known = self.kind in ("conv", "dense")
        require(known, f'model.kind: "conv" or "dense", got {self.kind!r}')
        require(
            self.size >= 8 and self.size & (self.size - 1) == 0,
            f"model.size must be a power of two, 8 or more, got {self.size}",
        )
        for name in ("channels", "data_dim", "latent_dim", "width", "max_width", "depth"):
            value = getattr(self, name)
            require(value >= 1, f"model.{name} must be positive, got {value}")

    @property
    def widths(self) -> list[int]:
        """Channels after each halving, from half the size down to 4 pixels a side."""
        return [
            min(self.width * 2**i, self.max_width) for i in range(int(math.log2(self.size)) - 2)
        ]


class Encoder(nn.Module):
    """An image to q(z | x), a normal distribution of independent latents."""

    def __init__(self, config: VAEConfig):
        super().__init__()
        if config.kind == "dense":
            hidden = [config.width] * config.depth
            self.layers = dense([config.data_dim, *hidden, 2 * config.latent_dim])
            return
        layers: list[nn.Module] = []
        for before, after in zip([config.channels, *config.widths], config.widths):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
        head = nn.Linear(config.widths[-1] * 16, 2 * config.latent_dim)
        self.layers = nn.Sequential(*layers, nn.Flatten(), head)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Encode.

        Args:
            x: `(N, channels, size, size)` in [-1, 1], or `(N, data_dim)`.

        Returns:
            Mean and logarithm of the variance, `(N, latent_dim)` each.
        """
        mean, log_variance = self.layers(x).chunk(2, dim=1)
        return mean, log_variance


class Decoder(nn.Module):
    """A latent to the mean of p(x | z)."""

    def __init__(self, config: VAEConfig):
        super().__init__()
        if config.kind == "dense":
            hidden = [config.width] * config.depth
            self.layers = dense([config.latent_dim, *hidden, config.data_dim])
            return
        widths = config.widths[::-1]
        layers: list[nn.Module] = [
            nn.Linear(config.latent_dim, widths[0] * 16),
            nn.Unflatten(1, (widths[0], 4, 4)),
        ]
        for before, after in zip(widths, [*widths[1:], config.width]):
            layers += [nn.LeakyReLU(SLOPE), nn.Upsample(scale_factor=2)]
            layers += [nn.Conv2d(before, after, 3, padding=1)]
        head = nn.Conv2d(config.width, config.channels, 3, padding=1)
        self.layers = nn.Sequential(*layers, nn.LeakyReLU(SLOPE), head, nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        """Decode.

        Args:
            z: `(N, latent_dim)`, standard normal to generate, a code to reconstruct.

        Returns:
            `(N, channels, size, size)` in [-1, 1], or `(N, data_dim)`.
        """
        return self.layers(z)


def reparameterise(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Draw from q(z | x) so that gradients reach its parameters: mean + std * noise.

    Kingma and Welling 2014, section 2.4.

    Args:
        mean: `(N, Z)`.
        log_variance: `(N, Z)`.
        noise: `(N, Z)`, standard normal.

    Returns:
        `(N, Z)`.

    Example:
        >>> mean, log_variance = torch.tensor([[1.0]]), torch.tensor([[4.0]]).log()
        >>> reparameterise(mean, log_variance, torch.tensor([[0.5]])).item()
        2.0
    """
    return mean + (log_variance / 2).exp() * noise


def build(config: VAEConfig, seed: int = 0) -> dict[str, nn.Module]:
    """Both networks, initialised from a seed without touching global randomness.

    Args:
        config: their shapes.
        seed: of the initial weights.

    Returns:
        "encoder" and "decoder", on the CPU.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return {"encoder": Encoder(config), "decoder": Decoder(config)}
