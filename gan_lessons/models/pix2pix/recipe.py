"""The recipe of pix2pix."""

import math
from dataclasses import dataclass, field

from gan_lessons.config import WIDEST, Recipe, TrainConfig, halvable, require, within
from gan_lessons.data.pairs import PairData
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
        within(self, "model", "depth", least=2, most=10)
        require(0 <= self.dropout < 1, f"model.dropout must lie in [0, 1), got {self.dropout}")
        within(self, "model", "critic_depth", most=10)
        channels = ("channels_in", "channels_out", "width", "max_width", "critic_width")
        within(self, "model", *channels, most=WIDEST)


@dataclass(frozen=True)
class Pix2PixLoss:
    """The game and its weight against the distance."""

    family: str = "nonsaturating"
    adv: float = 1.0  # 0: the U-Net alone, which blurs
    l1: float = 100.0  # Isola et al. 2017, section 3.1 and appendix 6.2

    def __post_init__(self):
        known = ", ".join(GAMES)
        require(self.family in GAMES, f"loss.family: {known}; got {self.family!r}")
        within(self, "loss", "adv", "l1", least=0, most=math.inf)


@dataclass(frozen=True)
class Answered(PairData):
    """Two styles, and what says which picture of the one answers which of the other."""

    pairs: str = "proven"  # as the course's own are, and 7_A and 7_B; or asked for, by-name

    def __post_init__(self):
        super().__post_init__()
        known = ("proven", "by-name")
        require(self.pairs in known, f"data.pairs: {', '.join(known)}; got {self.pairs!r}")


@dataclass(frozen=True)
class Pix2PixRecipe(Recipe):
    """The recipe of pix2pix, with the paper's learning rate and momentum."""

    model: Pix2PixConfig = field(default_factory=lambda: Pix2PixConfig(depth=6))  # for 64 pixels
    loss: Pix2PixLoss = field(default_factory=Pix2PixLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=20_000, batch=4, lr=2e-4, discriminator_lr=2e-4, beta1=0.5, beta2=0.999,
            weight_decay=0.0, decay=0.5,
        )
    )  # fmt: skip
    data: Answered = field(default_factory=Answered)

    def __post_init__(self):
        size = self.data.size
        halvable(size, "model.depth", self.model.depth)
        critic = self.model.critic_depth  # its last two layers take a pixel each
        halvable(size, "model.critic_depth", critic, left=3, whole=False)
