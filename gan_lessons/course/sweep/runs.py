"""A lesson with parameters of one's own: one run, and what it leaves.

Each run leaves its executed notebook and `run.json`: the parameters, every claim and record, the
time and memory it took, and what made it. A claim that does not hold is written down and stops
nothing. A run that was cut off leaves the notebook as far as it came.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan_lessons.course import claims, notebook
from gan_lessons.course.publish import outputs
from gan_lessons.course.sweep.holding import held
from gan_lessons.course.sweep.parameters import (
    PRESETS,
    Parameters,
    lesson_named,
    parameters_of,
)
from gan_lessons.course.sweep.supervise import Ended, Limits, Watch, execute
from gan_lessons.files import OutputFolder
from gan_lessons.text import read_json

FILE = "run.json"
RUNNING, STOPPED = "running", "stopped"
FINISHED, BROKEN, FAILED = "finished", "claims do not hold", "failed"
DONE = (FINISHED, BROKEN)  # came to their end
# Longest that one cell may take, by preset; a kernel that hangs would be waited for without end.
CELL_SECONDS = {"smoke": 600, "class": 86_400, "full": 30 * 86_400}
THREADS = "OMP_NUM_THREADS"

Report = Callable[[str], None]
Result = dict[str, Any]


def run_lesson(
    name: str,
    parameters: Parameters,
    out: str | Path,
    *,
    force: bool = False,
    cell_seconds: float | None = None,
    seconds: float | None = None,
    again: bool = True,
    folder: str | Path | None = None,
    threads: int | None = None,
    stop: threading.Event | None = None,
    watch: Watch | None = None,
) -> Result:
    """Executes a lesson with other parameters.

    Args:
        name: how the lesson's name begins.
        parameters: values by name; the others stay as they stand in the lesson.
        out: folder for the executed notebook and `run.json`.
        force: whether to write over a finished run that had other parameters.
        cell_seconds: longest that one cell may take; by default that of the preset.
        seconds: longest that the whole run may take; no limit by default.
        again: whether to run again what is finished there; otherwise that is given back.
        folder: where the kernel works, from which relative paths count; by default the folder in
            which the command was given.
        threads: of the kernel; by default as many as the environment says.
        stop: ends the run once it is set.
        watch: called with each cell that begins.

    Returns:
        What `run.json` holds: "lesson", "parameters", "claims", "seconds", "cpu_seconds",
        "memory" (bytes), "made", "status" ("finished", "claims do not hold", "failed" or
        "stopped") and "error", a sentence that says where it ended.

    Raises:
        ValueError: as for :func:`lesson_named` and :func:`parameters_of`; or if the folder holds
            a finished run of another kind.
        KeyboardInterrupt: if it was told to stop before it began.
    """
    lesson = lesson_named(name)
    values = parameters_of(lesson, parameters)
    if not force:
        spare(Path(out), lesson, values)
    stop = stop or threading.Event()
    if stop.is_set():
        raise KeyboardInterrupt
    target = OutputFolder(out)
    request = {"notebook": str(lesson), "target": str(target.path(lesson.name))}
    request |= {"parameters": values, "folder": str(folder or Path.cwd())}
    limits = Limits(cell_seconds or CELL_SECONDS[values.get("preset", PRESETS[0])], seconds)
    environment = {claims.GO_ON: "1"} | ({THREADS: str(threads)} if threads else {})
    with held(target.root, stop) as descriptors:
        if not again and is_done(target.root, lesson, values):
            return read_json(target.path(FILE))
        # What stood there is of another run; without its run.json nobody takes it for this one.
        target.write_json(FILE, {"lesson": lesson.stem, "parameters": values, "status": RUNNING})
        begun = time.perf_counter()
        ended = execute(
            request,
            limits,
            environment=environment,
            stop=stop,
            watch=watch,
            kept_open=descriptors,
        )
        result = {"lesson": lesson.stem, "parameters": values}
        result |= _result(target, lesson, ended, time.perf_counter() - begun)
        result["made"] |= {"threads": threads} if threads else {}
        target.write_json(FILE, result)
    return result


def _result(target: OutputFolder, lesson: Path, ended: Ended, seconds: float) -> Result:
    """What an execution came to; its notebook is cleaned in place."""
    found, error = [], ended.error
    try:
        executed = notebook.read_notebook(target.path(lesson.name))
        outputs.clean(executed)
        notebook.write_notebook(target.path(lesson.name), executed)
        found = claims.recorded(executed)
    except (OSError, ValueError, TypeError, KeyError) as problem:
        # The first reason is the one to know: where the disk is full, nothing can be stored either.
        error = error or " ".join(str(problem).split())
    holds = all(each.verdict != "does not hold" for each in found)
    status = STOPPED if ended.stopped else FAILED if error else FINISHED if holds else BROKEN
    return {
        "claims": [claims.to_json(each) for each in found],
        "seconds": round(seconds, 1),
        "cpu_seconds": ended.cpu_seconds,
        "memory": ended.memory,
        "made": origin(),
        "status": status,
        "error": error,
    }


def is_done(folder: Path, lesson: Path, values: Parameters) -> bool:
    """Says whether a folder holds this very run, executed to its end."""
    return _finished(folder) == _kind(lesson, values)


def spare(folder: Path, lesson: Path, values: Parameters) -> None:
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
        if stored["status"] in DONE:
            return stored["lesson"], dict(stored["parameters"])
    return None


def _kind(lesson: Path, values: Parameters) -> tuple[str, Parameters]:
    """The same of a run that is to be made, as JSON gives it back."""
    return lesson.stem, json.loads(json.dumps(values))


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
