"""Dense generator and discriminator, for points, table rows and very small images.

A generator with two hidden layers of 64 and a discriminator with one: enough to watch every part of
a GAN at work within seconds. Data are vectors; an image is flattened first.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from gan_lessons.layers import SLOPE, networks_from_seed
from gan_lessons.models.mlp.recipe import MLPConfig


class Condition(nn.Module):
    """Append the class to a vector: (x, y) to [x, code(y)] (Mirza and Osindero 2014, section 3)."""

    def __init__(self, config: MLPConfig):
        super().__init__()
        self.classes = config.classes
        learnt = config.classes and config.condition == "embedding"
        self.embedding = nn.Embedding(config.classes, config.embedding_dim) if learnt else None
        self.dim = config.embedding_dim if learnt else config.classes

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        if not self.classes:
            return x
        code = F.one_hot(y, self.classes) if self.embedding is None else self.embedding(y)
        return torch.cat([x, code.to(x.dtype)], dim=1)


class Generator(nn.Module):
    """Noise to a sample."""

    def __init__(self, config: MLPConfig):
        super().__init__()
        self.condition = Condition(config)
        hidden = [config.generator_width] * config.generator_depth
        self.layers = dense([config.latent_dim + self.condition.dim, *hidden, config.data_dim])
        self.squash = config.squash

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Generate.

        Args:
            z: `(N, latent_dim)`, standard normal.
            y: `(N,)` int64, the class asked for; not used where there are no classes.

        Returns:
            `(N, data_dim)`; in [-1, 1] with `squash`.
        """
        x = self.layers(self.condition(z, y))
        return x.tanh() if self.squash else x


class Discriminator(nn.Module):
    """A sample to one logit; positive means real."""

    def __init__(self, config: MLPConfig):
        super().__init__()
        self.condition = Condition(config)
        hidden = [config.discriminator_width] * config.discriminator_depth
        self.layers = dense([config.data_dim + self.condition.dim, *hidden, 1])
        if config.spectral:
            for layer in self.layers[::2]:
                spectral_norm(layer)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Judge.

        Args:
            x: `(N, data_dim)`.
            y: `(N,)` int64, the class it claims; not used where there are no classes.

        Returns:
            `(N,)` logits.
        """
        return self.layers(self.condition(x, y))[:, 0]


def dense(sizes: list[int]) -> nn.Sequential:
    """Linear layers of these sizes with leaky ReLUs in between."""
    layers: list[nn.Module] = []
    for before, after in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(before, after), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers[:-1])


def build(config: MLPConfig, seed: int = 0) -> dict[str, nn.Module]:
    """Both networks, initialised from a seed without touching global randomness.

    Args:
        config: their shapes.
        seed: of the initial weights.

    Returns:
        "generator" and "discriminator", on the CPU.
    """
    makers = {
        "generator": lambda: Generator(config),
        "discriminator": lambda: Discriminator(config),
    }
    return networks_from_seed(makers, seed)
