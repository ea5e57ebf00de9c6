"""The recipe of a convolutional GAN."""

import math
from dataclasses import dataclass, field

from gan_lessons.config import DEEPEST, Recipe, TrainConfig, require, within
from gan_lessons.models.gan_loss import GANLoss

INITS = ("dcgan", "he", "xavier", "pytorch")
DOUBLINGS = ("transposed", "uneven", "resize")


@dataclass(frozen=True)
class DCGANConfig:
    """Shapes of the two networks, and the choices."""

    size: int = 32  # pixels a side, a power of two
    channels: int = 3
    latent_dim: int = 100
    classes: int = 0  # 0: nothing is asked for
    width: int = 64  # channels at half the size, doubled at each halving
    max_width: int = 512
    norm: bool = True  # batch norm, but not at the image (Radford et al. 2016, section 3)
    residual: bool = False  # a shortcut around each block
    depth: int = 0  # further convolutions of 3x3 at each size
    upsample: str = "transposed"  # or "uneven", "resize": see `doubling`
    init: str = "dcgan"  # normal of width 0.02; or "he", "xavier", "pytorch"
    spectral: bool = False  # spectral norm in the discriminator, in place of its batch norm

    def __post_init__(self):
        require(
            8 <= self.size <= 1024 and self.size & (self.size - 1) == 0,
            f"model.size must be a power of two in 8..1024, got {self.size}",
        )
        within(self, "model", "channels", "latent_dim", "width", "max_width")
        within(self, "model", "classes", least=0)
        within(self, "model", "depth", least=0, most=DEEPEST)
        known = self.upsample in DOUBLINGS
        require(known, f"model.upsample: {', '.join(DOUBLINGS)}; got {self.upsample!r}")
        require(self.init in INITS, f"model.init: {', '.join(INITS)}; got {self.init!r}")

    @property
    def widths(self) -> list[int]:
        """Channels after each halving, from half the size down to 4 pixels a side."""
        return [
            min(self.width * 2**i, self.max_width) for i in range(int(math.log2(self.size)) - 2)
        ]


@dataclass(frozen=True)
class DCGANRecipe(Recipe):
    """The recipe of a convolutional GAN, with the paper's learning rate and momentum."""

    model: DCGANConfig = field(default_factory=DCGANConfig)
    loss: GANLoss = field(default_factory=GANLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=10_000, batch=128, lr=2e-4, discriminator_lr=2e-4, beta1=0.5, beta2=0.999,
            weight_decay=0.0,
        )
    )  # fmt: skip
