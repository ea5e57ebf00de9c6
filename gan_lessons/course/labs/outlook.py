"""A GAN and a flow with equal parameters and equal CPU seconds on letters, for three seeds.

Of both we keep the distance to real letters, fidelity and variety by the number of steps, and the
time a picture takes. Two students of each flow learn to go its whole way in one step, one by pairs
alone, one by pairs and a judge.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from gan_lessons.course.labs import gan_vs_vae, outlook_models, pictures
from gan_lessons.course.labs.four_models import GENERATOR, LATENT, Trainer, parameters
from gan_lessons.course.labs.store import Report, Store, load_weights
from gan_lessons.data.batches import generator_at
from gan_lessons.data.load import load_dataset
from gan_lessons.images.pixels import to_uint8
from gan_lessons.images.resize import resize
from gan_lessons.metrics.features import embed
from gan_lessons.models.dcgan import networks as dcgan
from gan_lessons.models.flow import networks as flow_networks
from gan_lessons.models.flow.networks import sample

LESSON = "19_outlook"
DATA = "letters"
STEPS = (1, 2, 4, 8, 16, 32)  # of Euler's method
TEACHER = 16  # steps of the flow on its way to a pair, and at the looks in between
PART = 100  # pictures that are drawn at once
STUDENTS = {"by pairs": False, "by pairs and judge": True}  # whether a judge counts
SHEET, SHOWN = "students", 16
FIGURES = ("kid", "precision", "recall", "coverage")


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    seconds: float  # of training, GAN and flow each, in CPU seconds
    student_seconds: float  # likewise, of each student
    looks: int  # points of the curve over the seconds; each twice as late as the one before
    seeds: int
    samples: int  # pictures that are drawn and measured
    pairs: int  # that students learn from
    width: int


BUDGETS = {
    "smoke": Budget(0.5, 0.3, 2, 2, 12, 20, 4),
    "class": Budget(60.0, 20.0, 3, 3, 300, 1500, 16),
    "full": Budget(7200.0, 1200.0, 6, 5, 2000, 20_000, 32),
}


@cache
def letters(split: str) -> Tensor:
    """Letters of all typefaces, 16 by 16 pixels: `(N, 1, 16, 16)` uint8."""
    images = load_dataset(DATA).subset(split).images
    parts = [resize(part.float() / 127.5 - 1, outlook_models.SIZE) for part in images.split(512)]
    return torch.cat([to_uint8(part[:, :1]) for part in parts])


def chosen(split: str, count: int, seed: int = 0) -> Tensor:
    """Some letters of a split, the same for a seed: `(count, 1, 16, 16)` in [-1, 1]."""
    return gan_vs_vae.some(letters(split), count, seed)


def features(x: Tensor) -> Tensor:
    """Pooled features of grey pictures: `(N, 1, H, W)` to `(N, D)`."""
    return embed(x.clamp(-1, 1).expand(-1, 3, -1, -1))[1]


@cache
def real_features(split: str, count: int) -> Tensor:
    """Features of some letters of a split."""
    return features(chosen(split, count))


def measure(x: Tensor, real: Tensor) -> dict[str, float]:
    """Distance to real letters, fidelity and variety of grey pictures."""
    found = gan_vs_vae.measure_set(x.clamp(-1, 1).expand(-1, 3, -1, -1), real)
    return {name: found[name] for name in FIGURES}


def starts(count: int, seed: int, shape: tuple[int, ...] = outlook_models.PICTURE) -> Tensor:
    """Noise to draw from, always the same for a seed."""
    return torch.randn(count, *shape, generator=generator_at(seed, 2))


@torch.no_grad()
def drawn(network: Callable[[Tensor], Tensor], noise: Tensor) -> tuple[Tensor, float]:
    """Pictures of a network, and the CPU milliseconds that one took."""
    started = time.process_time()
    x = torch.cat([network(part) for part in noise.split(PART)])
    return x, (time.process_time() - started) / len(noise) * 1000


def run(store: Store, preset: str, report: Report) -> None:
    """Make all results: the real set, and a contest for each seed."""
    budget = BUDGETS[preset]
    store.once("real", lambda: real_set(budget))
    for seed in range(budget.seeds):
        made = lambda seed=seed: contest(store, budget, seed, report)  # noqa: E731
        store.once(f"contest, seed {seed}", made)


def real_set(budget: Budget) -> dict[str, Any]:
    """The floor: real training letters, measured as if they were drawn."""
    real = real_features("test", budget.samples)
    return measure(chosen("train", budget.samples), real) | {"samples": budget.samples}


def contest(store: Store, budget: Budget, seed: int, report: Report) -> dict[str, Any]:
    """Train GAN and flow in turns, then the students, and measure all of them."""
    trainers = {
        "gan": Trainer(outlook_models.gan(budget.width, seed), letters("train")),
        "flow": Trainer(outlook_models.flow(budget.width, seed), letters("train")),
    }
    found: dict[str, Any] = {name: {"seconds": [], "curve": []} for name in trainers}
    for look in reversed(range(budget.looks)):
        gan_vs_vae.in_turns(trainers, until=budget.seconds / 2**look)
        for name, figures in looked_at(trainers, budget, seed).items():
            found[name]["curve"].append(figures["kid"])
            found[name]["seconds"].append(trainers[name].spent)
            report(f"seed {seed}, {name}, {trainers[name].spent:.0f} s: {figures['kid']:.0f}")
    real = real_features("test", budget.samples)
    found["gan"] |= measured(trainers["gan"].sampler, starts(budget.samples, seed, (LATENT,)), real)
    found["flow"]["by_steps"] = by_steps(trainers["flow"].sampler, budget.samples, seed, real)
    pairs, seconds = made_pairs(trainers["flow"].sampler, budget.pairs, seed)
    found["pairs"] = {"count": budget.pairs, "seconds": seconds}
    for name, judged in STUDENTS.items():
        trainers[name] = taught(budget, seed, trainers["flow"].sampler, pairs, judged=judged)
        noise = starts(budget.samples, seed)
        found[name] = measured(trainers[name].sampler, noise, real)
        report(f"seed {seed}, student {name}: {found[name]['kid']:.0f}")
    for name, trainer in trainers.items():
        found[name] |= described(trainer)
    keep(store, trainers, seed)
    return found


def looked_at(trainers: dict[str, Trainer], budget: Budget, seed: int) -> dict[str, dict]:
    """Both as they are now, the flow with the teacher's number of steps."""
    real = real_features("test", budget.samples)
    by_gan, _ = drawn(trainers["gan"].sampler, starts(budget.samples, seed, (LATENT,)))
    by_flow, _ = drawn(many(trainers["flow"].sampler, TEACHER), starts(budget.samples, seed))
    return {"gan": measure(by_gan, real), "flow": measure(by_flow, real)}


def many(velocity: nn.Module, steps: int) -> Callable[[Tensor], Tensor]:
    """A flow as a function of noise alone."""
    return lambda noise: sample(velocity, noise, steps)


def measured(network: Callable[[Tensor], Tensor], noise: Tensor, real: Tensor) -> dict[str, float]:
    """Figures of a network's pictures, and what a picture takes."""
    x, milliseconds = drawn(network, noise)
    return measure(x, real) | {"ms": milliseconds}


def by_steps(velocity: nn.Module, count: int, seed: int, real: Tensor) -> dict[str, list]:
    """The flow's figures for each number of steps."""
    noise = starts(count, seed)
    each = [measured(many(velocity, steps), noise, real) for steps in STEPS]
    return {"steps": list(STEPS)} | {key: [one[key] for one in each] for key in each[0]}


def made_pairs(velocity: nn.Module, count: int, seed: int) -> tuple[tuple[Tensor, Tensor], float]:
    """Noise and where the teacher takes it, and the CPU seconds of that."""
    noise = torch.randn(count, *outlook_models.PICTURE, generator=generator_at(seed, 3))
    ends, milliseconds = drawn(many(velocity, TEACHER), noise)
    return (noise, ends), milliseconds * count / 1000


def taught(
    budget: Budget, seed: int, teacher: nn.Module, pairs: tuple[Tensor, Tensor], *, judged: bool
) -> Trainer:
    """A trained student."""
    rival = outlook_models.student(budget.width, seed, teacher, pairs, judged=judged)
    images = letters("train")
    trainer = Trainer(rival, images, torch.arange(len(images)) % len(pairs[0]))
    trainer.advance(budget.student_seconds)
    return trainer


def described(trainer: Trainer) -> dict[str, Any]:
    """What a training was: its length and the size of what was trained."""
    return {
        "training_steps": trainer.state.step,
        "train_seconds": trainer.spent,
        "parameters": parameters(trainer.state.networks),
    }


def keep(store: Store, trainers: dict[str, Trainer], seed: int) -> None:
    """Store of the first seed both contestants, and pictures by both students."""
    if seed:
        return
    for name in ("gan", "flow"):
        store.weights(name, trainers[name].sampler, trainers[name].shapes)
    rows = [drawn(trainers[name].sampler, starts(SHOWN, seed))[0] for name in STUDENTS]
    sheet = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)
    pictures.keep(store, SHEET, sheet.clamp(-1, 1).expand(3, -1, -1))


def stored_networks() -> dict[str, nn.Module]:
    """The networks of seed 0 that came with the course, in evaluation mode.

    Returns:
        "gan", a generator, and "flow", a velocity.
    """
    width = BUDGETS["class"].width
    made = {
        "gan": dcgan.build(outlook_models.generator_shape(2 * width))[GENERATOR],
        "flow": flow_networks.build(outlook_models.velocity_shape(width))["velocity"],
    }
    return {
        name: load_weights(LESSON, name, network).requires_grad_(False)
        for name, network in made.items()
    }


def stored_students() -> dict[str, Tensor]:
    """Pictures of both students of seed 0, from `starts(SHOWN, 0)`.

    Returns:
        "by pairs" and "by pairs and judge" to `(SHOWN, 1, 16, 16)` in [-1, 1].
    """
    sheet = pictures.picture(LESSON, SHEET)[:, :1]
    side = outlook_models.SIZE
    return {
        name: torch.cat(list(row.split(side, dim=3)))
        for name, row in zip(STUDENTS, sheet.split(side, dim=2), strict=True)
    }
