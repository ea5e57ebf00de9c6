"""Trainings on a ring of eight Gaussians, each with five seeds: which of them find the modes.

Discriminators of one, two and three layers; one that learns too slowly; then the cure, one change
after the other, and R1 alone. Lesson 02 shows a single seed of most of them.
"""

from dataclasses import dataclass
from typing import Any

import torch

from gan_lessons.config import TrainConfig
from gan_lessons.course.labs.store import Report, Store
from gan_lessons.data.samples import Samples
from gan_lessons.data.toy import Mixture, ring
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import GANLoss
from gan_lessons.models.mlp.recipe import DenseGANRecipe, MLPConfig
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

LESSON = "02_first_gan"
POINTS, MEASURED = 5120, 2500  # in the data; of each generator
SHARE = 0.01  # of the samples that have to lie near a mode for it to count as covered
LR = 1e-3


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    steps: int
    seeds: int


BUDGETS = {"smoke": Budget(3, 2), "class": Budget(2000, 5), "full": Budget(10_000, 10)}

# Depth of D, learning rates of G and D, momentum, weight of R1; the lesson says why.
TRAININGS: dict[str, dict[str, float]] = {
    "one layer": {"depth": 1},
    "two layers": {"depth": 2},
    "three layers": {"depth": 3},
    "slow D": {"depth": 2, "lr": 2 * LR, "discriminator_lr": 0.2 * LR, "beta1": 0.9},
    "slow D, R1": {"depth": 2, "lr": 2 * LR, "discriminator_lr": 0.2 * LR, "beta1": 0.9, "r1": 0.1},
    "equal rates": {"depth": 2, "lr": 2 * LR, "discriminator_lr": 2 * LR, "beta1": 0.9},
    "equal rates, less momentum": {"depth": 2, "lr": 2 * LR, "discriminator_lr": 2 * LR},
    "cured": {"depth": 2, "lr": 2 * LR, "discriminator_lr": 2 * LR, "r1": 0.1},
}


def recipe(name: str, *, steps: int, seed: int) -> DenseGANRecipe:
    """One of the trainings.

    Args:
        name: from `TRAININGS`.
        steps: updates of each network.
        seed: of data, weights and noise.

    Returns:
        The recipe.
    """
    chosen = dict(TRAININGS[name])
    model = MLPConfig(discriminator_depth=int(chosen.pop("depth")))
    loss = GANLoss(r1=chosen.pop("r1", 0.0))
    usual = {"lr": LR, "discriminator_lr": LR, "beta1": 0.5, "weight_decay": 0.0, "batch": 256}
    train = TrainConfig(steps=steps, seed=seed, precision="fp32", **usual | chosen)
    return DenseGANRecipe(model, loss, train)


def fit(config: DenseGANRecipe, mixture: Mixture) -> dict[str, Any]:
    """Train, and count what the generator covers at the end.

    Args:
        config: the recipe.
        mixture: the data.

    Returns:
        "modes" with a share of the samples near them, and "quality", the share near any mode.
    """
    train, latent = config.train, config.model.latent_dim
    points, _ = mixture.sample(POINTS, torch.Generator().manual_seed(train.seed))
    batches = Samples(points, batch=train.batch, latent=latent, seed=train.seed)
    objective = GAN(config)
    state = create_state(objective, config, torch.device("cpu"))
    for step in range(train.steps):
        train_step(objective, state, batches(step), step, scale=1.0)
    z = torch.randn(MEASURED, latent, generator=torch.Generator().manual_seed(99))
    with torch.no_grad():
        counts = mixture.reached(objective.networks["generator"](z))
    quality = counts.sum().item() / MEASURED
    return {"modes": int((counts >= SHARE * MEASURED).sum()), "quality": quality}


def run(store: Store, preset: str, report: Report) -> None:
    """Make every training with every seed."""
    budget, mixture = BUDGETS[preset], ring(modes=8, radius=2.0, std=0.1)
    for name in TRAININGS:
        for seed in range(budget.seeds):
            config = recipe(name, steps=budget.steps, seed=seed)
            made = lambda config=config: fit(config, mixture)  # noqa: E731
            found = store.once(f"{name}, seed {seed}", made)
            report(f"{name}, seed {seed}: {found['modes']} modes, quality {found['quality']:.2f}")
