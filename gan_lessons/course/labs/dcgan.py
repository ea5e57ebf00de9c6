"""Convolutional GANs on emoji of 32 px: one trained for long, and ablations of what it is made of.

Each ablation changes one thing, has the same number of steps and images, and runs with several
seeds. Of each we keep the gradient norm of every layer and how far its pictures are from real ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import torch
from torch import Tensor

from gan_lessons.config import TrainConfig
from gan_lessons.course.labs.sample_measures import LATENT, SIZE, Judge, draw, gradient_norms
from gan_lessons.course.labs.sample_measures import checkerboard as checkerboard  # for lesson 03
from gan_lessons.course.labs.seed_spread import of
from gan_lessons.course.labs.store import Report, Store
from gan_lessons.data.load import load_dataset
from gan_lessons.data.samples import Samples
from gan_lessons.images.resize import resize
from gan_lessons.models.dcgan.recipe import DOUBLINGS, DCGANConfig, DCGANRecipe
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import GANLoss
from gan_lessons.models.mlp.recipe import DenseGANRecipe, MLPConfig
from gan_lessons.training.precision import resolve
from gan_lessons.training.state import State, create_state
from gan_lessons.training.step import train_step

LESSON = "03_dcgan"
DATA = "emoji_styles"
STYLE = "fluent"
DEEP = 3  # further convolutions at each size, in the deep networks


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    steps: int  # of each ablation
    long: int  # steps of the generator whose weights are kept
    seeds: int
    samples: int  # pictures that are measured
    width: int  # channels at half the size, in ablations
    long_width: int


BUDGETS = {
    "smoke": Budget(steps=2, long=2, seeds=1, samples=8, width=4, long_width=4),
    "class": Budget(steps=150, long=2000, seeds=3, samples=192, width=16, long_width=40),
    "full": Budget(steps=2000, long=30_000, seeds=5, samples=1024, width=64, long_width=64),
}


@dataclass
class Watched:
    """A training and what was seen on the way.

    Attributes:
        state: at the end; `state.averages["generator"]` makes the pictures.
        terms: name to one value a watched step.
        gradients: "generator" and "discriminator" to the norms of their layers' gradients, one
            list a watched step; a layer whose gradient is no number has NaN.
        watched: numbers of those steps, from 0.
    """

    state: State
    terms: dict[str, list[float]] = field(default_factory=dict)
    gradients: dict[str, list[list[float]]] = field(default_factory=dict)
    watched: list[int] = field(default_factory=list)


def pictures(style: str = STYLE, size: int = SIZE, split: str = "train") -> Tensor:
    """Emoji of one style, made smaller.

    Args:
        style: a style of `emoji_styles`.
        size: side in pixels, up to 64.
        split: "train", "valid" or "test".

    Returns:
        `(N, 3, size, size)` uint8.
    """
    images = load_dataset(DATA, size=size).subset(split, style).images
    return resize(images.float(), size).round().clamp(0, 255).byte()


def recipe(
    model: DCGANConfig,
    *,
    steps: int,
    seed: int = 0,
    family: str = "nonsaturating",
    **changed: Any,
) -> DCGANRecipe:
    """The recipe of all trainings here: the paper's loss and momentum, with a larger step.

    Args:
        model: shapes and choices.
        steps: how many.
        seed: of weights, batches and noise.
        family: of the losses.
        **changed: fields of `TrainConfig` to change, such as `batch`.
    """
    train = TrainConfig(
        steps=steps, batch=32, lr=5e-4, discriminator_lr=5e-4, beta1=0.5, beta2=0.99,
        weight_decay=0.0, ema_half_life=0.5, precision="fp32", seed=seed,
    )  # fmt: skip
    return DCGANRecipe(model, GANLoss(family), replace(train, **changed))


def fit(
    config: DCGANRecipe | DenseGANRecipe,
    images: Tensor,
    *,
    every: int = 0,
    device: torch.device | str = "cpu",
    on_watch: Callable[[State], None] = lambda state: None,
) -> Watched:
    """Train a GAN and watch the gradients of its layers.

    Args:
        config: the recipe.
        images: `(N, ...)`, uint8 pictures, or rows of numbers in [-1, 1] for dense networks.
        every: steps between two looks; 0: the last step alone.
        device: where to train.
        on_watch: called after each look.

    Returns:
        The training.
    """
    train = config.train
    objective = GAN(config)
    state = create_state(objective, config, torch.device(device))
    batches = Samples(
        images, batch=train.batch, latent=config.model.latent_dim, seed=train.seed, device=device
    )
    result = Watched(state)
    for step in range(train.steps):
        terms = train_step(objective, state, batches(step), step)
        if step == train.steps - 1 or (every and step % every == 0):
            # Each phase leaves the gradients of its own networks.
            norms = {name: gradient_norms(network) for name, network in state.networks.items()}
            note(result, terms, norms)
            on_watch(state)
    return result


def note(result: Watched, terms: dict[str, Tensor], norms: dict[str, list[float]]) -> None:
    """Append what one step showed."""
    result.watched.append(result.state.step - 1)
    for name, value in terms.items():
        if not name.startswith("r1"):  # not there at every step
            result.terms.setdefault(name, []).append(value.item())
    for name, values in norms.items():
        result.gradients.setdefault(name, []).append(values)


def variants() -> dict[str, dict[str, Any]]:
    """All eight choices of batch norm, He's initialisation and shortcuts, shallow and deep."""
    found = {}
    for depth, norm, he, residual in product((0, DEEP), *[(False, True)] * 3):
        parts = [name for name, on in (("norm", norm), ("he", he), ("residual", residual)) if on]
        name = f"{'deep' if depth else 'shallow'}: {' + '.join(parts) or 'plain'}"
        init = "he" if he else "dcgan"
        found[name] = {"depth": depth, "norm": norm, "init": init, "residual": residual}
    return found


def first_gradients(results: dict[str, dict[str, Any]], name: str) -> list[float]:
    """Gradient norm of the generator's first layer at the last step, seed by seed, sorted.

    Args:
        results: as `store.results` gives them.
        name: of the runs, without ", seed 0".

    Returns:
        One number a seed, the least first.
    """
    return sorted(run["gradients"]["generator"][-1][0] for run in of(results, name))


def run(store: Store, preset: str, report: Report) -> None:
    """Make all results of the lesson, the long training last."""
    budget = BUDGETS[preset]
    images = pictures()
    judge = Judge.of(images, 2 * budget.samples)
    store.once("real", lambda: real(judge, budget))
    small = DCGANConfig(
        latent_dim=LATENT, width=budget.width, max_width=4 * budget.width, upsample="resize"
    )
    for seed in range(budget.seeds):
        for name, changes in variants().items():
            model = replace(small, **changes)
            store.once(
                f"{name}, seed {seed}",
                lambda model=model, seed=seed: ablation(store, model, images, judge, budget, seed),
            )
        for kind in DOUBLINGS:
            model = replace(small, upsample=kind)
            store.once(
                f"upsample {kind}, seed {seed}",
                lambda model=model, seed=seed: ablation(store, model, images, judge, budget, seed),
            )
        store.once(
            f"dense, seed {seed}", lambda seed=seed: dense(store, images, judge, budget, seed)
        )
    fast = resolve("auto", store.device.type)
    store.once("long", lambda: long(store, images, judge, budget, fast), precision=fast)


def real(judge: Judge, budget: Budget) -> dict[str, Any]:
    """The floor: held-out emoji of the same style against those of the training."""
    held_out = torch.cat([pictures(split="test"), pictures(split="valid")])
    return {"pictures": len(held_out), **judge(held_out.float() / 127.5 - 1)}


def long(
    store: Store, images: Tensor, judge: Judge, budget: Budget, precision: str
) -> dict[str, Any]:
    """The generator whose weights come with the course."""
    model = DCGANConfig(latent_dim=LATENT, width=budget.long_width, upsample="resize")
    # One style has few emoji: light penalty and shifts keep D from learning them by heart.
    config = recipe(model, steps=budget.long, precision=precision, ema_half_life=2.0)
    config = replace(config, loss=GANLoss(r1=1.0, penalty_interval=8, augment="shift"))
    course: dict[str, list[float]] = {"images": [], "kid": []}

    def look(state: State) -> None:
        course["images"].append(state.step * config.train.batch)
        course["kid"].append(judge(draw(state.averages["generator"], budget.samples))["kid"])

    trained = fit(
        config, images, every=max(1, budget.long // 4), device=store.device, on_watch=look
    )
    generator = trained.state.averages["generator"]
    store.weights("generator", generator, vars(model))
    made = judge(draw(generator, budget.samples))
    return {"steps": budget.long, "terms": trained.terms, "course": course, **made}


def ablation(
    store: Store, model: DCGANConfig, images: Tensor, judge: Judge, budget: Budget, seed: int
) -> dict[str, Any]:
    """One short training: gradient norms on the way, pictures at the end."""
    config = recipe(model, steps=budget.steps, seed=seed)
    trained = fit(config, images, every=max(1, budget.steps // 3), device=store.device)
    networks = trained.state.networks
    return {
        "steps": budget.steps,
        "parameters": {k: sum(p.numel() for p in v.parameters()) for k, v in networks.items()},
        "watched": trained.watched,
        "gradients": trained.gradients,
        **judge(draw(trained.state.averages["generator"], budget.samples)),
    }


def dense(store: Store, images: Tensor, judge: Judge, budget: Budget, seed: int) -> dict[str, Any]:
    """Dense networks with about as many parameters as the convolutional ones."""
    rows = images.flatten(1).float() / 127.5 - 1
    width = 2 * budget.width
    model = MLPConfig(
        data_dim=rows.shape[1], latent_dim=LATENT, generator_width=width,
        discriminator_width=width, discriminator_depth=2, squash=True,
    )  # fmt: skip
    like = recipe(DCGANConfig(), steps=budget.steps, seed=seed)
    trained = fit(DenseGANRecipe(model, like.loss, like.train), rows, device=store.device)
    networks = trained.state.networks
    return {
        "steps": budget.steps,
        "parameters": {k: sum(p.numel() for p in v.parameters()) for k, v in networks.items()},
        **judge(draw(trained.state.averages["generator"], budget.samples)),
    }
