"""The figures of a model along its training: what more of it has brought, and may bring yet.

Each point is a whole evaluation (`benchmark.evaluate`) in a folder of its own below `points/`, so
that what was measured stays, and a training that has gone on adds its new points alone. What all
points share, copying and real pictures, is taken from the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation import benchmark, curve_picture, tables
from gan_lessons.evaluation.bench import Shared
from gan_lessons.evaluation.contestants import MODEL
from gan_lessons.evaluation.curve_card import COMPARED, CURVE, FORMAT, KEYS, Curve, curve_of
from gan_lessons.evaluation.measures import FIGURES
from gan_lessons.evaluation.protocol import Protocol, protocol
from gan_lessons.files import OutputFolder
from gan_lessons.models import store
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import count_of

TABLE, PICTURE = "curve.md", "curve.png"


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
) -> Curve:
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
        The curve, as `curve.json` holds it.

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
    seen = [(each.name, each.images, each.steps) for each in points]
    told = curve_of(seen, measured)
    folder.write_json(CURVE, {"format": FORMAT, **asdict(told)})
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


def markdown(told: Curve) -> str:
    """The curve as a table for people: drawn styles, and what stands beside them."""
    plan, data = told.protocol, told.data
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
    for each in told.points:
        leads = each.better_than_copying[MODEL]
        counts = [f"{leads[k].better} of {leads[k].pairs}" if k in leads else "" for k in COMPARED]
        lines.append(row(each.name, f"{each.images:,}", each.ways[MODEL], counts))
    blank = [""] * len(COMPARED)
    lines += [row("copying", "", told.copying, blank)]
    lines += [row("real pictures", "", told.real, blank)]
    return "\n".join(lines) + "\n"


def row(name: str, images: str, known: Mapping[str, float], counts: Sequence[str]) -> str:
    """One line of the table."""
    shown = [f"{known[key]:.{FIGURES[key].digits}f}" if key in known else "" for key in KEYS]
    return tables.line([name, images, *shown, *counts])
