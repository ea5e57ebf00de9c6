"""Stored runs that differ by their seed alone, taken together."""

import statistics
from collections.abc import Mapping
from typing import Any


def of(results: Mapping[str, Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """The runs of one name, by their seeds.

    Args:
        results: as `store.results` gives them.
        name: of the runs, without ", seed 0".

    Returns:
        One result a seed.

    Raises:
        ValueError: if there is none of that name; the sentence lists the names.
    """
    runs = [run for label, run in results.items() if label.rpartition(", seed ")[0] == name]
    if not runs:
        known = dict.fromkeys(label.rpartition(", seed ")[0] for label in results)
        raise ValueError(f"no run is called {name!r}; there are: {', '.join(filter(None, known))}")
    return runs


def over_seeds(
    results: Mapping[str, Mapping[str, Any]], name: str, key: str
) -> tuple[float, float]:
    """Mean and standard deviation of one figure over the seeds.

    Args:
        results: as `store.results` gives them.
        name: of the runs, without ", seed 0".
        key: of the figure; of a list, the last value counts. A value that was no number is left
            out by the store as None, and makes both results NaN.

    Returns:
        Mean, and standard deviation with n - 1; 0 for a single run.

    Example:
        >>> stored = {"a, seed 0": {"kid": 1.0}, "a, seed 1": {"kid": [9.0, 3.0]}}
        >>> over_seeds(stored, "a", "kid")
        (2.0, 1.4142135623730951)
    """
    found = [run[key][-1] if isinstance(run[key], list) else run[key] for run in of(results, name)]
    values = [float("nan") if value is None else float(value) for value in found]
    return statistics.fmean(values), statistics.stdev(values) if values[1:] else 0.0
