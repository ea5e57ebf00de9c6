"""What a run costs, told before it is begun, from what was measured.

    python -m gan_lessons.course.sweep.costs [04 ...]

runs lessons once as they stand and stores time, memory and disk in `data/lessons/costs.json`.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from gan_lessons.course import notebook
from gan_lessons.course.sweep.parameters import PRESETS, Parameters, lesson_named
from gan_lessons.course.sweep.runs import DONE, run_lesson
from gan_lessons.files import OutputFolder, share
from gan_lessons.text import count_of, duration, read_json

FILE = "costs.json"
PLACE = ("data", "lessons")
KEPT = ("seconds", "cpu_seconds", "memory")
MIB = 2**20


def told(lesson: Path, values: Parameters, runs: int = 1, jobs: int = 1) -> str:
    """Says what runs of a lesson will cost.

    Args:
        lesson: its notebook.
        values: its parameters.
        runs: how many.
        jobs: how many at a time.

    Returns:
        A sentence; it says so where nobody has measured this lesson under this preset.
    """
    preset = values.get("preset", PRESETS[0])
    cost = stored().get(lesson.stem, {}).get(preset)
    name = f"{lesson.stem}, preset {preset}"
    if cost is None:
        return f"{name}: time, memory and disk not measured"
    jobs = max(1, min(jobs, runs))
    rounds = -(-runs // jobs)
    memory, disk = cost["memory"] * jobs / MIB, cost["disk"] * runs / MIB
    each = "" if runs == 1 else f" for {count_of(runs, 'run')}, {jobs} at a time"
    return (
        f"{name}: about {duration(cost['cpu_seconds'] * rounds)}, {memory:,.0f} MiB of memory and "
        f"{disk:.1f} MiB on disk{each}, as measured on one thread with the lesson's own parameters"
    )


def stored() -> dict[str, Any]:
    """What was measured, by lesson and preset; nothing where the file is missing or damaged."""
    try:
        found = read_json(share(*PLACE) / FILE)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def measure(lesson: Path) -> dict[str, Any]:
    """Runs a lesson once as it stands.

    Returns:
        "seconds", "cpu_seconds", "memory" and "disk" in bytes, and "made".

    Raises:
        ValueError: if it did not come to its end.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = run_lesson(lesson.stem, {}, folder, threads=1)
        if result["status"] not in DONE:
            raise ValueError(f"{lesson.stem}: {result['error']}")
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    kept = {name: result[name] for name in KEPT}
    made = {name: result["made"][name] for name in ("platform", "torch", "threads")}
    return kept | {"disk": disk, "made": made}


def main(names: list[str]) -> None:
    """Measures lessons, all by default, and stores each as it ends."""
    root = notebook.share("notebooks")
    lessons = [lesson_named(name) for name in names]
    lessons = lessons or [path for path in notebook.notebooks(root) if path.parent == root]
    for lesson in lessons:
        found = stored()
        found[lesson.stem] = found.get(lesson.stem, {}) | {PRESETS[0]: measure(lesson)}
        OutputFolder(share(*PLACE)).write_json(FILE, dict(sorted(found.items())))
        print(told(lesson, {}), flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as problem:
        sys.exit(str(problem))
