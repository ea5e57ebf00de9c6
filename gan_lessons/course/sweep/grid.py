"""Grids of runs: read from YAML, executed here or on many machines, gone on with where cut off."""

import hashlib
import itertools
import math
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_lessons.course.sweep import engines
from gan_lessons.course.sweep.engines import Work
from gan_lessons.course.sweep.parameters import (
    Parameters,
    UnknownParameter,
    lesson_named,
    parameters_of,
)
from gan_lessons.course.sweep.runs import FILE, Report, Result, is_done, spare
from gan_lessons.files import OutputFolder
from gan_lessons.text import count_of, duration, read_json, read_yaml

MOST_RUNS = 10_000  # of one sweep: what is more is a slip
LONGEST = 120  # letters of a folder's name; disks allow 255 bytes


@dataclass(frozen=True)
class Settings:
    """How a grid is executed.

    Attributes:
        jobs: runs at a time, on this machine.
        scheduler: address of a Dask scheduler whose workers make the runs; none of them here.
        cell_seconds: longest that one cell may take; by default that of the preset.
        seconds: longest that one run may take; no limit by default.
    """

    jobs: int = 1
    scheduler: str = ""
    cell_seconds: float | None = None
    seconds: float | None = None


def read_sweep(path: str | Path) -> tuple[Path, list[Parameters]]:
    """Reads a grid of runs.

    Args:
        path: a YAML file with `lesson`, `grid` (lists of values by name, every combination is a
            run) and, if wanted, `parameters` (the same for all runs).

    Returns:
        The lesson's notebook and the parameters of each run, as the types that the lesson has.

    Raises:
        UnknownParameter: if the file cannot be read as that, or does not fit the lesson.
        ValueError: if PyYAML is missing.
    """
    try:
        asked = read_yaml(Path(path))
    except ImportError:
        raise ValueError("grids need PyYAML: pip install 'gan-lessons[train]'") from None
    except ValueError:
        raise UnknownParameter(
            f"{path} is not YAML; write names and values as `loss: [hinge]`"
        ) from None
    form = f"{path} needs `lesson:` with a name and `grid:` with a list of values for each name"
    match asked:
        case {"lesson": lesson, "grid": dict(grid), **rest} if grid and set(rest) <= {"parameters"}:
            fixed = rest.get("parameters") or {}
        case _:
            raise UnknownParameter(form)
    if not isinstance(fixed, dict) or not all(isinstance(v, list) and v for v in grid.values()):
        raise UnknownParameter(form)
    # YAML reads 04 as a number.
    found = lesson_named(f"{lesson:02d}" if isinstance(lesson, int) else str(lesson))
    if math.prod(map(len, grid.values())) > MOST_RUNS:
        raise ValueError(f"{path} asks for more than {MOST_RUNS:,} runs; ask for fewer at a time")
    runs = []
    for values in itertools.product(*grid.values()):
        given = fixed | dict(zip(grid, values))
        read = parameters_of(found, given)
        runs.append({name: read[name] for name in given})
    if len({slug(given) for given in runs}) < len(runs):
        raise UnknownParameter(
            f"{path} asks twice for one run, or for two whose values differ by signs alone that no "
            "folder is named by; name each run once, and tell values apart by letters and digits"
        )
    return found, runs


def sweep(
    path: str | Path,
    out: str | Path,
    settings: Settings | None = None,
    *,
    report: Report = print,
    stop: threading.Event | None = None,
) -> list[Result]:
    """Executes a lesson once for every combination of a grid; goes on where it was cut off.

    Args:
        path: see :func:`read_sweep`.
        out: folder that gets one folder a run. Runs that came to their end there are not repeated.
        settings: how; one run at a time by default.
        report: called with each line of progress.
        stop: ends the runs once it is set.

    Returns:
        What the `run.json` of each run holds, in the order of the grid; of a run that was not
        begun or could not be stored, what is known of it.

    Raises:
        ValueError: as for :func:`read_sweep`; if a folder holds a finished run of another kind;
            or if there is no such scheduler.
        KeyboardInterrupt: if it was told to stop.
    """
    settings, stop = settings or Settings(), stop or threading.Event()
    lesson, grid = read_sweep(path)
    folders = [Path(out) / slug(given) for given in grid]
    todo = [
        Work(str(lesson), given, str(folder.resolve()), settings.cell_seconds, settings.seconds)
        for given, folder in zip(grid, folders)
        if not _is_made(folder, lesson, given)
    ]
    if stop.is_set():
        raise KeyboardInterrupt
    report(f"{lesson.stem}: {len(grid)} runs, {len(grid) - len(todo)} of them there already")
    OutputFolder(out)
    if settings.scheduler:
        results = engines.over_dask(todo, settings.scheduler, Path(out).resolve(), stop)
    else:
        results = engines.here(todo, settings.jobs, stop)
    made = _followed(results, todo, report)
    if stop.is_set():
        raise KeyboardInterrupt
    return [made.get(str(f.resolve())) or read_json(f / FILE) for f in folders]


def slug(given: Parameters) -> str:
    """Names the folder of a run after its parameters, such as "loss=hinge,seed=1"."""
    text = ",".join(f"{name}={value}" for name, value in given.items())
    name = re.sub(r"[^\w.,=+-]+", "_", text)
    if len(name.encode()) <= LONGEST:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{name.encode()[:LONGEST].decode(errors='ignore')}-{digest}"


def _is_made(folder: Path, lesson: Path, given: Parameters) -> bool:
    """Says whether a run is there, and refuses to write over one of another kind."""
    values = parameters_of(lesson, given)
    spare(folder, lesson, values)
    return is_done(folder, lesson, values)


def _followed(results: Any, todo: Sequence[Work], report: Report) -> dict[str, Result]:
    """Tells of each run as it ends; gives what they came to, by folder."""
    made: dict[str, Result] = {}
    begun = time.perf_counter()
    for done, (work, result) in enumerate(results, 1):
        made[work.folder] = result
        left = (time.perf_counter() - begun) / done * (len(todo) - done)
        told = f"; {result['error']}" if result["error"] else ""
        more = f", about {duration(left)} left" if done < len(todo) else ""
        report(
            f"{done} of {count_of(len(todo), 'run')}  {Path(work.folder).name}: "
            f"{result['status']} after {duration(result['seconds'])}{more}{told}"
        )
    return made
