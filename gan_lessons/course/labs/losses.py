"""Loss families and regularisers on one problem, at equal budgets, with several seeds.

The problem is a ring of eight Gaussians; networks, optimiser, batches and steps are the same for
all. Of each run we keep modes reached, share of good points and distance to the data on the way.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from gan_lessons.config import TrainConfig
from gan_lessons.course.labs.stacked_training import Together, join
from gan_lessons.course.labs.store import Report, Store
from gan_lessons.data.samples import Samples
from gan_lessons.data.toy import Mixture, ring
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import GANLoss
from gan_lessons.models.mlp.recipe import DenseGANRecipe, MLPConfig
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

LESSON = "04_losses_and_stability"
FAMILIES = ("nonsaturating", "least_squares", "hinge", "wasserstein", "relativistic")
REGULARISERS: dict[str, dict[str, float]] = {  # "spectral" is the discriminator's, not a penalty
    "none": {},
    "spectral": {},
    "r1": {"r1": 1.0},
    "r1 + r2": {"r1": 1.0, "r2": 1.0},
    "gp": {"gp": 1.0},
}
LATENT, MEASURED = 8, 2000
KEPT = 250  # points of each cell's first seed, for a figure
ROUNDS = 5  # of measuring what a step costs; other programs disturb some of them


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    steps: int  # updates of the discriminator, and of the generator
    seeds: int


# 3000 steps of all cells with five seeds take seven minutes on one thread.
BUDGETS = {"smoke": Budget(4, 1), "class": Budget(3000, 5), "full": Budget(10_000, 10)}


@dataclass
class Course:
    """How one training went.

    Attributes:
        steps: finished at each look.
        modes: reached then, of `len(mixture.centres)`.
        quality: share of points within three widths of a mode.
        distance: sliced, to real points.
        slope: of the discriminator at real points, its mean length.
        averaged: the first three figures of the averaged generator, at the end.
        points: `(MEASURED, 2)`, made by the generator at each look.
    """

    steps: list[int] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    quality: list[float] = field(default_factory=list)
    distance: list[float] = field(default_factory=list)
    slope: list[float] = field(default_factory=list)
    averaged: dict[str, float] = field(default_factory=dict)
    points: list[Tensor] = field(default_factory=list)

    def figures(self, points: int = 0) -> dict[str, Any]:
        """All but the points, and so many of the last look's, rounded."""
        found = {name: value for name, value in vars(self).items() if name != "points"}
        return found | ({"drawn": self.points[-1][:points].round(decimals=2)} if points else {})


def problem() -> Mixture:
    """The ring that all have to learn."""
    return ring(8, radius=2.0, std=0.1)


def recipe(
    family: str,
    regulariser: str,
    *,
    steps: int,
    seed: int = 0,
    lr: float = 1e-3,
    batch: int = 128,
    critic_steps: int = 1,
) -> DenseGANRecipe:
    """One cell of the table.

    Args:
        family: of the losses, from `FAMILIES`.
        regulariser: from `REGULARISERS`.
        steps: updates of the discriminator.
        seed: of data, weights and noise.
        lr: of both networks.
        batch: points a step.
        critic_steps: updates of the discriminator for each of the generator.

    Returns:
        The recipe.

    Raises:
        ValueError: if a name is unknown.
    """
    if regulariser not in REGULARISERS:
        raise ValueError(f"no regulariser {regulariser!r}; there are {', '.join(REGULARISERS)}")
    model = MLPConfig(
        latent_dim=LATENT, generator_width=64, generator_depth=3, discriminator_width=64,
        discriminator_depth=3, spectral=regulariser == "spectral",
    )  # fmt: skip
    loss = GANLoss(family, critic_steps=critic_steps, **REGULARISERS[regulariser])
    train = TrainConfig(
        steps=steps, batch=batch, lr=lr, discriminator_lr=lr, beta1=0.0, beta2=0.99,
        weight_decay=0.0, ema_half_life=5.0, precision="fp32", seed=seed,
    )  # fmt: skip
    return DenseGANRecipe(model, loss, train)


def fit(config: DenseGANRecipe, mixture: Mixture | None = None, *, looks: int = 10) -> Course:
    """Train on a mixture and look at the generator on the way.

    Args:
        config: the recipe.
        mixture: the data; the ring by default.
        looks: how often to look, the last time at the end.

    Returns:
        What was seen. A generator that is no longer finite reaches nothing.
    """
    return fit_all([config], mixture, looks=looks, objective=GAN(config))[0]


def fit_all(
    configs: Sequence[DenseGANRecipe],
    mixture: Mixture | None = None,
    *,
    looks: int = 10,
    objective: GAN | Together | None = None,
) -> list[Course]:
    """Train several GANs that differ in family of losses and seed alone, all at once.

    Args:
        configs: their recipes.
        mixture: the data; the ring by default.
        looks: how often to look.
        objective: of all of them; `Together` by default.

    Returns:
        What was seen of each, as `fit` gives it.
    """
    train, mixture = configs[0].train, mixture or problem()
    seeds = [config.train.seed for config in configs]
    data = {seed: Data.of(mixture, configs[0], seed) for seed in seeds}
    z = torch.cat([data[seed].z for seed in seeds])
    objective = objective or Together(configs)
    state = create_state(objective, configs[0], torch.device("cpu"))
    courses = [Course() for _ in configs]
    due = {round(train.steps * (k + 1) / looks) for k in range(looks)}
    for step in range(train.steps):
        drawn = {seed: each.batches(step) for seed, each in data.items()}
        batch = join([drawn[seed] for seed in seeds])
        train_step(objective, state, batch, step)
        if step + 1 in due:
            steep = slopes(state.networks["discriminator"], [data[seed].real for seed in seeds])
            for k, made in enumerate(points_of(state.networks["generator"], z)):
                look(courses[k], step + 1, made, mixture, data[seeds[k]].real)
                courses[k].slope.append(steep[k])
    for k, made in enumerate(points_of(state.averages["generator"], z)):
        courses[k].averaged = measure(made, mixture, data[seeds[k]].real)
    return courses


@dataclass
class Data:
    """What the runs of one seed see, whatever their loss."""

    batches: Samples
    real: Tensor  # (MEASURED, 2), to measure against
    z: Tensor  # (MEASURED, latent), of the generators that are measured

    @classmethod
    def of(cls, mixture: Mixture, config: DenseGANRecipe, seed: int) -> "Data":
        """Drawn from the seed alone."""
        random, latent = torch.Generator().manual_seed(1000 + seed), config.model.latent_dim
        points, _ = mixture.sample(20_000, random)
        real, _ = mixture.sample(MEASURED, random)
        z = torch.randn(MEASURED, latent, generator=random)
        return cls(Samples(points, batch=config.train.batch, latent=latent, seed=seed), real, z)


@torch.no_grad()
def points_of(generator: nn.Module, z: Tensor) -> Sequence[Tensor]:
    """What one generator, or each of a stack, makes of its latents: `(MEASURED, 2)` each."""
    return generator(z).split(MEASURED)


def slopes(discriminator: nn.Module, real: Sequence[Tensor]) -> list[float]:
    """Mean length of the gradient in the points: of one discriminator, or of each of a stack."""
    x = torch.cat(list(real)).requires_grad_()
    discriminator.eval()  # or spectral norm would take a step of its power iteration
    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x)
    discriminator.train()
    return [part.mean().item() for part in gradient.norm(dim=1).split(MEASURED)]


def look(course: Course, step: int, made: Tensor, mixture: Mixture, real: Tensor) -> None:
    """Measure the generator as it is."""
    course.steps.append(step)
    course.points.append(made)
    for name, value in measure(made, mixture, real).items():
        getattr(course, name).append(value)


def measure(made: Tensor, mixture: Mixture, real: Tensor) -> dict[str, float]:
    """Modes reached, share of good points, and distance to real ones.

    A mode counts as reached when a quarter of its fair share of points lies within three widths.

    Args:
        made: `(N, 2)`.
        mixture: what the points should follow.
        real: `(N, 2)`, drawn from it.

    Returns:
        "modes", "quality" and "distance".
    """
    near = mixture.reached(made)
    fair = len(made) / len(mixture.centres)
    modes = int((near >= fair / 4).sum())
    return {
        "modes": modes,
        "quality": near.sum().item() / len(made),
        "distance": sliced_distance(made, real),
    }


def sliced_distance(a: Tensor, b: Tensor, directions: int = 64) -> float:
    """Mean earth mover's distance of two sets of points, seen from evenly spread directions.

    On a line the cheapest way to move one set onto another keeps the order, so sorting solves it
    (Bonneel et al. 2015, section 3.1).

    Args:
        a: `(N, 2)`.
        b: `(N, 2)`, as many.
        directions: how many.

    Returns:
        A length in the units of the points; NaN if a point is not finite.

    Example:
        >>> a = torch.randn(50, 2)
        >>> sliced_distance(a, a.flip(0))
        0.0
    """
    angles = torch.arange(directions) * (torch.pi / directions)
    along = torch.stack([angles.cos(), angles.sin()])
    return ((a @ along).sort(dim=0).values - (b @ along).sort(dim=0).values).abs().mean().item()


def cells() -> dict[str, dict[str, Any]]:
    """All cells of the table by name: each family with each regulariser that goes with it."""
    pairs = [
        (family, regulariser)
        for family, regulariser in product(FAMILIES, REGULARISERS)
        if regulariser != "gp" or family == "wasserstein"
    ]
    found = {f"{a} | {b}": {"family": a, "regulariser": b} for a, b in pairs}
    slow = {"family": "wasserstein", "regulariser": "gp", "critic_steps": 5}
    return found | {"wasserstein | gp, 5 critic steps": slow}


def run(store: Store, preset: str, report: Report) -> None:
    """Fill the table; what differs in family and seed alone is trained at once.

    The CPU seconds of all of these are booked on the first of them; what each regulariser costs is
    measured apart.
    """
    budget = BUDGETS[preset]
    store.once("real", floor)
    store.once("cost", lambda: cost(min(budget.steps, 100)))
    alike: dict[tuple, list[tuple[str, DenseGANRecipe]]] = {}
    for (name, cell), seed in product(cells().items(), range(budget.seeds)):
        config = recipe(**cell, steps=budget.steps, seed=seed)
        key = (cell["regulariser"], config.loss.critic_steps)
        alike.setdefault(key, []).append((f"{name}, seed {seed}", config))
    for group in alike.values():
        trained = cache(lambda group=group: fit_all([config for _, config in group]))
        for k, (name, config) in enumerate(group):
            kept = KEPT if config.train.seed == 0 else 0
            store.once(name, lambda k=k, t=trained, kept=kept: t()[k].figures(kept))


def cost(steps: int) -> dict[str, float]:
    """CPU milliseconds a step under each regulariser, one GAN at a time: the best of rounds."""
    fit(recipe("nonsaturating", "none", steps=1), looks=1)  # what only a start costs
    found = dict.fromkeys(REGULARISERS, float("inf"))
    for _, regulariser in product(range(ROUNDS), REGULARISERS):
        config = recipe("nonsaturating", regulariser, steps=steps)
        started = time.process_time()
        fit(config, looks=1)
        took = 1000 * (time.process_time() - started) / steps
        found[regulariser] = min(found[regulariser], took)
    return found


def floor() -> dict[str, Any]:
    """Real points against real points: what the figures are when nothing is wrong."""
    mixture, random = problem(), torch.Generator().manual_seed(0)
    pairs = [[mixture.sample(MEASURED, random)[0] for _ in range(2)] for _ in range(10)]
    found = [measure(a, mixture, b) for a, b in pairs]
    return {name: [each[name] for each in found] for name in found[0]}
