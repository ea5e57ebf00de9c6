"""Which experiments there are, what is made of them, what is missing, what each took."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from gan_lessons.course.labs import card, store
from gan_lessons.files import share
from gan_lessons.text import count_of, duration
from gan_lessons.training.precision import device_named

HERE = Path(__file__).parent
UNKNOWN = "not measured"


@dataclass(frozen=True)
class Experiment:
    """A module with longer runs.

    Attributes:
        name: of the module.
        lesson: which quotes the results, such as "03_dcgan".
        about: the first paragraph of the module's docstring.
        data: bundled data set that it learns from; empty for made-up points.
    """

    name: str
    lesson: str
    about: str
    data: str = ""

    def run(self, lesson: "store.Store", preset: str, report: Callable[[str], None]) -> None:
        """Make all results that are missing, and note that nothing is missing any more."""
        import_module(f"{__package__}.{self.name}").run(lesson, preset, report)
        lesson.finish(self.name)


def experiments(begins: str = "") -> list[Experiment]:
    """List the experiments in the order of their lessons, without importing them.

    Args:
        begins: with which the lesson's name has to begin, such as "03".

    Returns:
        One entry for each module that names a lesson.

    Raises:
        ValueError: if no lesson begins like that.
    """
    found = [each for path in HERE.glob("*.py") if (each := _read(path)) is not None]
    found = sorted(found, key=lambda each: (each.lesson, each.name))
    picked = [each for each in found if each.lesson.startswith(begins)]
    if begins and not picked:
        names = ", ".join(sorted({each.lesson for each in found})) or "none yet"
        raise ValueError(f"no experiment for a lesson {begins!r}; there are: {names}")
    return picked


def bundled(lesson: str) -> dict[str, Any]:
    """Read what came with the course for a lesson; empty where nothing did."""
    return store.read_store(share("data") / "lessons" / lesson)


def describe() -> str:
    """Say of every experiment what is made, what is missing, what it took and on what."""
    lines = []
    for each in experiments():
        stored = bundled(each.lesson)
        lines += [f"{each.lesson}  ({each.name}): {state(each, stored)}", f"  {each.about}"]
        if stored["results"]:
            lines += [f"  {line}" for line in costs(stored)]
        lines.append(f"  again: {card.command(stored | {'lesson': each.lesson})}")
    return "\n".join(lines) or "There are no experiments."


def state(each: Experiment, stored: dict[str, Any]) -> str:
    """Say how far an experiment is: "complete", "cut off after 3 results" or "nothing made"."""
    if each.name in stored["complete"]:
        return "complete"
    made = count_of(len(stored["results"]), "result")
    return f"cut off after {made}" if stored["results"] else "nothing made"


def costs(stored: dict[str, Any]) -> list[str]:
    """Say in lines what a lesson's results are, took, and were computed on."""
    found, kept = stored["results"].values(), stored["weights"].values()
    devices = sorted({result["made"]["device"] for result in found})
    size = sum(entry["bytes"] for entry in kept) / 1024
    lines = [
        f"{count_of(len(found), 'result')}, preset {stored['preset']}, "
        f"{duration(card.cpu_seconds(stored))} of CPU time on {', '.join(devices)}"
    ]
    return lines + ([f"{count_of(len(kept), 'network')}, {size:.0f} KiB"] if kept else [])


def run_labs(
    begins: str,
    *,
    preset: str,
    out: Path | None = None,
    device: str = "cpu",
    again: list[str] | None = None,
    report: Callable[[str], None] = print,
) -> None:
    """Run the experiments of a lesson; says first what that will take.

    Args:
        begins: with which the lesson's name begins, such as "03".
        preset: "smoke", "class" or "full".
        out: folder that gets one folder a lesson; by default the course's own.
        device: "auto", "cuda", "mps" or "cpu".
        again: results to make anew.
        report: called with each line of progress.

    Raises:
        ValueError: if there is no such lesson or result, or the folder holds another preset.
    """
    home = out or share("data") / "lessons"
    for each in experiments(begins):
        known = bundled(each.lesson)
        same = known["preset"] == preset
        times = {n: r["cpu_seconds"] for n, r in known["results"].items()} if same else {}
        lesson = store.Store(
            home / each.lesson,
            preset=preset,
            report=report,
            device=device_named(device),
            about=each.about,
            data=each.data,
            costs=times,
        )
        for name in again or []:
            lesson.forget(name)
        report(f"{each.lesson}: {forecast_labs(times, lesson.folder.root)}")
        each.run(lesson, preset, report)


def forecast_labs(times: dict[str, float], folder: Path) -> str:
    """Say what the results that a folder lacks took when they were made for the course."""
    if not times:
        return f"cost {UNKNOWN} yet"
    missing = [
        seconds
        for name, seconds in times.items()
        if name not in store.read_store(folder)["results"]
    ]
    if not missing:
        return "all that came with the course is there"
    return f"{count_of(len(missing), 'result')} to make, about {duration(sum(missing))} of CPU time"


def _read(path: Path) -> Experiment | None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                values[name] = value
    if "LESSON" not in values:
        return None
    about = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
    return Experiment(path.stem, values["LESSON"], about, values.get("DATA", ""))
