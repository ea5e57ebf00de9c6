"""The card of results on `letters` as a table for people: what stands in `results.md`."""

from gan_lessons.evaluation.card import figures_of
from gan_lessons.evaluation.letter_card import LetterValue
from gan_lessons.evaluation.letter_contestants import BY_FOUR, DRAWS
from gan_lessons.evaluation.letter_measures import MEASURES
from gan_lessons.evaluation.letter_results import WAYS
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
        f"Protocol `{plan['name']}` on {data['name']}, held-out families only: "
        f"{data['typefaces']} typefaces of {len(data['styles'])} styles, {plan['draws']} draws of "
        f"each of {len(data['letters'])} letters, {len(plan['seeds'])} seeds."
    )
    entries = figures_of(found["figures"], LetterValue)
    names = baselines_in(entries)
    head = ["measure", "draws", "one letter given", "four given", *names, "real"]
    lines = [*head_of(found, told), *header(head)]
    for key, entry in entries.items():
        lines.append(line(cells_of(entry, (*WAYS, *names), MEASURES[key].digits)))
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
        lines.append(line(cells))
    return [*lines, ""]
