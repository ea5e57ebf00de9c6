"""What a denoiser trains for: one phase, the distance of the cleaned image to the clean one."""

from dataclasses import dataclass, field

from torch import Tensor, nn

from gan_lessons import image_losses
from gan_lessons.config import Recipe, TrainConfig, require
from gan_lessons.data.samples import SampleBatch
from gan_lessons.networks.denoiser import DenoiserConfig, build
from gan_lessons.objectives.phase import Phase, Terms


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


class Denoising:
    """Network and phase of a denoiser.

    Args:
        config: shape, noise and training.
        networks: a "denoiser" of your own; otherwise that of the recipe is built.
    """

    averaged = ("denoiser",)

    def __init__(self, config: DenoiserRecipe, networks: dict[str, nn.Module] | None = None):
        self.loss = config.loss
        self.networks = networks or build(config.model, config.train.seed)
        self.lrs = {"denoiser": config.train.lr}
        self.forward = dict(self.networks)
        self.phases = (Phase("N", ("denoiser",), self.terms),)

    def terms(self, batch: SampleBatch, step: int) -> Terms:
        """Mean |f(x + sigma z) - x|, sigma uniform up to the largest."""
        x_rec = self.forward["denoiser"](self.damage(batch))
        return {"l1": (1.0, image_losses.l1(x_rec, batch.x_real))}

    def damage(self, batch: SampleBatch) -> Tensor:
        """The batch's images with their noise, which has the shape of an image."""
        sigma = self.loss.sigma * batch.uniform[:, 3, 0]
        return batch.x_real + sigma[:, None, None, None] * batch.z
