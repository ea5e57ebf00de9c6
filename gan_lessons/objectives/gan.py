"""What a GAN trains for: a discriminator and a generator, under any of the loss families.

The networks are the dense ones, the convolutional ones, or your own: a generator from (z, y) to
samples and a discriminator from (x, y) to logits.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gan_lessons import losses
from gan_lessons.augment import augment
from gan_lessons.config import Recipe, TrainConfig, require
from gan_lessons.data.samples import SampleBatch
from gan_lessons.networks import dcgan, mlp
from gan_lessons.networks.dcgan import DCGANConfig
from gan_lessons.networks.mlp import MLPConfig
from gan_lessons.objectives.phase import Phase, Terms

FAMILIES = {  # losses of discriminator and generator
    "minimax": (losses.nonsaturating_d, losses.minimax_g),
    "nonsaturating": (losses.nonsaturating_d, losses.nonsaturating_g),
    "least_squares": (losses.least_squares_d, losses.least_squares_g),
    "hinge": (losses.hinge_d, losses.hinge_g),
    "wasserstein": (losses.wasserstein_d, losses.wasserstein_g),
    "relativistic": (losses.relativistic_d, losses.relativistic_g),
}


@dataclass(frozen=True)
class GANLoss:
    """The game, its penalties, and how often each side moves."""

    family: str = "nonsaturating"
    r1: float = 0.0  # gamma of the penalty at real samples (Mescheder et al. 2018)
    r2: float = 0.0  # the same at generated ones; both for R3GAN (Huang et al. 2024)
    gp: float = 0.0  # lambda of WGAN-GP, 10 in the paper (Gulrajani et al. 2017)
    penalty_interval: int = 1  # penalties every so many steps, weighted up by as much
    critic_steps: int = 1  # updates of D for each of G; a step is then one update of D
    augment: str = ""  # of images before D: any of brightness,shift,cutout

    def __post_init__(self):
        known = ", ".join(FAMILIES)
        require(self.family in FAMILIES, f"loss.family: {known}; got {self.family!r}")
        for name in ("r1", "r2", "gp"):
            require(getattr(self, name) >= 0, f"loss.{name} must not be negative")
        for name in ("penalty_interval", "critic_steps"):
            require(getattr(self, name) >= 1, f"loss.{name} must be 1 or more")
        unknown = set(self.augmentations) - {"shift", "brightness", "cutout"}
        require(not unknown, f"loss.augment: unknown {sorted(unknown)}")

    @property
    def augmentations(self) -> tuple[str, ...]:
        """The names in `augment`, in order."""
        return tuple(part for part in self.augment.split(",") if part)


@dataclass(frozen=True)
class DenseGANRecipe(Recipe):
    """The recipe of a GAN of dense networks."""

    model: MLPConfig = field(default_factory=MLPConfig)
    loss: GANLoss = field(default_factory=GANLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=3000, batch=256, lr=1e-3, discriminator_lr=1e-3, beta1=0.5, weight_decay=0.0
        )
    )


@dataclass(frozen=True)
class DCGANRecipe(Recipe):
    """The recipe of a convolutional GAN, with the paper's learning rate and momentum."""

    model: DCGANConfig = field(default_factory=DCGANConfig)
    loss: GANLoss = field(default_factory=GANLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=10_000, batch=128, lr=2e-4, discriminator_lr=2e-4, beta1=0.5, beta2=0.999,
            weight_decay=0.0,
        )
    )  # fmt: skip


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
