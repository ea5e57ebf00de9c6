"""The recipe of CUT."""

from dataclasses import dataclass, field

from gan_lessons.config import DEEPEST, WIDEST, Recipe, TrainConfig, halvable, require, within
from gan_lessons.data.pairs import PairData
from gan_lessons.models.gan_loss import GAMES


@dataclass(frozen=True)
class CUTConfig:
    """Shapes of the three networks."""

    channels: int = 3
    width: int = 64  # channels of the generator's first layer
    halvings: int = 2
    blocks: int = 9  # residual blocks at the bottleneck
    critic_width: int = 64
    critic_depth: int = 3
    projected: int = 256  # numbers that describe a patch
    places: int = 16  # a side: 16 by 16 patches of each layer are compared, 256 as in the paper

    def __post_init__(self):
        within(self, "model", "channels", "width", "critic_width", "projected", most=WIDEST)
        within(self, "model", "critic_depth", most=DEEPEST)
        within(self, "model", "halvings", least=0, most=8)
        within(self, "model", "blocks", least=0, most=DEEPEST)
        within(self, "model", "places", least=2)  # of one there is nothing to tell apart


@dataclass(frozen=True)
class CUTLoss:
    """The game and what it is weighed against (Park et al. 2020, section 3, final objective)."""

    family: str = "least_squares"
    nce: float = 1.0  # lambda_X; 10 together with identity 0 is the paper's FastCUT
    identity: float = 1.0  # lambda_Y: the same of images that have the wanted style already
    temperature: float = 0.07

    def __post_init__(self):
        require(self.family in GAMES, f"loss.family: {', '.join(GAMES)}; got {self.family!r}")
        require(self.nce > 0, "loss.nce must be positive: nothing else ties a result to its source")
        require(self.identity >= 0, "loss.identity must not be negative")
        require(self.temperature > 0, "loss.temperature must be positive")


@dataclass(frozen=True)
class CUTRecipe(Recipe):
    """The recipe of CUT, with the paper's learning rate, momentum and batch."""

    model: CUTConfig = field(default_factory=CUTConfig)
    loss: CUTLoss = field(default_factory=CUTLoss)
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
