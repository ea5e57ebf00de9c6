"""A live probe of a training: what fixed latents give, how varied it is, and an alarm.

Loss curves do not say what the samples look like. The probe asks the generator for the same
samples again and again while it learns and compares them with real ones. It fits the training
loop's `on_sample`.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lessons.metrics import prdc
from gan_lessons.metrics.features import as_float

LOW, PATIENCE = 0.5, 3  # share of what real samples reach; readings in a row below it


@dataclass(frozen=True)
class Reading:
    """What the probe found at one step."""

    step: int  # finished steps
    variety: float  # coverage of the real samples, over what other real samples reach
    motion: float  # how far the samples went since the last reading, over the width of the data


class DiversityProbe:
    """Watch a generator's variety while it trains.

    Variety is coverage (Naeem et al. 2020, section 3), the share of real samples that have a
    generated one nearer than their k-th real neighbour, divided by the coverage that a second
    set of real samples reaches: near 1 is as varied as the data. Coverage, and not the distance
    between samples, because three modes far apart are as distant as eight.

    Motion is the mean distance that the samples of fixed latents travelled between two readings,
    divided by the mean distance of real samples from their mean: it tells a generator that stays
    on few modes from one that hops between them.

    Args:
        x_real: `(2 N, ...)`, real samples, best ones that are not trained on; the second half
            measures what real samples reach.
        z: `(N, latent_dim)`, the fixed latents.
        y: `(N,)` classes asked for, where the generator takes them.
        describe: from samples to features `(N, D)`; without it, the samples themselves, flattened.
        low: variety below which a reading counts as poor.
        patience: poor readings in a row that raise the alarm.
        start: step before which readings are not counted, since every training begins poor.
        report: called with one sentence when the alarm is raised.

    Raises:
        ValueError: if there are not twice as many real samples as latents, or too few of them.
    """

    def __init__(
        self,
        x_real: Tensor,
        z: Tensor,
        y: Tensor | None = None,
        *,
        describe: Callable[[Tensor], Tensor] | None = None,
        low: float = LOW,
        patience: int = PATIENCE,
        start: int = 0,
        report: Callable[[str], None] = print,
    ):
        if len(x_real) != 2 * len(z) or len(z) <= prdc.NEIGHBOURS:
            raise ValueError(
                f"twice as many real samples as latents expected, and more than "
                f"{prdc.NEIGHBOURS} latents; got {len(x_real)} and {len(z)}"
            )
        self.z, self.y = z, y
        self.describe = describe or (lambda x: as_float(x).flatten(1))
        self.real, others = self.describe(x_real).split(len(z))
        self.radii = prdc.radii(self.real)
        self.reachable = self.coverage(others)
        self.width = (self.real - self.real.mean(dim=0)).norm(dim=1).mean().item()
        self.low, self.patience, self.start, self.report = low, patience, start, report
        self.readings: list[Reading] = []
        self.alarm: int | None = None  # the step at which it was raised first
        self._last: Tensor | None = None

    def coverage(self, found: Tensor) -> float:
        """Share of the real samples with one of the found ones nearby: `(N, D)` to a share."""
        return prdc.compare(self.real, found, around_real=self.radii).coverage

    @torch.no_grad()
    def __call__(self, state) -> None:
        """Take a reading; give this to the loop as `on_sample`, or call it within yours.

        Args:
            state: of the training, a `training.checkpoint.State`. The network as it is now is
                asked, not its average, which smooths a hopping generator into a calm one.
        """
        found = self.describe(state.networks["generator"](self.z, self.y))
        moved = 0.0 if self._last is None else (found - self._last).norm(dim=1).mean().item()
        self._last = found
        variety = self.coverage(found) / self.reachable
        self.readings.append(Reading(state.step, variety, moved / self.width))
        if self.alarm is None and self.poor():
            self.alarm = state.step
            self.report(
                f"step {state.step}: variety is {variety:.0%} of the data's and has been below "
                f"{self.low:.0%} for {self.patience} readings; "
                f"the samples {'hop' if self.motion() > 0.5 else 'stay where they are'}"
            )

    def poor(self) -> bool:
        """Whether the last `patience` readings that count are all below `low`."""
        last = [reading for reading in self.readings if reading.step > self.start][-self.patience :]
        return len(last) == self.patience and all(reading.variety < self.low for reading in last)

    def motion(self) -> float:
        """The median over the last `patience` readings."""
        return statistics.median(reading.motion for reading in self.readings[-self.patience :])
