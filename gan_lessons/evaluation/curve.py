"""The figures of a model along its training: what more of it has brought, and may bring yet.

Each point is a whole evaluation (`benchmark.evaluate`) in a folder of its own below `points/`, so
that what was measured stays, and a training that has gone on adds its new points alone. What all
points share, copying and real pictures, is taken from the first.

`curve.json` holds:

    format      "gan_lessons curve 1"
    styles      in domain order
    protocol    as in `results.json`; so are data and features
    points      by images seen: name; images, with those of the weights that it started from; steps
                of its own run; weights (SHA-256); ways: for each way to use the model the figures
                of `KEYS`, means over pairs, without those that it has not got;
                better_than_copying: for each way truth_mean, content and kid: by, better, equal
                and pairs; computed: with which code, on what
    copying     figures of the sources as they are
    real        figures of real pictures: the limit, for KID and diversity too
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation import benchmark, curve_picture, tables
from gan_lessons.evaluation.bench import Shared
from gan_lessons.evaluation.contestants import COPY, MODEL
from gan_lessons.evaluation.measures import FIGURES
from gan_lessons.evaluation.protocol import Protocol, protocol
from gan_lessons.evaluation.results import OURS, of_way
from gan_lessons.files import OutputFolder
from gan_lessons.models import store
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import count_of

FORMAT = "gan_lessons curve 1"
CURVE, TABLE, PICTURE = "curve.json", "curve.md", "curve.png"
COMPARED = ("truth_mean", "content", "kid")  # with copying, point by point
KEYS = ("truth_mean", "content", "style", "kid", "diversity")


@dataclass(frozen=True)
class Point:
    """A model on its way: where it lies and how much it had seen."""

    name: str
    folder: Path
    images: int  # those of the weights that it started from included
    steps: int  # of its own run
    kind: tuple  # styles, name of the data set, pixels a side


def curve(
    runs: Mapping[str, str | Path],
    out: str | Path,
    *,
    which: str | Protocol = "curve",
    device: str = "auto",
    precision: str = "auto",
    dataset: StyleDataset | None = None,
    pairs: str | None = None,
    report: benchmark.Report = print,
) -> dict:
    """Measure models along their training.

    Args:
        runs: by the name that results call them: runs whose snapshots are measured, or single
            models, each as `StyleTransfer.load` takes it.
        out: folder for `curve.json`, `curve.md`, `curve.png` and the points; points that were
            measured there are not measured again.
        which: name of one of `PROTOCOLS`, or a protocol of your own.
        device: "auto", "cuda", "mps" or "cpu".
        precision: "auto", "fp32", "bf16" or "fp16".
        dataset: already loaded; otherwise the set that the models were trained on is.
        pairs: see `benchmark.evaluate`.
        report: called with each line for people.

    Returns:
        What `curve.json` holds.

    Raises:
        ValueError: if there is no such protocol, run or model, if the models are of different
            kinds, or if a point's folder holds the evaluation of another model.
    """
    wanted = protocol(which) if isinstance(which, str) else which
    points = found(runs)
    folder = OutputFolder(out)
    counted = count_of(len(points), "point")
    report(f"{counted}, {span(points)}; the first takes the longest")
    measured, shared = [], Shared()
    for number, each in enumerate(points, start=1):
        report(f"{number} of {len(points)}: {each.name}, {each.images:,} images seen")
        model = StyleTransfer.load(each.folder, device=device, precision=precision)
        dataset = benchmark.load(model, dataset, pairs)
        benchmark.check_styles(dataset, "a curve")
        place = folder.path(f"points/{each.name}")
        options = {"which": wanted, "dataset": dataset, "figures_only": True, "shared": shared}
        measured.append(benchmark.evaluate(model, each.name, place, report=report, **options))
    told = summary(points, measured)
    folder.write_json(CURVE, told)
    folder.write_text(TABLE, markdown(told))
    folder.write_bytes(PICTURE, curve_picture.picture(told))
    report(f"the curve is in {folder.root}")
    return told


def found(runs: Mapping[str, str | Path]) -> list[Point]:
    """The points of a curve by images seen.

    Args:
        runs: see :func:`curve`.

    Returns:
        Every snapshot of a run that kept some, and every other model.

    Raises:
        ValueError: if one is neither, or they are not of one kind.
    """
    points = []
    for name, run in runs.items():
        folder = store.find(run)
        kept = store.snapshots(folder)
        if not kept and not (folder / store.CONFIG).is_file():
            raise ValueError(
                f"{folder} holds neither {store.SNAPSHOTS} nor a model; give a run that was "
                "trained with --set train.snapshots=true, or the folder of a model"
            )
        points += [point(f"{name}/{one.name}", one) for one in kept] or [point(name, folder)]
    for other in points[1:]:
        check_alike(points[0], other)
    return sorted(points, key=lambda each: each.images)


def point(name: str, folder: Path) -> Point:
    """What a model's `config.json` says of the way to it."""
    known = store.describe(folder)
    images = known.run.get("images")
    if not images:
        raise ValueError(f"{folder} does not say how many images its model has seen")
    images += (known.run.get("from") or {}).get("images") or 0
    data = known.recipe.data
    return Point(name, folder, images, known.run.get("steps"), (known.styles, data.name, data.size))


def check_alike(one: Point, other: Point) -> None:
    """Refuse points that cannot be compared: of other styles, another data set or size."""
    (styles, data, size), (others, other_data, other_size) = one.kind, other.kind
    if styles != others:
        raise ValueError(
            f"{one.name} has the styles {', '.join(styles)}; {other.name} has {', '.join(others)}; "
            "a curve is of models of the same styles"
        )
    if (data, size) != (other_data, other_size):
        raise ValueError(
            f"{one.name} is of {data} at {size} px, {other.name} of {other_data} at "
            f"{other_size} px; a curve is of models of one data set at one size"
        )


def span(points: Sequence[Point]) -> str:
    """From how many images seen to how many."""
    few, many = points[0].images, points[-1].images
    return f"{few:,} images seen" if few == many else f"{few:,} to {many:,} images seen"


def summary(points: Sequence[Point], measured: Sequence[dict]) -> dict:
    """All that was measured, in the form that this module describes.

    Args:
        points: by images seen.
        measured: what `results.json` of each holds.

    Returns:
        Plain data.
    """
    first = measured[0]
    figures = {key: first["figures"][key] for key in KEYS}
    copied = {key: figure["baselines"].get(COPY) for key, figure in figures.items()}
    real = {key: figure.get("limit") or figure.get("floor") for key, figure in figures.items()}
    return {
        "format": FORMAT,
        "styles": first["model"]["styles"],
        **{key: first[key] for key in ("protocol", "data", "features")},
        "points": [entry(each, results) for each, results in zip(points, measured, strict=True)],
        "copying": values(copied),
        "real": values(real),
    }


def entry(point: Point, results: dict) -> dict:
    """One point of the curve."""
    known, leads = results["figures"], results["comparisons"]
    return {
        "name": point.name,
        "images": point.images,
        "steps": point.steps,
        "weights": results["model"]["weights"],
        "ways": {way: values({key: of_way(known[key], way) for key in KEYS}) for way in OURS},
        "better_than_copying": {
            way: {key: leads[way][key][COPY] for key in COMPARED if COPY in leads[way][key]}
            for way in OURS
        },
        "computed": results["computed"],
    }


def values(entries: Mapping[str, dict | None]) -> dict[str, float]:
    """The values of figures, those that there are."""
    return {key: each["value"] for key, each in entries.items() if each}


def markdown(told: dict) -> str:
    """The curve as a table for people: drawn styles, and what stands beside them.

    Args:
        told: from `summary`.

    Returns:
        Markdown.
    """
    plan, data = told["protocol"], told["data"]
    lines = [
        "# Figures along a training",
        "",
        f"![Figures against images seen]({PICTURE})",
        "",
        f"Protocol `{plan['name']}` on {data['name']} at {data['resolution']} px, test concepts "
        f"only, {plan['measured_pairs']} ordered pairs of styles, {data['concepts']} sources, "
        f"{plan['draws']} draws a source, seeds: {len(plan['seeds'])}. Each figure is a mean over "
        "pairs, of drawn styles; behind them, on how many pairs the model is better than copying. "
        f"One reference and the mean code are in `{CURVE}`.",
        "",
        *tables.header(
            ["model", "images seen", *(FIGURES[key].title for key in KEYS)]
            + [f"better in {key.removesuffix('_mean')}" for key in COMPARED]
        ),
    ]
    for each in told["points"]:
        leads = each["better_than_copying"][MODEL]
        counts = [
            f"{leads[key]['better']} of {leads[key]['pairs']}" if key in leads else ""
            for key in COMPARED
        ]
        lines.append(row(each["name"], f"{each['images']:,}", each["ways"][MODEL], counts))
    blank = [""] * len(COMPARED)
    lines += [row("copying", "", told["copying"], blank)]
    lines += [row("real pictures", "", told["real"], blank)]
    return "\n".join(lines) + "\n"


def row(name: str, images: str, known: Mapping[str, float], counts: Sequence[str]) -> str:
    """One line of the table."""
    shown = [f"{known[key]:.{FIGURES[key].digits}f}" if key in known else "" for key in KEYS]
    return f"| {' | '.join([name, images, *shown, *counts])} |"
