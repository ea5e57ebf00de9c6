"""What a source image costs in training: the package's loop against the paper's to the letter."""

from collections.abc import Callable

import torch

from benchmarks.paper_loop import PaperLoop
from benchmarks.timing import Contender, by_turns, quartiles, ratio, times
from gan_lessons.data.batches import Batch, Batches
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.presets import preset
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.training.precision import best_device
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

SOURCES, ROUNDS = 4, 7  # images an iteration, as in the paper's loop here; timed rounds


def noise_set(domains: int, size: int) -> StyleDataset:
    """Images of noise: what they show does not change what a step costs."""
    chance = torch.Generator().manual_seed(0)
    shape = (4 * domains, 3, size, size)
    return StyleDataset(
        name="noise",
        styles=tuple(f"style{i}" for i in range(domains)),
        images=torch.randint(0, 256, shape, generator=chance, dtype=torch.uint8),
        labels=torch.arange(4 * domains) % domains,
        keys=tuple(str(i) for i in range(4 * domains)),
        splits=("train",) * (4 * domains),
    )


def recipe(name: str, domains: int, rows: int) -> Config:
    """A preset at 64 pixels; «paper» with the paper's weights of the terms and lazy R1."""
    changes = {"train.batch": rows, "train.accumulate": 1}
    if name == "paper":
        changes |= {"loss.r1_interval": preset("full").loss.r1_interval}
    return preset(name, domains=domains).override(changes)


def batches_of(config: Config, rows: int) -> Batches:
    """Batches of noise on the fastest device."""
    return Batches(
        noise_set(config.model.domains, config.data.size),
        config.data,
        batch=rows,
        latent_dim=config.model.latent_dim,
        seed=0,
        device=best_device(),
    )


def paper(name: str, domains: int) -> Callable[[int], None]:
    """The yardstick at a recipe's shapes: 4 sources, each by a latent and by a reference."""
    config = recipe(name, domains, SOURCES)
    loop, batches = PaperLoop(config.model, device=best_device()), batches_of(config, SOURCES)
    return lambda number: loop(batches(number))


def both_ways(batch: Batch) -> Batch:
    """Each source twice: once with its latent, once with its reference."""
    half = len(batch) // 2
    first = batch.rows(slice(0, half))
    rows = {name: torch.cat([value, value]) for name, value in vars(first).items()}
    return Batch(**rows | {"from_latent": batch.from_latent})


def ours(name: str, domains: int, precision: str = "auto") -> Contender:
    """The package's loop on the same 4 sources and 8 translations.

    A round makes a step with R1, one with the lazy terms and a plain one, and weighs them by how
    often each kind occurs in a period of R1.
    """
    config = recipe(name, domains, 2 * SOURCES).override({"train.precision": precision})
    objective, batches = StarGAN(config), batches_of(config, 2 * SOURCES)
    state = create_state(objective, config, best_device())
    period, lazy = config.loss.r1_interval, config.loss.lazy

    def call(number: int) -> None:
        batch = both_ways(batches(number))
        step = (0, lazy, 1)[number % 3]
        train_step(objective, state, batch, step, scale=1.0)

    due = period // lazy
    return Contender(call, (1 / period, (due - 1) / period, (period - due) / period))


def run(report: Callable[[str], None] = print) -> None:
    """Print the ratios."""
    report("Training, cost of a source image at equal latent and reference translations")
    updates = ", ".join(f"{count} of the {name}" for name, count in PaperLoop.updates.items())
    report(f"  updates on 4 sources, paper's loop: {updates}; ours: 1 of each network")
    report(f"  64 px, {ROUNDS} rounds by turns, on {best_device()}")
    for name, domains, words in (
        ("paper", 3, "the paper's shapes, 3 domains"),
        ("full", 8, "the bundled model's width, 8 domains"),
    ):
        asked = {"the paper's loop": (paper, name, domains), "ours": (ours, name, domains)}
        asked["ours in float32"] = (ours, name, domains, "fp32")
        found = by_turns(asked, warm=1, rounds=ROUNDS)
        literal = found["the paper's loop"]
        report(f"  at {words}: {ratio(literal, found['ours'])}")
        report(f"    in float32: {ratio(literal, found['ours in float32'])}")
        plain = times(found["ours in float32"], found["ours"])
        report(f"    auto precision against float32, both ours: {plain}")
    asked = {f"{count} domains": (ours, "full", count) for count in (2, 64)}
    few, many = by_turns(asked, warm=1, rounds=ROUNDS).values()
    low, middle, high = quartiles(many, few)
    report(f"  64 domains against 2: {middle:.2f} times the cost ({low:.2f} to {high:.2f})")
