"""The recipe of a denoiser."""

from dataclasses import dataclass, field

from gan_lessons.config import DEEPEST, Recipe, TrainConfig, require, within


@dataclass(frozen=True)
class DenoiserConfig:
    """Shape of the network."""

    channels: int = 3
    width: int = 32
    blocks: int = 4  # each sees 4 pixels further in every direction

    def __post_init__(self):
        within(self, "model", "channels", "width")
        within(self, "model", "blocks", most=DEEPEST)


@dataclass(frozen=True)
class DenoiserLoss:
    """How strong the noise is."""

    sigma: float = 0.5  # largest standard deviation, in units of [-1, 1]; each image has its own

    def __post_init__(self):
        require(self.sigma > 0, f"loss.sigma must be positive, got {self.sigma}")


@dataclass(frozen=True)
class DenoiserRecipe(Recipe):
    """The recipe of a denoiser."""

    model: DenoiserConfig = field(default_factory=DenoiserConfig)
    loss: DenoiserLoss = field(default_factory=DenoiserLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=2000, batch=32, lr=1e-3, beta1=0.9, beta2=0.999, weight_decay=0.0
        )
    )
