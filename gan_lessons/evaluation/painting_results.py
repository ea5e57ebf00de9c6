"""The card of results on `painted_photos` as plain data: what stands in `results.json`.

    format      "gan_lessons paintings 1"
    model, features, computed, data, notes, speed
                as in `results`; data has painters, photographs, and resolution: of the crops
    protocol    as `paintings.PaintingPlan` has it
    figures     for each measure of `painting_measures.MEASURES`
        title, better     "lower", "higher" or ""
        model             of drawn codes; variants: by references and by the mean code
        floor             of training works in the place of results
        baselines         by contestant
                  each of them: value, the mean over painters; seeds, the same for each seed;
                  spread, their standard deviation; interval, 95 % of a bootstrap over photographs
                  and works, or null; painters behind it
    painters    for each: painter; train, held (works that results are compared with) and works,
                counted; photographs; chance and chance_folds of `match`; figures (by contestant,
                then measure: the mean over seeds); intervals (likewise, [least, most]); published:
                what each style of the peer scores, where it is installed
    asked       for each painter and way, each of what is asked of a model: painter, way, what,
                value, wanted, reached
    whole       a picture of 1440 x 720, where whole pictures are measured; see `painting_whole`

Seeds have no photograph in common, so their spread is one over photographs, crops and draws. Works
are few, two of nine held out: the bootstrap draws them too, and is wide for it.
"""

import statistics
from collections.abc import Iterable
from dataclasses import asdict

import numpy as np

from gan_lessons.evaluation.benches import BenchOfPaintings
from gan_lessons.evaluation.card_parts import (
    about,
    entry_of,
    methods_in,
    over_groups,
    rounded,
    short,
)
from gan_lessons.evaluation.contestants import COLOUR, MEAN, MODEL, REFERENCE
from gan_lessons.evaluation.painting_contestants import ADAIN
from gan_lessons.evaluation.painting_measures import MEASURES, WORKS
from gan_lessons.evaluation.painting_peer import PEER, best_alone, each_style, installed
from gan_lessons.evaluation.painting_whole import measure_whole
from gan_lessons.evaluation.paintings import CROP, PaintingBed
from gan_lessons.evaluation.progress import Row, Unit

FORMAT = "gan_lessons paintings 1"
OURS = (MODEL, REFERENCE, MEAN)
WIDTH = (2.5, 97.5)  # per cent of the bootstrap that an interval leaves out below and above
HALF, KEPT, NEAR = 0.5, 0.6, 0.2  # of the way; edge F1; or so near to colour transfer's
APART = 0.5  # of held-out works' distance to training crops: nearer is a copy


def summary(bench: BenchOfPaintings, name: str, rows: dict[Unit, Row], cpu_seconds: float) -> dict:
    """All that was measured, in the form that this module describes.

    Args:
        bench: for what was measured on what.
        name: of the model.
        rows: from ((painter,), seed) to measures by contestant.
        cpu_seconds: what measuring them took.

    Returns:
        Plain data.
    """
    bed, plan, peers = bench.bed, bench.protocol, rows
    rows = best_alone(rows, plan.seeds)
    photographs = sum(len(bed.photographs(seed)) for seed in plan.seeds)
    painters = [
        of_painter(bed, painter, photographs, rows)
        | {"published": each_style(peers, painter, plan.seeds)}
        for painter in bench.painters
    ]
    found = {
        "format": FORMAT,
        **about(name, bench, cpu_seconds),
        "protocol": asdict(plan),
        "data": {
            "name": bed.dataset.name,
            "split": plan.split,
            "resolution": CROP,
            "painters": list(bench.painters),
            "photographs": photographs,
            "peer": installed(),
        },
        "figures": {key: one_measure(key, plan.seeds, bench.painters, rows) for key in MEASURES},
        "painters": painters,
        "asked": [each for painter in painters for each in asked_of(painter)],
    }
    if not plan.side:
        found["whole"] = measure_whole(bench.model, bed, bench.painters[0])
    return found


def one_measure(key: str, seeds: Iterable[int], painters: Iterable[str], rows: dict) -> dict:
    """One measure of every contestant, averaged over painters, with the bootstrap's interval."""
    values = {}
    for name in methods_in(rows):
        if found := over_groups(key, name, painters, seeds, rows):
            own = [row.get(name, {}) for row in rows.values()]
            values[name] = found[0] | {"interval": interval(key, own), "painters": found[1]}
    return entry_of(MEASURES[key], values, OURS, {"floor": values.get(WORKS)}, (WORKS,))


def interval(key: str, rows: Iterable[dict]) -> list[float] | None:
    """What the bootstrap leaves in the middle, of the mean of rows that drew the same works."""
    drawn = [row["redrawn"][key] for row in rows if key in row.get("redrawn", {})]
    if not drawn:
        return None
    return [short(value) for value in np.percentile(np.mean(drawn, axis=0), WIDTH).tolist()]


def of_painter(bed: PaintingBed, painter: str, photographs: int, rows: dict) -> dict:
    """Every contestant's measures on one painter, averaged over the seeds."""
    seeds = [rows[(painter,), seed] for seed in bed.plan.seeds]
    works = bed.works(painter)
    found = {
        "painter": painter,
        "train": sum(work.split == "train" for work in works),
        "held": sum(work.split == bed.plan.split for work in works),
        "works": len(works),
        "photographs": photographs,
        "chance": short(1 / len(works)),
        "chance_folds": short(1 / (len(works) - 2)),
        "figures": {},
        "intervals": {},
    }
    for name, own in seeds[0].items():
        of_seeds = [row[name] for row in seeds]
        keys = [key for key in MEASURES if key in own]
        means = {key: statistics.fmean(row[key] for row in of_seeds) for key in keys}
        found["figures"][name] = rounded(means)
        wide = {key: interval(key, of_seeds) for key in keys}
        found["intervals"][name] = {key: value for key, value in wide.items() if value}
    return found


def asked_of(painter: dict) -> list[dict]:
    """What is asked of a model on one painter, and whether each way to use it gets there."""
    found, figures = [], painter["figures"]
    for way in OURS:
        own = figures.get(way)
        if not own:
            continue
        chance, least = painter["chance"], painter["intervals"][way].get("match", [0])[0]
        wanted = [
            ("share of the way", own["closed"], HALF),
            ("edge F1", own["edges"], min(KEPT, figures[COLOUR]["edges"] - NEAR)),
            ("nearest training crop", own["nearest"], APART),
        ]
        if "match" in own:
            wanted.append(("match, least of its interval", least, chance))
        for rival in (ADAIN, PEER):
            if rival in figures:
                further, structure = figures[rival]["closed"], figures[rival]["edges"]
                wanted.append((f"share of the way, beside {rival}", own["closed"], further))
                wanted.append((f"edge F1, beside {rival}", own["edges"], structure))
        found += [
            {
                "painter": painter["painter"],
                "way": way,
                "what": what,
                "value": short(value),
                "wanted": short(bar),
                "reached": value > bar,
            }
            for what, value, bar in wanted
        ]
    return found
