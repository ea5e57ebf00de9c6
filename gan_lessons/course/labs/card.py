"""The card of a lesson's results: what they are, which command made them, on what, the cost."""

from typing import Any

from gan_lessons.text import duration

TEMPLATE = """# {lesson}: results of longer runs

{about}

The lesson shows what stands here and says so; `results.json` holds every number.

## What made it

    {command}

{total} of CPU time in all. It goes on where it was cut off.

| result | CPU time | on | precision | PyTorch | commit |
|---|---|---|---|---|---|
{results}
{weights}
## Licence

{licence}
"""
WEIGHTS = """
## Weights

In half precision; `load_weights("{lesson}", NAME, network)` from
`gan_lessons.course.labs.store` reads them.

| file | parameters | KiB | trained for | SHA-256 |
|---|---|---|---|---|
{rows}
"""
LICENCES = {
    "emoji_styles": "CC BY-SA 4.0, as some of the emoji that these runs learned from.",
    "letters": (
        "Apache-2.0, as the code that made them; the typefaces that these runs learned from are "
        "listed in [letters](../../letters/README.md), with their licences."
    ),
    "painted_photos": "GPL-3.0 or later, as some of the pictures that these runs learned from.",
    "": "Apache-2.0, as the code that made them.",
}


def text(stored: dict[str, Any]) -> str:
    """Write the card.

    Args:
        stored: what `store.read` gives.

    Returns:
        Markdown.
    """
    lesson, found = stored["lesson"], stored["results"]
    return TEMPLATE.format(
        lesson=lesson,
        about=stored["about"] or "The numbers that the lesson quotes.",
        command=command(stored),
        total=duration(cpu_seconds(stored)),
        results="\n".join(_row(name, result) for name, result in found.items()),
        weights=_weights(lesson, stored["weights"]),
        licence=LICENCES.get(stored["data"], LICENCES[""]),
    )


def command(stored: dict[str, Any], out: str = "runs/lessons") -> str:
    """Give the command that makes a lesson's results again, beside the bundled ones.

    Args:
        stored: what `store.read` gives, and the name of the lesson.
        out: folder for them.

    Returns:
        One line for a shell, with the kind of device that made them.
    """
    where = {result["made"]["device"] for result in stored["results"].values()} - {"cpu"}
    device = " --device auto" if where else ""
    preset = stored["preset"] or "class"
    module = "python -m gan_lessons.course.labs"
    return f"{module} {stored['lesson'][:2]} --preset {preset}{device} --out {out}"


def cpu_seconds(stored: dict[str, Any]) -> float:
    """Add up what the results of a folder took."""
    return sum(result["cpu_seconds"] for result in stored["results"].values())


def _row(name: str, result: dict[str, Any]) -> str:
    made = result["made"]
    threads = f"{made['threads']} thread{'' if made['threads'] == 1 else 's'}"
    on = f"CPU, {threads}" if made["device"] == "cpu" else made["device"]
    commit = made["commit"] or "none"
    short = commit[:10] + ("+" if commit.endswith("+changes") else "")
    time = duration(result["cpu_seconds"])
    name = name.replace("|", "\\|")  # it would end the cell
    return f"| {name} | {time} | {on} | {made['precision']} | {made['torch']} | {short} |"


def _weights(lesson: str, entries: dict[str, Any]) -> str:
    rows = [
        f"| {e['file']} | {e['parameters']:,} | {e['bytes'] / 1024:.0f} | {e['result'] or '-'} "
        f"| `{e['sha256']}` |"
        for e in entries.values()
    ]
    return WEIGHTS.format(lesson=lesson, rows="\n".join(rows)) if rows else ""
