"""The parameters of a lesson: which it has, and what may stand in their place."""

import ast
import contextlib
import difflib
import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gan_lessons.course import notebook
from gan_lessons.files import share

PRESETS = ("smoke", "class", "full")

Parameters = dict[str, Any]


def lesson_named(name: str) -> Path:
    """Finds a lesson by the beginning of its name.

    Args:
        name: such as "04" or "04_losses_and_stability".

    Returns:
        The path of its notebook.

    Raises:
        ValueError: if none or several begin like that.
    """
    root = share("notebooks")
    lessons = [path for path in notebook.notebooks(root) if path.parent == root]
    fitting = [path for path in lessons if path.stem.startswith(name.removesuffix(".ipynb"))]
    if len(fitting) == 1:
        return fitting[0]
    raise ValueError(
        f"{'several lessons begin' if fitting else 'no lesson begins'} with {name!r}; "
        f"there are: {', '.join(path.stem for path in fitting or lessons)}"
    )


def parameters_of(lesson: Path, given: Parameters) -> Parameters:
    """Puts given values in the place of a lesson's own.

    Args:
        lesson: the notebook.
        given: values by name; a text is read as the type that the lesson's own value has.

    Returns:
        All parameters of the lesson.

    Raises:
        ValueError: if the lesson has no such parameter, a value is of another type, or there is
            no such preset; the sentence lists the lesson's parameters.
    """
    tagged = [
        cell
        for cell in notebook.read_notebook(lesson)["cells"]
        if "parameters" in notebook.tags(cell)
    ]
    own = notebook.literals(tagged[0]) if tagged else {}
    listed = ", ".join(f"{name} = {value!r}" for name, value in (own or {}).items()) or "none"
    if unknown := [name for name in given if name not in (own or {})]:
        meant = _meant(unknown[0], own or {})
        raise ValueError(
            f"{lesson.stem} has no parameter {unknown[0]!r}{meant}; its own are: {listed}"
        )
    try:
        values = own | {name: _fitted(name, value, own[name]) for name, value in given.items()}
    except TypeError as error:
        raise ValueError(f"{error}; the parameters of {lesson.stem} are: {listed}") from None
    if (asked := values.get("preset", PRESETS[0])) not in PRESETS:
        raise ValueError(
            f"there is no preset {reprlib.repr(asked)}{_meant(asked, PRESETS)}; "
            f"use {', '.join(PRESETS)}"
        )
    return values


def _fitted(name: str, value: Any, own: Any) -> Any:
    """Reads a value as the type of the lesson's own; None as its own takes anything."""
    kind = type(own)
    if isinstance(value, str) and kind is not str:
        with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            value = ast.literal_eval({"true": "True", "false": "False"}.get(value.lower(), value))
    if kind is float and type(value) is int:
        value = float(value)
    if own is None or type(value) is kind:
        return value
    raise TypeError(f"{name} takes a value of type {kind.__name__}, got {reprlib.repr(value)}")


def _meant(wrong: str, known: Iterable[str]) -> str:
    """The question after a name that nobody knows, if another one looks like it."""
    near = difflib.get_close_matches(str(wrong), list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
