"""All that was trained for the course, in order of priority: what made it, what makes it again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_lessons.course.labs import catalogue
from gan_lessons.course.labs.card import command, cpu_seconds
from gan_lessons.files import share
from gan_lessons.models import recipes, store
from gan_lessons.text import count_of, duration, read_json

# What the course wants first; other bundled models follow.
PRIORITY = (
    "emoji64",
    "emoji128",
    "emoji64_references",
    "letters64",
    "letters64_paired",
    "paintings256",
    "adain",
    "cyclegan",
    "pix2pix",
)
UNTOLD = "not recorded"
OUT = (*store.STAGES, "fifth")  # what the last training is called before models are averaged


@dataclass(frozen=True)
class Entry:
    """One thing that was trained, or has to be.

    Attributes:
        name: of the model, or of the lesson and its runs.
        present: whether it came with the course.
        trained: what trained it, as far as that was recorded.
        size: bytes of its weights.
        on_gpu: whether a GPU trained it.
        again: the commands that make it again, a line each; empty where there is no recipe yet.
    """

    name: str
    present: bool
    trained: str
    size: int
    on_gpu: bool
    again: str

    def __str__(self) -> str:
        if not self.present:
            told = "missing"
        else:
            where = "on a GPU" if self.on_gpu else "on a CPU"
            told = f"{where}: {self.trained}; {self.size / 2**20:.2f} MiB"
        return f"{self.name}: {told}\n    {self.again or 'no recipe yet'}"


def entries() -> list[Entry]:
    """Everything, the most important first: the style models, then the runs behind the lessons."""
    home = _home()
    others = [name for name in store.bundled() if name not in PRIORITY]
    found = [_model(name, home / name) for name in (*PRIORITY, *others)]
    return found + list(_lessons())


def describe() -> str:
    """Say it in lines."""
    return "\n".join(str(each) for each in entries())


def _model(name: str, folder: Path) -> Entry:
    runs = [_run(path) for path in store.trainings(folder) or [folder]]
    devices = [str(made.get("device", UNTOLD)) for made in runs]
    again = _again(name, folder, runs)
    return Entry(
        name=name,
        present=any(folder.glob("*.safetensors")),
        trained="; then ".join(map(_facts, devices, runs)),
        size=_bytes(folder),
        on_gpu=any(runs) and not devices[0].startswith(("CPU", "cpu", UNTOLD)),
        again=again if (folder / recipes.FILE).is_file() else "",
    )


def _facts(device: str, made: dict[str, Any]) -> str:
    """What one training took."""
    facts = [device, _count(made, "hours"), _count(made, "steps"), _count(made, "images")]
    return ", ".join(fact for fact in facts if fact)


def _again(name: str, folder: Path, runs: list[dict[str, Any]]) -> str:
    """The command lines that make a model again, from its beginnings where it comes with these."""
    *earlier, made = runs
    stages = [(folder / out, run, out) for out, run in zip(store.STAGES, earlier, strict=False)]
    stages.append((folder, made, name))
    lines = [line for k, stage in enumerate(stages) for line in _stage(*stage, OUT[k])]
    return "\n    ".join(lines)


def _stage(folder: Path, made: dict[str, Any], out: str, last: str) -> list[str]:
    """The command lines of a training, and of what was made of its result.

    Args:
        folder: with its recipe.
        made: what config.json says of it.
        out: what its result is called.
        last: what the training alone is called where models are averaged.
    """
    if factor := made.get("widened"):
        lines = _stage(folder, made | {"widened": None}, f"{out}_narrow", last)
        return [*lines, f"gan-lessons widen runs/{out}_narrow --by {factor:g} --out runs/{out}"]
    if not (averaged := made.get("averaged")):
        return [_train(folder, made, out)]
    own = f"{last}_alone" if out.startswith(last) else last  # where the stage itself is called so
    steps = [int(each) for each in averaged if each.isdigit()]
    parts = [f"runs/{own if each == last else each}" for each in averaged if not each.isdigit()]
    parts += [f"runs/{own} --after {steps[0]}"] if steps else []
    mean = f"gan-lessons average {' '.join(parts)} --out runs/{out}"
    return [_train(folder, made, own), mean]


def _train(folder: Path, made: dict[str, Any], out: str) -> str:
    """The command line of one training."""
    origin, start = (made.get("from") or {}).get("weights"), ""
    if origin:
        runs = origin in store.STAGES
        start = f" --init-from {f'runs/{origin}' if runs else origin}"
    named = folder.relative_to(_home()).as_posix()  # a name works wherever the course is installed
    return f"gan-lessons train --recipe {named}{start} --out runs/{out}"


def _home() -> Path:
    return share("data") / "models"


def _lessons() -> Iterator[Entry]:
    for each in catalogue.experiments():
        stored = catalogue.bundled(each.lesson)
        made = stored["results"].values()
        devices = sorted({result["made"]["device"] for result in made})
        took = f"{duration(cpu_seconds(stored))} of CPU time, {count_of(len(made), 'result')}"
        folder = share("data") / "lessons" / each.lesson
        yield Entry(
            name=f"{each.lesson} ({each.name}), {catalogue.state(each, stored)}",
            present=bool(made),
            trained=", ".join([*devices, took]),
            size=_bytes(folder),
            on_gpu=any(device not in ("cpu", "mps") for device in devices),
            again=command(stored | {"lesson": each.lesson}),
        )


def _run(folder: Path) -> dict[str, Any]:
    """What a model's config.json says of its training."""
    try:
        made = read_json(folder / "config.json")["run"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return made if isinstance(made, dict) else {}


def _count(made: dict[str, Any], unit: str) -> str:
    return f"{made[unit]:,} {unit}" if isinstance(made.get(unit), int | float) else ""


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))
