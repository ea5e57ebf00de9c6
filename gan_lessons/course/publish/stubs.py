"""Stubs of exercises, made from their solutions.

`notebooks/solutions/NN_....ipynb` is the only source. Its cells tagged `exercise` (the task in
words, the check) are taken over as they are. Its code cells tagged `solution` are emptied:

- a function or method keeps its signature and docstring, and its body becomes
  `raise NotImplementedError`; lines above a comment `# your part` are kept;
- a value that is assigned becomes `name = ...  # your answer`;
- imports stay, and everything else goes.

All of it stands in the lesson below the heading `## Exercises`, every cell tagged `exercise`, so
that the next run finds and replaces it.
"""

import ast

from gan_lessons.course.checks import STUB
from gan_lessons.course.notebook import Cell, Notebook, new_cell, tags

HEADING = "## Exercises"
YOUR_PART = "# your part"
OPEN_ANSWER = "*Your answer:*"


def write_stubs(lesson: Notebook, solutions: Notebook) -> None:
    """Puts the exercises into a lesson, in place, and takes out those that stood there.

    Args:
        lesson: the lesson; one of its text cells begins with the heading `## Exercises`.
        solutions: the solutions it belongs to.

    Raises:
        ValueError: if the lesson lacks the heading, or a solution is not written as this module
            expects.
    """
    kept = [cell for cell in lesson["cells"] if "exercise" not in tags(cell)]
    places = [k for k, cell in enumerate(kept) if cell["source"].startswith(HEADING)]
    if len(places) != 1:
        raise ValueError(f"The lesson needs exactly one text cell that begins with {HEADING!r}.")
    lesson["cells"] = kept[: places[0] + 1] + exercises(solutions) + kept[places[0] + 1 :]


def exercises(solutions: Notebook) -> list[Cell]:
    """Makes the exercise cells of a lesson from its solutions.

    Args:
        solutions: the notebook of solutions.

    Returns:
        New cells, all tagged `exercise`, in the order of the solutions.
    """
    cells: list[Cell] = []
    for cell in solutions["cells"]:
        source, kind = cell["source"], cell["cell_type"]
        if "solution" in tags(cell):
            source = stub(source) if kind == "code" else OPEN_ANSWER
        elif "exercise" not in tags(cell):
            continue
        cells.append(new_cell(kind, source, tag="exercise", name=f"exercise-{len(cells) + 1:02d}"))
    return cells


def stub(source: str) -> str:
    r"""Empties the code of a solution.

    Args:
        source: the code of a cell tagged `solution`.

    Returns:
        What a learner starts from.

    Raises:
        ValueError: if the code does not parse, asks for nothing, or has a body on the line of its
            `def`.

    >>> print(stub("def double(x):\n    return 2 * x\nanswer = double(2)"))
    def double(x):
        raise NotImplementedError("write this, then run the check below")
    <BLANKLINE>
    <BLANKLINE>
    answer = ...  # your answer
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise ValueError(f"A solution does not parse: {error}") from error
    lines = source.splitlines()
    first = _first_line(statements[0]) if statements else 1
    parts = ["\n".join(lines[: first - 1])] if first > 1 else []
    parts += [text for each in statements if (text := _emptied(each, lines))]
    result = _joined(parts)
    if "..." not in result and STUB not in result:
        raise ValueError("A solution asks for nothing: it defines no function and no value.")
    return result


def _joined(parts: list[str]) -> str:
    """Puts two blank lines around definitions and none between the others."""
    text = ""
    for before, part in zip([""] + parts, parts):
        gap = "\n\n\n" if "\n" in before or "\n" in part else "\n"
        text += (gap if text else "") + part
    return text


def _emptied(statement: ast.stmt, lines: list[str]) -> str:
    match statement:
        case ast.Import() | ast.ImportFrom():
            return ast.unparse(statement)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return "\n".join(_open_function(statement, lines))
        case ast.ClassDef():
            return "\n".join(_open_class(statement, lines))
        case ast.Assign() | ast.AnnAssign():
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            return "\n".join(f"{name} = ...  # your answer" for name in names)
    return ""


def _open_class(definition: ast.ClassDef, lines: list[str]) -> list[str]:
    methods = [each for each in definition.body if isinstance(each, ast.FunctionDef)]
    kept: list[str] = []
    line = _first_line(definition)
    for method in methods:
        kept += lines[line - 1 : _first_line(method) - 1] + _open_function(method, lines)
        line = method.end_lineno + 1
    return kept + lines[line - 1 : definition.end_lineno]


def _open_function(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> list[str]:
    body = function.body
    if body[0].lineno == function.lineno:
        raise ValueError(f"Put the body of {function.name} on lines of its own.")
    last = body[0].end_lineno if ast.get_docstring(function) is not None else body[0].lineno - 1
    for number in range(last + 1, function.end_lineno + 1):
        if lines[number - 1].strip() == YOUR_PART:
            last = number
    opened = " " * body[0].col_offset + f'raise NotImplementedError("{STUB}")'
    return lines[_first_line(function) - 1 : last] + [opened]


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])
