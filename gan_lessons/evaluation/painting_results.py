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
from gan_lessons.evaluation.contestants import COLOUR, MEAN, MODEL, REFERENCE
from gan_lessons.evaluation.painting_contestants import ADAIN
from gan_lessons.evaluation.painting_measures import MEASURES, WORKS
from gan_lessons.evaluation.painting_peer import PEER, best_alone, each_style, installed
from gan_lessons.evaluation.painting_whole import ALIKE
from gan_lessons.evaluation.paintings import CROP, PaintingBed
from gan_lessons.evaluation.progress import Row, Unit
from gan_lessons.evaluation.results import about, rounded, short, spread_over
from gan_lessons.evaluation.tables import costs, head_of, header, number

FORMAT = "gan_lessons paintings 1"
OURS = (MODEL, REFERENCE, MEAN)
WIDTH = (2.5, 97.5)  # per cent of the bootstrap that an interval leaves out below and above
HALF, KEPT, NEAR = 0.5, 0.6, 0.2  # of the way; edge F1; or so near to colour transfer's
APART = 0.5  # of held-out works' distance to training crops: nearer is a copy


def summary(name: str, bench: BenchOfPaintings, rows: dict[Unit, Row], cpu_seconds: float) -> dict:
    """All that was measured, in the form that this module describes.

    Args:
        name: of the model.
        bench: for what was measured on what.
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
    return {
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


def one_measure(key: str, seeds: Iterable[int], painters: Iterable[str], rows: dict) -> dict:
    """One measure of every contestant, averaged over painters."""
    names = dict.fromkeys(name for row in rows.values() for name in row)
    values = {name: over_seeds(key, name, seeds, painters, rows) for name in names}
    values = {name: value for name, value in values.items() if value}
    return {
        "title": MEASURES[key].title,
        "better": MEASURES[key].better,
        "model": values.get(MODEL),
        "variants": {way: values[way] for way in OURS[1:] if way in values},
        "floor": values.get(WORKS),
        "baselines": {name: v for name, v in values.items() if name not in (*OURS, WORKS)},
    }


def over_seeds(
    key: str, name: str, seeds: Iterable[int], painters: Iterable[str], rows: dict
) -> dict | None:
    """Mean over the painters that have a measure, its spread over seeds, and its interval."""
    own = [[rows[(painter,), seed].get(name, {}) for painter in painters] for seed in seeds]
    means = [[row[key] for row in of_seed if key in row] for of_seed in own]
    if not all(means):
        return None
    each = [statistics.fmean(of_seed) for of_seed in means]
    return {
        **spread_over(each),
        "interval": interval(key, [row for of_seed in own for row in of_seed]),
        "painters": len(means[0]),
    }


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


def markdown(found: dict) -> str:
    """The card as a table for people.

    Args:
        found: from `summary`.

    Returns:
        Markdown.
    """
    entries, plan, data = found["figures"], found["protocol"], found["data"]
    names = list(dict.fromkeys(n for entry in entries.values() for n in entry["baselines"]))
    told = (
        f"Protocol `{plan['name']}` on {data['name']}, {data['split']} photographs and works only: "
        f"{data['photographs']} photographs restyled, {len(data['painters'])} painters, "
        f"{plan['draws']} draws a photograph, {len(plan['seeds'])} seeds, looked at in crops of "
        f"{data['resolution']} px. Each figure is a mean over painters; after the sign the "
        "standard deviation between seeds."
    )
    shown = ["measure", "draws", "by works", "mean code", *names, WORKS]
    lines = [*head_of(found, told), *header(shown)]
    for key, entry in entries.items():
        values = [entry["model"], *(entry["variants"].get(way) for way in OURS[1:])]
        values += [entry["baselines"].get(name) for name in names] + [entry["floor"]]
        arrow = f" ({entry['better']} is better)" if entry["better"] else ""
        digits = MEASURES[key].digits
        cells = [number(v["value"], v["spread"], digits) if v else "" for v in values]
        lines.append(f"| {' | '.join([entry['title'] + arrow, *cells])} |")
    lines += ["", *by_painter(found["painters"]), *asked(found["asked"])]
    lines += [*in_tiles(found.get("whole")), *costs(found.get("speed", []))]
    return "\n".join(lines) + "\n"


def in_tiles(whole: dict | None) -> list[str]:
    """What a picture of a user's size takes, and whether its tiles show."""
    if not whole:
        return []
    return [
        f"A picture of {whole['width']} x {whole['height']} takes {whole['seconds']} s in one "
        f"pass and {whole['seconds_in_tiles']} s in tiles of {whole['tile']}, threads: "
        f"{whole['threads']}. The two results are {whole['levels']} of 255 levels apart in the mean"
        f" and {whole['levels_at_borders']} where tiles meet (at most {ALIKE:g} are allowed).",
        "",
    ]


def by_painter(painters: list[dict]) -> list[str]:
    """The measures that count for each painter, with the bootstrap's intervals."""
    keys = ("closed", "closed_all", "edges", "match", "match_held", "match_folds", "nearest")
    lines = []
    for one in painters:
        lines += [
            f"## {one['painter']}",
            "",
            f"{one['train']} training works, {one['held']} to compare with, {one['works']} in all; "
            f"{one['photographs']} photographs. By chance a reference is matched in "
            f"{one['chance']:.3f}, with two works left out in {one['chance_folds']:.3f}. In "
            "brackets 95 % of a bootstrap over photographs and works.",
            "",
            *header(["contestant", *(MEASURES[key].title for key in keys)]),
        ]
        for name, own in one["figures"].items():
            if name != WORKS:
                cells = [ranged(own.get(k), one["intervals"][name].get(k)) for k in keys]
                lines.append(f"| {' | '.join([name, *cells])} |")
        lines.append("")
    return lines


def ranged(value: float | None, around: list[float] | None) -> str:
    """A figure and its interval."""
    if value is None:
        return ""
    return f"{value:.3f}" + (f" ({around[0]:.2f} to {around[1]:.2f})" if around else "")


def asked(rows: list[dict]) -> list[str]:
    """What is asked of a model, and whether it gets there."""
    if not rows:
        return []
    head = ["painter", "way", "what", "value", "above", "reached"]
    lines = ["## What is asked of it", "", *header(head)]
    for row in rows:
        cells = [row["painter"], row["way"], row["what"], f"{row['value']:.3f}"]
        cells += [f"{row['wanted']:.3f}", "yes" if row["reached"] else "no"]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]
