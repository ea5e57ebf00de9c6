"""The four networks that lesson 07 compares, of equal size, and a trainer that counts CPU seconds.

The GAN's generator and the VAE's decoder are one architecture, down to the initial weights; the
discriminator is as large as the encoder, as nearly as its width allows.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gan_lessons.config import Recipe, TrainConfig
from gan_lessons.course.repair import mixture
from gan_lessons.data.samples import PairBatch, SampleBatch, Samples
from gan_lessons.models.dcgan import networks as dcgan
from gan_lessons.models.dcgan.recipe import DCGANConfig, DCGANRecipe
from gan_lessons.models.denoiser import networks as denoiser_networks
from gan_lessons.models.denoiser.objective import Denoising
from gan_lessons.models.denoiser.recipe import DenoiserConfig, DenoiserRecipe
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import GANLoss
from gan_lessons.models.pix2pix import networks as pix2pix
from gan_lessons.models.pix2pix.objective import Pix2Pix
from gan_lessons.models.pix2pix.recipe import Pix2PixConfig, Pix2PixRecipe
from gan_lessons.models.vae import networks as vae_networks
from gan_lessons.models.vae.objective import VAE
from gan_lessons.models.vae.recipe import VAEConfig, VAELoss, VAERecipe
from gan_lessons.training.precision import autocast
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

LATENT = 48
BATCH = 32
PENALTY_INTERVAL = 8
SIGMA = 0.3  # standard deviation of a pixel around what the VAE decodes
GENERATOR, DISCRIMINATOR = "generator", "discriminator"


@dataclass
class Rival:
    """What is trained, and how its batches are made from plain samples."""

    objective: object
    recipe: Recipe
    sampler: str  # name of the averaged network that makes pictures
    shapes: dict  # plain data from which the averaged networks can be built again
    batch: Callable[[SampleBatch], SampleBatch | PairBatch] = lambda batch: batch
    latent: int | tuple[int, ...] = LATENT  # shape of the noise of one sample


def train_config(seed: int, precision: str, **changed) -> TrainConfig:
    """What all four have in common: batches, Adam, averages."""
    common = {"batch": BATCH, "weight_decay": 0.0, "beta2": 0.99, "ema_half_life": 2.0}
    return TrainConfig(seed=seed, precision=precision, **(common | changed))


def generator_shape(width: int) -> DCGANConfig:
    """The shape that the GAN's generator and the VAE's decoder share."""
    return DCGANConfig(latent_dim=LATENT, width=width, max_width=4 * width, upsample="resize")


def encoder_shape(width: int) -> VAEConfig:
    """The VAE's encoder; its decoder is replaced by the generator above."""
    return VAEConfig(latent_dim=LATENT, width=width, max_width=4 * width)


def discriminator_shape(width: int) -> DCGANConfig:
    """A discriminator with as many parameters as the encoder, as nearly as its width allows."""
    wanted = parameters(vae_networks.build(encoder_shape(width))["encoder"])
    shapes = [
        DCGANConfig(width=w, max_width=4 * w, norm=False, init="he")
        for w in range(width, 3 * width)
    ]
    return nearest(shapes, wanted, lambda shape: dcgan.build(shape)[DISCRIMINATOR])


def nearest(shapes: list, wanted: int, build: Callable) -> object:
    """The shape whose networks have most nearly as many parameters as are wanted."""
    return min(shapes, key=lambda shape: abs(parameters(build(shape)) - wanted))


def gan(width: int, seed: int, precision: str) -> Rival:
    """The GAN: non-saturating, with an R1 penalty in place of the discriminator's batch norm."""
    shape = generator_shape(width)
    networks = {
        GENERATOR: dcgan.build(shape, seed)[GENERATOR],
        DISCRIMINATOR: dcgan.build(discriminator_shape(width), seed)[DISCRIMINATOR],
    }
    train = train_config(seed, precision, lr=1e-3, discriminator_lr=1e-3, beta1=0.5)
    recipe = DCGANRecipe(shape, GANLoss(r1=1.0, penalty_interval=PENALTY_INTERVAL), train)
    return Rival(GAN(recipe, networks), recipe, GENERATOR, asdict(shape))


def vae(width: int, seed: int, precision: str) -> Rival:
    """The VAE: the bound itself. Wider SIGMA: better samples; narrower: sharper copies."""
    shape = encoder_shape(width)
    networks = {
        "encoder": vae_networks.build(shape, seed)["encoder"],
        "decoder": dcgan.build(generator_shape(width), seed)[GENERATOR],
    }
    train = train_config(seed, precision, lr=1e-3, beta1=0.9)
    recipe = VAERecipe(shape, VAELoss(sigma=SIGMA), train)
    return Rival(VAE(recipe, networks), recipe, "decoder", {"width": width})


def conditional_shape(width: int) -> Pix2PixConfig:
    """A U-Net of three halvings and a judge of patches, together as large as the VAE."""
    wanted = parameters(vae(width, 0, "fp32").objective.networks)
    shapes = [
        Pix2PixConfig(
            depth=3, width=w, max_width=4 * w, dropout=0.0, critic_width=w, critic_depth=1
        )
        for w in range(width, 2 * width)
    ]
    return nearest(shapes, wanted, pix2pix.build)


def denoiser_shape(width: int) -> DenoiserConfig:
    """A denoiser as large as the VAE."""
    wanted = parameters(vae(width, 0, "fp32").objective.networks)
    shapes = [DenoiserConfig(width=w, blocks=6) for w in range(width, 4 * width)]
    return nearest(shapes, wanted, denoiser_networks.build)


def conditional_gan(width: int, seed: int, precision: str) -> Rival:
    """Pix2pix on pairs of damaged and clean pictures, damaged anew at each step."""
    shape = conditional_shape(width)
    train = train_config(seed, precision, lr=1e-3, discriminator_lr=1e-3, beta1=0.5)
    recipe = Pix2PixRecipe(shape, train=train)

    objective = Pix2Pix(recipe)

    def pairs(batch: SampleBatch) -> PairBatch:
        damaged = damaged_batch(batch)
        keep_all = torch.ones(len(damaged), objective.networks[GENERATOR].dropped)
        return PairBatch(damaged, batch.x_real, keep_all, batch.uniform[:, :2, :2])

    return Rival(objective, recipe, GENERATOR, asdict(shape), pairs)


class Repairing(Denoising):
    """A denoiser that gets damage of every kind; it comes in the place of the noise."""

    def damage(self, batch: SampleBatch) -> Tensor:
        """The damaged pictures, as they came."""
        return batch.z


def denoiser(width: int, seed: int, precision: str) -> Rival:
    """The same pairs, and the distance to the truth alone: no game."""
    shape = denoiser_shape(width)
    train = train_config(seed, precision, lr=1e-3, beta1=0.9)
    recipe = DenoiserRecipe(shape, train=train)

    def pairs(batch: SampleBatch) -> SampleBatch:
        return SampleBatch(batch.x_real, batch.y, damaged_batch(batch), batch.uniform)

    return Rival(Repairing(recipe), recipe, "denoiser", asdict(shape), pairs)


def damaged_batch(batch: SampleBatch) -> Tensor:
    """Damage a batch; the batch's own numbers decide how."""
    return mixture(batch.x_real, seed=int(batch.uniform[0, 3, 0].item() * 2**24))


def parameters(networks: nn.Module | dict[str, nn.Module]) -> int:
    """Number of trained parameters of one network, or of several together."""
    several = networks.values() if isinstance(networks, dict) else (networks,)
    return sum(p.numel() for network in several for p in network.parameters())


class Trainer:
    """Train until some CPU seconds are spent; what is measured in between does not count.

    Args:
        rival: what to train.
        images: `(N, 3, H, W)` uint8.
        y: `(N,)` int64 classes, where there are some.
    """

    def __init__(self, rival: Rival, images: Tensor, y: Tensor | None = None):
        self.rival, self.shapes = rival, rival.shapes
        self.state = create_state(rival.objective, rival.recipe, torch.device("cpu"))
        train = rival.recipe.train
        self.batches = Samples(
            images, y, batch=train.batch, latent=rival.latent, seed=train.seed
        )
        self.spent = 0.0

    @property
    def sampler(self) -> nn.Module:
        """The averaged network that makes pictures."""
        return self.state.averages[self.rival.sampler]

    @property
    def images_seen(self) -> int:
        """Training pictures drawn so far, with repetition."""
        return self.state.step * self.rival.recipe.train.batch

    def precision(self):
        """The context in which the networks run."""
        return autocast(self.state.precision, "cpu")

    def advance(self, until: float) -> None:
        """Train until the CPU seconds of all calls together reach a number."""
        started = time.process_time()
        before = self.spent
        while self.spent < until:
            self.step()
            self.spent = before + time.process_time() - started

    def step(self) -> None:
        """One step of every phase, and of the averages."""
        step = self.state.step
        batch = self.rival.batch(self.batches(step))
        train_step(self.rival.objective, self.state, batch, step, scale=1.0)

    def gflops(self) -> float:
        """Billions of floating-point operations of one further step, one without a penalty.

        The counter cannot look into a penalty's gradient of a gradient.
        """
        if self.state.step % PENALTY_INTERVAL == 0:
            self.step()
        counter = FlopCounterMode(display=False)
        with counter:
            self.step()
        return counter.get_total_flops() / 1e9
