"""What CUT trains for: to fool one judge while every patch stays recognisable in its source."""

import torch
from torch import Tensor

from gan_lessons.data.samples import PairBatch
from gan_lessons.losses import images
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.cut.networks import build, encoded
from gan_lessons.models.cut.recipe import CUTRecipe
from gan_lessons.models.gan_loss import FAMILIES


class CUT:
    """Networks and phases of CUT.

    Args:
        config: shapes, weights and training.
    """

    averaged = ("a_to_b",)

    def __init__(self, config: CUTRecipe):
        self.loss = config.loss
        self.for_d, self.for_g = FAMILIES[config.loss.family]
        self.networks = build(config.model, config.train.seed)
        self.lrs = dict.fromkeys(self.networks, config.train.lr)
        self.lrs["critic_b"] = config.train.discriminator_lr
        self.forward = dict(self.networks)  # halves of the generator are used eagerly
        self.phases = (
            Phase("D", ("critic_b",), self.discriminator_terms),
            Phase("G", ("a_to_b", "projector"), self.generator_terms),
        )

    def discriminator_terms(self, batch: PairBatch, step: int) -> Terms:
        """Tell images of B from translations into it, at half the pace as in CycleGAN."""
        with torch.no_grad():
            fake_b = self.forward["a_to_b"](batch.x_a)
        judge = self.forward["critic_b"]
        return {"adv_d": (0.5, self.for_d(judge(batch.x_b), judge(fake_b)))}

    def generator_terms(self, batch: PairBatch, step: int) -> Terms:
        """Fool the judge, and let each patch be found again in the source."""
        to_b, chance = self.forward["a_to_b"], batch.uniform
        fake_b = to_b(batch.x_a)
        terms = {
            "adv_g": (1.0, self.for_g(self.forward["critic_b"](fake_b))),
            "nce": (self.loss.nce, self.patch_nce(fake_b, batch.x_a, chance[:, 0])),
        }
        if self.loss.identity:
            same = self.patch_nce(to_b(batch.x_b), batch.x_b, chance[:, 1])
            terms["id"] = (self.loss.identity, same)
        return terms

    def patch_nce(self, x_fake: Tensor, x_real: Tensor, uniform: Tensor) -> Tensor:
        """PatchNCE of a result and its source, the mean over the layers.

        Args:
            x_fake: `(N, C, H, W)`, the result.
            x_real: `(N, C, H, W)`, the source.
            uniform: `(N, 2)` in [0, 1), for the places.

        Returns:
            Scalar.
        """
        queries = self.described(x_fake, uniform)
        with torch.no_grad():  # the source is what it is
            keys = self.described(x_real, uniform)
        own = [
            images.patch_nce(q, k, self.loss.temperature)
            for q, k in zip(queries, keys, strict=True)
        ]
        return torch.stack(own).mean()

    def described(self, x: Tensor, uniform: Tensor) -> list[Tensor]:
        """Patches of an image, layer by layer, as the generator's own encoder sees them."""
        return self.forward["projector"](encoded(self.networks["a_to_b"], x), uniform)
