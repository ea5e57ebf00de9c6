"""What many runs of a lesson say together: a table and a figure from a folder of `run.json`."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_lessons.course.claims import STORED
from gan_lessons.course.sweep.runs import BROKEN, FAILED, FILE
from gan_lessons.files import OutputFolder
from gan_lessons.text import read_json

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
    for path in sorted(Path(folder).rglob(FILE)):
        try:
            run = read_json(path)
            if "claims" in run:  # not one that is running, or was cut off
                values = {each["name"]: float(each["value"]) for each in run["claims"]}
                kept = {each["name"] for each in run["claims"] if each.get("source") == STORED}
                found.append(run | {"values": values, "stored": kept})
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path} is damaged; remove its folder and run it again") from None
    if not found:
        raise ValueError(f"{folder} holds no finished run; make some with `gan-lessons sweep`")
    return found


def varied(runs: Sequence[Row]) -> list[str]:
    """Names the parameters that differ between runs, chance left out."""
    names = dict.fromkeys(name for run in runs for name in run["parameters"])
    texts = {name: {repr(run["parameters"].get(name)) for run in runs} for name in names}
    return [name for name in names if len(texts[name]) > 1 and name not in CHANCE]


def grouped(runs: Sequence[Row], by: Sequence[str]) -> dict[tuple, list[Row]]:
    """Groups runs that came to their end by the values of some parameters, in their order."""
    if unknown := [name for name in by if not any(name in run["parameters"] for run in runs)]:
        known = ", ".join(dict.fromkeys(name for run in runs for name in run["parameters"]))
        raise ValueError(f"no run has a parameter {unknown[0]!r}; they have: {known}")
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for run in runs:
        if run["status"] != FAILED:
            groups[tuple(str(run["parameters"].get(name)) for name in by)].append(run)
    return dict(groups)


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
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for key, group in grouped(runs, by).items():
        cells = [*key, str(len(group)), *(_cell(group, name) for name in only)]
        lines.append(f"| {' | '.join(cells)} |")
    failed = [run for run in runs if run["status"] == FAILED]
    broken = sum(run["status"] == BROKEN for run in runs)
    lines += ["", f"{len(runs)} runs; in {broken} a claim did not hold, {len(failed)} failed."]
    lines += [f"- {_told(run, by)}: {run['error']}" for run in failed]
    return "\n".join(lines)


def figure(runs: Sequence[Row], name: str, by: Sequence[str] = (), *, show: bool = True):
    """Draws one value: a bar for each group of runs, with its standard deviation.

    Args:
        runs: from :func:`rows`.
        name: of the claim or record.
        by: parameters to group by; those that differ, chance left out, by default.
        show: display it at once; otherwise return it.

    Returns:
        A matplotlib figure, or None where it was shown.

    Raises:
        ValueError: as for :func:`table`.
    """
    from gan_lessons import plots

    by, (name,) = list(by) or varied(runs), names_of(runs, [name])
    groups = grouped(runs, by)
    measured = [spread(group, name) for group in groups.values()]
    return plots.bars(
        {"mean": [mean for mean, _, _ in measured]},
        labels=[", ".join(key) or "all" for key in groups],
        y_label=name,
        errors={"mean": [deviation or 0.0 for _, deviation, _ in measured]},
        title=f"by {', '.join(by)}; whiskers: standard deviation over the runs",
        show=show,
    )


def write_report(folder: str | Path, by: Sequence[str] = (), of: str = "") -> str:
    """Writes `report.md`, and `report.png` where one value is asked for, beside the runs.

    Args:
        folder: see :func:`rows`.
        by: see :func:`table`.
        of: the one claim or record that is wanted; all, and no figure, by default.

    Returns:
        The table.

    Raises:
        ValueError: as for :func:`rows` and :func:`table`.
    """
    runs, out = rows(folder), OutputFolder(folder, create=False)
    text = table(runs, by, [of] if of else ())
    out.write_text("report.md", text + "\n")
    if of:
        drawn = figure(runs, of, by, show=False)
        with out.open("report.png") as handle:
            drawn.savefig(handle, format="png", dpi=150)
    return text


def _cell(group: Sequence[Row], name: str) -> str:
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
