"""What a denoiser trains for: one phase, the distance of the cleaned image to the clean one."""

from torch import Tensor, nn

from gan_lessons.data.samples import SampleBatch
from gan_lessons.losses import images
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.denoiser.networks import build
from gan_lessons.models.denoiser.recipe import DenoiserRecipe


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
        return {"l1": (1.0, images.l1(x_rec, batch.x_real))}

    def damage(self, batch: SampleBatch) -> Tensor:
        """The batch's images with their noise, which has the shape of an image."""
        sigma = self.loss.sigma * batch.uniform[:, 3, 0]
        return batch.x_real + sigma[:, None, None, None] * batch.z
