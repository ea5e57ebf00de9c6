"""Loss families and regularisers on one problem, at equal budgets, with several seeds.

The problem is a ring of eight Gaussians; networks, optimiser, batches and steps are the same for
all. Of each run we keep modes reached, share of good points and distance to the data on the way.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import torch
from torch import Tensor

from gan_lessons.config import TrainConfig
from gan_lessons.data.samples import Samples
from gan_lessons.data.toy import Mixture, ring
from gan_lessons.networks.mlp import MLPConfig
from gan_lessons.objectives.gan import GAN, DenseGANRecipe, GANLoss
from gan_lessons.training import checkpoint, ema
from gan_lessons.training.loop import update

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


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    steps: int  # updates of the discriminator, and of the generator
    seeds: int


BUDGETS = {"smoke": Budget(4, 1), "class": Budget(1000, 3), "full": Budget(10_000, 10)}


@dataclass
class Course:
    """How one training went.

    Attributes:
        steps: finished at each look.
        modes: reached then, of `len(mixture.centres)`.
        quality: share of points within three widths of a mode.
        distance: sliced, to real points.
        averaged: the same three figures of the averaged generator, at the end.
        points: `(MEASURED, 2)`, made by the generator at each look.
    """

    steps: list[int] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    quality: list[float] = field(default_factory=list)
    distance: list[float] = field(default_factory=list)
    averaged: dict[str, float] = field(default_factory=dict)
    points: list[Tensor] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """All but the points."""
        return {name: value for name, value in vars(self).items() if name != "points"}


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
    train, mixture = config.train, mixture or problem()
    random = torch.Generator().manual_seed(1000 + train.seed)
    points, _ = mixture.sample(20_000, random)
    real, _ = mixture.sample(MEASURED, random)
    z = torch.randn(MEASURED, config.model.latent_dim, generator=random)
    objective = GAN(config)
    state = checkpoint.create(objective, config, torch.device("cpu"))
    batches = Samples(points, batch=train.batch, latent=config.model.latent_dim, seed=train.seed)
    course, due = Course(), {round(train.steps * (k + 1) / looks) for k in range(looks)}
    for step in range(train.steps):
        batch = batches(step)
        for phase in objective.phases:
            if step % phase.interval == 0:
                update(objective, state, phase, batch, step, train.lr_scale(step))
        ema.update(state.averages["generator"], state.networks["generator"], train.ema_decay)
        if step + 1 in due:
            look(course, step + 1, state.networks["generator"], mixture, real, z)
    with torch.no_grad():
        course.averaged = measure(state.averages["generator"](z), mixture, real)
    return course


@torch.no_grad()
def look(course: Course, step: int, generator, mixture: Mixture, real: Tensor, z: Tensor) -> None:
    """Measure the generator as it is."""
    made = generator(z)
    found = measure(made, mixture, real)
    course.steps.append(step)
    course.points.append(made)
    for name, value in found.items():
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


def run(store, preset: str, report: Callable[[str], None]) -> None:
    """Fill the table, one seed after the other."""
    budget = BUDGETS[preset]
    store.once("real", floor)
    for seed in range(budget.seeds):
        for name, cell in cells().items():
            config = recipe(**cell, steps=budget.steps, seed=seed)
            store.once(f"{name}, seed {seed}", lambda config=config: fit(config).figures())


def floor() -> dict[str, Any]:
    """Real points against real points: what the figures are when nothing is wrong."""
    mixture, random = problem(), torch.Generator().manual_seed(0)
    pairs = [[mixture.sample(MEASURED, random)[0] for _ in range(2)] for _ in range(10)]
    found = [measure(a, mixture, b) for a, b in pairs]
    return {name: [each[name] for each in found] for name in found[0]}
