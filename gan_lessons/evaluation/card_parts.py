"""What the cards of all sets write alike: model and origin, figures of every method, numbers."""

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence

from gan_lessons.evaluation.benches import BenchOfOneModel
from gan_lessons.evaluation.measures import Measure
from gan_lessons.evaluation.progress import Row, Unit, weights_of
from gan_lessons.metrics import features
from gan_lessons.metrics.style import Judge
from gan_lessons.provenance import provenance

DIGITS = 6  # that a figure is written with; more would only make files differ


def about(name: str, bench: BenchOfOneModel, cpu_seconds: float) -> dict:
    """What was measured by what, the same for every card."""
    model = bench.model
    return {
        "model": {
            "name": name,
            "styles": list(model.styles),
            "weights": weights_of(model),
            "truncation": model.truncation,
            "run": model.run,
        },
        "features": {
            "network": f"{features.NAME}, ImageNet, without its head",
            "resolution": features.SIZE,
            "precision": "float32, weights stored in float16",
        },
        "computed": {
            "device": str(model.device),
            "precision": model.precision,
            "cpu_seconds": round(cpu_seconds),
            **provenance(),
        },
    }


def classifier(judge: Judge | None) -> dict | None:
    """What the style figure is worth."""
    if judge is None:
        return None
    return {"styles": list(judge.styles), "accuracy": judge.accuracy, "confusion": judge.confusion}


def methods_in(rows: Mapping[Unit, Row]) -> list[str]:
    """Names of all methods that were measured, in their order."""
    return list(dict.fromkeys(name for row in rows.values() for name in row))


def entry_of(
    measure: Measure,
    values: Mapping[str, dict | None],
    ways: Sequence[str],
    real: Mapping[str, dict | None],
    outside: Collection[str],
) -> dict:
    """One figure of every method, as it stands in a card.

    Args:
        measure: what the figure is called, and its better side.
        values: by method; None where it has not got the figure.
        ways: to use the model, drawn styles first.
        real: what real pictures have, as "limit" or "floor".
        outside: what is no baseline beside the ways.

    Returns:
        Plain data.
    """
    known = {name: value for name, value in values.items() if value}
    return {
        "title": measure.title,
        "better": measure.better,
        "model": known.get(ways[0]),
        "variants": {way: known[way] for way in ways[1:] if way in known},
        **real,
        "baselines": {n: value for n, value in known.items() if n not in (*ways, *outside)},
    }


def over_groups(
    key: str, name: str, groups: Iterable[str], seeds: Iterable[int], rows: Mapping[Unit, Row]
) -> tuple[dict, int] | None:
    """Mean over the styles or painters that have a figure, and its spread over the seeds.

    Args:
        key: of the figure.
        name: of the method.
        groups: styles or painters.
        seeds: of the evaluation.
        rows: from ((group,), seed) to figures by method.

    Returns:
        What `spread_over` gives, and how many groups stand behind it; None without any.
    """
    own = [[rows[(group,), seed].get(name, {}) for group in groups] for seed in seeds]
    values = [[row[key] for row in of_seed if key in row] for of_seed in own]
    if not all(values):
        return None
    return spread_over([statistics.fmean(of_seed) for of_seed in values]), len(values[-1])


def spread_over(seeds: Sequence[float]) -> dict:
    """A figure's mean over the seeds of an evaluation, its standard deviation, and each."""
    return {
        "value": short(statistics.fmean(seeds)),
        "spread": short(statistics.stdev(seeds)) if len(seeds) > 1 else None,
        "seeds": [short(value) for value in seeds],
    }


def rounded(row: dict[str, float]) -> dict[str, float]:
    """Figures with as many digits as mean something."""
    return {key: short(value) for key, value in row.items()}


def short(value: float) -> float:
    """A number with six significant digits."""
    return float(f"{value:.{DIGITS}g}")
