"""What a source image costs in training: the package's loop against the paper's to the letter."""

import statistics
from collections.abc import Callable

import torch

from benchmarks.paper_loop import PaperLoop
from benchmarks.timing import Timing, alone, ratio
from gan_lessons.data.batches import Batch, Batches
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.presets import preset
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.training import checkpoint, ema
from gan_lessons.training.loop import update
from gan_lessons.training.precision import best_device

SOURCES, CALLS = 4, 5  # images an iteration, as in the paper's loop here; timed iterations


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


def ours(name: str, domains: int, precision: str) -> Callable[[int], None]:
    """The package's loop on the same 4 sources and 8 translations.

    The first timed call is a step with R1, the second one with the lazy terms, the others are
    plain; `lazily` weighs them.
    """
    config = recipe(name, domains, 2 * SOURCES).override({"train.precision": precision})
    objective, batches = StarGAN(config), batches_of(config, 2 * SOURCES)
    state = checkpoint.create(objective, config, best_device())

    def call(number: int) -> None:
        batch = both_ways(batches(number))
        kind = number if number < WARM else number - WARM
        step = (0, config.loss.lazy, 1)[min(kind, 2)]
        for phase in objective.phases:
            update(objective, state, phase, batch, step, 1.0)
        for key, average in state.averages.items():
            ema.update(average, state.networks[key], config.train.ema_decay)

    return call


WARM = 2


def lazily(timing: Timing, config: Config) -> Timing:
    """Weigh the timed steps by how often each kind occurs in a period of R1."""
    with_r1, with_lazy, *plain = timing.seconds
    period, due = config.loss.r1_interval, config.loss.r1_interval // config.loss.lazy
    usual = statistics.median(plain)
    mean = (with_r1 + (due - 1) * with_lazy + (period - due) * usual) / period
    return Timing((mean,), timing.peak)


def measure(name: str, domains: int, precision: str = "auto") -> tuple[Timing, Timing]:
    """The paper's loop and ours, one after the other."""
    theirs = alone(paper, name, domains, warm=1, calls=CALLS)
    return theirs, mine(name, domains, precision)


def mine(name: str, domains: int, precision: str = "auto") -> Timing:
    """Our loop's mean step."""
    timing = alone(ours, name, domains, precision, warm=WARM, calls=CALLS)
    return lazily(timing, recipe(name, domains, SOURCES))


def run(report: Callable[[str], None] = print) -> None:
    """Print the ratios."""
    report("Training, cost of a source image at equal latent and reference translations")
    updates = ", ".join(f"{count} of the {name}" for name, count in PaperLoop.updates.items())
    report(f"  updates on 4 sources, paper's loop: {updates}; ours: 1 of each network")
    report(f"  64 px, {CALLS} timed iterations, on {best_device()}")
    report(f"  at the paper's shapes, 3 domains: {ratio(*measure('paper', 3))}")
    theirs, ours_too = measure("full", 8)
    report(f"  at the bundled model's width, 8 domains: {ratio(theirs, ours_too)}")
    few, many = mine("full", 2), mine("full", 64)
    report(f"  64 domains against 2: {many.median / few.median:.2f} times the cost")
    plain = mine("full", 8, "fp32")
    report(f"  auto precision against float32, both ours: {ratio(plain, ours_too)}")
