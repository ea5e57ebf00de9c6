"""Encoder and decoder of a variational autoencoder, convolutional or dense.

Kingma and Welling 2014. The encoder answers with a normal distribution over latents, the decoder
with the mean of a normal distribution over images.
"""

from torch import Tensor, nn

from gan_lessons.layers import SLOPE, networks_from_seed
from gan_lessons.models.mlp.networks import dense
from gan_lessons.models.vae.recipe import VAEConfig


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
        >>> import torch
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
    makers = {"encoder": lambda: Encoder(config), "decoder": lambda: Decoder(config)}
    return networks_from_seed(makers, seed)
