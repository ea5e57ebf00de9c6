"""What every notebook of the course keeps to, so that a learner finds the same things everywhere.

:func:`violations` says in sentences where a notebook does not. `make lessons` prints them, and a
test holds every stored notebook to them.
"""

import ast
import math
import re
import statistics
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from gan_lessons.course import checks
from gan_lessons.course.notebook import (
    KERNEL,
    Cell,
    Notebook,
    code_cells,
    code_lines,
    literals,
    solutions_of,
    tags,
)
from gan_lessons.course.publish import colab, density, links, outputs
from gan_lessons.text import count_of

TAGS = frozenset(
    "setup imports parameters exercise solution widget "
    "nbval-check-output nbval-skip raises-exception".split()
)
OPTIONAL = re.compile(r"## (?:\d+\. )?Optional\b")  # a part that learners may leave out
SECTIONS = ("## Recap", "## Exercises", "## Further reading")
# One name for one thing in every lesson: what people write, and what the course calls it.
NAMES = {
    "batch_size": "batch",
    "learning_rate": "lr",
    "n_steps": "steps",
    "num_steps": "steps",
    "iterations": "steps",
    "image_size": "size",
    "img_size": "size",
    "random_seed": "seed",
    "loss_type": "loss",
}
NO_WORK = "`preset` changes no work"
SKIP_REASON = "# Not run in tests:"
MAX_BYTES = 1_000_000
_LINK = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_TARGET = re.compile(r"(?<!!)\[[^\]]*\]\((?!\w+:|#)([^)\s#]+)")
_FOLDER = re.compile(
    r"(?<![\w.:/~-])(?:/(?:home|root|Users|tmp|mnt|opt|srv|var|usr|private|content)/\w|[A-Z]:\\\w)"
)


@dataclass(frozen=True)
class Sizes:
    """How large a notebook may be: lowest and highest for each figure, both allowed.

    Attributes:
        cells: number of cells.
        ratio: text cells for each code cell.
        median: lines of a code cell, in the median.
        words: words of text.
    """

    cells: tuple[float, float] = (45, 90)
    ratio: tuple[float, float] = (1.2, 1.6)
    median: tuple[float, float] = (4, 14)
    words: tuple[float, float] = (1500, 3500)


LESSON = Sizes()
# The welcome and the appendix have less to compute.
SMALL = Sizes(cells=(12, 75), ratio=(1.0, 4.0), median=(2, 8), words=(500, 4500))
CELL_LINES, CELL_LINES_90, IMPORT_LINES = 40, 25, 22
NODES = 13.0  # of the syntax tree a line, in the median


def violations(notebook: Notebook, path: Path, root: Path) -> list[str]:
    """Finds where a notebook breaks the contract.

    Args:
        notebook: the stored notebook.
        path: where it lies; links to pictures are looked up beside it.
        root: the folder of notebooks.

    Returns:
        One sentence for each problem; empty when there is none.
    """
    relative = path.relative_to(root)
    found = [*_cells(notebook), *_execution(notebook), *_stored(notebook), *_size(path)]
    found += _links(notebook, path.parent)
    found += _ways(notebook, path, root)
    found += _setup(notebook, relative.as_posix())
    if relative.parent.name == "solutions":
        return found + list(_solutions(notebook))
    found += _rows(notebook)
    if re.match(r"\d\d_|appendix", relative.name):
        found += [*_parameters(notebook), *_imports(notebook)]
        small = relative.name.startswith(("00_", "appendix"))
        found += _sizes(notebook, SMALL if small else LESSON)
        found += [] if relative.name.startswith("appendix") else _sections(notebook)
        found += _exercises(notebook, solutions_of(path).is_file())
    return found


def _cells(notebook: Notebook) -> Iterator[str]:
    if notebook["metadata"].get("kernelspec") != KERNEL or "widgets" in notebook["metadata"]:
        yield "The notebook's metadata is not normalised; run make lessons."
    for k, cell in enumerate(notebook["cells"], 1):
        if unknown := set(tags(cell)) - TAGS:
            yield f"Cell {k} has tags that the course does not know: {', '.join(sorted(unknown))}."
        if not cell["source"].strip():
            yield f"Cell {k} is empty."
        if "nbval-skip" in tags(cell) and SKIP_REASON not in cell["source"]:
            yield f"Cell {k} is skipped in tests without a reason: '{SKIP_REASON} ...'."
        if code_lines(cell) > CELL_LINES and cell["cell_type"] == "code":
            yield f"Cell {k} has {code_lines(cell)} lines; {CELL_LINES} are the most."


def _rows(notebook: Notebook) -> Iterator[str]:
    row = 0
    for k, cell in enumerate(notebook["cells"], 1):
        row = row + 1 if cell["cell_type"] == "code" else 0
        if row == 3:
            yield f"Cell {k} is the third code cell in a row; put text before it."


def _execution(notebook: Notebook) -> Iterator[str]:
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield "The cells were not run once each, top to bottom, in a new kernel; run make lessons."
    for k, cell in enumerate(code_cells(notebook), 1):
        failed = any(output["output_type"] == "error" for output in cell["outputs"])
        if failed and "raises-exception" not in tags(cell):
            yield f"Code cell {k} stores an error; tag it raises-exception if that is its purpose."


def _size(path: Path) -> Iterator[str]:
    size = path.stat().st_size
    if size > MAX_BYTES:
        yield f"The notebook takes {size / 1e6:.2f} MB; {MAX_BYTES / 1e6:g} MB is the most."


def _stored(notebook: Notebook) -> Iterator[str]:
    places = outputs.machine_places()
    for k, cell in enumerate(code_cells(notebook), 1):
        stored = [text for output in cell["outputs"] for text in outputs.texts(output)]
        if any(re.search(place, text) for place in (_FOLDER, *places) for text in stored):
            yield f"The output of code cell {k} names a folder of the machine that ran it."
        if any(outputs.WIDGET_VIEW in output.get("data", {}) for output in cell["outputs"]):
            yield f"Code cell {k} stores the view of a widget, which shows as an error."
        if blind := outputs.without_alt(cell):
            yield f"Code cell {k} shows {count_of(blind, 'picture')} without alternative text."
        if outputs.WIDGET_TAG in tags(cell) and not outputs.has_picture(cell):
            yield f"Code cell {k} shows a widget; add a static picture with alternative text."


def _links(notebook: Notebook, folder: Path) -> Iterator[str]:
    texts = (cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    for alt, target in _LINK.findall("\n".join(texts)):
        if not alt:
            yield f"The picture {target} has no alternative text."
        if not re.match(r"\w+:", target) and not (folder / target).is_file():
            yield f"The picture {target} does not exist."


def _ways(notebook: Notebook, path: Path, root: Path) -> Iterator[str]:
    wanted = deepcopy(notebook)
    links.write_links(wanted, path, root)
    if wanted != notebook:
        yield "The links to other lessons are not those that there are; run make lessons."
    texts = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    for target in _TARGET.findall("\n".join(texts)):
        if not (path.parent / target).is_file():
            yield f"A link leads to {target}, which does not exist."


def _setup(notebook: Notebook, relative: str) -> Iterator[str]:
    repository = colab.repository_of(notebook)
    first = next(code_cells(notebook), None)
    if first is None or first["source"] != colab.setup_source(repository):
        yield "The first code cell is not the set-up cell of the course; run make lessons."
    elif "setup" not in tags(first):
        yield "The set-up cell lacks the tag setup."
    title = notebook["cells"][0]
    if title["cell_type"] != "markdown" or not title["source"].startswith("# "):
        yield "The first cell is not the title."
    elif colab.badge(repository, f"notebooks/{relative}") not in title["source"]:
        yield "Below the title stands neither the Colab badge nor the sentence in its place."


def _parameters(notebook: Notebook) -> Iterator[str]:
    cells = [cell for cell in notebook["cells"] if "parameters" in tags(cell)]
    if len(cells) != 1:
        yield f"There are {len(cells)} cells tagged parameters; there has to be one."
        return
    values = literals(cells[0])
    if values is None:
        yield "The parameters cell holds more than assignments of plain literals."
        return
    if values.get("preset") != "smoke":
        yield 'The parameters cell has to set preset = "smoke".'
    if not _sets_the_work(notebook) and NO_WORK not in _words(notebook):
        yield f"The preset changes no work; say so in the text: {NO_WORK} ..."
    for name in NAMES.keys() & values.keys():
        yield f"The parameter {name} is called {NAMES[name]} in every lesson."


def _sets_the_work(notebook: Notebook) -> bool:
    """Says whether anything but a claim or a record reads the preset."""
    for cell in code_cells(notebook):
        if "setup" in tags(cell):
            continue  # it has nothing of the lesson, and learners put a command of the shell there
        tree = ast.parse(cell["source"])
        told = [n.value for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == "preset"]
        for each in (node for node in ast.walk(tree) if isinstance(node, ast.Dict)):
            keys = zip(each.keys, each.values)
            told += [value for key, value in keys if getattr(key, "value", None) == "preset"]
        read = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == "preset"]
        shown = [n for s in ast.walk(tree) if isinstance(s, ast.JoinedStr) for n in ast.walk(s)]
        if any(isinstance(n.ctx, ast.Load) and n not in (*told, *shown) for n in read):
            return True
    return False


def _words(notebook: Notebook) -> str:
    texts = (cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    return " ".join(" ".join(texts).split())


def _imports(notebook: Notebook) -> Iterator[str]:
    cells = [cell for cell in code_cells(notebook) if "imports" in tags(cell)]
    if len(cells) != 1:
        yield f"There are {len(cells)} cells tagged imports; there has to be one."
    elif code_lines(cells[0]) > IMPORT_LINES:
        yield f"The imports cell has {code_lines(cells[0])} lines; {IMPORT_LINES} are the most."


def _sizes(notebook: Notebook, sizes: Sizes) -> Iterator[str]:
    cells = list(_required(notebook))
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    text = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    lines = sorted(code_lines(cell) for cell in code) or [0]
    measured = {
        "cells": (len(cells), sizes.cells),
        "text cells for each code cell": (len(text) / max(len(code), 1), sizes.ratio),
        "lines in the median code cell": (statistics.median(lines), sizes.median),
        "words": (sum(len(source.split()) for source in text), sizes.words),
        "lines in nine of ten code cells": (
            lines[math.ceil(0.9 * len(lines)) - 1],
            (0, CELL_LINES_90),
        ),
        "nodes of the syntax tree a line": (
            density.median(density.densities(notebook)),
            (0, NODES),
        ),
    }
    for name, (value, (low, high)) in measured.items():
        if not low <= value <= high:
            yield f"{value:.4g} {name}; the course keeps to {low:g} to {high:g}."


def _required(notebook: Notebook) -> Iterator[Cell]:
    """Gives the cells outside parts that are marked optional."""
    optional = False
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and cell["source"].startswith("## "):
            optional = bool(OPTIONAL.match(cell["source"]))
        if not optional:
            yield cell


def _sections(notebook: Notebook) -> Iterator[str]:
    headings = [
        next((k for k, cell in enumerate(notebook["cells"]) if cell["source"].startswith(name)), -1)
        for name in SECTIONS
    ]
    if -1 in headings or headings != sorted(headings):
        yield f"The lesson has to end with the sections {', '.join(SECTIONS)}, in this order."
    if not _LINK.search("\n".join(cell["source"] for cell in notebook["cells"][:2])):
        yield "No picture at the beginning."


def _exercises(notebook: Notebook, solved: bool) -> Iterator[str]:
    cells = [cell for cell in notebook["cells"] if "exercise" in tags(cell)]
    if cells and not solved:
        yield "There are exercises without a notebook of solutions."
    if any("solution" in tags(cell) for cell in notebook["cells"]):
        yield "A solution stands in the lesson."
    if checks.PASSED in _verdicts(cells):
        yield "The stub of an exercise passes its own check."


def _solutions(notebook: Notebook) -> Iterator[str]:
    # A check prints its verdict, so a solution that does not pass shows in the output.
    if checks.NOT_ATTEMPTED in _verdicts(notebook["cells"]):
        yield "An exercise is not solved."
    if not any("solution" in tags(cell) for cell in notebook["cells"]):
        yield "There is no solution in it."
    allowed = {"setup", "imports", "parameters", "exercise", "solution"}
    for k, cell in enumerate(notebook["cells"][1:], 2):
        if not allowed & set(tags(cell)):
            yield f"Cell {k} is neither set-up nor exercise nor solution."


def _verdicts(cells: list[Cell]) -> list[str]:
    printed = [
        output["text"]
        for cell in cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    ]
    return [line.rpartition(": ")[2] for text in printed for line in text.splitlines()]
