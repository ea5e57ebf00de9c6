"""The recipe of a GAN of dense networks."""

from dataclasses import dataclass, field

from gan_lessons.config import DEEPEST, Recipe, TrainConfig, require, within
from gan_lessons.models.gan_loss import GANLoss


@dataclass(frozen=True)
class MLPConfig:
    """Shapes of the two networks."""

    data_dim: int = 2  # numbers a sample: 2 for a point, 4 for an iris, 64 for a digit of 8x8
    latent_dim: int = 16
    classes: int = 0  # 0: nothing is asked for
    condition: str = "one_hot"  # how a class is told: "one_hot", or a learnt "embedding"
    embedding_dim: int = 8
    generator_width: int = 64
    generator_depth: int = 2  # hidden layers
    discriminator_width: int = 64
    discriminator_depth: int = 1
    squash: bool = False  # tanh at the end, for images in [-1, 1]
    spectral: bool = False  # spectral norm in the discriminator (Miyato et al. 2018)

    def __post_init__(self):
        within(self, "model", "data_dim", "latent_dim", "embedding_dim")
        within(self, "model", "generator_width", "discriminator_width")
        within(self, "model", "classes", least=0)
        within(self, "model", "generator_depth", "discriminator_depth", least=0, most=DEEPEST)
        known = self.condition in ("one_hot", "embedding")
        require(known, f'model.condition: "one_hot" or "embedding", got {self.condition!r}')


@dataclass(frozen=True)
class DenseGANRecipe(Recipe):
    """The recipe of a GAN of dense networks."""

    model: MLPConfig = field(default_factory=MLPConfig)
    loss: GANLoss = field(default_factory=GANLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=3000, batch=256, lr=1e-3, discriminator_lr=1e-3, beta1=0.5, weight_decay=0.0
        )
    )
