"""From numbers measured in many settings to how far each stands from the end of its band."""

import math

import pytest

from gan_lessons.course.claims import Claim
from gan_lessons.course.margins import distances, table

SEEDS = ["usual", "seed=1", "seed=2", "seed=3", "seed=4"]
MACHINES = ["threads=2", "instructions=avx2", "precision=fp32"]


def runs(name: str, seeds: list[float], machines: list[float] = (), kind: str = "claim") -> list:
    named = dict(zip(SEEDS, seeds)) | dict(zip(MACHINES, machines))
    return [
        {"setting": setting, "values": [{"kind": kind, "name": name, "value": value}]}
        for setting, value in named.items()
    ]


def row(seeds, machines=(), kind="claim", **band) -> distances.Row:
    bands = {"x": Claim("x", seeds[0], **band)}
    (found,) = distances.rows("01_loss", runs("x", list(seeds), list(machines), kind), bands)
    return found


def test_distance_is_counted_in_spreads():
    found = row([1.0, 3.0], low=-0.5, high=9.5)  # mean 2, standard deviation sqrt(2)
    assert found.spread == pytest.approx(math.sqrt(2))
    assert found.distance == pytest.approx(2.5 / math.sqrt(2))
    assert (found.worst, found.worst_at, found.runs) == (1.0, "usual", 2)


def test_the_nearer_end_counts_and_outside_is_negative():
    assert row([6.0, 8.0], low=-0.5, high=9.5).distance == pytest.approx(2.5 / math.sqrt(2))
    outside = row([9.0, 11.0, 9.0, 11.0], low=0.5, high=9.5)
    assert outside.distance == pytest.approx(-0.5 / (2 / math.sqrt(3)))
    assert outside.worst == 11.0


def test_spread_over_machines_counts_where_it_is_larger():
    # One seed, three machines on which its training ended elsewhere.
    found = row([5.0, 5.1], [9.0, 1.0, 5.0], low=-3, high=13)
    assert found.spread == pytest.approx(math.sqrt(32 / 3)) and found.nature == "trained"


@pytest.mark.parametrize(
    ("seeds", "machines", "nature"),
    [
        ([2.0, 2.0, 2.0], [2.0, 2.0, 2.0], "the same everywhere"),
        ([2.0, 2.0, 2.0], [2.00001, 2.0, 2.0], "the same everywhere"),  # rounded otherwise
        ([2.0, 2.1, 1.9], [2.00001, 2.0, 2.0], "drawn"),
        ([2.0, 2.1, 1.9], [2.3, 1.8, 2.0], "trained"),
    ],
)
def test_trained_is_told_from_drawn_and_from_fixed(seeds, machines, nature):
    assert row(seeds, machines, low=1.0, high=3.0).nature == nature


def test_what_nothing_moves_is_infinitely_far_or_outside():
    assert row([2.0] * 3, [2.0] * 3, low=2.0, high=2.0).distance == math.inf
    assert row([2.0] * 3, [2.0] * 3, low=3.0, high=4.0).distance == -math.inf
    assert row([2.0, math.nan], low=1.0, high=3.0).distance == -math.inf


def test_zero_and_one_are_no_ends_for_shares_and_distances():
    share = row([0.97, 0.99], low=0.8, high=1.0)
    assert share.high is None and share.distance == pytest.approx(0.18 / share.spread)
    gap = row([0.001, 0.003], low=0.0, high=0.02)
    assert gap.low is None and gap.distance == pytest.approx(0.018 / gap.spread)
    # A lead has to be above 0, and a ratio below 1: there they are what the claim says.
    assert row([0.1, 0.3], low=0.0, high=None).low == 0.0
    assert row([0.8, 0.9], low=0.0, high=1.0).high == 1.0
    assert row([-0.1, 0.3], low=0.0, high=1.0).low == 0.0


def test_most_and_least_are_no_ends_either():
    modes = row([8.0, 7.0, 8.0, 8.0, 8.0], low=7.0, high=8.0, most=8.0)
    assert modes.high is None and modes.low == 6.5  # a count has half a count of room
    assert modes.distance == pytest.approx((7.8 - 6.5) / math.sqrt(0.2))
    assert row([8.0, 7.0], low=7.0, high=8.0).high == 8.5
    assert row([1.0, 1.1], low=1.0, high=3.0, least=1.0).low is None


def test_check_has_its_end_at_nothing_left():
    found = row([0.02, 0.04], kind="check")
    assert found.low == 0.0 and found.high is None
    assert found.distance == pytest.approx(0.03 / found.spread)


def test_claim_that_a_run_did_not_reach_comes_first():
    made = runs("x", [1.0, 3.0, 2.0])
    made[1]["values"] = []
    bands = {"x": Claim("x", 1.0, -9.0, 9.0)}
    (lost,) = distances.rows("01_loss", made, bands)
    assert lost.missing == ("seed=1",) and lost.runs == 2
    near = row([1.0, 3.0], low=0.9, high=9.0)
    assert distances.nearest([near, lost]) == [lost, near]


def test_claims_without_a_band_of_their_own_are_left_out():
    assert not distances.rows("01_loss", runs("gone", [1.0, 2.0]), {})


def test_table_is_written_and_read_back(tmp_path):
    close = row([0.4, 0.6], low=0.0, high=0.7, refuses="a generator | of one layer")
    fixed, broken = row([1.0, 1.0], low=1.0, high=1.0), row([5.0, 5.0], low=1.0, high=1.0)
    page = table.write_table(tmp_path, [fixed, close, broken], {"01_loss": 3.5})
    found = table.read_table(tmp_path / table.FILE)
    assert found["rows"] == [broken, close] and found["cpu_seconds"] == {"01_loss": 3.5}
    assert found["numbers"] == {"01_loss": {"the same everywhere": 2, "drawn": 1}}
    lines = (tmp_path / table.PAGE).read_text().splitlines()
    assert page.splitlines() == lines
    assert "3 numbers: 1 drawn, 2 the same everywhere; each from 2 runs." in page
    assert lines[-3].startswith("| outside | 01_loss | x |")
    assert lines[-2].startswith("| 1.4 | 01_loss | x | drawn | 0.4 |  to 0.7 | 0.14 | 0.6 (seed=1)")
