"""A curve of figures along a training as values with names and types: what stands in `curve.json`.

What is written is the plain data of :class:`Curve`, behind its "format".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_lessons.evaluation.card import Lead, made, read_card
from gan_lessons.evaluation.contestants import COPY
from gan_lessons.evaluation.results import OURS, of_way

FORMAT = "gan_lessons curve 1"
CURVE = "curve.json"
COMPARED = ("truth_mean", "content", "kid")  # with copying, point by point
KEYS = ("truth_mean", "content", "style", "kid", "diversity")
Figures = dict[str, float]  # of `KEYS`, means over pairs, those that there are


@dataclass(frozen=True)
class CurvePoint:
    """A model on its way.

    Attributes:
        name: what results call it.
        images: seen, with those of the weights that it started from.
        steps: of its own run.
        weights: SHA-256 of its networks.
        ways: figures of each way to use the model.
        better_than_copying: for each way, by figures of `COMPARED`.
        computed: with which code, on what.
    """

    name: str
    images: int
    steps: int | None
    weights: str
    ways: dict[str, Figures]
    better_than_copying: dict[str, dict[str, Lead]]
    computed: dict[str, Any]


@dataclass(frozen=True)
class Curve:
    """Figures along a training.

    Attributes:
        styles: in domain order.
        protocol: as in `results.json`; so are data and features.
        points: by images seen.
        copying: figures of the sources as they are.
        real: figures of real pictures: the limit, for KID and diversity too.
    """

    styles: list[str]
    protocol: dict[str, Any]
    data: dict[str, Any]
    features: dict[str, Any]
    points: list[CurvePoint]
    copying: Figures
    real: Figures


def read_curve(path: str | Path) -> Curve:
    """Read a curve.

    Args:
        path: `curve.json`, or the folder that holds one.

    Returns:
        The curve.

    Raises:
        ValueError: if there is none, or it is damaged or of another form.

    Example:
        >>> from gan_lessons.models.store import find
        >>> curve = read_curve(find("emoji64"))
        >>> [point.images for point in curve.points][:2]
        [1536000, 1552000]
    """
    return read_card(path, FORMAT, from_plain, "curve", CURVE)


def from_plain(values: Mapping[str, Any]) -> Curve:
    """A curve from plain data without its format; `KeyError` or `TypeError` if it is another."""
    points = []
    for point in values["points"]:
        leads = {
            way: {key: made(Lead, lead) for key, lead in row.items()}
            for way, row in point["better_than_copying"].items()
        }
        points.append(made(CurvePoint, {**point, "better_than_copying": leads}))
    return made(Curve, {**values, "points": points})


def curve_of(seen: Sequence[tuple[str, int, int | None]], measured: Sequence[dict]) -> Curve:
    """A curve of evaluations.

    Args:
        seen: name, images seen and steps of each model, by images seen.
        measured: what `results.json` of each holds.

    Returns:
        The curve.
    """
    first = measured[0]
    figures = {key: first["figures"][key] for key in KEYS}
    copied = {key: figure["baselines"].get(COPY) for key, figure in figures.items()}
    real = {key: figure.get("limit") or figure.get("floor") for key, figure in figures.items()}
    return Curve(
        styles=first["model"]["styles"],
        **{key: first[key] for key in ("protocol", "data", "features")},
        points=[point_of(*model, results) for model, results in zip(seen, measured, strict=True)],
        copying=values_of(copied),
        real=values_of(real),
    )


def point_of(name: str, images: int, steps: int | None, results: dict) -> CurvePoint:
    """One point of a curve."""
    known, leads = results["figures"], results["comparisons"]
    return CurvePoint(
        name=name,
        images=images,
        steps=steps,
        weights=results["model"]["weights"],
        ways={way: values_of({key: of_way(known[key], way) for key in KEYS}) for way in OURS},
        better_than_copying={
            way: {k: made(Lead, leads[way][k][COPY]) for k in COMPARED if COPY in leads[way][k]}
            for way in OURS
        },
        computed=results["computed"],
    )


def values_of(entries: Mapping[str, dict | None]) -> Figures:
    """The values of figures, those that there are."""
    return {key: each["value"] for key, each in entries.items() if each}
