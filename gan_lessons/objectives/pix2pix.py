"""What pix2pix trains for: to fool a judge of pairs, and to be near the true answer."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from gan_lessons import image_losses
from gan_lessons.config import Recipe, TrainConfig, require
from gan_lessons.data.samples import PairBatch
from gan_lessons.networks.pix2pix import Pix2PixConfig, build
from gan_lessons.objectives.gan import FAMILIES
from gan_lessons.objectives.phase import Phase, Terms, alike

# The relativistic game compares with real samples in G's turn too.
GAMES = tuple(name for name in FAMILIES if name != "relativistic")


@dataclass(frozen=True)
class Pix2PixLoss:
    """The game and its weight against the distance."""

    family: str = "nonsaturating"
    adv: float = 1.0  # 0: the U-Net alone, which blurs
    l1: float = 100.0  # Isola et al. 2017, section 3.1 and appendix 6.2

    def __post_init__(self):
        known = ", ".join(GAMES)
        require(self.family in GAMES, f"loss.family: {known}; got {self.family!r}")
        for name in ("adv", "l1"):
            require(getattr(self, name) >= 0, f"loss.{name} must not be negative")


@dataclass(frozen=True)
class Pix2PixRecipe(Recipe):
    """The recipe of pix2pix, with the paper's learning rate and momentum."""

    model: Pix2PixConfig = field(default_factory=Pix2PixConfig)
    loss: Pix2PixLoss = field(default_factory=Pix2PixLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=20_000, batch=4, lr=2e-4, discriminator_lr=2e-4, beta1=0.5, beta2=0.999,
            weight_decay=0.0, decay=0.5,
        )
    )  # fmt: skip


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
        terms = {"l1": (self.loss.l1, image_losses.l1(x_fake, batch.x_b))}
        if self.loss.adv:
            terms["adv_g"] = (self.loss.adv, self.for_g(self.judge(batch.x_a, x_fake)))
        return terms
