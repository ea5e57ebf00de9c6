"""The card of results as a table for people: what stands in `results.md`."""

from collections.abc import Iterable, Mapping, Sequence

from gan_lessons.evaluation.card import Figure, Value, ValueOfPairs, figures_of
from gan_lessons.evaluation.contestants import MEAN, MODEL, REFERENCE
from gan_lessons.evaluation.measures import FIGURES
from gan_lessons.evaluation.results import EVERY, OURS

WAYS = {MODEL: "draws", REFERENCE: "one reference", MEAN: "mean code"}


def markdown(results: dict) -> str:
    """The card as a table for people.

    Args:
        results: from `summary`, with or without `speed`.

    Returns:
        Markdown.
    """
    plan, data = results["protocol"], results["data"]
    told = (
        f"Protocol `{plan['name']}` on {data['name']}, {data['split']} concepts only, "
        f"{plan['measured_pairs']} ordered pairs of styles, {plan['draws']} draws a source, "
        f"{len(plan['seeds'])} seeds. Each figure is a mean over pairs; after the sign the "
        "standard deviation between seeds."
    )
    lines = [
        *head_of(results, told),
        *table(figures_of(results["figures"], ValueOfPairs)),
        "",
        *compared(results["comparisons"], results["shares"]),
        *own_pairs(results.get("rivals", []), results["pairs"]),
        *judged(results["classifier"]),
        *costs(results.get("speed", [])),
        *by_target(results["pairs"]),
    ]
    return "\n".join(lines) + "\n"


def head_of(results: dict, told: str) -> list[str]:
    """What stands above the table: the protocol, the features, the run, and what to know first."""
    used = results["computed"]
    return [
        f"# Results of {results['model']['name']}",
        "",
        f"{told} Features: {results['features']['network']}, at "
        f"{results['features']['resolution']} px.",
        "",
        f"The run: {in_words(results['model']['run'])}.",
        "",
        f"Measured in {used['cpu_seconds']} CPU seconds on {used['device']} (generator in "
        f"{used['precision']}), {used['platform']}, threads: {used['threads']}; gan_lessons "
        f"{used['gan_lessons']}, commit {used['commit'] or 'not recorded'}, torch {used['torch']}.",
        "",
        *(f"**Note:** {note}\n" for note in results.get("notes", [])),
    ]


def in_words(value: object) -> str:
    """Plain data as a text for people; what is empty is left out.

    Example:
        >>> in_words({"steps": 5, "device": "", "sittings": [{"steps": 2}, {"steps": 3}]})
        'steps 5, sittings (steps 2; steps 3)'
    """
    if isinstance(value, dict):
        return ", ".join(f"{key} {in_words(each)}" for key, each in value.items() if each)
    return f"({'; '.join(map(in_words, value))})" if isinstance(value, list) else str(value)


def table(entries: Mapping[str, Figure]) -> list[str]:
    """Methods in columns, figures in rows."""
    names = baselines_in(entries)
    last = ["truth recoloured"] if any(e.recoloured for e in entries.values()) else []
    head = ["figure", "model", "one reference", "mean code", *names, "floor or limit", *last]
    lines = header([*head, "pictures"])
    for key, entry in entries.items():
        if known := entry.model or entry.variants.get(REFERENCE):
            cells = cells_of(entry, (*OURS, *names), FIGURES[key].digits)
            cells += [with_spread(entry.recoloured, FIGURES[key].digits)] if last else []
            lines.append(line([*cells, str(known.pictures)]))
    return lines


def baselines_in(entries: Mapping[str, Figure]) -> list[str]:
    """Names of all baselines that have some figure."""
    return list(dict.fromkeys(name for entry in entries.values() for name in entry.baselines))


def cells_of(entry: Figure, methods: Iterable[str], digits: int) -> list[str]:
    """A row of a table: the figure's title, what methods have, and real pictures.

    Args:
        entry: of every method.
        methods: names of those in the columns.
        digits: behind the point.

    Returns:
        A text for each cell; empty where a method has not got the figure.
    """
    arrow = f" ({entry.better} is better)" if entry.better else ""
    values = [*(entry.methods.get(name) for name in methods), entry.real]
    return [entry.title + arrow, *(with_spread(each, digits) for each in values)]


def with_spread(value: Value | None, digits: int) -> str:
    """A value with its spread between seeds, where there is one."""
    if value is None:
        return ""
    spread = "" if value.spread is None else f" ± {value.spread:.{digits}f}"
    return f"{value.value:.{digits}f}{spread}"


def line(cells: Iterable[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


def header(names: Sequence[str]) -> list[str]:
    """The first two lines of a table."""
    return [line(names), "|" + "---|" * len(names)]


def compared(comparisons: dict, shares: dict) -> list[str]:
    """On how many pairs each way to use the model is better than each baseline."""
    names = dict.fromkeys(n for way in comparisons.values() for row in way.values() for n in row)
    names = [*(name for name in names if name != EVERY), EVERY]
    head = ["figure", "way", *names]
    lines = [
        "## Better than the baselines",
        "",
        *header(head),
    ]
    for key in next(iter(comparisons.values())):
        for way in OURS:
            row = comparisons[way][key]
            if row:
                cells = [lead(row.get(name), FIGURES[key].digits) for name in names]
                lines.append(line([FIGURES[key].title, WAYS[way], *cells]))
    lines += ["", "First the pairs of styles, then by how much on average; above 0 is better."]
    style, kept = shares["style_of_real"], shares["diversity_kept"]
    wide = shares.get("diversity_of_real"), shares.get("spread_of_real"), shares.get("spread_kept")
    if style:
        seen = {WAYS[way]: value for way, value in style.items() if value is not None}
        told = ", ".join(f"{way} {value:.3f}" for way, value in seen.items())
        lines.append(f"Style, as a share of what real pictures score: {told}.")
    if kept is not None:
        lines.append(f"Of the draws' diversity, {kept:.0%} is left when palettes are matched.")
    if None not in wide:
        drawn, referred, left = wide
        lines.append(
            f"Of the distance between real pictures draws reach {drawn:.0%} and ten references "
            f"{referred:.0%}, of which {left:.0%} is left when palettes are matched."
        )
    return [*lines, ""]


def own_pairs(rivals: list[dict], pairs: list[dict]) -> list[str]:
    """Every method on the pairs that a trained baseline is for."""
    wanted = {tuple(rival["pair"]) for rival in rivals if rival["pair"]}
    keys = ("truth_mean", "content", "style", "kid")
    lines = []
    for pair in pairs:
        if (pair["source"], pair["target"]) in wanted:
            named = f"{pair['source']} to {pair['target']}"
            lines += [f"## {named}, with what knows this pair alone", ""]
            lines += header(["method", *(FIGURES[key].title for key in keys)])
            for name, own in pair["figures"].items():
                cells = [f"{own[k]:.{FIGURES[k].digits}f}" if k in own else "" for k in keys]
                lines.append(line([name, *cells]))
            lines.append("")
    return lines


def lead(entry: dict | None, digits: int) -> str:
    """One comparison: "better than colour transfer on 40 of 56 pairs, by 0.1"."""
    if entry is None:
        return ""
    text = f"{entry['better']} of {entry['pairs']}"
    if entry["equal"]:
        text += f" ({entry['equal']} equal)"
    return text if "by" not in entry else f"{text}, {entry['by']:+.{digits}f}"


def judged(known: dict | None) -> list[str]:
    """What the style classifier makes of real test pictures."""
    if known is None:
        return []
    head = ["real, judged as", *known["styles"]]
    return [
        f"The style classifier's own accuracy on real test pictures: {known['accuracy']:.3f}.",
        "",
        *header(head),
        *(
            line([style, *map(str, row)])
            for style, row in zip(known["styles"], known["confusion"])
        ),
        "",
    ]


def costs(rows: list[dict]) -> list[str]:
    """Speed and memory."""
    if not rows:
        return []
    head = ["precision", "batch", "ms an image", "peak MiB"]
    lines = ["## Speed", "", *header(head)]
    lines += [line(str(v) for v in row.values()) for row in rows]
    return [*lines, "", "Peak: tensors that live at one time, the weights left out.", ""]


def by_target(pairs: list[dict]) -> list[str]:
    """The figures that count for each pair: draws, one reference, mean code."""
    keys = ("truth_mean", "content", "style", "kid")
    head = ["from", "to", "concepts", *keys]
    told = "Of each figure: draws / one reference / mean code."
    lines = [
        "## Pairs of styles",
        "",
        told,
        "",
        *header(head),
    ]
    for pair in pairs:
        ways = [pair["figures"].get(way, {}) for way in OURS]
        shown = [
            " / ".join(f"{own[key]:.{FIGURES[key].digits}f}" for own in ways if key in own)
            for key in keys
        ]
        cells = [pair["source"], pair["target"], str(pair["concepts"]), *shown]
        lines.append(line(cells))
    return lines
