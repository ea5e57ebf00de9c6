"""From what a notebook measured in many settings to how far each number stands from its band's end.

The unit is the number's own spread: a claim that stands three spreads inside of its band holds on
the next machine, one that stands half a spread inside holds here by luck.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

from gan_lessons.course.claims import Claim

FAR = 3  # spreads, from which on a number counts as safe
# A number that moves by less than this share of itself is rounded otherwise, and nothing else.
ROUNDING = 1e-4
# What kind of thing a number is, by what moves it.
FIXED, DRAWN, TRAINED = "the same everywhere", "drawn", "trained"


@dataclass(frozen=True)
class Row:
    """One number of one notebook.

    Attributes:
        notebook: its path below the folder of notebooks, without the ending.
        kind: `claim`, or `check` of an exercise: for that one, the difference of two sides.
        name: what was measured.
        nature: the same everywhere; `drawn`, moved by the seed; `trained`, moved by the machine
            too, since a training carries a rounded digit on until it is another training.
        usual: the number in the usual setting.
        low: lower end of the band; None where there is none that it could cross.
        high: upper end; likewise.
        spread: standard deviation over the seeds, or over the machines where that is larger.
        distance: of the mean from the nearer end, in spreads; infinite where nothing moves it,
            negative where the mean lies outside.
        worst: the number that came nearest to an end, or went beyond it farthest.
        worst_at: the setting in which.
        runs: how many settings it was measured in.
        missing: settings in which it was not reached.
        refuses: the broken variant that the band refuses, as the claim names it.
    """

    notebook: str
    kind: str
    name: str
    nature: str
    usual: float
    low: float | None
    high: float | None
    spread: float
    distance: float
    worst: float
    worst_at: str
    runs: int
    missing: tuple[str, ...] = ()
    refuses: str = ""


def rows(notebook: str, runs: Sequence[Mapping[str, Any]], bands: Mapping[str, Claim]) -> list[Row]:
    """Compares what the runs of a notebook measured with the bands that it states now.

    Args:
        notebook: its name.
        runs: from :func:`gan_lessons.course.margins.measure.measure`, the usual one first.
        bands: the notebook's claims by name.

    Returns:
        A row for each claim with a band and each comparison of a check.
    """
    kinds = {each["name"]: each["kind"] for run in runs for each in run["values"]}
    found = []
    for name, kind in kinds.items():
        if kind == "claim" and name not in bands:
            continue
        values = {run["setting"]: _value(run, name) for run in runs}
        known = {setting: value for setting, value in values.items() if value is not None}
        ends = _ends(bands[name], known.values()) if kind == "claim" else (0.0, None)
        missing = tuple(setting for setting, value in values.items() if value is None)
        refuses = bands[name].refuses if kind == "claim" else ""
        found.append(_row(notebook, kind, name, known, ends, missing, refuses))
    return found


def nearest(found: Sequence[Row]) -> list[Row]:
    """Sorts rows, those that stand nearest to the end of their band first."""
    return sorted(found, key=lambda row: (not row.missing, row.distance))


def to_json(row: Row) -> dict[str, Any]:
    """Turns a row into plain data, numbers that are not finite into text."""
    return {k: _plain(v) for k, v in asdict(row).items()}


def from_json(stored: Mapping[str, Any]) -> Row:
    """Reads a row back."""
    numbers = {k: float(stored[k]) for k in ("usual", "worst", "spread", "distance")}
    return Row(**{**stored, **numbers, "missing": tuple(stored["missing"])})


def _value(run: Mapping[str, Any], name: str) -> float | None:
    values = [each["value"] for each in run["values"] if each["name"] == name]
    return float(values[0]) if values else None


def _ends(band: Claim, values: Collection[float]) -> tuple[float | None, float | None]:
    """The ends that a number could cross; counts get half a count of room."""
    low, high = band.low, band.high
    # Distances and shares do not fall below 0, nor shares rise above 1: there a band has no end.
    positive = low == 0 and high is not None and min(values) >= 0
    share = high == 1 and low is not None and 0 < low < 1 and max(values) <= 1
    if positive or _reaches(band.least, low):
        low = None
    if share or _reaches(high, band.most):
        high = None
    whole = all(float(each).is_integer() for each in (*values, low or 0, high or 0))
    room = 0.5 if whole else 0.0
    return (None if low is None else low - room), (None if high is None else high + room)


def _reaches(large: float | None, small: float | None) -> bool:
    return large is not None and small is not None and large >= small


def _row(
    notebook: str,
    kind: str,
    name: str,
    known: Mapping[str, float],
    ends: tuple[float | None, float | None],
    missing: tuple[str, ...],
    refuses: str,
) -> Row:
    seeds, machines = _parted(known)
    usual = next(iter(known.values()))
    by_seed, by_machine = _spread(seeds), _spread(machines)
    spread = max(by_seed, by_machine)
    inside = {setting: _inside(value, ends) for setting, value in known.items()}
    worst_at = min(inside, key=inside.get)
    room = _inside(fmean(known.values()), ends)
    if spread == 0 or not math.isfinite(spread):
        distance = math.inf if room >= 0 and spread == 0 else -math.inf
    else:
        distance = room / spread
    scale = ROUNDING * max(map(abs, known.values()))
    nature = TRAINED if by_machine > scale else DRAWN if by_seed > scale else FIXED
    numbers = (usual, *ends, spread, distance, known[worst_at])
    return Row(notebook, kind, name, nature, *numbers, worst_at, len(known), missing, refuses)


def _parted(known: Mapping[str, float]) -> tuple[list[float], list[float]]:
    """Numbers of the settings that differ by the seed alone, and of those of the usual seed."""
    seeds = [v for s, v in known.items() if s == "usual" or s.startswith("seed=") and "," not in s]
    return seeds, [v for s, v in known.items() if "seed=" not in s]


def _spread(values: Sequence[float]) -> float:
    if not all(map(math.isfinite, values)):
        return math.inf
    return stdev(values) if len(values) > 1 else 0.0


def _inside(value: float, ends: tuple[float | None, float | None]) -> float:
    """How far inside of the band; negative outside."""
    low, high = ends
    rooms = [value - low] if low is not None else []
    rooms += [high - value] if high is not None else []
    return min(rooms, default=math.inf) if not math.isnan(value) else -math.inf


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
