"""Notebooks as plain dictionaries: where they lie, how they are read, written and searched."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gan_lessons.files import OutputFolder, share

Notebook = dict[str, Any]
Cell = dict[str, Any]

INJECTED = "injected-parameters"  # papermill's name for it, which other tools know
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebooks(root: Path | None = None) -> list[Path]:
    """Lists the notebooks of the course: lessons in their order, then solutions, then the rest.

    Args:
        root: the folder of notebooks; the course's own by default.

    Returns:
        Their paths. Files that JupyterLab keeps for itself are left out.
    """
    root = share("notebooks") if root is None else root
    found = [path for path in root.rglob("*.ipynb") if not is_hidden(path.relative_to(root))]
    return sorted(found, key=lambda path: (len(path.relative_to(root).parts), str(path)))


def is_hidden(relative: Path) -> bool:
    """Says whether a path has a hidden part, such as `.ipynb_checkpoints`."""
    return any(part.startswith(".") for part in relative.parts)


def solutions_of(lesson: Path) -> Path:
    """Gives the path of a lesson's solutions, whether they exist or not."""
    return lesson.parent / "solutions" / lesson.name


def read_notebook(path: Path) -> Notebook:
    """Reads a notebook.

    Args:
        path: the `.ipynb` file.

    Returns:
        The notebook in format 4, each cell's source one string.

    Raises:
        ValueError: if the file is no notebook, or the notebook extra is missing.
    """
    nbformat = _nbformat()
    try:
        found = nbformat.read(path, as_version=4)
        if not isinstance(found["cells"], list):
            raise ValueError("its cells are no list")
        for number, cell in enumerate(found["cells"], 1):
            if not _is_cell(cell):
                raise ValueError(f"its cell {number} is none")
        return found
    except OSError:
        raise
    except Exception as error:  # what brings old formats up to date trusts them, and fails anyhow
        reason = (str(error).splitlines() or ["it is empty"])[0]
        raise ValueError(f"{path.name} is not a notebook: {reason}") from error


def _is_cell(cell: Any) -> bool:
    """Says whether a cell has what the rest of the course relies on; nbformat only warns."""
    source, metadata = cell["source"], cell["metadata"]
    names = [cell["cell_type"], cell.get("id", ""), *metadata.get("tags", [])]
    if not isinstance(source, str) or not all(isinstance(name, str) for name in names):
        return False
    return source.isascii() or source.encode("utf-8", "replace").decode() == source


def write_notebook(path: Path, notebook: Notebook) -> Path:
    """Writes a notebook as JupyterLab would, whole or not at all.

    Args:
        path: the `.ipynb` file; its folder is made where it is missing.
        notebook: the notebook in format 4.

    Returns:
        The path.

    Raises:
        ValueError: if the notebook breaks the format.
    """
    nbformat, node = _nbformat(), as_nodes(notebook)
    try:
        nbformat.validate(node)
    except nbformat.ValidationError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path.name} is no valid notebook: {reason}") from error
    return OutputFolder(path.parent).write_text(path.name, nbformat.writes(node) + "\n")


def tags(cell: Cell) -> list[str]:
    """Gives the tags of a cell."""
    return cell["metadata"].get("tags", [])


def code_cells(notebook: Notebook) -> Iterator[Cell]:
    """Goes through the code cells of a notebook."""
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def code_lines(cell: Cell) -> int:
    """Counts the lines of a code cell that are not blank; a claim is one, however it is wrapped."""
    lines = sum(bool(line.strip()) for line in cell["source"].splitlines())
    try:
        statements = list(ast.walk(ast.parse(cell["source"])))
    except SyntaxError:  # a text, or a command of the shell
        return lines
    return lines - sum(map(_wrapped, statements))


def _wrapped(statement: ast.AST) -> int:
    """Lines of a wrapped claim or record beyond its first."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id="claim" | "record"))):
            return statement.end_lineno - statement.lineno
    return 0


def literals(cell: Cell) -> dict[str, Any] | None:
    """Reads a cell that only assigns plain literals, such as the one tagged `parameters`.

    Args:
        cell: the code cell.

    Returns:
        The names with their values; None where the cell holds anything else.
    """
    values = {}
    try:
        statements = ast.parse(cell["source"]).body
    except SyntaxError:
        return None
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                try:
                    values[name] = ast.literal_eval(value)
                except ValueError:
                    return None
            case _:
                return None
    return values


def with_parameters(notebook: Notebook, values: dict[str, Any]) -> Notebook:
    """Puts a cell with other values behind the cell tagged `parameters`, as papermill does.

    Args:
        notebook: the lesson; it stays as it is.
        values: plain literals by name.

    Returns:
        A copy without outputs, the new cell tagged `injected-parameters`; without one where no
        cell is tagged `parameters`.
    """
    made = as_nodes(notebook)
    for cell in code_cells(made):
        cell["execution_count"], cell["outputs"] = None, []
    place = next((k for k, c in enumerate(made["cells"]) if "parameters" in tags(c)), None)
    if place is not None and values:
        lines = "\n".join(f"{name} = {value!r}" for name, value in values.items())
        cell = new_cell("code", lines, tag=INJECTED, name=INJECTED)
        made["cells"].insert(place + 1, as_nodes(cell))
    return made


def as_nodes(notebook: Notebook) -> Notebook:
    """Copies a notebook into the classes that Jupyter's libraries ask for."""
    return _nbformat().from_dict(notebook)


def new_cell(kind: str, source: str, *, tag: str, name: str) -> Cell:
    """Makes a cell.

    Args:
        kind: `code` or `markdown`.
        source: its text.
        tag: its one tag.
        name: its identifier, unique in the notebook.

    Returns:
        The cell, not executed.
    """
    cell: Cell = {"cell_type": kind, "id": name, "metadata": {"tags": [tag]}, "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def _nbformat():
    try:
        import nbformat
    except ImportError:
        raise ValueError(
            "Working on notebooks needs the notebook extra: pip install 'gan-lessons[notebook]'"
        ) from None
    return nbformat
