"""One page of what many runs say: a table, curves with their spread, pictures side by side.

The page is one file without scripts that asks nothing of the network. It reads well on paper and
aloud: headings, captions, scopes of table heads, a text for each picture.
"""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from gan_lessons.course import notebook
from gan_lessons.course.sweep import reports
from gan_lessons.course.sweep.reports import Row, cell, grouped, names_of, spread, varied
from gan_lessons.course.sweep.runs import DONE, FAILED
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import open_image
from gan_lessons.text import count_of, duration

CURVES, SHEETS = 8, 3  # drawings, and kinds of pictures, at most
KINDS = ("image/png", "image/jpeg")  # as `plots` shows curves, and sheets of pictures
COLUMNS = 6  # of a table on paper
STYLE = """\
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff;
  max-width: 62rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; break-after: avoid; }
h3 { font-size: 1.05rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0 1.5rem; }
caption { text-align: left; color: #444; padding-bottom: .3rem; }
caption span { display: inline-block; position: sticky; left: 0; max-width: calc(100vw - 2rem); }
th, td { padding: .25rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid #ccc; }
th[scope=row] { min-width: 11rem; font-weight: 500; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr { break-inside: avoid; }
figure { margin: 0 0 1rem; break-inside: avoid; }
img { max-width: 100%; height: auto; }
.side { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.side figure { flex: 1 1 17rem; max-width: 30rem; }
figcaption { font-size: .85rem; color: #444; }
.broken { font-weight: 600; color: #8a1c00; }
@media print {
  body { font-size: 10pt; max-width: none; padding: 0; }
  .wide { overflow: visible; }
  a { color: inherit; text-decoration: none; }
}
"""


def write_report(folder: str | Path, by: Sequence[str] = (), of: str = "") -> str:
    """Writes `report.html` and `report.md`, and `report.png` of one value, beside the runs.

    Args:
        folder: see :func:`reports.rows`.
        by: see :func:`reports.table`.
        of: the one claim or record that is wanted; all, and no picture, by default.

    Returns:
        The table.

    Raises:
        ValueError: as for :func:`reports.rows` and :func:`reports.table`.
    """
    runs, out = reports.rows(folder), OutputFolder(folder, create=False)
    only = [of] if of else ()
    text = reports.table(runs, by, only)
    out.write_text("report.md", text + "\n")
    out.write_text("report.html", page(runs, by, only))
    if of:
        drawn = reports.figure(runs, of, by, show=False)
        with out.open("report.png") as handle:
            drawn.savefig(handle, format="png", dpi=150)
    return text


def page(runs: Sequence[Row], by: Sequence[str] = (), only: Sequence[str] = ()) -> str:
    """Writes the page.

    Args:
        runs: from :func:`reports.rows`.
        by: parameters to group by; those that differ, chance left out, by default.
        only: claims and records to show; all by default.

    Returns:
        HTML.

    Raises:
        ValueError: if no run has such a parameter, or recorded such a value.
    """
    by, names = list(by) or varied(runs), names_of(runs, only)
    done = [run for run in runs if run["status"] in DONE]
    differ = [name for name in names if len({_value(run, name) for run in done}) > 1]
    same = [name for name in names if name not in differ]
    lessons = ", ".join(dict.fromkeys(run["lesson"] for run in runs))
    title = f"Runs of {lessons}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _summary(runs),
        "<h2>What the runs say together</h2>",
        _together(runs, by, differ),
        _alike(done, same),
        *_curves(runs, by, differ),
        *_sheets(runs, by),
        "<h2>Every run</h2>",
        *_every_run(done, by, differ),
        *_notebooks(runs, by),
    ]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>",
            *parts,
            "</main>\n</body>\n</html>\n",
        ]
    )


def _summary(runs: Sequence[Row]) -> str:
    """How many runs, what they share, what failed and what did not hold."""
    shared = {
        name: value
        for name, value in runs[0]["parameters"].items()
        if all(run["parameters"].get(name) == value for run in runs)
    }
    cpu = sum(run.get("cpu_seconds") or 0 for run in runs)
    told = f"{count_of(len(runs), 'run')}, {duration(cpu)} of processor time."
    if shared:
        same = ", ".join(f"{name} = {value!r}" for name, value in shared.items())
        told += f" The same in all: {same}."
    lines = [f"<p>{escape(told)}</p>"]
    troubles = [
        f"{called(run, varied(runs))} failed: {run['error']}"
        for run in runs
        if run["status"] == FAILED
    ]
    broken: dict[str, int] = {}
    for run in runs:
        for each in run["claims"]:
            if each["verdict"] == "does not hold":
                broken[each["name"]] = broken.get(each["name"], 0) + 1
    troubles += [
        f"{name}: did not hold in {count} of {len(runs)}" for name, count in broken.items()
    ]
    if troubles:
        lines.append("<h2>What failed or did not hold</h2>\n<ul>")
        lines += [f"<li>{escape(trouble)}</li>" for trouble in troubles]
        lines.append("</ul>")
    else:
        lines.append("<p>Every claim held in every run.</p>")
    return "\n".join(lines)


def _together(runs: Sequence[Row], by: Sequence[str], names: Sequence[str]) -> str:
    """The table of groups; the longer side goes down the page."""
    if not names:
        return ""
    groups = grouped(runs, by)
    labels = [_group(by, key) for key in groups]
    cells = [[cell(group, name) for name in names] for group in groups.values()]
    heads = [f"{label} ({count_of(len(g), 'run')})" for label, g in zip(labels, groups.values())]
    caption = "Mean ± standard deviation over the runs of a group"
    if len(groups) <= len(names):
        return _tables(caption, "claim or record", names, heads, [list(c) for c in zip(*cells)])
    return _tables(caption, ", ".join(by) or "all", heads, names, cells)


def _alike(done: Sequence[Row], names: Sequence[str]) -> str:
    """The values that came out the same in all runs, each once."""
    if not names or not done:
        return ""
    cells = [[cell(done[:1], name)] for name in names]
    return _tables("The same in every run", "claim or record", names, ["value"], cells)


def _value(run: Row, name: str) -> str:
    return f"{run['values'].get(name)}"


def _tables(
    caption: str,
    corner: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
) -> str:
    """Tables of a few columns each, so that they fit on paper."""
    made = []
    for first in range(0, len(columns), COLUMNS):
        part = slice(first, first + COLUMNS)
        lines = ['<div class="wide" tabindex="0"><table>']
        lines.append(f"<caption><span>{escape(caption)}</span></caption>")
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in [corner, *columns[part]])
        lines.append(f"<thead><tr>{heads}</tr></thead>\n<tbody>")
        for name, values in zip(rows, cells):
            shown = "".join(f'<td class="n">{_marked(value)}</td>' for value in values[part])
            lines.append(f'<tr><th scope="row">{escape(name)}</th>{shown}</tr>')
        made.append("\n".join([*lines, "</tbody></table></div>"]))
    return "\n".join(made)


def _marked(value: str) -> str:
    shown = escape(value)
    return f'<span class="broken">{shown}</span>' if value.endswith("does not hold") else shown


def _curves(runs: Sequence[Row], by: Sequence[str], names: Sequence[str]) -> list[str]:
    """Drawings of what differs between groups."""
    groups = grouped(runs, by)
    if len(groups) < 2:
        return []
    # Runs can differ by chance alone.
    differ = [n for n in names if len({spread(group, n)[0] for group in groups.values()}) > 1]
    if not differ:
        return []
    parts = ["<h2>Curves</h2>", '<div class="side">']
    for name in differ[:CURVES]:
        buffer = io.BytesIO()
        reports.figure(runs, name, by, show=False).savefig(buffer, format="png", dpi=130)
        means = [f"{_group(by, key)}: {cell(group, name)}" for key, group in groups.items()]
        alt = f"{name}, by {', '.join(by)}. {'; '.join(means)}"
        parts.append(f"<figure>{_image(buffer.getvalue(), alt)}</figure>")
    parts.append("</div>")
    left = len(differ) - CURVES
    if left > 0:
        parts.append(f"<p>{count_of(left, 'more value')} differ; --of NAME draws one of them.</p>")
    return parts


def _sheets(runs: Sequence[Row], by: Sequence[str]) -> list[str]:
    """Pictures that the notebooks show at the same place, where they differ, side by side."""
    chosen = [group[0] for group in grouped(runs, by).values()]
    if len(chosen) < 2 or len({run["lesson"] for run in chosen}) > 1:
        return []
    found = [pictures(run) for run in chosen]
    places = [place for place in found[0] if all(place in each for each in found)]
    differ = [place for place in places if len({each[place][0] for each in found}) > 1]
    if not differ:
        return []
    parts = ["<h2>Pictures side by side</h2>"]
    if len(differ) > SHEETS:
        parts.append(
            f"<p>The last {SHEETS} of {len(differ)} pictures that differ; the notebooks of the "
            "runs hold all of them.</p>"
        )
    for place in differ[-SHEETS:]:
        parts.append('<div class="side">')
        for run, each in zip(chosen, found):
            data, alt, kind = each[place]
            caption = escape(called(run, by))
            image = _image(data, alt or caption, kind)
            parts.append(f"<figure>{image}<figcaption>{caption}</figcaption></figure>")
        parts.append("</div>")
    return parts


def pictures(run: Row) -> dict[tuple[str, int], tuple[bytes, str, str]]:
    """The pictures of a run's notebook, with text and kind, by cell and number within it."""
    try:
        executed = notebook.read_notebook(Path(run["folder"]) / f"{run['lesson']}.ipynb")
    except (OSError, ValueError):
        return {}
    found = {}
    for each in notebook.code_cells(executed):
        for number, output in enumerate(each.get("outputs", [])):
            try:
                kind = next(filter(output["data"].get, KINDS), "")
                data = base64.b64decode(output["data"][kind])
                open_image(data)
                alt = str(output["metadata"].get(kind, {}).get("alt", ""))
            except (AttributeError, KeyError, TypeError, ValueError):
                continue
            found[each["id"], number] = data, alt, kind
    return found


def _every_run(done: Sequence[Row], by: Sequence[str], names: Sequence[str]) -> list[str]:
    """Each number as its notebook printed it."""
    if not names:
        return []
    heads, cells = [called(run, by) for run in done], []
    for run in done:
        verdicts = {each["name"]: each["verdict"] for each in run["claims"]}
        cells.append([_printed(run["values"].get(name), verdicts.get(name)) for name in names])
    caption = "Each number as its notebook printed it; one without a band has no verdict"
    if len(done) > len(names):
        return [_tables(caption, "run", heads, names, cells)]
    rows = [list(values) for values in zip(*cells)]
    return [_tables(caption, "claim or record", names, heads, rows)]


def _notebooks(runs: Sequence[Row], by: Sequence[str]) -> list[str]:
    """Where the notebooks lie."""
    links = [
        f'<li><a href="{escape(run["place"])}">{escape(called(run, by))}</a>: {run["status"]} '
        f"after {duration(run['seconds'])}</li>"
        for run in runs
    ]
    return ["<h3>Notebooks</h3>\n<ul>", *links, "</ul>"]


def _printed(value: float | None, verdict: str | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" + (f" {verdict}" if verdict in ("holds", "does not hold") else "")


def called(run: Row, by: Sequence[str]) -> str:
    """A run by what tells it from the others."""
    names = [*by, *(n for n in reports.CHANCE if n in run["parameters"] and n not in by)]
    names = [name for name in names if name in run["parameters"]]
    return ", ".join(f"{name} = {run['parameters'].get(name)}" for name in names) or run["lesson"]


def _group(by: Sequence[str], key: Sequence[Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in zip(by, key)) or "all"


def _image(data: bytes, alt: str, kind: str = KINDS[0]) -> str:
    return f'<img alt="{escape(alt)}" src="data:{kind};base64,{base64.b64encode(data).decode()}">'
