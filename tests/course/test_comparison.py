"""Votes and verdicts on advantages whose answer is known."""

import doctest
import math

import pytest
import torch

from gan_lessons.course import comparison
from gan_lessons.course.comparison import Measure, bootstrap, over_images, over_seeds, verdict

BETTER, WORSE = Measure("a", 2.0, 1.0, 3.0), Measure("b", -2.0, -3.0, -1.0)
UNCLEAR = Measure("c", 0.5, -1.0, 2.0)


def test_examples_hold():
    result = doctest.testmod(comparison)
    assert result.attempted and not result.failed


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ([BETTER], "for"),
        ([WORSE], "against"),
        ([UNCLEAR], "undecided"),
        ([BETTER, BETTER, UNCLEAR], "for"),
        ([WORSE, WORSE, UNCLEAR], "against"),
        ([BETTER, UNCLEAR], "undecided"),  # half is no majority
        ([BETTER, BETTER, BETTER, WORSE], "undecided"),  # one that points the other way
        ([BETTER, UNCLEAR, UNCLEAR], "undecided"),
    ],
)
def test_verdict_needs_a_majority_and_nobody_against(measures, expected):
    assert verdict(measures) == expected


def test_a_verdict_on_nothing_is_refused():
    with pytest.raises(ValueError, match="one measure or more"):
        verdict([])


def test_a_measure_says_its_vote():
    assert str(BETTER) == "a: +2 [+1, +3] for"
    assert Measure("edge", 1.0, 0.0, 2.0).vote == "undecided"


def test_interval_over_seeds_is_students():
    # Of 1, 2, 3: mean 2, standard deviation 1, and 4.303 / sqrt(3) on either side.
    measure = over_seeds("x", [1.0, 2.0, 3.0])
    assert measure.advantage == 2
    assert measure.high - 2 == pytest.approx(4.303 / math.sqrt(3))
    assert 2 - measure.low == pytest.approx(4.303 / math.sqrt(3))


@pytest.mark.parametrize("count", [1, 11])
def test_too_few_or_too_many_seeds_are_refused(count):
    with pytest.raises(ValueError, match=f"2 to 10 of them, got {count}"):
        over_seeds("x", [0.0] * count)


def test_interval_covers_as_often_as_it_says():
    chance = torch.Generator().manual_seed(0)
    draws = torch.randn(1000, 3, generator=chance).tolist()
    covered = sum(m.low < 0 < m.high for m in (over_seeds("x", each) for each in draws))
    assert 930 < covered < 970


def test_bootstrap_is_near_the_normal_interval():
    values = torch.randn(400, generator=torch.Generator().manual_seed(1)) + 3
    low, high = bootstrap(values)
    half = 1.96 * values.std().item() / 20
    assert low == pytest.approx(values.mean().item() - half, abs=0.02)
    assert high == pytest.approx(values.mean().item() + half, abs=0.02)


def test_the_wider_interval_counts():
    chance = torch.Generator().manual_seed(2)
    images = torch.randn(50, generator=chance)
    same = images.expand(3, -1)  # all seeds agree: only the pictures are uncertain
    assert over_images("x", same).high - over_images("x", same).low > 0.3
    apart = torch.tensor([[-1.0], [0.0], [1.0]]).expand(-1, 50)  # only the seeds are
    measure = over_images("x", apart)
    assert measure.high == pytest.approx(4.303 / math.sqrt(3), rel=1e-3)
