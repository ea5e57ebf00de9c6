"""A place to drop, paste, choose or photograph a picture, and a map to move on.

Both are one anywidget, `drop.js` beside this file. Where anywidget is not installed there is a
plain button for files, and sliders serve as the map.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import traitlets

HERE = Path(__file__).parent
MOST = 4 * 2**20  # bytes of a picture that a browser has made small: far more than it sends
LONGEST = 300  # characters of a sentence that comes from a browser


def pointing() -> bool:
    """Whether anywidget is installed."""
    return find_spec("anywidget") is not None


def drop_zone(
    label: str, take: Callable[[bytes], None], refuse: Callable[[str], None]
) -> widgets.Widget:
    """A place for pictures.

    Args:
        label: what the picture is for; read aloud by screen readers.
        take: given the bytes of each picture, small ones where a browser could shrink them.
        refuse: given the sentence that says why a browser sent nothing.

    Returns:
        A widget: the anywidget, or ipywidgets' button for files.
    """
    if not pointing():
        return file_button(label, take)
    zone = _pieces()(kind="pictures", label=label)

    def heard(_: Any, content: dict, buffers: list) -> None:
        if content.get("kind") == "picture" and buffers:
            take(bytes(buffers[0][: MOST + 1]))
        elif content.get("kind") == "refused":
            refuse(str(content.get("reason"))[:LONGEST])

    zone.on_msg(heard)
    return zone


def file_button(label: str, take: Callable[[bytes], None]) -> widgets.FileUpload:
    """The plain button for files, of ipywidgets 7.7 and 8 alike.

    Args:
        label: what the picture is for.
        take: given the bytes of each file. Its name is not looked at.
    """
    button = widgets.FileUpload(accept="image/*", multiple=False, description="Choose a file")
    if "tooltip" in button.traits():  # ipywidgets 8
        button.tooltip = label

    def chosen(change: dict) -> None:
        if not change["new"]:
            return
        data = contents(change["new"])
        _forget(button)
        for each in data:
            take(each)

    button.observe(chosen, "value")
    return button


def contents(value: Any) -> list[bytes]:
    """What was uploaded, without names: a dict by name in ipywidgets 7, a tuple in ipywidgets 8."""
    files = value.values() if isinstance(value, dict) else value
    return [bytes(file["content"]) for file in files]


def _forget(button: widgets.FileUpload) -> None:
    """Let go of the bytes, and let the same file be chosen again."""
    if "data" in button.traits():  # ipywidgets 7, which makes its value of these two
        button.metadata, button.data = [], []
        button._counter = 0
    else:
        button.value = ()


def pointer_map(label: str, reach: float) -> widgets.Widget | None:
    """A picture to move on, with traits `x` and `y` in [-reach, reach] and `image`, a JPEG.

    Args:
        label: what is moved; read aloud by screen readers.
        reach: how far it goes to each side.

    Returns:
        The anywidget, or None where it is not installed.
    """
    return _pieces()(kind="map", label=label, reach=reach) if pointing() else None


@cache
def _pieces() -> type:
    """The anywidget, made when it is first wanted: the course does without it."""
    import anywidget

    class Piece(anywidget.AnyWidget):
        """Either piece; `kind` says which."""

        _esm = HERE / "drop.js"
        _css = HERE / "drop.css"
        kind = traitlets.Unicode("pictures").tag(sync=True)
        label = traitlets.Unicode().tag(sync=True)
        image = traitlets.Bytes().tag(sync=True)
        reach = traitlets.Float(1.0).tag(sync=True)
        x = traitlets.Float(0.0).tag(sync=True)
        y = traitlets.Float(0.0).tag(sync=True)

    return Piece
