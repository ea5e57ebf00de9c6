"""A small network that takes noise out of images.

It says what to subtract (Zhang et al. 2017, section 3.1): an untouched image is the answer it
starts from.
"""

from torch import Tensor, nn

from gan_lessons.layers import ResBlk, networks_from_seed
from gan_lessons.models.denoiser.recipe import DenoiserConfig
from gan_lessons.models.stargan.networks import he_init


class Denoiser(nn.Module):
    """x + f(x), with f at half the size."""

    def __init__(self, config: DenoiserConfig):
        super().__init__()
        width = config.width
        self.shrink = nn.Conv2d(config.channels, width, 4, 2, 1)
        self.blocks = nn.Sequential(*(ResBlk(width, width) for _ in range(config.blocks)))
        self.enlarge = nn.ConvTranspose2d(width, config.channels, 4, 2, 1)
        self.apply(he_init)
        nn.init.zeros_(self.enlarge.weight)  # training starts at f(x) = 0
        nn.init.zeros_(self.enlarge.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Take the noise out.

        Args:
            x: `(N, channels, H, W)`, near [-1, 1]; H and W even.

        Returns:
            `(N, channels, H, W)`, not clamped.
        """
        return x + self.enlarge(self.blocks(self.shrink(x))).to(x.dtype)


def build(config: DenoiserConfig, seed: int = 0) -> dict[str, nn.Module]:
    """The network, initialised from a seed without touching global randomness.

    Args:
        config: its shape.
        seed: of the initial weights.

    Returns:
        "denoiser", on the CPU.
    """
    return networks_from_seed({"denoiser": lambda: Denoiser(config)}, seed)
