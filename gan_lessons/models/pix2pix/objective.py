"""What pix2pix trains for: to fool a judge of pairs, and to be near the true answer."""

import torch
from torch import Tensor

from gan_lessons.data.samples import PairBatch
from gan_lessons.losses import images
from gan_lessons.models.architecture import Phase, Terms, alike
from gan_lessons.models.gan_loss import FAMILIES
from gan_lessons.models.pix2pix.networks import build
from gan_lessons.models.pix2pix.recipe import Pix2PixRecipe


class Pix2Pix:
    """Networks and phases of pix2pix.

    Args:
        config: shapes, weights and training.
    """

    averaged = ("generator",)

    def __init__(self, config: Pix2PixRecipe):
        self.loss = config.loss
        self.for_d, self.for_g = FAMILIES[config.loss.family]
        self.networks = build(config.model, config.train.seed)
        self.lrs = {"generator": config.train.lr, "discriminator": config.train.discriminator_lr}
        self.forward = dict(self.networks)
        self.phases = (
            Phase("D", ("discriminator",), self.discriminator_terms, kind=alike),
            Phase("G", ("generator",), self.generator_terms, kind=alike),
        )

    def judge(self, x_a: Tensor, x_b: Tensor) -> Tensor:
        """Logits of a source together with an answer, one a patch."""
        return self.forward["discriminator"](torch.cat([x_a, x_b.to(x_a.dtype)], dim=1))

    def discriminator_terms(self, batch: PairBatch, step: int) -> Terms:
        """Tell true pairs from made ones, at half the pace (Isola et al. 2017, section 3.3)."""
        with torch.no_grad():
            x_fake = self.forward["generator"](batch.x_a, batch.z)
        real, fake = self.judge(batch.x_a, batch.x_b), self.judge(batch.x_a, x_fake)
        return {"adv_d": (0.5, self.for_d(real, fake))}

    def generator_terms(self, batch: PairBatch, step: int) -> Terms:
        """Fool the judge of pairs and stay near the truth."""
        x_fake = self.forward["generator"](batch.x_a, batch.z)
        terms = {"l1": (self.loss.l1, images.l1(x_fake, batch.x_b))}
        if self.loss.adv:
            terms["adv_g"] = (self.loss.adv, self.for_g(self.judge(batch.x_a, x_fake)))
        return terms
