"""What many runs of a lesson say together: a table and a figure from a folder of `run.json`."""

import html
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from gan_lessons.course.claims import STORED
from gan_lessons.course.sweep.runs import BROKEN, DONE, FAILED, FILE
from gan_lessons.text import printable, read_json

CHANCE = ("seed",)  # parameters over which a mean and a spread are taken

Row = dict[str, Any]


def rows(folder: str | Path) -> list[Row]:
    """Reads all runs below a folder.

    Args:
        folder: of one run, or of many as a sweep leaves them.

    Returns:
        One row a run, by the names of their folders: "lesson", "parameters", "values" (claims and
        records by name), "stored" (names of those that were read and not measured), "claims",
        "seconds", "cpu_seconds", "status" and "error".

    Raises:
        ValueError: if there is no finished run, or a file is damaged.
    """
    found = []
    for path, run in _read(folder):
        if run["status"] in (*DONE, FAILED):
            values = {each["name"]: float(each["value"]) for each in run["claims"]}
            kept = {each["name"] for each in run["claims"] if each.get("source") == STORED}
            lies = (path.parent / f"{run['lesson']}.ipynb").relative_to(folder).as_posix()
            more = {"values": values, "stored": kept, "folder": path.parent, "place": quote(lies)}
            found.append(run | more)
    if not found:
        raise ValueError(f"{folder} holds no finished run; make some with `gan-lessons sweep`")
    return found


def left_out(folder: str | Path) -> list[Path]:
    """Names the folders below one whose runs have not come to their end, so that none reads them.

    Raises:
        ValueError: if a file is damaged.
    """
    return [path.parent for path, run in _read(folder) if run["status"] not in (*DONE, FAILED)]


def _read(folder: str | Path) -> Iterator[tuple[Path, Row]]:
    """Goes through the `run.json` files below a folder."""
    for path in sorted(Path(folder).rglob(FILE)):
        try:
            run = read_json(path)
            # Whatever the rest of this module relies on is asked for here.
            if run["status"] in (*DONE, FAILED):
                names = [each[key] for each in run["claims"] for key in ("name", "verdict")]
                if not all(isinstance(text, str) for text in (run["lesson"], *names)):
                    raise TypeError
                for value in (run["seconds"], run.get("cpu_seconds") or 0):
                    float(value)
                for each in run["claims"]:
                    float(each["value"])
                dict(run["parameters"])
            yield path, run
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path} is damaged; remove its folder and run it again") from None


def varied(runs: Sequence[Row]) -> list[str]:
    """Names the parameters that differ between runs, chance left out."""
    names = dict.fromkeys(name for run in runs for name in run["parameters"])
    texts = {name: {repr(run["parameters"].get(name)) for run in runs} for name in names}
    return [name for name in names if len(texts[name]) > 1 and name not in CHANCE]


def grouped(runs: Sequence[Row], by: Sequence[str]) -> dict[tuple, list[Row]]:
    """Groups runs that came to their end by the values of some parameters, sorted by them."""
    if unknown := [name for name in by if not any(name in run["parameters"] for run in runs)]:
        known = ", ".join(dict.fromkeys(name for run in runs for name in run["parameters"]))
        raise ValueError(f"no run has a parameter {unknown[0]!r}; they have: {known}")
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for run in runs:
        if run["status"] != FAILED:
            groups[tuple(str(run["parameters"].get(name)) for name in by)].append(run)
    return dict(sorted(groups.items(), key=lambda group: [_as_number(v) for v in group[0]]))


def _as_number(text: str) -> tuple[float, str]:
    """What a value is sorted by: numbers by their size, before texts by their letters."""
    try:
        return float(text), ""
    except ValueError:
        return math.inf, text


def spread(runs: Sequence[Row], name: str) -> tuple[float, float | None, int]:
    """Gives mean, standard deviation (None for a single run) and number of runs of a value."""
    values = [run["values"][name] for run in runs if name in run["values"]]
    if not values:
        return float("nan"), None, 0
    with np.errstate(invalid="ignore"):  # a run may have recorded NaN or an infinity
        deviation = float(np.std(values, ddof=1)) if values[1:] else None
        return float(np.mean(values)), deviation, len(values)


def names_of(runs: Sequence[Row], only: Sequence[str] = ()) -> list[str]:
    """Names the values that the runs recorded, or those that are wanted of them."""
    known = list(dict.fromkeys(name for run in runs for name in run["values"]))
    if unknown := [name for name in only if name not in known]:
        raise ValueError(f"no run recorded {unknown[0]!r}; they recorded: {', '.join(known)}")
    return list(only) or known


def table(runs: Sequence[Row], by: Sequence[str] = (), only: Sequence[str] = ()) -> str:
    """Writes a table: a line for each group of runs, a column for each value.

    Args:
        runs: from :func:`rows`.
        by: parameters to group by; those that differ, chance left out, by default.
        only: claims and records to show; all by default.

    Returns:
        Markdown with mean, standard deviation over the runs of the group and their number, and a
        line for what failed. A figure that no run measured is called stored and has no spread.

    Raises:
        ValueError: if no run has such a parameter, or recorded such a value.
    """
    by, only = list(by) or varied(runs), names_of(runs, only)
    head = [*by, "runs", *only]
    lines = [_line(head), "|" + "---|" * len(head)]
    for key, group in grouped(runs, by).items():
        cells = [*key, str(len(group)), *(cell(group, name) for name in only)]
        lines.append(_line(cells))
    failed = [run for run in runs if run["status"] == FAILED]
    broken = sum(run["status"] == BROKEN for run in runs)
    lines += ["", f"{len(runs)} runs; in {broken} a claim did not hold, {len(failed)} failed."]
    lines += [f"- {plain(_told(run, by))}: {plain(str(run['error']))}" for run in failed]
    return "\n".join(lines)


def plain(text: str) -> str:
    r"""A text that Markdown shows as it stands, on one line and in one cell of a table.

    >>> print(plain("a|b <i>"))
    a\|b &lt;i&gt;
    """
    escaped = html.escape(printable(" ".join(text.split())), quote=False)
    return re.sub(r"([\\`*|\[\]])", r"\\\1", escaped)


def figure(runs: Sequence[Row], name: str, by: Sequence[str] = (), *, show: bool = True):
    """Draws one value: a curve over a number that was varied, or else a bar for each group.

    Args:
        runs: from :func:`rows`.
        name: of the claim or record.
        by: parameters to group by; those that differ, chance left out, by default.
        show: display it at once; otherwise return it.

    Returns:
        A matplotlib figure with the standard deviation over the runs of each group, or None where
        it was shown.

    Raises:
        ValueError: as for :func:`table`.
    """
    from gan_lessons import plots

    by, (name,) = list(by) or varied(runs), names_of(runs, [name])
    groups = grouped(runs, by)
    measured = {key: spread(group, name) for key, group in groups.items()}
    title = f"by {', '.join(by)}"
    if any(deviation for _, deviation, _ in measured.values()):
        title += "; whiskers: standard deviation over the runs"
    if along := _number_to_draw_along(groups, by):
        lines: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        for key, (mean, deviation, _) in measured.items():
            rest = [v if len(by) == 2 else f"{n} = {v}" for n, v in zip(by, key) if n != along]
            x = float(key[by.index(along)])
            lines[", ".join(rest)].append((x, mean, deviation or 0.0))
        columns = {label: list(zip(*sorted(points))) for label, points in lines.items()}
        ends = sorted(x for points in columns.values() for x in points[0])
        return plots.curves(
            {label: (x, y) for label, (x, y, _) in columns.items()},
            x_label=along,
            y_label=name,
            title=title,
            errors={label: spreads for label, (_, _, spreads) in columns.items()},
            log_x=0 < ends[0] < ends[-1] / 20,
            show=show,
        )
    return plots.bars(
        {"mean": [mean for mean, _, _ in measured.values()]},
        labels=[", ".join(key) or "all" for key in groups],
        y_label=name,
        errors={"mean": [deviation or 0.0 for _, deviation, _ in measured.values()]},
        title=title,
        show=show,
    )


def _number_to_draw_along(groups: dict[tuple, list[Row]], by: Sequence[str]) -> str:
    """The first parameter that takes three numbers or more; none where there is none."""
    for place, name in enumerate(by):
        values = {key[place] for key in groups}
        try:
            numbers = [float(value) for value in values]
        except ValueError:
            continue
        if len(numbers) >= 3:
            return name
    return ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(plain(each) for each in cells)} |"


def cell(group: Sequence[Row], name: str) -> str:
    """Mean and spread of a value as they are shown; a number alone as its notebook printed it."""
    mean, deviation, count = spread(group, name)
    if not count:
        return "-"
    if _is_stored(group, name):
        return f"{mean:.4g} (stored)"
    return f"{mean:.4g}" + ("" if deviation is None else f" ± {deviation:.2g}")


def _is_stored(group: Sequence[Row], name: str) -> bool:
    """Says whether one stored number came up in all runs of a group."""
    values = {run["values"][name] for run in group if name in run["values"]}
    return len(values) == 1 and all(name in run["stored"] for run in group if name in run["values"])


def _told(run: Row, by: Sequence[str]) -> str:
    names = [*by, *(name for name in CHANCE if name in run["parameters"])]
    return ", ".join(f"{name}={run['parameters'].get(name)}" for name in names)
