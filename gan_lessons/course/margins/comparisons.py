"""The comparisons inside the checks of exercises, made visible while a notebook runs.

A check says only that it passed. `assert gap < 0.02` passes at 0.0199 here and fails at 0.0201 on
another processor, so :func:`instrument` has each comparison of a check show what it compared.
"""

import ast
import operator
from collections.abc import Mapping
from typing import Any

MIME = "application/vnd.gan-lessons.comparison+json"
SHOWN = "__compared"  # the name in the kernel; no lesson begins a name like that
IMPORT = f"from gan_lessons.course.margins.comparisons import compared as {SHOWN}"
HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


def instrument(source: str) -> str:
    r"""Has the comparisons that a check asserts show both their sides.

    Args:
        source: code of a cell.

    Returns:
        The same code where it checks nothing; otherwise code that does the same, and calls
        :func:`compared` for each order comparison that must hold for the check to pass.

    >>> print(instrument("with check('1', a):\n    assert 0 < a and f(a) == 3, 'no'"))
    with check('1', a):
        assert __compared('1', '0 < a', 0, '<', a) and f(a) == 3, 'no'
    """
    tree = ast.parse(source)
    checks = [each for each in ast.walk(tree) if isinstance(each, ast.With) and _name(each)]
    for block in checks:
        asserts = [each for each in ast.walk(block) if isinstance(each, ast.Assert)]
        for statement in asserts:
            statement.test = _shown(statement.test, _name(block))
    return ast.unparse(ast.fix_missing_locations(tree)) if checks else source


def compared(check: str, text: str, first: Any, *rest: Any) -> bool:
    """Compares as Python does, and shows how far from failing it was.

    Args:
        check: name of the exercise.
        text: the comparison as it is written.
        first: the leftmost side.
        *rest: signs and sides in turn.

    Returns:
        Whether all comparisons of the chain hold.
    """
    sides, signs = (first, *rest[1::2]), rest[::2]
    for left, sign, right in zip(sides, signs, sides[1:]):
        room = _room(left, sign, right)
        if room is not None:
            _show({"check": check, "text": text, "room": room})
        if not HOLDS[sign](left, right):
            return False
    return True


def shown_in(notebook: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Reads back what the comparisons of an executed notebook showed.

    Args:
        notebook: the notebook as a dictionary (format 4).

    Returns:
        By check and text, how far from failing: positive where it holds. Of a comparison in a
        loop the nearest.
    """
    found: dict[tuple[str, str], float] = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if shown := output.get("data", {}).get(MIME):
                key, room = (shown["check"], shown["text"]), float(shown["room"])
                found[key] = min(found.get(key, room), room)
    return found


def _name(statement: ast.With) -> str | None:
    match statement.items[0].context_expr:
        case ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(name)), *_]):
            return name
    return None


def _shown(test: ast.expr, check: str) -> ast.expr:
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            test.values = [_shown(value, check) for value in values]
        case ast.Compare(ops=ops) if all(type(op) in _SIGNS for op in ops):
            given = [ast.Constant(check), ast.Constant(ast.unparse(test)), test.left]
            for op, side in zip(ops, test.comparators):
                given += [ast.Constant(_SIGNS[type(op)]), side]
            return ast.Call(func=ast.Name(SHOWN, ast.Load()), args=given, keywords=[])
    return test


def _room(left: Any, sign: str, right: Any) -> float | None:
    """How far a comparison is from failing; None where it is not between two single numbers."""
    try:
        small, large = (left, right) if sign in ("<", "<=") else (right, left)
        room = float(large) - float(small)
    except (TypeError, ValueError, RuntimeError):  # a tensor of many numbers is a RuntimeError
        return None
    whole = all(isinstance(side, int) for side in (left, right))
    # Of two counts the next one fails; between it and this one lies half a count to each side.
    return room + (0.5 if sign in ("<=", ">=") else -0.5) if whole else room


def _show(found: dict[str, Any]) -> None:
    from IPython.display import display

    display({"text/plain": f"{found['text']}: {found['room']:.4g}", MIME: found}, raw=True)
