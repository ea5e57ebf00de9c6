"""Verdicts on a claim that one method beats another, by a rule that was stated beforehand.

A claim rests on several measures. Each gives the advantage of the first method over the second, an
interval for it, and with that a vote; the votes give the verdict.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

import torch
from torch import Tensor

FOR, AGAINST, UNDECIDED = "for", "against", "undecided"
# Student's t, the 97.5 % point for 1, 2, 3, ... degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
DRAWS = 2000  # of the bootstrap


@dataclass(frozen=True)
class Measure:
    """One measure of a claim.

    Attributes:
        name: what is measured.
        advantage: of the first method over the second; positive where the first is better.
        low: lower end of the 95 % interval.
        high: its upper end.
    """

    name: str
    advantage: float
    low: float
    high: float

    @property
    def vote(self) -> str:
        """Decided only where the whole interval lies on one side of zero."""
        if self.low > 0:
            return FOR
        return AGAINST if self.high < 0 else UNDECIDED

    def __str__(self) -> str:
        return f"{self.name}: {self.advantage:+.3g} [{self.low:+.3g}, {self.high:+.3g}] {self.vote}"


def verdict(measures: Sequence[Measure]) -> str:
    """The verdict of some measures, by the majority of their votes.

    Args:
        measures: all measures of the claim.

    Returns:
        "for", "against" or "undecided".

    Raises:
        ValueError: without a measure.

    Example:
        >>> better = Measure("a", 2.0, 1.0, 3.0)
        >>> unclear = Measure("b", 0.5, -1.0, 2.0)
        >>> verdict([better, better, unclear]), verdict([better, unclear])
        ('for', 'undecided')
    """
    return majority([measure.vote for measure in measures])


def majority(votes: Sequence[str]) -> str:
    """For, if more than half of the votes are for and none is against; likewise against.

    Args:
        votes: each "for", "against" or "undecided".

    Returns:
        One of the three; "undecided" wherever two votes contradict each other.

    Raises:
        ValueError: without a vote.
    """
    if not votes:
        raise ValueError("a verdict needs one measure or more")
    for side, other in ((FOR, AGAINST), (AGAINST, FOR)):
        if 2 * votes.count(side) > len(votes) and other not in votes:
            return side
    return UNDECIDED


def over_seeds(name: str, advantages: Sequence[float]) -> Measure:
    """A measure with one advantage a seed: Student's interval for their mean.

    Args:
        name: what is measured.
        advantages: one a training seed.

    Returns:
        The measure.

    Raises:
        ValueError: for fewer than 2 seeds, or more than 10.
    """
    n = len(advantages)
    if not 2 <= n <= len(STUDENT) + 1:
        raise ValueError(f"an interval over seeds needs 2 to {len(STUDENT) + 1} of them, got {n}")
    middle = mean(advantages)
    half = STUDENT[n - 2] * stdev(advantages) / math.sqrt(n)
    return Measure(name, middle, middle - half, middle + half)


def over_images(name: str, advantages: Tensor, seed: int = 0) -> Measure:
    """A measure with an advantage for each seed and image: the wider of two intervals.

    One is Student's over the seeds; the other resamples the images (bootstrap percentiles), which
    all seeds share.

    Args:
        name: what is measured.
        advantages: `(S, N)`, seeds by images.
        seed: of the resampling.

    Returns:
        The measure.
    """
    across = over_seeds(name, advantages.mean(dim=1).tolist())
    low, high = bootstrap(advantages.mean(dim=0), seed)
    if high - low > across.high - across.low:
        return Measure(name, across.advantage, low, high)
    return across


def bootstrap(values: Tensor, seed: int = 0) -> tuple[float, float]:
    """The 2.5 and 97.5 percentiles of the mean of resampled values.

    Args:
        values: `(N,)`.
        seed: of the resampling.

    Returns:
        Lower and upper end.
    """
    chance = torch.Generator().manual_seed(seed)
    rows = torch.randint(len(values), (DRAWS, len(values)), generator=chance)
    means = values.double()[rows].mean(dim=1)
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return low, high
