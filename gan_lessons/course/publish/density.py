"""How dense the code of the lessons is: nodes of the syntax tree a line, cell by cell.

`python -m gan_lessons.course.publish.density` prints a line for each lesson. Models of lesson code
have 7 to 10 nodes a line in the median; above 22 few readers can rebuild a cell from memory. Lines
of set-up, imports, parameters and exercises count for nothing, and so do comments.
"""

import ast
import statistics
from dataclasses import dataclass

from gan_lessons.course.notebook import Notebook, read_notebook, tags
from gan_lessons.files import share

LEFT_OUT = {"setup", "imports", "parameters", "exercise"}
TOO_DENSE = 22  # nodes a line


@dataclass(frozen=True)
class CellDensity:
    """What one code cell weighs.

    Attributes:
        number: the cell's place among all cells, counted from 1.
        lines: lines of code.
        nodes: nodes of the syntax tree a line.
    """

    number: int
    lines: int
    nodes: float


def densities(notebook: Notebook) -> list[CellDensity]:
    """The density of every cell of a lesson that shows something.

    Args:
        notebook: a lesson.

    Returns:
        One entry a cell, in order; cells of magics alone are left out.
    """
    found = []
    for number, cell in enumerate(notebook["cells"], 1):
        lines = [line for line in cell["source"].splitlines() if _counts(line)]
        if cell["cell_type"] == "code" and lines and not LEFT_OUT & set(tags(cell)):
            nodes = sum(1 for _ in ast.walk(ast.parse("\n".join(lines))))
            found.append(CellDensity(number, len(lines), nodes / len(lines)))
    return found


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("#", "%", "!"))


def median(cells: list[CellDensity]) -> float:
    """Nodes a line in the median, each cell weighted by its lines; 0 where there is no code."""
    return statistics.median([c.nodes for c in cells for _ in range(c.lines)] or [0.0])


def main() -> None:
    """Print the density of every lesson, the densest cells by their numbers."""
    every: list[CellDensity] = []
    for path in sorted(share("notebooks").glob("*.ipynb")):
        cells = densities(read_notebook(path))
        every += cells
        dense = sorted((c for c in cells if c.nodes > TOO_DENSE), key=lambda c: -c.nodes)
        named = ", ".join(f"cell {c.number}: {c.nodes:.0f}" for c in dense)
        print(f"{path.stem:30} {median(cells):5.1f} nodes a line in the median   {named}")
    over = sum(c.nodes > TOO_DENSE for c in every)
    print(f"{over} of {len(every)} cells over {TOO_DENSE}; {median(every):.1f} over all")


if __name__ == "__main__":
    main()
