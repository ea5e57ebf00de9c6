"""The card of results as plain data: what stands in `results.json`.

The form is fixed; what quotes it may rely on every key named here. A *method* is "model" (ten
drawn styles for each source), "model, one reference", "model, mean code", "copying", "colour
transfer", "nearest training image", "true image" (where no pairs are known: "held-out images"),
"true image, recoloured" (where pairs are known) or "real images" (different concepts of the style
in place of draws, for diversity alone), "AdaIN", and on their own pair alone "CycleGAN" and
"pix2pix", where these come with the course. A *way* is one of the first three. A *figure* is a key
of `measures.FIGURES`; one that a method has not got is left out, or null where it is named below.
What ten references do to a result is measured on some of the sources, for all that take their
style from a picture; older cards have none of it.

    format      "gan_lessons results 1"
    model       name, styles in domain order, weights (SHA-256 of all networks, as the protocol's
                fingerprint takes them), and run: which run made them, as `config.json` says:
                recipe, steps, images, hours, device, precision, commit, versions
    protocol    name; pairs, sources and train as asked for (0: all there are); draws of each
                source; seeds of the evaluation; latents that the mean code is averaged over;
                measured_pairs
    data        name, split, resolution in pixels, concepts of each pair added up
    features    the network, its resolution and precision
    computed    with what it was computed: device, precision of the generator, cpu_seconds of all
                pairs together, commit, versions, platform, threads
    figures     for each figure
        title, better     "lower", "higher" or ""
        model             of the drawn styles; variants: of the other two ways, by method
        limit or floor    of real pictures: the best that can be reached, or that chance leaves
        recoloured        of "true image, recoloured": the true drawing in the colours of a
                          reference; null where no pairs are known, and older cards have none
        baselines         by method
                  each of them: value, the mean over pairs of the mean over concepts; seeds, the
                  same for each seed; spread, their standard deviation; pairs, concepts and
                  pictures behind it
                Baselines of one pair are not among them; they stand under pairs and rivals
    comparisons for each way, for each figure of `COMPARED`, for each baseline that has it: by (how
                much better the way is, macro-averaged; above 0 is better), better and equal (on how
                many pairs), pairs; and under "every baseline" the pairs on which it is better than
                all of them at once
    rivals      the trained baselines: name, pair (source and target, or null for all), weights
                (SHA-256 of their file) and run, as their `config.json` says
    shares      style_of_real: for each way, its style figure over that of the true pictures;
                diversity_kept and spread_kept: what matching palettes leaves of the difference
                between draws, and between results by ten references; diversity_of_real and
                spread_of_real: both over that of real pictures; truth_by_true_of_copying: truth
                with the true drawing as the reference, over that of copying
    notes       sentences that have to be read beside the figures: small samples, no known pairs, a
                model that has not moved from its source; empty where there is nothing to say
    classifier  the judge of style: styles, accuracy and confusion on real test pictures (rows
                true, columns as judged), or null where it does not know the styles
    pairs       for each ordered pair: source, target, concepts, figures (by method, then figure:
                the mean over seeds) and spread (the same for the three ways: the standard
                deviation over seeds)
    speed       for each precision and batch size: ms_an_image, peak_mib

Where figures alone were asked for, as for the points of a curve, rivals are empty and speed is
left out.
"""

import statistics
from dataclasses import asdict

from gan_lessons.evaluation.benches import BenchOfStyles
from gan_lessons.evaluation.card_parts import (
    about,
    classifier,
    entry_of,
    methods_in,
    rounded,
    short,
    spread_over,
)
from gan_lessons.evaluation.contestants import (
    COPY,
    HELD_OUT,
    MEAN,
    MODEL,
    OF_ONE_PAIR,
    REFERENCE,
    REPAINTED,
    TRUE,
)
from gan_lessons.evaluation.measures import FIGURES, average
from gan_lessons.evaluation.progress import Row, Unit
from gan_lessons.evaluation.protocol import Pair, Protocol
from gan_lessons.evaluation.referring import REFERENCES

FORMAT = "gan_lessons results 1"
REAL_SETS = "real images"  # different concepts in one style, where a method has its draws
OURS = (MODEL, REFERENCE, MEAN)
LIMITED = {  # which real figure stands beside a figure, and what to call it
    "truth_mean": ("limit", TRUE),
    "truth_best": ("limit", TRUE),
    "content": ("limit", TRUE),
    "style": ("limit", TRUE),
    "kid": ("floor", TRUE),
    "precision": ("limit", TRUE),
    "recall": ("limit", TRUE),
    "density": ("limit", TRUE),
    "coverage": ("limit", TRUE),
    "diversity": ("limit", REAL_SETS),
    "diversity_palette": ("limit", REAL_SETS),
    "spread": ("limit", REAL_SETS),
    "spread_palette": ("limit", REAL_SETS),
}
RECOLOURED = ("style", "content", "match", "spread", "truth_by_random")  # of a palette alone
COMPARED = ("truth_mean", "truth_best", "content", "kid", "match", "worth")
REFERRED = ("match", "worth", "truth_by_true", "truth_by_random", "spread", "spread_palette")
EVERY = "every baseline"


def summary(bench: BenchOfStyles, name: str, rows: dict[Unit, Row], cpu_seconds: float) -> dict:
    """All that was measured, in the form that this module describes.

    Args:
        bench: for what was measured on what.
        name: of the model.
        rows: from (pair, seed) to figures by method.
        cpu_seconds: what measuring them took.

    Returns:
        Plain data.
    """
    model, bed, plan = bench.model, bench.bed, bench.protocol
    counts = {pair: len(bed.shared(pair)) for pair in bed.pairs}
    known = {key: one_figure(key, plan, counts, rows) for key in FIGURES}
    pairs = [one_pair(pair, counts[pair], plan, rows) for pair in bed.pairs]
    return {
        "format": FORMAT,
        **about(name, bench, cpu_seconds),
        "protocol": asdict(plan) | {"measured_pairs": len(bed.pairs)},
        "data": {
            "name": bed.dataset.name,
            "split": bench.protocol.split,
            "resolution": model.size,
            "concepts": sum(counts.values()),
        },
        "figures": known,
        "comparisons": {way: compared(way, known, pairs) for way in OURS},
        "shares": shares(known),
        "rivals": [
            {"name": one.title, "pair": one.pair, "weights": one.weights, "run": one.run}
            for one in bench.rivals
        ],
        "classifier": classifier(bench.judge),
        "pairs": pairs,
    }


def compared(way: str, known: dict, pairs: list[dict]) -> dict:
    """How one way to use the model stands against the baselines, figure by figure."""
    return {key: against(way, key, known[key], pairs) for key in COMPARED}


def against(way: str, key: str, entry: dict, pairs: list[dict]) -> dict:
    """One figure of one way against each baseline and against all of them at once."""
    own = of_way(entry, way)
    if own is None:
        return {}
    sign = 1 if entry["better"] == "higher" else -1
    leads = {}
    for name in entry["baselines"]:
        both = [pair["figures"] for pair in pairs if key in pair["figures"].get(name, {})]
        leads[name] = [sign * (each[way][key] - each[name][key]) for each in both]
    found = {
        name: {
            "by": short(sign * (own["value"] - entry["baselines"][name]["value"])),
            **counted(lead),
        }
        for name, lead in leads.items()
    }
    least = [min(each) for each in zip(*leads.values(), strict=True)]
    return found | {EVERY: counted(least)}


def of_way(entry: dict, way: str) -> dict | None:
    """One figure of one way to use the model, where it has it."""
    return entry["model"] if way == MODEL else entry["variants"].get(way)


def counted(leads: list[float]) -> dict[str, int]:
    """On how many pairs something is better, and as good."""
    better, equal = sum(lead > 0 for lead in leads), sum(lead == 0 for lead in leads)
    return {"better": better, "equal": equal, "pairs": len(leads)}


def shares(known: dict) -> dict:
    """What one figure is of another: of real pictures, of copying, of itself."""
    style, kept = known["style"], (known["diversity_palette"]["model"], known["diversity"]["model"])
    real = style.get("limit")
    ways = {MODEL: style["model"], **style["variants"]}
    by_true, spread = known["truth_by_true"], known["spread"]
    return {
        "style_of_real": {
            way: ratio(value["value"], real["value"]) for way, value in ways.items() if value
        }
        if real
        else {},
        "diversity_kept": of(*kept),
        "spread_kept": of(of_way(known["spread_palette"], REFERENCE), of_way(spread, REFERENCE)),
        "diversity_of_real": of(known["diversity"]["model"], known["diversity"].get("limit")),
        "spread_of_real": of(of_way(spread, REFERENCE), spread.get("limit")),
        "truth_by_true_of_copying": of(of_way(by_true, REFERENCE), by_true["baselines"].get(COPY)),
    }


def of(part: dict | None, whole: dict | None) -> float | None:
    """One figure as a share of another, where there are both."""
    return ratio(part["value"], whole["value"]) if part and whole else None


def ratio(part: float, whole: float) -> float | None:
    """A share, None of what a table shows as nothing (a model that copies draws alike)."""
    return short(part / whole) if round(whole, 3) else None


def one_figure(
    key: str, plan: Protocol, counts: dict[Pair, int], rows: dict[Unit, Row]
) -> dict:
    """One figure of every method, averaged over pairs, with its spread over seeds."""
    values = {name: over_seeds(key, name, plan, counts, rows) for name in methods_in(rows)}
    real = {}
    if key in LIMITED:
        kind, source = LIMITED[key]
        real[kind] = values.get(source) or values.get(HELD_OUT)
    if key in RECOLOURED:
        real["recoloured"] = values.get(REPAINTED)
    outside = (TRUE, HELD_OUT, REPAINTED, REAL_SETS, *OF_ONE_PAIR)
    return entry_of(FIGURES[key], values, OURS, real, outside)


def over_seeds(
    key: str, name: str, plan: Protocol, counts: dict[Pair, int], rows: dict[Unit, Row]
) -> dict | None:
    """Mean over the seeds, spread between them, and the number of pictures behind it."""
    seeds = []
    for seed in plan.seeds:
        mine = [rows[pair, seed].get(name, {}) for pair in counts]
        seeds.append(average(mine).get(key))
    if any(value is None for value in seeds):
        return None
    has = [pair for pair in counts if key in rows[pair, plan.seeds[0]].get(name, {})]
    concepts, pictures = behind(key, name, plan, [counts[pair] for pair in has])
    return {
        **spread_over(seeds),
        "pairs": len(has),
        "concepts": concepts,
        "pictures": pictures * len(plan.seeds),
    }


def behind(key: str, name: str, plan: Protocol, counts: list[int]) -> tuple[int, int]:
    """How many sources and results of one seed stand behind a figure of a method."""
    if key not in REFERRED:
        return sum(counts), sum(counts) * (plan.draws if name == MODEL else 1)
    concepts = sum(min(count, plan.referred or count) for count in counts)
    return concepts, concepts * (1 if key == "truth_by_true" else REFERENCES)


def one_pair(pair: Pair, count: int, plan: Protocol, rows: dict[Unit, Row]) -> dict:
    """Every method's figures on one pair of styles, averaged over the seeds."""
    seeds = [rows[pair, seed] for seed in plan.seeds]
    means = {name: average([row[name] for row in seeds]) for name in seeds[0]}
    spread = {way: spreads([row[way] for row in seeds]) for way in OURS if way in seeds[0]}
    return {
        "source": pair[0],
        "target": pair[1],
        "concepts": count,
        "figures": {name: rounded(row) for name, row in means.items()},
        "spread": {way: rounded(row) for way, row in spread.items()},
    }


def spreads(rows: list[dict[str, float]]) -> dict[str, float]:
    """Standard deviation of each figure over the seeds."""
    if len(rows) < 2:
        return {}
    return {key: statistics.stdev(row[key] for row in rows) for key in rows[0]}
