"""`make margins`: how far each number of the lessons stands from the end of its band.

    python -m gan_lessons.course.margins [02 solutions/02 ...] [--seeds 5] [--most 10]

Every finished run is kept in `runs/margins`, so that a run which is cut off goes on from there.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path

from gan_lessons.course import claims, notebook
from gan_lessons.course.margins import distances, measure, settings, table
from gan_lessons.course.margins.settings import USUAL, Setting
from gan_lessons.course.publish import build_lessons
from gan_lessons.files import OutputFolder, share

RUNS = "runs/margins"
Work = tuple[Path, Setting]


def main(words: list[str]) -> int:
    """Measures what is not measured yet, and writes the table.

    Args:
        words: see the module.

    Returns:
        0 when no number stands nearer than three spreads to the end of its band, otherwise 1.
    """
    parser = argparse.ArgumentParser(prog="python -m gan_lessons.course.margins")
    parser.add_argument("notebooks", nargs="*", help="how their names begin; all by default")
    parser.add_argument("--seeds", type=int, default=settings.SEEDS)
    parser.add_argument("--most", type=int, help="how many runs to make at the most")
    parser.add_argument("--out", default=RUNS, help="where runs are kept")
    asked = parser.parse_args(words)
    root, out = share("notebooks"), OutputFolder(asked.out)
    chosen = build_lessons.chosen(asked.notebooks, root)
    work = [(path, setting) for setting in settings.one_at_a_time(asked.seeds) for path in chosen]
    left = _measure(work, root, out, asked.most)
    near = {row.notebook for row in nearest(root, out)[: table.SHOWN]}
    work = [(path, each) for path in chosen if _name(path, root) in near
            for each in settings.all_at_once(asked.seeds)]  # fmt: skip
    left = _measure(work, root, out, left)
    rows = nearest(root, out)
    names = {_name(path, root) for path in notebook.notebooks(root)}
    missing = sorted(names - {row.notebook for row in rows} - _without_numbers(root, out))
    table.write_table(share("data", "lessons"), rows, dict(_seconds(root, out)), missing)
    close = [row for row in rows if row.distance < distances.FAR or row.missing]
    for row in rows[: table.SHOWN]:
        print(f"{row.distance:8.1f}  {row.notebook}: {row.name} = {row.usual:.4g}")
    print(f"{len(rows)} numbers; {len(close)} stand nearer than {distances.FAR} spreads.")
    return 1 if close or left == 0 else 0


def nearest(root: Path, out: OutputFolder) -> list[distances.Row]:
    """Gives the rows of all notebooks by what is kept, the nearest first.

    Args:
        root: the folder of notebooks.
        out: where runs are kept; of a notebook without any, the rows of the stored table stay.
    """
    found = []
    known = _known()
    for path in notebook.notebooks(root):
        runs = list(_kept(path, root, out))
        name = _name(path, root)
        if runs:
            bands = _bands(path)
            found += distances.rows(name, runs, bands)
        else:
            found += [row for row in known["rows"] if row.notebook == name]
    return distances.nearest(found)


def _measure(work: list[Work], root: Path, out: OutputFolder, most: int | None) -> int | None:
    """Makes the runs that are not kept; gives how many may still be made."""
    todo = [each for each in work if measure.stored(each[0], root, each[1], out) is None]
    cost = sum(_cost(path, root, out) for path, _ in todo)
    print(f"{len(work)} runs, {len(work) - len(todo)} of them kept already; the others take about "
          f"{cost / 60:.0f} minutes of a processor.", flush=True)  # fmt: skip
    for done, (path, setting) in enumerate(todo[:most], 1):
        try:
            found = measure.store(path, root, setting, out)
            told = "".join(f"\n     {error}" for error in found["errors"])
            told = f"{found['seconds']:.0f} s{told}"
        except ValueError as error:  # the kernel died, or a cell took too long
            told = f"not kept. {error}"
        print(f"{done} of {len(todo)}  {_name(path, root)} {setting}: {told}", flush=True)
    return None if most is None else max(0, most - len(todo))


def _kept(path: Path, root: Path, out: OutputFolder) -> Iterator[measure.Measured]:
    """The kept runs of a notebook, the usual one first; none where that one is missing."""
    every = [*settings.one_at_a_time(), *settings.all_at_once()]
    if measure.stored(path, root, USUAL, out):
        found = (measure.stored(path, root, setting, out) for setting in every)
        yield from (each for each in found if each)


def _without_numbers(root: Path, out: OutputFolder) -> set[str]:
    """Notebooks that ran and have nothing to measure."""
    kept = {path: measure.stored(path, root, USUAL, out) for path in notebook.notebooks(root)}
    return {_name(path, root) for path, run in kept.items() if run and not run["values"]}


def _bands(path: Path) -> dict[str, claims.Claim]:
    """The claims that a notebook stores, each by its name."""
    found: dict[str, claims.Claim] = {}
    for each in claims.recorded(notebook.read_notebook(path)):
        if each.verdict != "recorded":
            found[measure.told_apart(each.name, found)] = each
    return found


def _seconds(root: Path, out: OutputFolder) -> Iterator[tuple[str, float]]:
    for path in notebook.notebooks(root):
        cost = _cost(path, root, out)
        if math.isfinite(cost):
            yield _name(path, root), cost


def _cost(path: Path, root: Path, out: OutputFolder) -> float:
    """CPU seconds of one run: of the one that is kept, of the stored table, or half a minute."""
    if kept := measure.stored(path, root, USUAL, out):
        return kept["cpu_seconds"] or kept["seconds"]
    return _known()["cpu_seconds"].get(_name(path, root), 30.0)


def _known() -> dict:
    try:
        return table.read_table()
    except ValueError:  # there is none yet
        return {"rows": [], "cpu_seconds": {}}


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ValueError as problem:
        sys.exit(str(problem))
