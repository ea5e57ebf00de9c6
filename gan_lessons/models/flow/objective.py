"""What flow matching trains for: one phase, the velocity of straight lines from noise to data."""

import torch
from torch import nn

from gan_lessons.data.samples import SampleBatch
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.flow.networks import build
from gan_lessons.models.flow.recipe import FlowRecipe


class Flow:
    """Network and phase of a flow-matching model.

    Args:
        config: shape and training.
        networks: a "velocity" of your own; otherwise that of the recipe is built.
    """

    averaged = ("velocity",)

    def __init__(self, config: FlowRecipe, networks: dict[str, nn.Module] | None = None):
        self.networks = networks or build(config.model, config.train.seed)
        self.lrs = {"velocity": config.train.lr}
        self.forward = dict(self.networks)
        self.phases = (Phase("V", ("velocity",), self.terms),)

    def terms(self, batch: SampleBatch, step: int) -> Terms:
        """E |v((1 - t) z + t x, t) - (x - z)|^2 (Lipman et al. 2023, equation 23, sigma 0).

        The noise z has the shape of a sample and the time is uniform. The mean of all lines through
        a point is what the squared error teaches, and following it turns noise into data.
        """
        t = batch.uniform[:, 3, 0]
        x_t = torch.lerp(batch.z, batch.x_real, t.view(-1, *[1] * (batch.z.ndim - 1)))
        wrong = self.forward["velocity"](x_t, t).float() - (batch.x_real - batch.z)
        return {"v": (1.0, wrong.square().mean())}
