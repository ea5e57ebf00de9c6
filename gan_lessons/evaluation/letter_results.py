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
from gan_lessons.evaluation.letter_contestants import BY_FOUR, BY_ONE, DRAWS, REAL, TRUE
from gan_lessons.evaluation.letter_measures import MEASURES
from gan_lessons.evaluation.progress import Row, Unit
from gan_lessons.evaluation.results import about, classifier, rounded, spread_over
from gan_lessons.evaluation.tables import costs, head_of, header, number

FORMAT = "gan_lessons letters 1"
WAYS = (DRAWS, BY_ONE, BY_FOUR)
FLOORS = ("kid", "consistency")  # what real letters reach is not the least that there can be
OF_DRAWS = ("diversity_right", "coverage", "precision", "recall", "density", *FLOORS)


def summary(name: str, bench: BenchOfLetters, rows: dict[Unit, Row], cpu_seconds: float) -> dict:
    """All that was measured, in the form that this module describes.

    Args:
        name: of the model.
        bench: the model and where it was measured.
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
    names = dict.fromkeys(name for row in rows.values() for name in row)
    values = {name: over_seeds(key, name, seeds, styles, rows) for name in names}
    values = {name: value for name, value in values.items() if value}
    real = values.get(REAL) if key in OF_DRAWS else values.get(TRUE)
    outside = (*WAYS, TRUE, REAL)
    return {
        "title": MEASURES[key].title,
        "better": MEASURES[key].better,
        "model": values.get(DRAWS),
        "variants": {way: values[way] for way in WAYS[1:] if way in values},
        "floor" if key in FLOORS else "limit": real,
        "baselines": {name: value for name, value in values.items() if name not in outside},
    }


def over_seeds(
    key: str, name: str, seeds: Iterable[int], styles: Iterable[str], rows: dict
) -> dict | None:
    """Mean over the styles that have a measure, and its spread over the seeds."""
    means, behind = [], 0
    for seed in seeds:
        own = [rows[(style,), seed].get(name, {}).get(key) for style in styles]
        own = [value for value in own if value is not None]
        if not own:
            return None
        means.append(statistics.fmean(own))
        behind = len(own)
    return {**spread_over(means), "styles": behind}


def of_style(style: str, seeds: Iterable[int], rows: dict) -> dict:
    """Every contestant's measures in one style, averaged over the seeds."""
    of_seeds = [rows[(style,), seed] for seed in seeds]
    return {
        name: rounded({k: statistics.fmean(row[name][k] for row in of_seeds) for k in own})
        for name, own in of_seeds[0].items()
    }


def markdown(found: dict) -> str:
    """The card as a table for people.

    Args:
        found: from `summary`.

    Returns:
        Markdown.
    """
    entries = found["figures"]
    names = list(dict.fromkeys(n for entry in entries.values() for n in entry["baselines"]))
    plan, data = found["protocol"], found["data"]
    told = (
        f"Protocol `{plan['name']}` on {data['name']}, held-out families only: "
        f"{data['typefaces']} typefaces of {len(data['styles'])} styles, {plan['draws']} draws of "
        f"each of {len(data['letters'])} letters, {len(plan['seeds'])} seeds."
    )
    shown = ["measure", "draws", "one letter given", "four given", *names, "real"]
    lines = [*head_of(found, told), *header(shown)]
    for key, entry in entries.items():
        values = [entry["model"], *(entry["variants"].get(way) for way in WAYS[1:])]
        values += [entry["baselines"].get(name) for name in names]
        values.append(entry.get("limit") or entry.get("floor"))
        arrow = f" ({entry['better']} is better)" if entry["better"] else ""
        digits = MEASURES[key].digits
        cells = [number(v["value"], v["spread"], digits) if v else "" for v in values]
        lines.append(f"| {' | '.join([entry['title'] + arrow, *cells])} |")
    judges = found["judges"]
    lines += [
        "",
        f"The judges' own accuracy on held-out typefaces: letter {judges['letter']['accuracy']:.3f}"
        f", style {judges['style']['accuracy']:.3f}.",
        "",
        *by_style(found["styles"]),
        *costs(found.get("speed", [])),
    ]
    return "\n".join(lines) + "\n"


def by_style(styles: list[dict]) -> list[str]:
    """The measures that count for each style."""
    drawn = ("diversity_right", "coverage", "kid", "content", "consistency")
    answered = ("truth_l1", "truth", "match")
    titles = [f"{key} of draws" for key in drawn] + [f"{key} by four" for key in answered]
    head = ["style", "typefaces", *titles]
    lines = ["## Styles", "", *header(head)]
    for one in styles:
        cells = [one["style"], str(one["typefaces"])]
        for way, keys in ((DRAWS, drawn), (BY_FOUR, answered)):
            own = one["figures"].get(way, {})
            cells += [f"{own[k]:.{MEASURES[k].digits}f}" if k in own else "" for k in keys]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]
