"""What a lesson says about its own numbers, held to a band and stored in the notebook.

A test cannot see a picture, and seeds do not give the same numbers on two machines. So the text of
a lesson names a band for each figure it relies on, and :func:`claim` holds the measured value to
it. Reports read the values back with :func:`recorded`.
"""

import json
import math
import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MIME = "application/vnd.gan-lessons.claim+json"
NUMBERS = ("value", "low", "high")  # fields of a claim
TESTED_PRESETS = ("smoke",)
MEASURED, STORED = "measured", "stored"  # where a number comes from
GO_ON = "GAN_LESSONS_CLAIMS_GO_ON"  # set by runs with parameters of one's own: warn, do not stop


@dataclass(frozen=True)
class Claim:
    """A measured number, with the band it was held to if there is one.

    Attributes:
        name: what was measured, in words.
        value: the number.
        low: lower end of the band; `None` where it is open.
        high: upper end of the band; `None` where it is open.
        verdict: `holds`, `does not hold` or `recorded` (no band was given).
        preset: the preset of the lesson.
        overridden: the parameters that differed from those the band was set for, with their value.
        source: `measured` now, or `stored`: read from what an earlier, longer run left.
        refuses: the broken variant that falls out of the band.
        least: the least that the value can be by its nature; an end of the band there is none.
        most: the most that it can be; likewise.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    verdict: str = "recorded"
    preset: str = "smoke"
    overridden: Mapping[str, Any] | None = None
    source: str = MEASURED
    refuses: str = ""
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        if self.verdict == "recorded":
            return f"record {self.name}: {self.value:.4g}"
        low = "-inf" if self.low is None else f"{self.low:.4g}"
        high = "inf" if self.high is None else f"{self.high:.4g}"
        return f"claim {self.name}: {self.value:.4g} in [{low}, {high}]: {self.verdict}"


def claim(
    name: str,
    value: Any,
    low: float | None,
    high: float | None,
    *,
    preset: str = "smoke",
    source: str = MEASURED,
    refuses: str = "",
    least: float | None = None,
    most: float | None = None,
    **matters: tuple[Any, Any],
) -> Claim:
    """Holds a measured number to the band that the lesson's text relies on.

    Prints one line and stores the number in the notebook. Out of the band it raises under the
    presets that are tested. Where a parameter that matters was changed, nobody has tested the
    band, so it warns and goes on.

    Args:
        name: what was measured, in words.
        value: a number, or a tensor or array with one element.
        low: smallest value for which the text is right; `None` for no lower end.
        high: largest value for which the text is right; `None` for no upper end.
        preset: the lesson's `preset`. The default suits a claim that no preset can change.
        source: "stored" for a number that was read and not measured in this run.
        refuses: what falls out of the band if it is broken, in a few words: a band that refuses
            nothing says nothing.
        least: the least that the value can be by its nature, where 0 would not be guessed.
        most: the most that it can be, such as 8 of eight modes.
        **matters: the parameters on which the band depends, each with its value now and the value
            that the band was set for: `steps=(steps, 300)`.

    Returns:
        The claim with its verdict.

    Raises:
        AssertionError: if the value is out of the band, or not a number, under a tested preset
            with every parameter as tested.

    >>> claim("twice two", 4, 3.9, 4.1).verdict
    claim twice two: 4 in [3.9, 4.1]: holds
    'holds'
    """
    number = _number(value)
    low, high = (None if end is None else float(end) for end in (low, high))
    inside = not math.isnan(number) and (low is None or number >= low)
    inside = inside and (high is None or number <= high)
    overridden = {key: now for key, (now, tested) in matters.items() if now != tested}
    verdict = "holds" if inside else "does not hold"
    result = Claim(
        name, number, low, high, verdict, preset, overridden, _source(source), refuses, least, most
    )
    _show(result)
    if overridden:
        given = ", ".join(f"{key}={now} for {matters[key][1]}" for key, now in overridden.items())
        warnings.warn(f"The band of {name!r} was not tested with {given}.", stacklevel=2)
    elif not inside and preset in TESTED_PRESETS:
        sentence = f"{result}; the text of this lesson is wrong about it."
        if not os.environ.get(GO_ON):
            raise AssertionError(sentence)
        warnings.warn(sentence, stacklevel=2)
    return result


def record(name: str, value: Any, *, preset: str = "smoke", source: str = MEASURED) -> Claim:
    """Stores a measured number in the notebook without holding it to anything.

    Args:
        name: what was measured, in words.
        value: a number, or a tensor or array with one element.
        preset: the lesson's `preset`.
        source: "stored" for a number that was read and not measured in this run.

    Returns:
        The record.

    >>> record("seconds a step", 0.25).value
    record seconds a step: 0.25
    0.25
    """
    result = Claim(name, _number(value), preset=preset, source=_source(source))
    _show(result)
    return result


def recorded(notebook: Mapping[str, Any]) -> list[Claim]:
    """Reads back what the outputs of a notebook recorded.

    Args:
        notebook: an executed notebook as a dictionary (format 4).

    Returns:
        The claims and records, in the order of the notebook.
    """
    outputs = [out for cell in notebook["cells"] for out in cell.get("outputs", [])]
    stored = [out["data"][MIME] for out in outputs if MIME in out.get("data", {})]
    return [_from_json(each) for each in stored]


def _number(value: Any) -> float:
    """A value as a plain number; a tensor's gradient is of no concern here."""
    return float(value.detach() if hasattr(value, "detach") else value)


def _source(name: str) -> str:
    if name not in (MEASURED, STORED):
        raise ValueError(f"a number is {MEASURED!r} or {STORED!r}, not {name!r}")
    return name


def _show(result: Claim) -> None:
    # Only a running notebook has somewhere to put the second form, and only there is IPython
    # loaded already: the package itself never asks for it.
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(result)
        return
    from IPython.display import display

    display({"text/plain": str(result), MIME: to_json(result)}, raw=True)


def to_json(result: Claim) -> dict[str, Any]:
    """Turns a claim into plain data, numbers that are not finite into text."""
    # JSON has no NaN and no infinity, and an overridden parameter can be any literal.
    numbers = {name: getattr(result, name) for name in NUMBERS}
    texts = {k: str(v) for k, v in numbers.items() if v is not None and not math.isfinite(v)}
    return json.loads(json.dumps(asdict(result) | texts, default=str))


def _from_json(stored: Mapping[str, Any]) -> Claim:
    numbers = {k: float(v) for k, v in stored.items() if k in NUMBERS and v is not None}
    return Claim(**{**stored, **numbers})
