"""The recipe of a variational autoencoder."""

import math
from dataclasses import dataclass, field

from gan_lessons.config import DEEPEST, Recipe, TrainConfig, require, within


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
            8 <= self.size <= 1024 and self.size & (self.size - 1) == 0,
            f"model.size must be a power of two in 8..1024, got {self.size}",
        )
        within(self, "model", "channels", "data_dim", "latent_dim", "width", "max_width")
        within(self, "model", "depth", most=DEEPEST)

    @property
    def widths(self) -> list[int]:
        """Channels after each halving, from half the size down to 4 pixels a side."""
        return [
            min(self.width * 2**i, self.max_width) for i in range(int(math.log2(self.size)) - 2)
        ]


@dataclass(frozen=True)
class VAELoss:
    """The two sides of the bound."""

    sigma: float = 0.2  # standard deviation of a decoded value, in units of [-1, 1]
    beta: float = 1.0  # weight of the KL term; 1 is the bound itself (Higgins et al. 2017, eq. 4)

    def __post_init__(self):
        require(self.sigma > 0, f"loss.sigma must be positive, got {self.sigma}")
        require(self.beta >= 0, f"loss.beta must not be negative, got {self.beta}")


@dataclass(frozen=True)
class VAERecipe(Recipe):
    """The recipe of a variational autoencoder."""

    model: VAEConfig = field(default_factory=VAEConfig)
    loss: VAELoss = field(default_factory=VAELoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=3000, batch=64, lr=1e-3, beta1=0.9, beta2=0.999, weight_decay=0.0
        )
    )
