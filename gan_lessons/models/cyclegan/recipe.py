"""The recipe of CycleGAN."""

import math
from dataclasses import dataclass, field

from gan_lessons.config import DEEPEST, WIDEST, Recipe, TrainConfig, halvable, require, within
from gan_lessons.data.pairs import PairData
from gan_lessons.models.gan_loss import GAMES


@dataclass(frozen=True)
class CycleGANConfig:
    """Shapes of the four networks and of the two buffers."""

    size: int = 64  # pixels a side at training, for the buffers; the generators take any size
    channels: int = 3
    width: int = 64  # channels of the generators' first layer
    halvings: int = 2
    blocks: int = 9  # residual blocks at the bottleneck; 6 for 128 pixels in the paper
    critic_width: int = 64
    critic_depth: int = 3
    buffer: int = 50  # generated images that are kept for each discriminator; 0: none

    def __post_init__(self):
        within(self, "model", "size", "channels", "width", "critic_width", most=WIDEST)
        within(self, "model", "critic_depth", most=DEEPEST)
        within(self, "model", "buffer", least=0)
        within(self, "model", "halvings", least=0, most=8)
        within(self, "model", "blocks", least=0, most=DEEPEST)


@dataclass(frozen=True)
class CycleGANLoss:
    """The game and what it is weighed against."""

    family: str = "least_squares"  # Zhu et al. 2017, section 4
    cyc: float = 10.0  # lambda of the same section
    identity: float = 5.0  # half of lambda (section 5.2); 0: palettes may drift

    def __post_init__(self):
        require(self.family in GAMES, f"loss.family: {', '.join(GAMES)}; got {self.family!r}")
        within(self, "loss", "cyc", "identity", least=0, most=math.inf)


@dataclass(frozen=True)
class CycleGANRecipe(Recipe):
    """The recipe of CycleGAN, with the paper's learning rate, momentum and batch."""

    model: CycleGANConfig = field(default_factory=CycleGANConfig)
    loss: CycleGANLoss = field(default_factory=CycleGANLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=20_000, batch=1, lr=2e-4, discriminator_lr=2e-4, beta1=0.5, beta2=0.999,
            weight_decay=0.0, decay=0.5,
        )
    )  # fmt: skip
    data: PairData = field(default_factory=PairData)

    def __post_init__(self):
        size = self.data.size
        halvable(size, "model.halvings", self.model.halvings, left=2)  # blocks mirror a pixel
        critic = self.model.critic_depth  # its last two layers take a pixel each
        halvable(size, "model.critic_depth", critic, left=3, whole=False)
