"""Stored outputs, made fit to keep: nothing in them that only the machine that ran them knows.

A lesson reads well where nobody runs it, and running it again changes nothing but numbers. So the
metadata is reduced to what matters, folders of the machine are cut from texts, and widgets leave a
static picture: a stored view without its model would show an error.
"""

import base64
import re
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gan_lessons.course.notebook import KERNEL, Cell, Notebook, code_cells, tags
from gan_lessons.images.gate import encode_image, open_image

CHECKOUT = Path(__file__).resolve().parents[3]  # or where the package is installed
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_TAG = "widget"
SMALL = 4096  # letters; a picture of fewer is left alone
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
_IMAGE_WITH_ALT = re.compile(r'<img\b[^>]*\balt="[^"]+"')
_KEPT_METADATA = ("tags", "jupyter")


def clean(notebook: Notebook) -> None:
    """Makes an executed notebook fit to store, in place.

    Args:
        notebook: the notebook as it came from the kernel.
    """
    notebook["metadata"] = {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    places = machine_places()
    for cell in notebook["cells"]:
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k in _KEPT_METADATA}
    for cell in code_cells(notebook):
        _strip_widgets(cell)
        for output in cell["outputs"]:
            _strip_places(output, places)
            _slim_pictures(output.get("data", {}))


def _slim_pictures(data: dict[str, Any]) -> None:
    """Keeps a PNG with 256 colours where that is smaller: figures have few, and clones are many."""
    encoded = data.get("image/png", "")
    if len(encoded) < SMALL:
        return
    try:
        slim = encode_image(open_image(base64.b64decode(encoded)), colours=256)
    except ValueError:  # no picture, whatever it calls itself: not ours to judge
        return
    data["image/png"] = min(encoded, base64.b64encode(slim).decode(), key=len)


def has_picture(cell: Cell) -> bool:
    """Says whether the outputs of a cell show a picture that comes with alternative text.

    The text stands where IPython's `Image(data, alt=...)` puts it: in the output's metadata, below
    the picture's type; or in the `alt` attribute of an HTML image.
    """
    for output in cell["outputs"]:
        for kind in set(PICTURES) & set(output.get("data", {})):
            if output["metadata"].get(kind, {}).get("alt"):
                return True
        if _IMAGE_WITH_ALT.search(output.get("data", {}).get("text/html", "")):
            return True
    return False


def without_alt(cell: Cell) -> int:
    """Counts the pictures in the outputs of a cell that come without alternative text."""
    found = 0
    for output in cell["outputs"]:
        for kind in set(PICTURES) & set(output.get("data", {})):
            found += not output["metadata"].get(kind, {}).get("alt")
        shown = output.get("data", {}).get("text/html", "")
        found += len(re.findall(r"<img\b", shown)) - len(_IMAGE_WITH_ALT.findall(shown))
    return found


def texts(output: Mapping[str, Any]) -> Iterator[str]:
    """Goes through everything in an output that is text: streams, errors, text and HTML."""
    if "text" in output:
        yield output["text"]
    yield from output.get("traceback", [])
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/") or kind == "image/svg+xml":
            yield value


def machine_places() -> dict[str, str]:
    """Names the folders of this machine and what a stored text calls them instead.

    Returns:
        Regular expressions and their replacements, the most specific first.
    """
    paths = sysconfig.get_paths()
    named = {
        paths["purelib"]: "site-packages",
        str(CHECKOUT): "gan-lessons",
        paths["stdlib"]: "python",
        str(Path.home()): "~",
    }
    cells = re.escape(tempfile.gettempdir()) + r"/ipykernel_\d+/\d+\.py"
    # Some containers call the root of the disk a home; that would be found everywhere.
    whole = {rf"{re.escape(p)}(?![\w-])": name for p, name in named.items() if len(p) > 1}
    return {cells: "cell"} | whole


def _strip_widgets(cell: Cell) -> None:
    if not any(WIDGET_VIEW in output.get("data", {}) for output in cell["outputs"]):
        return
    kept = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        if data.pop(WIDGET_VIEW, None) is not None:
            # What is left beside the view is the widget's name and arguments: noise.
            data.pop("text/plain", None)
            if not data:
                continue
        kept.append(output)
    cell["outputs"] = kept
    if WIDGET_TAG not in tags(cell):
        cell["metadata"]["tags"] = [*tags(cell), WIDGET_TAG]


def _strip_places(output: dict[str, Any], places: Mapping[str, str]) -> None:
    def stripped(text: str) -> str:
        for pattern, name in places.items():
            text = re.sub(pattern, name, text)
        return text

    if "text" in output:
        output["text"] = stripped(output["text"])
    if "traceback" in output:
        output["traceback"] = [stripped(line) for line in output["traceback"]]
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/"):
            output["data"][kind] = stripped(value)
