"""The stopwatch of `make bench`: by turns, with its spread, and silent where it cannot tell."""

from pathlib import Path

import pytest

from benchmarks.timing import Contender, Timing, by_turns, processor, ratio, times


def writer(path: str, word: str, parts: int):
    """A contender that writes down its calls."""

    def call(number: int) -> None:
        with open(path, "a") as handle:
            handle.write(f"{word}{number} ")

    return Contender(call, (1.0,) * parts)


def broken():
    raise ValueError("on purpose")


def test_contenders_have_their_turns(tmp_path):
    log = tmp_path / "log"
    asked = {"one": (writer, str(log), "a", 1), "two": (writer, str(log), "b", 2)}
    found = by_turns(asked, warm=1, rounds=3)
    assert log.read_text() == "a0 b0 b1 a1 b2 b3 a2 b4 b5 a3 b6 b7 "
    assert [len(timing.seconds) for timing in found.values()] == [3, 3]
    assert all(timing.peak > 10e6 for timing in found.values())


def test_round_is_weighed():
    slow = Timing((1.0, 1.0), 100)
    assert slow.median == 1.0
    moved = by_turns({"x": (sleeper, (1.0,)), "y": (sleeper, (0.0,))}, warm=0, rounds=2)
    assert moved["y"].median == 0.0 < 0.01 <= moved["x"].median


def sleeper(weights: tuple[float, ...]):
    import time

    return Contender(lambda number: time.sleep(0.01), weights)


def test_contender_that_fails_is_named(capfd):
    with pytest.raises(RuntimeError, match="two failed; see above"):
        by_turns({"two": (broken,)}, warm=1, rounds=1)
    assert "ValueError: on purpose" in capfd.readouterr().err


ONE = Timing((1.0, 1.0, 1.0, 1.0, 1.0), 100)


@pytest.mark.parametrize(
    ("slow", "sentence"),
    [
        ((2.5, 2.6, 2.7, 2.5, 2.6), "2.60 times as fast (half of the rounds between 2.50 and 2."),
        ((0.5, 0.5, 0.5, 0.5, 0.5), "0.50 times as fast (half of the rounds between 0.50 and 0."),
        ((0.9, 1.1, 1.2, 0.9, 1.0), "as fast as far as this can tell: half of the rounds"),
        ((0.3, 2.6, 1.4, 5.2, 1.0), "too noisy to tell how many times as fast: half of the"),
    ],
)
def test_factor_comes_with_its_spread_or_not_at_all(slow, sentence):
    assert times(Timing(slow, 100), ONE).startswith(sentence)


def test_load_that_meets_both_cancels():
    # The machine is twice as busy in some rounds: the times scatter, their ratio does not.
    load = (1.0, 2.0, 1.0, 3.0, 1.0)
    slow, fast = Timing(tuple(2 * x for x in load), 100), Timing(load, 50)
    assert ratio(slow, fast).startswith("2.00 times as fast")
    assert ratio(slow, fast).endswith("0.50 of the peak memory")


def test_processor_is_told_with_what_it_has():
    told = processor()
    assert "bfloat16" in told and "thread" in told
    if Path("/proc/cpuinfo").exists():
        assert told.split(", ")[0] in Path("/proc/cpuinfo").read_text() or "arm" in told.lower()
