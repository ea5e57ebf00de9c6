"""The card of results on `letters` as plain data: what stands in `results.json`.

    format      "gan_lessons letters 1"
    model, features, computed, data, notes, speed
                as in `results`; data has styles (of the set), typefaces and letters
    protocol    name; faces and train (typefaces of each style, held out and trained on; 0: all
                there are), letters, draws, seeds
    figures     for each measure of `letter_measures.MEASURES`
        title, better     "lower", "higher" or ""
        model             of drawn codes; variants: by one and by four reference letters
        limit or floor    of real letters: the best that can be reached, or what chance leaves
        baselines         by contestant
                  each of them: value, the mean over styles; seeds, the same for each seed; spread,
                  their standard deviation; styles behind it
    judges      letter and style: classes, accuracy and confusion on held-out typefaces
    styles      for each: style, typefaces (held out), figures (by contestant, then measure: the
                mean over seeds)

The limit of what is measured on draws is as many training typefaces in their place: of other
families than the held-out ones, so that it says how near one half of the real ones comes to the
other. The limit of what is measured on answers is the true letter.
"""

import statistics
from collections.abc import Iterable
from dataclasses import asdict

from gan_lessons.evaluation.benches import BenchOfLetters
from gan_lessons.evaluation.card_parts import (
    about,
    classifier,
    entry_of,
    methods_in,
    over_groups,
    rounded,
)
from gan_lessons.evaluation.letter_contestants import BY_FOUR, BY_ONE, DRAWS, REAL, TRUE
from gan_lessons.evaluation.letter_measures import MEASURES
from gan_lessons.evaluation.progress import Row, Unit

FORMAT = "gan_lessons letters 1"
WAYS = (DRAWS, BY_ONE, BY_FOUR)
FLOORS = ("kid", "consistency")  # what real letters reach is not the least that there can be
OF_DRAWS = ("diversity_right", "coverage", "precision", "recall", "density", *FLOORS)


def summary(bench: BenchOfLetters, name: str, rows: dict[Unit, Row], cpu_seconds: float) -> dict:
    """All that was measured, in the form that this module describes.

    Args:
        bench: the model and where it was measured.
        name: of the model.
        rows: from ((style,), seed) to measures by contestant.
        cpu_seconds: what measuring them took.

    Returns:
        Plain data.
    """
    bed, plan = bench.bed, bench.protocol
    counts = {style: len(bed.faces(plan.split, style)) for style in bench.styles}
    return {
        "format": FORMAT,
        **about(name, bench, cpu_seconds),
        "protocol": asdict(plan),
        "data": {
            "name": bed.dataset.name,
            "split": plan.split,
            "resolution": bed.size,
            "styles": list(bench.styles),
            "typefaces": sum(counts.values()),
            "letters": list(bed.letters),
        },
        "figures": {key: one_measure(key, plan.seeds, bench.styles, rows) for key in MEASURES},
        "judges": {
            "letter": classifier(bench.judges.letter),
            "style": classifier(bench.judges.style),
        },
        "styles": [
            {"style": style, "typefaces": count, "figures": of_style(style, plan.seeds, rows)}
            for style, count in counts.items()
        ],
    }


def one_measure(key: str, seeds: Iterable[int], styles: Iterable[str], rows: dict) -> dict:
    """One measure of every contestant, averaged over styles, with its spread over seeds."""
    values = {}
    for name in methods_in(rows):
        if found := over_groups(key, name, styles, seeds, rows):
            values[name] = found[0] | {"styles": found[1]}
    real = values.get(REAL if key in OF_DRAWS else TRUE)
    kind = "floor" if key in FLOORS else "limit"
    return entry_of(MEASURES[key], values, WAYS, {kind: real}, (TRUE, REAL))


def of_style(style: str, seeds: Iterable[int], rows: dict) -> dict:
    """Every contestant's measures in one style, averaged over the seeds."""
    of_seeds = [rows[(style,), seed] for seed in seeds]
    return {
        name: rounded({k: statistics.fmean(row[name][k] for row in of_seeds) for k in own})
        for name, own in of_seeds[0].items()
    }
