"""One notebook run in one setting: what its claims and the comparisons of its checks came to."""

import ast
import hashlib
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from gan_lessons.course import claims, notebook
from gan_lessons.course.margins import comparisons
from gan_lessons.course.margins.settings import Setting
from gan_lessons.course.publish import build_lessons, tried_exercises
from gan_lessons.course.sweep import runs
from gan_lessons.files import OutputFolder
from gan_lessons.text import read_json

Measured = dict[str, Any]


def measure(path: Path, setting: Setting, *, until: str = "") -> Measured:
    """Runs a notebook.

    Args:
        path: the notebook.
        setting: how.
        until: name of a claim; the cells after it are left out. The whole notebook by default.

    Returns:
        Plain data: "setting", "digest", "values" (a name and a number each; of a name that comes
        twice, the second one is called "name (2)"), "said" (a short digest of what each code cell
        said, pictures left out), "errors", "seconds", "cpu_seconds", "made".

    Raises:
        ValueError: if the kernel died or a cell took too long: that is no result to keep.
    """
    lesson = notebook.read_notebook(path)
    if until:
        lesson["cells"] = _up_to(lesson["cells"], until)
    _prepare(lesson, setting)
    cpu, begun = runs.cpu_of_children(), time.perf_counter()
    build_lessons.execute(lesson, path, environment=setting.environment(), go_on=True)
    cells = list(notebook.code_cells(lesson))
    errors = [text for cell in cells for text in _errors(cell)]
    return {
        "setting": str(setting),
        "digest": digest(path),
        "values": _values(lesson),
        "said": [said(cell) for cell in cells[1:]],  # the first one is ours
        "errors": errors,
        "seconds": round(time.perf_counter() - begun, 1),
        "cpu_seconds": runs.cpu_since(cpu),
        "made": runs.origin(),
    }


def digest(path: Path) -> str:
    """What a notebook measures, as a short text: another one where it would be measured anew.

    Imports, the ends of bands and all words are left out: they change no number.
    """
    seen = hashlib.sha256()
    for cell in notebook.code_cells(notebook.read_notebook(path)):
        tree = _Bare().visit(ast.parse(cell["source"]))
        seen.update(ast.unparse(ast.fix_missing_locations(tree)).encode())
    return seen.hexdigest()[:16]


def store(path: Path, root: Path, setting: Setting, out: OutputFolder) -> Measured:
    """Gives what a run came to: the stored one if there is one of these very cells, or a new one.

    Args:
        path: the notebook.
        root: the folder of notebooks.
        setting: how.
        out: where runs are kept.
    """
    found = stored(path, root, setting, out)
    if found is None:
        found = measure(path, setting)
        out.write_json(place(path, root, setting), found)
    return found


def stored(path: Path, root: Path, setting: Setting, out: OutputFolder) -> Measured | None:
    """The run that is kept, if it is of the cells that stand in the notebook now."""
    file = out.path(place(path, root, setting))
    if not file.is_file():
        return None
    found = read_json(file)
    return found if found["digest"] == digest(path) else None


def place(path: Path, root: Path, setting: Setting) -> str:
    """The name of a run's file: `solutions/02_first_gan/seed=1.json`."""
    return f"{path.relative_to(root).with_suffix('').as_posix()}/{setting}.json"


def said(cell: notebook.Cell) -> str:
    """Digests what a code cell said: its texts and claims, as nbval compares them."""
    heard: dict[str, str] = {}  # streams come in parts of any length
    for output in cell["outputs"]:
        kept = {k: v for k, v in output.get("data", {}).items() if not k.startswith("image/")}
        if "text" in output:
            kept = {output["name"]: output["text"]}
        for kind, value in kept.items():
            heard[kind] = heard.get(kind, "") + (value if isinstance(value, str) else str(value))
    return hashlib.sha256(str(sorted(heard.items())).encode()).hexdigest()[:12]


def told_apart(name: str, taken: Collection[str]) -> str:
    """Gives a name that is not taken: the second claim of a name is called "name (2)"."""
    count = 2
    made = name
    while made in taken:
        made, count = f"{name} ({count})", count + 1
    return made


class _Bare(ast.NodeTransformer):
    """Leaves out what changes no measured number."""

    def visit_Import(self, node: ast.Import) -> None:
        """Where a name lives does not matter."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Nor here."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Of a claim, its name and its value stay."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "claim":
            node.args, node.keywords = node.args[:2], []
        return node


def _prepare(lesson: notebook.Notebook, setting: Setting) -> None:
    """Puts the seed in place, and what shows comparisons; in place."""
    for cell in notebook.code_cells(lesson):
        cell["source"] = _seeded(cell["source"], setting.seed)
        if tried_exercises.checks_in(cell):
            cell["source"] = comparisons.instrument(cell["source"])
    first = "from gan_lessons.course.margins.settings import compute_in\n"
    first += f"compute_in({setting.precision!r})\n{comparisons.IMPORT}"
    lesson["cells"].insert(0, notebook.new_cell("code", first, tag="setup", name="margins"))


def _seeded(source: str, seed: int) -> str:
    """Puts a seed in the place of each literal that is assigned to `seed` at the top."""
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="seed")], value=ast.Constant(value=int())):
                lines[statement.lineno - 1] = f"seed = {seed}"
    return "\n".join(lines)


def _up_to(cells: list[notebook.Cell], claim: str) -> list[notebook.Cell]:
    last = max(
        (k for k, cell in enumerate(cells) if claim in [each.name for each in _recorded(cell)]),
        default=len(cells) - 1,
    )
    return cells[: last + 1]


def _recorded(cell: notebook.Cell) -> list[claims.Claim]:
    return claims.recorded({"cells": [cell]})


def _values(lesson: notebook.Notebook) -> list[dict[str, Any]]:
    found = [claims.to_json(each) for each in claims.recorded(lesson) if each.verdict != "recorded"]
    values = [{"kind": "claim", "name": each["name"], "value": each["value"]} for each in found]
    for (check, text), room in comparisons.shown_in(lesson).items():
        values.append({"kind": "check", "name": f"{check}: {text}", "value": room})
    names: set[str] = set()
    for each in values:
        each["name"] = told_apart(each["name"], names)
        names.add(each["name"])
    return values


def _errors(cell: notebook.Cell) -> list[str]:
    if "raises-exception" in notebook.tags(cell):
        return []
    failed = [each for each in cell["outputs"] if each["output_type"] == "error"]
    first = (cell["source"].splitlines() or [""])[0]
    return [f"{first}: {each['ename']}: {' '.join(each['evalue'].split())}" for each in failed]
