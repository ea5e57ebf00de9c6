"""The contestants of lesson 19, of equal size: a GAN, a flow, and two students of the flow.

A student is the flow's own network, asked for the whole way in a single step. One learns by the
squared distance to where the flow's many steps ended; the other has to please a judge as well.
"""

from dataclasses import asdict

import torch
from torch import Tensor, nn

from gan_lessons.course.labs.four_models import (
    DISCRIMINATOR,
    GENERATOR,
    LATENT,
    PENALTY_INTERVAL,
    Rival,
    nearest,
    parameters,
    train_config,
)
from gan_lessons.data.samples import SampleBatch
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.dcgan import networks as dcgan
from gan_lessons.models.dcgan.recipe import DCGANConfig, DCGANRecipe
from gan_lessons.models.flow import networks as flow_networks
from gan_lessons.models.flow.objective import Flow
from gan_lessons.models.flow.recipe import FlowConfig, FlowRecipe
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import GANLoss

SIZE = 16
PICTURE = (1, SIZE, SIZE)
LR = 1e-3  # of the game
FLOW_LR = 2e-3
HALF_LIFE = 10.0  # of the averages, in thousands of pictures
R1 = 0.3
PAIRED = 10.0  # weight of the distance to the teacher's end, where a judge stands beside it


def velocity_shape(width: int) -> FlowConfig:
    """The flow's U-Net, of two halvings."""
    return FlowConfig(channels=1, width=width, max_width=4 * width, depth=2)


def generator_shape(width: int) -> DCGANConfig:
    """The GAN's generator."""
    return DCGANConfig(
        size=SIZE,
        channels=1,
        latent_dim=LATENT,
        width=width,
        max_width=4 * width,
        upsample="resize",
    )


def discriminator_shape(width: int) -> DCGANConfig:
    """A discriminator with which the GAN gets as many parameters as the flow."""
    wanted = parameters(flow_networks.build(velocity_shape(width)))
    wanted -= parameters(dcgan.build(generator_shape(2 * width))[GENERATOR])
    shapes = [
        DCGANConfig(size=SIZE, channels=1, width=w, max_width=4 * w, norm=False, init="he")
        for w in range(width, 5 * width)
    ]
    return nearest(shapes, wanted, lambda shape: dcgan.build(shape)[DISCRIMINATOR])


def game(width: int, seed: int) -> DCGANRecipe:
    """The recipe of the GAN, and of the student's judge."""
    train = train_config(
        seed, "fp32", lr=LR, discriminator_lr=LR, beta1=0.5, ema_half_life=HALF_LIFE
    )
    loss = GANLoss(r1=R1, penalty_interval=PENALTY_INTERVAL)
    return DCGANRecipe(generator_shape(2 * width), loss, train)


def judge(width: int, seed: int) -> nn.Module:
    """A fresh discriminator."""
    return dcgan.build(discriminator_shape(width), seed)[DISCRIMINATOR]


def gan(width: int, seed: int) -> Rival:
    """The GAN: non-saturating, with an R1 penalty."""
    recipe = game(width, seed)
    networks = {
        GENERATOR: dcgan.build(recipe.model, seed)[GENERATOR],
        DISCRIMINATOR: judge(width, seed),
    }
    return Rival(GAN(recipe, networks), recipe, GENERATOR, asdict(recipe.model))


def flow(width: int, seed: int) -> Rival:
    """The flow: one network, one phase."""
    train = train_config(seed, "fp32", lr=FLOW_LR, beta1=0.9, ema_half_life=HALF_LIFE)
    recipe = FlowRecipe(velocity_shape(width), train=train)
    shapes = asdict(recipe.model)
    return Rival(Flow(recipe), recipe, "velocity", shapes, latent=PICTURE)


class OneStep(nn.Module):
    """A velocity as a generator: the whole way at the pace of its start, z + v(z, 0)."""

    def __init__(self, velocity: nn.Module):
        super().__init__()
        self.velocity = velocity

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Noise `(N, 1, H, W)` to pictures of the same shape; classes are not used."""
        return z + self.velocity(z, torch.zeros(len(z), dtype=z.dtype))


class Distilling(GAN):
    """A student of pairs, noise and where the teacher ended, with a judge or without.

    Args:
        config: the judge's game and the training.
        networks: "generator", the student, and "discriminator".
        ends: `(M, ...)`, the teacher's pictures; a batch names them by its classes.
        judged: whether the judge counts.
    """

    def __init__(
        self, config: DCGANRecipe, networks: dict[str, nn.Module], ends: Tensor, judged: bool
    ):
        super().__init__(config, networks)
        self.ends, self.judged = ends, judged
        if not judged:
            self.phases = (Phase("G", (GENERATOR,), self.generator_terms),)

    def generator_terms(self, batch: SampleBatch, step: int) -> Terms:
        """Come near the teacher's end; and pass for real, where there is a judge."""
        x_fake = self.forward[GENERATOR](batch.z)
        terms: Terms = {"pair": (PAIRED, (x_fake - self.ends[batch.y]).square().mean())}
        if self.judged:
            terms["adv_g"] = (1.0, self.for_g(self.judge(x_fake, batch, 2)))
        return terms


def student(
    width: int, seed: int, teacher: nn.Module, pairs: tuple[Tensor, Tensor], *, judged: bool
) -> Rival:
    """A student of the flow, which starts from the teacher's weights.

    Args:
        width: of the flow.
        seed: of the judge, and of the batches.
        teacher: the flow's averaged velocity.
        pairs: noise, and where the teacher's steps took it: `(M, 1, H, W)` each.
        judged: whether a judge of real pictures stands beside the pairs.

    Returns:
        The student; what it is trained on has to bring a pair's number for each real picture.
    """
    starts, ends = pairs
    velocity = flow_networks.build(velocity_shape(width))["velocity"]
    velocity.load_state_dict(teacher.state_dict())
    recipe = game(width, seed)
    networks = {GENERATOR: OneStep(velocity), DISCRIMINATOR: judge(width, seed)}

    def paired(batch: SampleBatch) -> SampleBatch:
        return SampleBatch(batch.x_real, batch.y, starts[batch.y], batch.uniform)

    objective = Distilling(recipe, networks, ends, judged)
    shapes = asdict(velocity_shape(width))
    return Rival(objective, recipe, GENERATOR, shapes, paired, latent=PICTURE)
