"""What a GAN trains for: a discriminator and a generator, under any of the loss families.

The networks are the dense ones, the convolutional ones, or your own: a generator from (z, y) to
samples and a discriminator from (x, y) to logits.
"""

import torch
from torch import Tensor, nn

from gan_lessons import losses
from gan_lessons.augment import augment
from gan_lessons.config import Recipe
from gan_lessons.data.samples import SampleBatch
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.dcgan import networks as dcgan
from gan_lessons.models.dcgan.recipe import DCGANConfig
from gan_lessons.models.gan_loss import FAMILIES
from gan_lessons.models.mlp import networks as mlp


class GAN:
    """Networks and phases of a GAN.

    Args:
        config: shapes, game and training.
        networks: "generator" and "discriminator" of your own; otherwise those that the recipe
            describes are built.
    """

    averaged = ("generator",)

    def __init__(self, config: Recipe, networks: dict[str, nn.Module] | None = None):
        self.loss = config.loss
        self.for_d, self.for_g = FAMILIES[config.loss.family]
        build = dcgan.build if isinstance(config.model, DCGANConfig) else mlp.build
        self.networks = networks or build(config.model, config.train.seed)
        self.lrs = {"generator": config.train.lr, "discriminator": config.train.discriminator_lr}
        self.forward = dict(self.networks)  # penalties keep the eager networks
        self.phases = (
            Phase("D", ("discriminator",), self.discriminator_terms),
            Phase("G", ("generator",), self.generator_terms, interval=config.loss.critic_steps),
        )

    def judge(self, x: Tensor, batch: SampleBatch, which: int) -> Tensor:
        """Logits of samples, varied by the batch's numbers."""
        return self.forward["discriminator"](self.vary(x, batch, which), batch.y)

    def vary(self, x: Tensor, batch: SampleBatch, which: int) -> Tensor:
        """Augmented samples."""
        return augment(x, batch.uniform[:, which], self.loss.augmentations)

    def discriminator_terms(self, batch: SampleBatch, step: int) -> Terms:
        """Tell real samples from generated ones."""
        with torch.no_grad():
            x_fake = self.forward["generator"](batch.z, batch.y).to(batch.x_real.dtype)
        real, fake = self.judge(batch.x_real, batch, 0), self.judge(x_fake, batch, 1)
        terms = {"adv_d": (1.0, self.for_d(real, fake))}
        if step % self.loss.penalty_interval == 0:
            seen = self.vary(batch.x_real, batch, 0), self.vary(x_fake, batch, 1)
            terms |= self.penalties(*seen, batch)
        return terms

    def penalties(self, x_real: Tensor, x_fake: Tensor, batch: SampleBatch) -> Terms:
        """Those that have a weight, on samples as the discriminator sees them."""
        points = {
            "r1": (losses.r1_penalty, x_real.detach()),
            "r2": (losses.r2_penalty, x_fake.detach()),
            "gp": (losses.wgan_gp, losses.between(x_real, x_fake, batch.uniform[:, 3, 0])),
        }
        terms: Terms = {}
        for name, (penalty, x) in points.items():
            if weight := getattr(self.loss, name):
                x = x.requires_grad_()
                logits = self.networks["discriminator"](x, batch.y)
                terms[name] = (weight * self.loss.penalty_interval, penalty(logits, x))
        return terms

    def generator_terms(self, batch: SampleBatch, step: int) -> Terms:
        """Fool the discriminator."""
        fake = self.judge(self.forward["generator"](batch.z, batch.y), batch, 2)
        if self.loss.family == "relativistic":
            with torch.no_grad():  # what the real ones are told pulls on nothing here
                real = self.judge(batch.x_real, batch, 0)
            return {"adv_g": (1.0, self.for_g(real, fake))}
        return {"adv_g": (1.0, self.for_g(fake))}
