"""One input, many outputs: the diversity-sensitive loss at several weights, with a truth to count.

One domain mixes the drawings of four emoji families without saying which is which; the other is a
fifth family. A small style-transfer model learns between both, once for each weight and seed. Of
ten draws of one source we count the families that they reach, as the style classifier judges.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from gan_lessons.config import DataConfig, TrainConfig
from gan_lessons.course.labs.store import Report, Store, load_weights, weights_config
from gan_lessons.data.batches import Batches, generator_at
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.metrics.diversity import diversity, same_palette
from gan_lessons.metrics.features import perceive
from gan_lessons.metrics.perceptual import between
from gan_lessons.metrics.style import judge
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.recipe import Config, LossConfig, ModelConfig
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

LESSON = "11_many_outputs"
DATA = "emoji_styles"
SOURCE = "fluent_flat"
FAMILIES = ("openmoji", "fluent_ink", "fluent", "twemoji")  # what the classifier tells apart best
MIXED = 1  # number of the domain that holds all four
DRAWS = 10
WEIGHTS = (0.0, 0.2, 1.0, 4.0)  # of the diversity-sensitive loss
KEPT = ("generator", "mapping_network")  # what draws
SHOWN = (0.0, 1.0, 4.0)  # weights of which the first seed's networks are kept


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    looks: tuple[int, ...]  # steps after which a training is measured; the last is its end
    seeds: int
    sources: int  # test emoji that are redrawn
    width: int  # channels of the generator's first layer


BUDGETS = {
    "smoke": Budget((1, 2), 1, 2, 8),
    "class": Budget((500, 1000, 2000), 3, 40, 24),
    "full": Budget((5_000, 10_000, 20_000, 40_000), 5, 160, 64),
}


def recipe(weight: float, budget: Budget, seed: int = 0) -> Config:
    """A small style-transfer model between two domains, at one weight of the diversity loss."""
    width = budget.width
    return Config(
        data=DataConfig(name=DATA),
        model=ModelConfig(
            domains=2,
            width=width,
            max_width=2 * width,
            blocks=1,
            critic_width=width,
            critic_max_width=4 * width,
            encoder_width=width // 2,
            encoder_max_width=2 * width,
            style_dim=16,
            latent_dim=8,
            mapping_width=32,
        ),
        loss=LossConfig(ds=weight, lazy=2, r1_interval=16),
        train=TrainConfig(
            steps=budget.looks[-1],
            batch=8,
            mapping_lr=3e-5,
            decay=0.0,  # so that a shorter run is the beginning of a longer one
            ema_half_life=1.0,
            seed=seed,
        ),
    )


@cache
def mixture(size: int = 64) -> StyleDataset:
    """Two domains: one family, and four others under one name."""
    whole = load_dataset(DATA, size=size)
    rows = torch.cat([whole.indices(style=style) for style in (SOURCE, *FAMILIES)])
    chosen = rows.tolist()
    return replace(
        whole,
        name=f"{SOURCE} and a mixture",
        styles=(SOURCE, "mixture"),
        images=whole.images[rows],
        labels=(whole.labels[rows] != whole.styles.index(SOURCE)).long(),
        keys=tuple(whole.keys[i] for i in chosen),
        splits=tuple(whole.splits[i] for i in chosen),
        names=tuple(whole.names[i] for i in chosen),
    )


def truths(count: int, split: str = "test") -> tuple[Tensor, Tensor]:
    """Emoji that all five families draw, chosen by a fixed seed.

    Args:
        count: how many, at most.
        split: "test", which no training sees, or another.

    Returns:
        The source family's drawings `(N, 3, 64, 64)` and the four others' `(N, 4, 3, 64, 64)`, in
        [-1, 1].
    """
    whole = load_dataset(DATA).subset(split)
    rows = [
        {whole.keys[i]: i for i in whole.indices(style=style).tolist()}
        for style in (SOURCE, *FAMILIES)
    ]
    keys = sorted(set.intersection(*(set(each) for each in rows)))
    order = torch.randperm(len(keys), generator=generator_at(0, 0))[:count].tolist()
    found = torch.tensor([[each[keys[k]] for each in rows] for k in order])
    drawings = whole.images[found].float() / 127.5 - 1
    return drawings[:, 0], drawings[:, 1:]


@torch.no_grad()
def draw(networks: dict[str, nn.Module], x: Tensor, draws: int = DRAWS, seed: int = 0) -> Tensor:
    """Translate each source into the mixture several times, each time by a latent of its own.

    Args:
        networks: "generator" and "mapping_network".
        x: `(N, 3, H, W)` in [-1, 1].
        draws: K.
        seed: of the latents.

    Returns:
        `(N, K, 3, H, W)` in [-1, 1], on the CPU.
    """
    mapping, generator = networks["mapping_network"], networks["generator"]
    device, dim = mapping.shared[0].weight.device, mapping.shared[0].in_features
    z = torch.randn(len(x) * draws, dim, generator=generator_at(seed, 1)).to(device)
    s = mapping(z, torch.full((len(z),), MIXED, device=device))
    parts = zip(x.repeat_interleave(draws, dim=0).split(40), s.split(40), strict=True)
    made = torch.cat([generator(part.to(device), codes).float().cpu() for part, codes in parts])
    return made.clamp(-1, 1).unflatten(0, (len(x), draws))


def families(x: Tensor) -> Tensor:
    """Which style each draw is taken for: `(N, K, 3, H, W)` to int64 `(N, K)`, of the judge's."""
    return judge().logits(x.flatten(0, 1)).argmax(dim=1).unflatten(0, x.shape[:2])


def reached(judged: Tensor, wanted: tuple[str, ...] = FAMILIES) -> Tensor:
    """How many of the wanted families the draws of each source reach.

    Args:
        judged: int64 `(N, K)`, as `families` gives them.
        wanted: names of families.

    Returns:
        `(N,)`, between 0 and the smaller of K and the number of families.
    """
    numbers = [judge().styles.index(name) for name in wanted]
    return torch.stack([(judged == n).any(dim=1) for n in numbers]).sum(dim=0).float()


def measure(x: Tensor, true: Tensor) -> dict[str, Any]:
    """Everything that is kept of draws.

    Args:
        x: `(N, K, 3, H, W)` in [-1, 1], draws.
        true: `(N, F, 3, H, W)` in [-1, 1], the same emoji as each family draws them.

    Returns:
        Families reached, the share of draws that each style of the classifier gets, diversity as
        it is and with palettes matched, and the perceptual distance of a draw to the nearest of
        the true drawings: means over sources and draws.
    """
    judged = families(x)
    features = perceive(x.flatten(0, 1)).unflatten(0, x.shape[:2])
    alike = torch.stack([same_palette(one) for one in x])
    matched = perceive(alike.flatten(0, 1)).unflatten(0, x.shape[:2])
    wanted = perceive(true.flatten(0, 1)).unflatten(0, true.shape[:2])
    nearest = torch.stack([between(a, b).amin(1).mean() for a, b in zip(features, wanted)])
    return {
        "families": reached(judged).mean(),
        "each": reached(judged),
        "shares": {name: (judged == i).float().mean() for i, name in enumerate(judge().styles)},
        "diversity": diversity(features).mean(),
        "palette_matched": diversity(matched).mean(),
        "nearest_truth": nearest.mean(),
    }


class Course:
    """One training, that goes on from look to look.

    Args:
        config: its recipe.
        device: where it computes.
    """

    def __init__(self, config: Config, device: torch.device):
        self.objective = StarGAN(config)
        self.state = create_state(self.objective, config, device)
        self.batches = Batches(
            mixture(config.data.size),
            config.data,
            batch=config.train.batch,
            latent_dim=config.model.latent_dim,
            seed=config.train.seed,
            device=device,
        )

    def advance(self, steps: int) -> dict[str, float]:
        """Train up to a number of finished steps; gives the unweighted terms of the last."""
        terms: dict[str, Tensor] = {}
        for step in range(self.state.step, steps):
            terms |= train_step(self.objective, self.state, self.batches(step), step)
        return {name: value.item() for name, value in terms.items()}


def run(store: Store, preset: str, report: Report) -> None:
    """Measure real drawings, and train one model for each weight and seed."""
    budget = BUDGETS[preset]
    store.once("real", lambda: real(budget))
    for weight, seed in cells(budget):
        follow(store, budget, weight, seed, report)


def cells(budget: Budget) -> list[tuple[float, int]]:
    """Weight and seed of each training."""
    return [(weight, seed) for seed in range(budget.seeds) for weight in WEIGHTS]


def real(budget: Budget) -> dict[str, Any]:
    """The limits: ten of the true drawings, families at random; and the source, ten times."""
    x, true = truths(budget.sources)
    picks = torch.randint(len(FAMILIES), (len(x), DRAWS), generator=generator_at(0, 2))
    drawn = true[torch.arange(len(x))[:, None], picks]
    copies = x[:, None].expand(-1, DRAWS, -1, -1, -1)
    return {
        "sources": len(x),
        "draws": DRAWS,
        "true": measure(drawn, true),
        "copied": measure(copies, true),
    }


def follow(store: Store, budget: Budget, weight: float, seed: int, report: Report) -> None:
    """Train one model, and keep what it is worth at every look.

    What a run that was cut off had kept stays; the training itself begins again.
    """
    course = Course(recipe(weight, budget, seed), store.device)
    x, true = truths(budget.sources)

    def look(steps: int) -> dict[str, Any]:
        terms = course.advance(steps)
        found = measure(draw(course.state.averages, x), true)
        report(f"lambda_ds {weight:g}, seed {seed}, {steps} steps: {found['families']:.2f}")
        if seed == 0 and weight in SHOWN:
            keep(store, course, weight)
        size = {"steps": steps, "images": steps * course.state.config.train.batch}
        return {"lambda_ds": weight, **size, "terms": terms, **found}

    precision = course.state.precision
    for steps in budget.looks:
        name = f"lambda_ds {weight:g}, {steps} steps, seed {seed}"
        store.once(name, lambda steps=steps: look(steps), precision=precision)


def keep(store: Store, course: Course, weight: float) -> None:
    """Store the averaged networks that draw."""
    for name in KEPT:
        store.weights(f"{name}_{weight:g}", course.state.averages[name], shapes(course))


def shapes(course: Course) -> dict[str, Any]:
    """The model's section of a recipe, as plain data."""
    return course.state.config.to_dict()["model"]


def stored(weight: float) -> dict[str, nn.Module]:
    """The networks of seed 0 that came with the course, for `draw`.

    Args:
        weight: one of `SHOWN`.

    Returns:
        "generator" and "mapping_network", in evaluation mode.
    """
    config = ModelConfig(**weights_config(LESSON, f"{KEPT[0]}_{weight:g}"))
    networks = build(config)
    return {
        name: load_weights(LESSON, f"{name}_{weight:g}", networks[name]).requires_grad_(False)
        for name in KEPT
    }
