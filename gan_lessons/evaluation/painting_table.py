"""The card of results on `painted_photos` as a table for people: what stands in `results.md`."""

from gan_lessons.evaluation.card import figures_of
from gan_lessons.evaluation.painting_card import PaintingValue
from gan_lessons.evaluation.painting_measures import MEASURES, WORKS
from gan_lessons.evaluation.painting_results import OURS
from gan_lessons.evaluation.painting_whole import ALIKE
from gan_lessons.evaluation.tables import baselines_in, cells_of, costs, head_of, header, line


def markdown(found: dict) -> str:
    """The card as a table for people.

    Args:
        found: from `summary`.

    Returns:
        Markdown.
    """
    plan, data = found["protocol"], found["data"]
    told = (
        f"Protocol `{plan['name']}` on {data['name']}, {data['split']} photographs and works only: "
        f"{data['photographs']} photographs restyled, {len(data['painters'])} painters, "
        f"{plan['draws']} draws a photograph, {len(plan['seeds'])} seeds, looked at in crops of "
        f"{data['resolution']} px. Each figure is a mean over painters; after the sign the "
        "standard deviation between seeds."
    )
    entries = figures_of(found["figures"], PaintingValue)
    names = baselines_in(entries)
    head = ["measure", "draws", "by works", "mean code", *names, WORKS]
    lines = [*head_of(found, told), *header(head)]
    for key, entry in entries.items():
        lines.append(line(cells_of(entry, (*OURS, *names), MEASURES[key].digits)))
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
                lines.append(line([name, *cells]))
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
        lines.append(line(cells))
    return [*lines, ""]
