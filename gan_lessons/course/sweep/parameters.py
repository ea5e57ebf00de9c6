"""The parameters of a lesson: which it has, and what may stand in their place."""

import ast
import contextlib
import difflib
import json
import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gan_lessons.course import notebook
from gan_lessons.files import share

PRESETS = ("smoke", "class", "full")

Parameters = dict[str, Any]


class UnknownParameter(ValueError):
    """A lesson, a parameter or a value that there is not."""


def lesson_named(name: str) -> Path:
    """Finds a lesson by the beginning of its name.

    Args:
        name: such as "04" or "04_losses_and_stability"; or the path of a notebook of one's own.

    Returns:
        The path of its notebook.

    Raises:
        UnknownParameter: if none or several begin like that.
    """
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name).resolve()
    root = share("notebooks")
    lessons = [path for path in notebook.notebooks(root) if path.parent == root]
    fitting = [path for path in lessons if path.stem.startswith(name.removesuffix(".ipynb"))]
    if len(fitting) == 1:
        return fitting[0]
    raise UnknownParameter(
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
        UnknownParameter: if the lesson has no such parameter, a value is of another type, or there
            is no such preset; the sentence lists the lesson's parameters.
        ValueError: if its own parameters cannot be read.
    """
    tagged = [
        cell
        for cell in notebook.read_notebook(lesson)["cells"]
        if "parameters" in notebook.tags(cell)
    ]
    own = notebook.literals(tagged[0]) if tagged else {}
    if own is None:
        raise ValueError(
            f"the cell tagged `parameters` of {lesson.name} holds more than plain values; "
            "leave lines such as `lr = 0.1` in it, and put the rest into the next cell"
        )
    listed = ", ".join(f"{name} = {value!r}" for name, value in own.items()) or "none"
    if unknown := [name for name in given if name not in own]:
        meant = _meant(unknown[0], own)
        raise UnknownParameter(
            f"{lesson.stem} has no parameter {unknown[0]!r}{meant}; its own are: {listed}"
        )
    try:
        values = own | {name: _fitted(name, value, own[name]) for name, value in given.items()}
    except TypeError as error:
        raise UnknownParameter(f"{error}; the parameters of {lesson.stem} are: {listed}") from None
    if (asked := values.get("preset", PRESETS[0])) not in PRESETS:
        raise UnknownParameter(
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
        with contextlib.suppress(OverflowError):
            value = float(value)
    if own is not None and type(value) is not kind:
        raise TypeError(f"{name} takes a value of type {kind.__name__}, got {reprlib.repr(value)}")
    if not _is_plain(value):
        raise TypeError(
            f"{name} takes a plain value (a finite number, a text, True, False, None, or a list or "
            f"dictionary of such), got {reprlib.repr(value)}"
        )
    return value


def _is_plain(value: Any) -> bool:
    """Says whether JSON keeps a value as it is."""
    try:
        kept = json.dumps(value, allow_nan=False)
        kept.encode("ascii")
        if isinstance(value, str):
            value.encode("utf-8")
        return json.loads(kept) == value
    except (TypeError, ValueError, RecursionError):
        return False


def _meant(wrong: str, known: Iterable[str]) -> str:
    """The question after a name that nobody knows, if another one looks like it."""
    near = difflib.get_close_matches(str(wrong), list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
