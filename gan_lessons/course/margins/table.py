"""The table of margins: kept beside the lessons, read by people and by the test that replays it."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_lessons.course.margins import distances
from gan_lessons.course.margins.distances import FAR, FIXED, Row
from gan_lessons.files import OutputFolder, share
from gan_lessons.text import read_json

FILE, PAGE = "margins.json", "margins.md"
SHOWN = 20  # rows of the page

HEAD = """\
# How far the numbers of the lessons stand from their bands

Written by `make margins`, which runs every lesson and every notebook of solutions with other seeds,
with two threads, with the instructions of an older processor and in the other precision, one
factor at a time; those that hold the nearest numbers also with all factors at once. What it has
not reached yet is named below.

A distance is counted in the number's own spread: the standard deviation over the seeds, or over
the machines where that is larger. A number that is `trained` differs from machine to machine; one
that is `drawn` hangs on the seed alone. {far} spreads or more are wanted.
"""


def write_table(
    folder: str | Path,
    rows: Sequence[Row],
    seconds: Mapping[str, float],
    missing: Sequence[str] = (),
) -> str:
    """Writes the table as data and as a page.

    Args:
        folder: where.
        rows: of all notebooks.
        seconds: CPU seconds of each notebook in the usual setting.
        missing: notebooks that were not measured.

    Returns:
        The page.
    """
    out, found = OutputFolder(folder), distances.nearest(rows)
    counts = {name: dict(Counter(row.nature for row in found if row.notebook == name))
              for name in dict.fromkeys(row.notebook for row in rows)}  # fmt: skip
    # What nothing moves is counted and not listed.
    kept = [row for row in found if row.nature != FIXED or row.distance < FAR or row.missing]
    lines = ",\n".join(json.dumps(distances.to_json(row), ensure_ascii=False) for row in kept)
    head = {"cpu_seconds": seconds, "numbers": counts}
    text = json.dumps(head, indent=1, ensure_ascii=False)
    out.write_text(FILE, f'{text[:-2]},\n "rows": [\n{lines}\n]}}\n')
    page = as_page(found, missing)
    out.write_text(PAGE, page)
    return page


def read_table(path: Path | None = None) -> dict[str, Any]:
    """Reads the table; "rows" are :class:`Row`, the nearest first.

    Args:
        path: the file; the course's own by default.
    """
    path = share("data", "lessons", FILE) if path is None else path
    found = read_json(path)
    return found | {"rows": [distances.from_json(row) for row in found["rows"]]}


def as_page(rows: Sequence[Row], missing: Sequence[str] = ()) -> str:
    """Writes the nearest rows as Markdown, what all come to, and what was not measured."""
    natures = Counter(row.nature for row in rows)
    told = ", ".join(f"{natures[kind]} {kind}" for kind in sorted(natures))
    counts = sorted({row.runs for row in rows})
    runs = " to ".join(str(count) for count in dict.fromkeys((*counts[:1], *counts[-1:])))
    near = [row for row in rows if row.distance < FAR]
    lines = [
        HEAD.format(far=FAR),
        f"{len(rows)} numbers: {told}; each from {runs} runs.",
        *([f"Not measured yet: {', '.join(missing)}."] if missing else []),
        f"Nearer than {FAR} spreads to an end of their band: {len(near)}.",
        "",
        "| spreads | notebook | what | nature | usual | band | spread | worst | refuses |",
        "|---:|---|---|---|---:|---|---:|---|---|",
        *(_line(row) for row in rows[:SHOWN]),
    ]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    low, high = ("" if end is None else f"{end:.4g}" for end in (row.low, row.high))
    name = row.name.replace("|", "\\|")
    worst = f"{row.worst:.4g} ({row.worst_at})"
    if row.missing:
        worst += f"; not reached in {', '.join(row.missing)}"
    far = f"{row.distance:.1f}" if math.isfinite(row.distance) else "outside"
    cells = [far, row.notebook, name, row.nature, f"{row.usual:.4g}", f"{low} to {high}"]
    return f"| {' | '.join([*cells, f'{row.spread:.2g}', worst, row.refuses])} |"
