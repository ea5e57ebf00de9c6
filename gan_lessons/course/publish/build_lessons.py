"""`make lessons`: every notebook executed from a clean kernel, top to bottom, outputs stored.

    python -m gan_lessons.course.publish.build_lessons [01 solutions/01 ...]

For each notebook: badge and set-up cell are put in place, the exercises are written from the
solutions, the cells are run in order, the outputs are cleaned, and the result is held to the
contract. A notebook in which a cell fails stays as it was.
"""

import os
import sys
import time
from pathlib import Path

from gan_lessons.course import kernels, notebook
from gan_lessons.course.publish import colab, contract, links, outputs, stubs

CELL_SECONDS, START_SECONDS = 600, 180


def build_lesson(path: Path, root: Path) -> list[str]:
    """Builds one notebook and stores it.

    Args:
        path: the notebook.
        root: the folder of notebooks that it lies in.

    Returns:
        Where it breaks the contract, one sentence each; empty when it keeps it.

    Raises:
        ValueError: if a cell fails, or the notebook or its solutions cannot be read.
    """
    relative = path.relative_to(root).as_posix()
    lesson = notebook.read_notebook(path)
    colab.prepare(lesson, f"notebooks/{relative}")
    solutions = notebook.solutions_of(path)
    if solutions.is_file():
        stubs.write_stubs(lesson, notebook.read_notebook(solutions))
    links.write_links(lesson, path, root)
    execute(lesson, path)
    outputs.clean(lesson)
    notebook.write_notebook(path, lesson)
    return contract.violations(lesson, path, root)


def execute(
    lesson: notebook.Notebook,
    path: Path,
    *,
    environment: dict[str, str] | None = None,
    go_on: bool = False,
) -> None:
    """Runs all cells of a notebook in a new kernel, in place.

    Args:
        lesson: the notebook.
        path: where it lies; the kernel works in that folder, as JupyterLab's does.
        environment: variables of the kernel; those of this process by default.
        go_on: whether to run the cells after one that fails.

    Raises:
        ValueError: if a cell fails that is not tagged `raises-exception`, unless `go_on`; if a
            cell takes longer than CELL_SECONDS, or the kernel dies.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    running = notebook.as_nodes(lesson)
    for cell in notebook.code_cells(running):
        cell["execution_count"], cell["outputs"] = None, []
    client = NotebookClient(
        running,
        timeout=CELL_SECONDS,
        startup_timeout=START_SECONDS,
        config=kernels.private(),
        allow_errors=go_on,
        kernel_name=notebook.KERNEL["name"],
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=True,  # the widgets of `interact` need it; `outputs.clean` drops it
        coalesce_streams=True,
    )
    try:
        client.execute(**({} if environment is None else {"env": environment}))
    except CellExecutionError as error:
        if os.environ.get("GAN_LESSONS_DEBUG"):
            print(error, file=sys.stderr)
        raise ValueError(f"{path.name}: {_where(running)}: {error.ename}: {error.evalue}") from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise ValueError(f"{path.name}: {_where(running)}: {error}") from None
    lesson["cells"] = running["cells"]


def chosen(names: list[str], root: Path) -> list[Path]:
    """Picks notebooks by the beginning of their path below the folder of notebooks.

    Args:
        names: such as `00` or `solutions/01`; none means all.
        root: the folder of notebooks.

    Returns:
        The notebooks, solutions first: lessons are written from them.

    Raises:
        ValueError: if a name fits no notebook.
    """
    found = {path.relative_to(root).as_posix(): path for path in notebook.notebooks(root)}
    for name in names:
        if not any(relative.startswith(name) for relative in found):
            raise ValueError(f"No notebook begins with {name!r}; there are: {', '.join(found)}.")
    picked = [path for relative, path in found.items() if relative.startswith(tuple(names or [""]))]
    return sorted(picked, key=lambda path: path.parent.name != "solutions")


def main(names: list[str]) -> int:
    """Builds the chosen notebooks and says how each went.

    Args:
        names: see :func:`chosen`.

    Returns:
        0 when every notebook ran and keeps the contract, otherwise 1.
    """
    root = notebook.share("notebooks")
    problems = 0
    for path in chosen(names, root):
        print(f"== {path.relative_to(root)}", flush=True)
        begun = time.perf_counter()
        try:
            found = build_lesson(path, root)
        except ValueError as error:
            found = [f"not stored. {error}"]
        for sentence in found:
            print(f"   {sentence}")
        problems += len(found)
        print(f"   {time.perf_counter() - begun:.0f} s")
    for path in links.refresh(root):  # the neighbours of a new lesson
        print(f"== {path.relative_to(root)}: links alone")
    return 1 if problems else 0


def _where(lesson: notebook.Notebook) -> str:
    """Names the cell that was run last."""
    cells = list(notebook.code_cells(lesson))
    last = max((k for k, cell in enumerate(cells) if cell["execution_count"]), default=0)
    first_line = (cells[last]["source"].splitlines() or [""])[0]
    return f"code cell {last + 1} ({first_line})"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ValueError as problem:
        sys.exit(str(problem))
