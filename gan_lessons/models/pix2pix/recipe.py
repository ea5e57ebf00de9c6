"""The recipe of pix2pix."""

from dataclasses import dataclass, field

from gan_lessons.config import Recipe, TrainConfig, require
from gan_lessons.models.gan_loss import GAMES


@dataclass(frozen=True)
class Pix2PixConfig:
    """Shapes of the two networks."""

    depth: int = 8  # halvings; 8 take 256 pixels down to a single one
    channels_in: int = 3
    channels_out: int = 3
    width: int = 64  # channels of the first layer, doubled at each halving
    max_width: int = 512
    dropout: float = 0.5  # chance of a channel to be dropped
    critic_width: int = 64
    critic_depth: int = 3  # halvings of the PatchGAN: 3 look at 70 by 70 pixels, 1 at 16 by 16

    def __post_init__(self):
        require(self.depth >= 2, f"model.depth must be 2 or more, got {self.depth}")
        require(0 <= self.dropout < 1, f"model.dropout must lie in [0, 1), got {self.dropout}")
        require(self.critic_depth >= 1, "model.critic_depth must be 1 or more")
        for name in ("channels_in", "channels_out", "width", "max_width", "critic_width"):
            value = getattr(self, name)
            require(value >= 1, f"model.{name} must be positive, got {value}")


@dataclass(frozen=True)
class Pix2PixLoss:
    """The game and its weight against the distance."""

    family: str = "nonsaturating"
    adv: float = 1.0  # 0: the U-Net alone, which blurs
    l1: float = 100.0  # Isola et al. 2017, section 3.1 and appendix 6.2

    def __post_init__(self):
        known = ", ".join(GAMES)
        require(self.family in GAMES, f"loss.family: {known}; got {self.family!r}")
        for name in ("adv", "l1"):
            require(getattr(self, name) >= 0, f"loss.{name} must not be negative")


@dataclass(frozen=True)
class Pix2PixRecipe(Recipe):
    """The recipe of pix2pix, with the paper's learning rate and momentum."""

    model: Pix2PixConfig = field(default_factory=Pix2PixConfig)
    loss: Pix2PixLoss = field(default_factory=Pix2PixLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=20_000, batch=4, lr=2e-4, discriminator_lr=2e-4, beta1=0.5, beta2=0.999,
            weight_decay=0.0, decay=0.5,
        )
    )  # fmt: skip
