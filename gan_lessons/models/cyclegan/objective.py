"""What CycleGAN trains for: two translators that fool two judges and undo each other."""

import torch
from torch import nn

from gan_lessons.data.samples import PairBatch
from gan_lessons.losses import images
from gan_lessons.models.architecture import Phase, Terms, alike
from gan_lessons.models.cyclegan.networks import ImageBuffer, build
from gan_lessons.models.cyclegan.recipe import CycleGANRecipe
from gan_lessons.models.gan_loss import FAMILIES


class CycleGAN:
    """Networks, buffers and phases of CycleGAN.

    Args:
        config: shapes, weights and training.
    """

    averaged = ("a_to_b", "b_to_a")

    def __init__(self, config: CycleGANRecipe):
        self.loss = config.loss
        self.for_d, self.for_g = FAMILIES[config.loss.family]
        self.networks: dict[str, nn.Module] = build(config.model, config.train.seed)
        self.lrs = {
            name: config.train.lr if name in self.averaged else config.train.discriminator_lr
            for name in self.networks
        }
        self.forward = dict(self.networks)
        shape = (config.model.channels, config.model.size, config.model.size)
        self.memories = {d: ImageBuffer(config.model.buffer, shape) for d in ("a", "b")}
        self.phases = (
            Phase("D", ("critic_a", "critic_b"), self.discriminator_terms, kind=alike),
            Phase("G", ("a_to_b", "b_to_a"), self.generator_terms, kind=alike),
        )

    def discriminator_terms(self, batch: PairBatch, step: int) -> Terms:
        """Tell real images of each domain from translations into it, some of them old."""
        with torch.no_grad():
            fake_b = self.forward["a_to_b"](batch.x_a)
            fake_a = self.forward["b_to_a"](batch.x_b)
        terms: Terms = {}
        sides = {"a": (batch.x_a, fake_a), "b": (batch.x_b, fake_b)}
        for number, (domain, (x_real, x_fake)) in enumerate(sides.items()):
            judge = self.forward[f"critic_{domain}"]
            shown = self.memories[domain](x_fake, batch.uniform[:, number])
            # Half the pace for D, as in pix2pix (Zhu et al. 2017, appendix 7.1).
            terms[f"adv_d_{domain}"] = (0.5, self.for_d(judge(x_real), judge(shown)))
        return terms

    def generator_terms(self, batch: PairBatch, step: int) -> Terms:
        """Fool both judges, find the way back, and leave alone what is there already."""
        to_b, to_a = self.forward["a_to_b"], self.forward["b_to_a"]
        fake_b, fake_a = to_b(batch.x_a), to_a(batch.x_b)
        back_a, back_b = to_a(fake_b), to_b(fake_a)
        cycle = images.cycle_consistency
        terms = {
            "adv_g_a": (1.0, self.for_g(self.forward["critic_a"](fake_a))),
            "adv_g_b": (1.0, self.for_g(self.forward["critic_b"](fake_b))),
            "cyc": (self.loss.cyc, cycle(back_a, batch.x_a) + cycle(back_b, batch.x_b)),
        }
        if self.loss.identity:
            same = images.identity
            kept = same(to_b(batch.x_b), batch.x_b) + same(to_a(batch.x_a), batch.x_a)
            terms["id"] = (self.loss.identity, kept)
        return terms
