"""Lessons with parameters of one's own, executed by papermill: one run, or a whole grid of them.

Each run leaves its executed notebook and `run.json`: the parameters, every claim and record, the
time it took, and what made it. A claim that does not hold is written down and stops nothing.
"""

import contextlib
import itertools
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from gan_lessons.course import claims, kernels, notebook
from gan_lessons.course.publish import outputs
from gan_lessons.course.sweep.parameters import (
    PRESETS,
    Parameters,
    lesson_named,
    parameters_of,
)
from gan_lessons.files import OutputFolder
from gan_lessons.text import read_json, read_yaml

FILE = "run.json"
FINISHED, BROKEN, FAILED = "finished", "claims do not hold", "failed"
# Longest that one cell may take, by preset; a kernel that hangs would be waited for without end.
CELL_SECONDS = {"smoke": 600, "class": 86_400, "full": 30 * 86_400}
THREADS = "OMP_NUM_THREADS"

Report = Callable[[str], None]


def run_lesson(
    name: str,
    parameters: Parameters,
    out: str | Path,
    *,
    force: bool = False,
    cell_seconds: float | None = None,
) -> dict[str, Any]:
    """Executes a lesson with other parameters.

    Args:
        name: how the lesson's name begins.
        parameters: values by name; the others stay as they stand in the lesson.
        out: folder for the executed notebook and `run.json`.
        force: whether to write over a finished run that had other parameters.
        cell_seconds: longest that one cell may take; by default that of the preset.

    Returns:
        What `run.json` holds: "lesson", "parameters", "claims", "seconds", "cpu_seconds", "made",
        "status" ("finished", "claims do not hold" or "failed") and "error", a sentence.

    Raises:
        ValueError: as for :func:`lesson_named` and :func:`parameters_of`; or if the folder holds
            a finished run of another kind.
    """
    lesson = lesson_named(name)
    values = parameters_of(lesson, parameters)
    if not force:
        _spare(Path(out), lesson, values)
    folder = OutputFolder(out)
    # What stood there is of another run; without its run.json nobody takes it for this one.
    folder.write_json(FILE, {"lesson": lesson.stem, "parameters": values, "status": "running"})
    wall, cpu = time.perf_counter(), cpu_of_children()
    limit = cell_seconds or CELL_SECONDS[values.get("preset", PRESETS[0])]
    error = _execute(lesson, values, folder.path(lesson.name), limit)
    wall, cpu = time.perf_counter() - wall, cpu_since(cpu)
    executed = notebook.read_notebook(folder.path(lesson.name))
    outputs.clean(executed)
    notebook.write_notebook(folder.path(lesson.name), executed)
    found = claims.recorded(executed)
    holds = all(each.verdict != "does not hold" for each in found)
    result = {
        "lesson": lesson.stem,
        "parameters": values,
        "claims": [claims.to_json(each) for each in found],
        "seconds": round(wall, 1),
        "cpu_seconds": cpu,
        "made": origin(),
        "status": FAILED if error else FINISHED if holds else BROKEN,
        "error": error,
    }
    folder.write_json(FILE, result)
    return result


def read_sweep(path: str | Path) -> tuple[Path, list[Parameters]]:
    """Reads a grid of runs.

    Args:
        path: a YAML file with `lesson`, `grid` (lists of values by name, every combination is a
            run) and, if wanted, `parameters` (the same for all runs).

    Returns:
        The lesson's notebook and the parameters of each run.

    Raises:
        ValueError: if the file cannot be read as that, or does not fit the lesson.
    """
    try:
        asked = read_yaml(Path(path))
    except ImportError:
        raise ValueError("grids need PyYAML: pip install 'gan-lessons[train]'") from None
    except ValueError:
        raise ValueError(f"{path} is not YAML; write names and values as `loss: [hinge]`") from None
    form = f"{path} needs `lesson:` with a name and `grid:` with a list of values for each name"
    match asked:
        case {"lesson": lesson, "grid": dict(grid), **rest} if grid and set(rest) <= {"parameters"}:
            fixed = rest.get("parameters") or {}
        case _:
            raise ValueError(form)
    if not isinstance(fixed, dict) or not all(isinstance(v, list) and v for v in grid.values()):
        raise ValueError(form)
    # YAML reads 04 as a number.
    found = lesson_named(f"{lesson:02d}" if isinstance(lesson, int) else str(lesson))
    every = [dict(zip(grid, values)) for values in itertools.product(*grid.values())]
    for given in every:
        parameters_of(found, fixed | given)
    if len({slug(fixed | given) for given in every}) < len(every):
        raise ValueError(
            f"{path} asks twice for one run, or for two whose values differ by signs alone that no "
            "folder is named by; name each run once, and tell values apart by letters and digits"
        )
    return found, [fixed | given for given in every]


def sweep(
    path: str | Path, out: str | Path, *, jobs: int = 1, report: Report = print
) -> list[dict[str, Any]]:
    """Executes a lesson once for every combination of a grid; goes on where it was cut off.

    Args:
        path: see :func:`read_sweep`.
        out: folder that gets one folder a run. Runs that came to their end there are not repeated.
        jobs: how many at a time.
        report: called with each line of progress.

    Returns:
        What the `run.json` of each run holds, in the order of the grid.
    """
    lesson, grid = read_sweep(path)
    folders = [Path(out) / slug(given) for given in grid]
    todo = [k for k, folder in enumerate(folders) if not _is_done(folder, lesson, grid[k])]
    for k in todo:
        _spare(folders[k], lesson, parameters_of(lesson, grid[k]))
    report(f"{lesson.stem}: {len(grid)} runs, {len(grid) - len(todo)} of them there already")
    work = [(lesson.stem, grid[k], folders[k]) for k in todo]
    begun = time.perf_counter()
    for done, (folder, result) in enumerate(_results(work, jobs), 1):
        left = (time.perf_counter() - begun) / done * (len(todo) - done)
        told = f"; {result['error']}" if result["error"] else ""
        report(
            f"{done} of {len(todo)}  {folder.name}: {result['status']} after "
            f"{result['seconds']:.0f} s, about {left:.0f} s left{told}"
        )
    return [read_json(folder / FILE) for folder in folders]


def slug(given: Parameters) -> str:
    """Names the folder of a run after its parameters, such as "loss=hinge,seed=1"."""
    text = ",".join(f"{name}={value}" for name, value in given.items())
    return re.sub(r"[^\w.,=+-]+", "_", text)


def _results(work: list[tuple], jobs: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Runs one after another here, or several at a time in processes of their own."""
    if jobs == 1:
        yield from ((folder, run_lesson(name, given, folder)) for name, given, folder in work)
        return
    share_of_cores = str(max(1, (os.cpu_count() or 1) // jobs))
    threads = {THREADS: os.environ.get(THREADS, share_of_cores)}
    with _environment(threads), ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        asked = {pool.submit(run_lesson, *each): each[-1] for each in work}
        try:
            yield from ((asked[future], future.result()) for future in as_completed(asked))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _execute(lesson: Path, values: Parameters, target: Path, limit: float) -> str | None:
    """Runs a notebook through papermill; gives the error that stopped it, as a sentence."""
    try:
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
    except ImportError:
        raise ValueError(
            "Running lessons needs the notebook extra: pip install 'gan-lessons[notebook]'"
        ) from None
    settings = {"progress_bar": False, "log_output": False, "cwd": str(lesson.parent)}
    # Kernels listen on this machine alone; their warning of it would stand between our lines.
    settings["extra_arguments"] = ["--log-level=ERROR"]
    settings |= {"execution_timeout": limit, "config": kernels.private()}
    with _environment({claims.GO_ON: "1"}):
        try:
            papermill.execute_notebook(str(lesson), str(target), parameters=values, **settings)
        except papermill.PapermillExecutionError as error:
            first = (error.source.strip().splitlines() or [""])[0]
            place = f"code cell {error.exec_count} ({first})"
            return f"{place}: {error.ename}: {' '.join(str(error.evalue).split())}"
        except CellTimeoutError:
            return (
                f"a cell took longer than {limit:g} s and was stopped; "
                "if it needs longer, say how long by --cell-seconds"
            )
        except DeadKernelError:
            return "the kernel died, as it does when memory runs out; ask for less, or run it again"
    return None


def _is_done(folder: Path, lesson: Path, given: Parameters) -> bool:
    """Says whether a folder holds this very run, executed to its end."""
    return _finished(folder) == _kind(lesson, parameters_of(lesson, given))


def _spare(folder: Path, lesson: Path, values: Parameters) -> None:
    """Refuses to write over a finished run of another lesson or with other parameters."""
    stored = _finished(folder)
    if stored is None or stored == _kind(lesson, values):
        return
    (other, before), (_, now) = stored, _kind(lesson, values)
    differs = [f"{k} = {before[k]!r}" for k in before if k not in now or now[k] != before[k]]
    what = f"of {other}" if other != lesson.stem else f"with {', '.join(differs)}"
    raise ValueError(
        f"{folder} holds a finished run {what}; name another folder, or write over it by --force"
    )


def _finished(folder: Path) -> tuple[str, Parameters] | None:
    """The lesson and the parameters of a folder's run, if it came to its end."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        stored = read_json(folder / FILE)
        if stored["status"] in (FINISHED, BROKEN):
            return stored["lesson"], dict(stored["parameters"])
    return None


def _kind(lesson: Path, values: Parameters) -> tuple[str, Parameters]:
    """The same of a run that is to be made, as JSON gives it back."""
    return lesson.stem, json.loads(json.dumps(values))


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Sets variables that kernels and processes inherit, for as long as the block runs."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def origin() -> dict[str, Any]:
    """What made a run: versions, commit, machine and threads."""
    from gan_lessons.provenance import provenance

    made = provenance()
    return made | {"threads": int(os.environ.get(THREADS) or made["threads"])}


def cpu_of_children() -> float | None:
    """CPU seconds of the processes that this one has waited for; None where nobody counts."""
    try:
        import resource
    except ImportError:  # Windows has no such count
        return None
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_since(before: float | None) -> float | None:
    """CPU seconds of the kernels that ended since: this process has waited for them."""
    now = cpu_of_children()
    return None if now is None or before is None else round(now - before, 1)
