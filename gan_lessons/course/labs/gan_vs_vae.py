"""A GAN and a VAE with equal parameters and equal CPU seconds, side by side, for three seeds.

Of each pair we keep the distance to real pictures against the CPU seconds, how well undamaged and
damaged test pictures come back, and how varied the samples are. Two more networks, a conditional
GAN and a denoiser, learn repair from pairs of damaged and clean pictures.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from gan_lessons.course import repair
from gan_lessons.course.labs.four_models import (
    LATENT,
    Trainer,
    conditional_gan,
    conditional_shape,
    denoiser,
    denoiser_shape,
    encoder_shape,
    gan,
    generator_shape,
    parameters,
    vae,
)
from gan_lessons.course.labs.store import Report, Store, load_weights
from gan_lessons.data.batches import generator_at
from gan_lessons.data.load import load_dataset
from gan_lessons.images.pixels import to_uint8
from gan_lessons.images.resize import resize
from gan_lessons.metrics.features import embed
from gan_lessons.metrics.frechet import kernel_distance
from gan_lessons.metrics.paired import psnr, ssim
from gan_lessons.metrics.perceptual import apart, between
from gan_lessons.metrics.prdc import compare
from gan_lessons.models.dcgan import networks
from gan_lessons.models.denoiser.networks import Denoiser
from gan_lessons.models.pix2pix import networks as pix2pix
from gan_lessons.models.vae import networks as vae_networks

LESSON = "07_gan_vs_vae"
DATA = "emoji_styles"
SIZE = 32
TASKS = ("none", *repair.KINDS)  # "none": plain reconstruction
PRECISION = "bf16"


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    seconds: float  # of training, a network, in CPU seconds
    repair_seconds: float  # likewise, of the two that learn from pairs
    looks: int  # points of the curve over the seconds; each twice as late as the one before
    seeds: int
    samples: int  # pictures that are drawn and measured
    tested: int  # test pictures that are reconstructed and repaired
    steps: int  # of the search for a latent
    width: int


BUDGETS = {
    "smoke": Budget(0.5, 0.5, 3, 2, 12, 4, 2, 4),
    "class": Budget(60.0, 30.0, 4, 3, 160, 24, 60, 16),
    "full": Budget(1800.0, 900.0, 8, 5, 1000, 256, 300, 32),
}


@cache
def pictures(split: str) -> Tensor:
    """Emoji of all styles at 32 pixels: `(N, 3, 32, 32)` uint8."""
    images = load_dataset(DATA, size=SIZE).subset(split).images
    parts = [to_uint8(resize(part.float() / 127.5 - 1, SIZE)) for part in images.split(512)]
    return torch.cat(parts)


def chosen(split: str, count: int, seed: int = 0) -> Tensor:
    """Some pictures of a split, the same for a seed: `(count, 3, 32, 32)` in [-1, 1]."""
    return some(pictures(split), count, seed)


def some(images: Tensor, count: int, seed: int) -> Tensor:
    """Some of uint8 pictures, the same for a seed, in [-1, 1]."""
    order = torch.randperm(len(images), generator=generator_at(seed, 0))
    return images[order[:count]].float() / 127.5 - 1


@cache
def real_features(split: str, count: int) -> Tensor:
    """Pooled features of some pictures of a split."""
    return embed(chosen(split, count))[1]


def spread(features: Tensor) -> float:
    """Mean perceptual distance of all pairs of a set: `(N, D)` to a number."""
    n = len(features)
    return between(features, features).fill_diagonal_(0).sum().item() / (n * (n - 1))


def measure_set(x: Tensor, real: Tensor) -> dict[str, float]:
    """Distance to real pictures, fidelity and variety of a set of pictures."""
    perceptual, pooled = embed(x)
    figures = compare(real, pooled)
    return {
        "kid": 1000 * kernel_distance(real, pooled)[0],
        "precision": figures.precision,
        "recall": figures.recall,
        "coverage": figures.coverage,
        "spread": spread(perceptual),
    }


def measure_pairs(x: Tensor, truth: Tensor, features: Tensor) -> dict[str, Tensor]:
    """How near restored pictures are to the true ones, picture by picture."""
    x = x.clamp(-1, 1)
    perceptual = apart(embed(x)[0], features)
    return {"psnr": psnr(x, truth), "ssim": ssim(x, truth), "perceptual": perceptual}


@torch.no_grad()
def draw(generator: nn.Module, count: int, seed: int) -> Tensor:
    """Pictures from random latents: `(count, 3, 32, 32)`."""
    z = torch.randn(count, LATENT, generator=generator_at(seed, 2))
    return torch.cat([generator(part).float() for part in z.split(100)])


def run(store: Store, preset: str, report: Report) -> None:
    """Make all results: the real set, the rivals for each seed, the repairers for each seed."""
    budget = BUDGETS[preset]
    store.once("real", lambda: real_set(budget))
    for seed in range(budget.seeds):
        made = lambda seed=seed: rivals(store, budget, seed, report)  # noqa: E731
        store.once(f"rivals, seed {seed}", made, precision=PRECISION)
    for seed in range(budget.seeds):
        made = lambda seed=seed: repairers(store, budget, seed)  # noqa: E731
        store.once(f"repairers, seed {seed}", made, precision=PRECISION)


def real_set(budget: Budget) -> dict[str, Any]:
    """The floor: real training pictures measured as if they were samples; and doing nothing."""
    real = real_features("test", budget.samples)
    truth = chosen("test", budget.tested, seed=1)
    features = embed(truth)[0]
    untouched = {
        kind: measure_pairs(repair.damage(truth, kind).images, truth, features)
        for kind in repair.KINDS
    }
    floor = measure_set(chosen("train", budget.samples), real)
    return {"train": floor, "nothing": untouched, "samples": len(real), "tested": len(truth)}


def rivals(store: Store, budget: Budget, seed: int, report: Report) -> dict[str, Any]:
    """Train a GAN and a VAE in turns, and measure both."""
    images, truth = pictures("train"), chosen("test", budget.tested, seed=1)
    real, features = real_features("test", budget.samples), embed(truth)[0]
    trainers = {
        "gan": Trainer(gan(budget.width, seed, PRECISION), images),
        "vae": Trainer(vae(budget.width, seed, PRECISION), images),
    }
    found: dict[str, Any] = {name: {"seconds": [], "curve": []} for name in trainers}
    for look in reversed(range(budget.looks)):
        in_turns(trainers, until=budget.seconds / 2**look)
        for name, trainer in trainers.items():
            figures = measure_set(draw(trainer.sampler, budget.samples, seed), real)
            found[name] |= figures | {"curve": [*found[name]["curve"], figures["kid"]]}
            found[name]["seconds"].append(trainer.spent)
            report(f"seed {seed}, {name}, {trainer.spent:.0f} CPU seconds: {figures['kid']:.0f}")
    for name, trainer in trainers.items():
        found[name] |= described(trainer)
        found[name]["restored"] = restored(trainer, truth, features, budget.steps)
        keep(store, trainer, name, seed)
    return found


def in_turns(trainers: dict[str, Trainer], until: float, slice_seconds: float = 1.0) -> None:
    """Train some networks by turns of a second, so that whatever slows the machine slows all."""
    while any(trainer.spent < until for trainer in trainers.values()):
        for trainer in trainers.values():
            trainer.advance(min(until, trainer.spent + slice_seconds))


def restored(trainer: Trainer, truth: Tensor, features: Tensor, steps: int) -> dict[str, Any]:
    """Reconstruct and repair, by search for a latent, and by the encoder where there is one."""
    found: dict[str, Any] = {"search": {}}
    encoder = trainer.state.averages.get("encoder")

    def drawn(z: Tensor) -> Tensor:
        with trainer.precision():
            return trainer.sampler(z)

    for kind in TASKS:
        damaged = repair.damage(truth, kind)
        z = repair.invert(drawn, damaged, latent_dim=LATENT, steps=steps)
        with torch.no_grad():
            found["search"][kind] = measure_pairs(trainer.sampler(z), truth, features)
            if encoder is not None:
                x_rec = trainer.sampler(encoder(damaged.images)[0])
                found.setdefault("encoder", {})[kind] = measure_pairs(x_rec, truth, features)
    return found


def repairers(store: Store, budget: Budget, seed: int) -> dict[str, Any]:
    """Train a conditional GAN and a denoiser on the same pairs in turns, and measure both."""
    images, truth = pictures("train"), chosen("test", budget.tested, seed=1)
    features = embed(truth)[0]
    trainers = {
        "conditional": Trainer(conditional_gan(budget.width, seed, PRECISION), images),
        "denoiser": Trainer(denoiser(budget.width, seed, PRECISION), images),
    }
    in_turns(trainers, until=budget.repair_seconds)
    found: dict[str, Any] = {}
    for name, trainer in trainers.items():
        found[name] = described(trainer) | {"restored": {}}
        for kind in repair.KINDS:
            with torch.no_grad():
                x_rec = trainer.sampler(repair.damage(truth, kind).images)
            found[name]["restored"][kind] = measure_pairs(x_rec, truth, features)
        keep(store, trainer, name, seed)
    return found


def described(trainer: Trainer) -> dict[str, Any]:
    """What a training was: its length and the size of what was trained."""
    return {
        "steps": trainer.state.step,
        "images": trainer.images_seen,
        "train_seconds": trainer.spent,
        "gflops_a_step": trainer.gflops(),
        "parameters": parameters(trainer.state.networks),
    }


def keep(store: Store, trainer: Trainer, name: str, seed: int) -> None:
    """Store what the lesson uses of the first seed: averages, discriminators left out."""
    if seed == 0:
        for part, network in trainer.state.averages.items():
            store.weights(f"{name}_{part}", network, trainer.shapes)


def stored_networks() -> dict[str, nn.Module]:
    """The networks of seed 0 that came with the course, in evaluation mode.

    Returns:
        "gan", "decoder", "encoder", "pix2pix" and "denoiser" to the network.
    """
    width = BUDGETS["class"].width
    made = {
        "gan": ("gan_generator", networks.Generator(generator_shape(width))),
        "decoder": ("vae_decoder", networks.Generator(generator_shape(width))),
        "encoder": ("vae_encoder", vae_networks.Encoder(encoder_shape(width))),
        "pix2pix": ("conditional_generator", pix2pix.Generator(conditional_shape(width))),
        "denoiser": ("denoiser_denoiser", Denoiser(denoiser_shape(width))),
    }
    return {
        name: load_weights(LESSON, file, network).requires_grad_(False)
        for name, (file, network) in made.items()
    }
