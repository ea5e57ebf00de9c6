"""What CycleGAN trains for: two translators that fool two judges and undo each other."""

from dataclasses import dataclass, field

import torch
from torch import nn

from gan_lessons import image_losses
from gan_lessons.config import Recipe, TrainConfig, require
from gan_lessons.data.samples import PairBatch
from gan_lessons.networks.cyclegan import CycleGANConfig, ImageBuffer, build
from gan_lessons.objectives.gan import FAMILIES
from gan_lessons.objectives.phase import Phase, Terms, alike
from gan_lessons.objectives.pix2pix import GAMES


@dataclass(frozen=True)
class CycleGANLoss:
    """The game and what it is weighed against."""

    family: str = "least_squares"  # Zhu et al. 2017, section 4
    cyc: float = 10.0  # lambda of the same section
    identity: float = 5.0  # half of lambda (section 5.2); 0: palettes may drift

    def __post_init__(self):
        require(self.family in GAMES, f"loss.family: {', '.join(GAMES)}; got {self.family!r}")
        for name in ("cyc", "identity"):
            require(getattr(self, name) >= 0, f"loss.{name} must not be negative")


@dataclass(frozen=True)
class CycleGANRecipe(Recipe):
    """The recipe of CycleGAN, with the paper's learning rate, momentum and batch."""

    model: CycleGANConfig = field(default_factory=CycleGANConfig)
    loss: CycleGANLoss = field(default_factory=CycleGANLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=20_000, batch=1, lr=2e-4, discriminator_lr=2e-4, beta1=0.5, beta2=0.999,
            weight_decay=0.0, decay=0.5,
        )
    )  # fmt: skip


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
        cycle = image_losses.cycle_consistency
        terms = {
            "adv_g_a": (1.0, self.for_g(self.forward["critic_a"](fake_a))),
            "adv_g_b": (1.0, self.for_g(self.forward["critic_b"](fake_b))),
            "cyc": (self.loss.cyc, cycle(back_a, batch.x_a) + cycle(back_b, batch.x_b)),
        }
        if self.loss.identity:
            same = image_losses.identity
            kept = same(to_b(batch.x_b), batch.x_b) + same(to_a(batch.x_a), batch.x_a)
            terms["id"] = (self.loss.identity, kept)
        return terms
