"""What interactive pieces share: a picture that follows its controls and never falls behind.

A slider that is dragged sends more values than a figure can be drawn for. `Latest` draws the newest
of them and forgets the others, so that nothing piles up; `Canvas` is the picture with its text for
those who do not see it; `Stage` redraws only what moves; `show` leaves a still without a kernel.
"""

import asyncio
import io
import time
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
NARROW = 300  # CSS pixels that half a picture needs to be read
SHARE = 0.5  # of the time that drawing may take; the rest is for the messages of the controls


class Latest:
    """Call a function with the newest value, soon, with at most one call waiting.

    Under a running event loop, as in a notebook's kernel, a value waits until the messages that
    have arrived already are read; whatever they bring replaces it. Elsewhere it is used at once.

    Args:
        act: what to do with a value.
        on_error: what to do with an exception of `act`; without it the exception is raised.

    Example:
        >>> seen = []
        >>> Latest(seen.append)(3)
        >>> seen
        [3]
    """

    def __init__(
        self,
        act: Callable[[Any], None],
        on_error: Callable[[Exception], None] | None = None,
    ):
        self.act, self.on_error = act, on_error
        self.value: Any = None
        self.waiting = False
        self.calls = 0  # of `act`, for those who count
        self.rest = 0.0  # seconds to leave to others before the next call

    def __call__(self, value: Any) -> None:
        """Take a value; one that is still waiting is forgotten."""
        self.value = value
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if not self.waiting:
            self.waiting = True
            loop.call_later(self.rest, self.flush)

    def flush(self) -> None:
        """Use the value now."""
        self.waiting = False
        value, self.value = self.value, None
        started = time.perf_counter()
        self.calls += 1
        try:
            self.act(value)
        except Exception as error:
            if self.on_error is None:
                raise
            self.on_error(error)
        self.rest = (time.perf_counter() - started) * (1 - SHARE) / SHARE


class Canvas(widgets.VBox):
    """A picture and the sentence that says what it shows.

    The sentence stands below the picture and is announced by screen readers when it changes; it
    also goes with the picture wherever that is stored.

    Args:
        width: of the picture in CSS pixels; on a narrow screen it shrinks with the page.
        halves: whether its right half goes below the left one where there is no room beside it.
    """

    def __init__(self, width: int = 700, *, halves: bool = False):
        self.whole, self.alt = b"", ""
        if halves:
            flex = {"flex": f"1 1 {NARROW}px", "min_width": "0", "max_width": f"{width // 2}px"}
        else:
            flex = {"width": "100%", "max_width": f"{width}px"}
        self.pictures = [
            widgets.Image(format="png", layout=widgets.Layout(object_fit="contain", **flex))
            for _ in range(2 if halves else 1)
        ]
        self.picture, self.text = self.pictures[0], widgets.HTML()
        flow = widgets.Layout(display="flex", flex_flow="row wrap", align_items="flex-start")
        first = widgets.Box(self.pictures, layout=flow) if halves else self.picture
        super().__init__([first, self.text])

    @property
    def png(self) -> bytes:
        """The whole picture, as PNG."""
        return as_png(self.whole)

    def put(self, picture: Any, alt: str, note: str = "") -> None:
        """Show a picture.

        Args:
            picture: an array `(H, W, 3)` of uint8; undivided also a matplotlib figure, or PNG as
                bytes.
            alt: what is to be seen on it, in one sentence.
            note: a further sentence, such as what the last action did.

        Raises:
            ValueError: if the picture is none of these, or comes without its sentence.
        """
        if not alt.strip():
            raise ValueError("a picture needs a sentence that says what it shows; alt is empty")
        if len(self.pictures) == 1:
            self.whole = as_png(picture)
            parts = [self.whole]
        else:
            self.whole = picture
            parts = np.array_split(picture, 2, axis=1)
        for shown, part in zip(self.pictures, parts, strict=True):
            shown.value = as_png(part)
        self.alt = alt
        # No tooltip: with one and no description, ipywidgets 8 shows no picture.
        self.say(f"{alt} {note}" if note else alt)

    def say(self, text: str) -> None:
        """Change the sentence below the picture alone."""
        from html import escape

        value = f'<div role="status" aria-live="polite">{escape(text)}</div>'
        if self.text.value != value:
            self.text.value = value

    def fail(self, error: Exception) -> None:
        """Say what went wrong where the learner looks; the last picture stays."""
        self.say(f"{type(error).__name__}: {error}")


def as_png(picture: Any) -> bytes:
    """Encode a picture quickly: the files are larger than they could be, and are made in a moment.

    Args:
        picture: a matplotlib figure, PNG as bytes, or an array `(H, W, 3)` of uint8.

    Returns:
        PNG.

    Raises:
        ValueError: if it is none of these.
    """
    if isinstance(picture, bytes):
        return picture
    if hasattr(picture, "savefig"):
        picture = pixels(picture)
    array = np.asarray(picture)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(
            f"an array (H, W, 3) of uint8 expected, got {array.shape} of {array.dtype}; "
            "give that, a matplotlib figure or PNG as bytes"
        )
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="png", compress_level=1)
    return buffer.getvalue()


def pixels(figure: Any) -> np.ndarray:
    """Draw a matplotlib figure in memory.

    Args:
        figure: the figure; the canvas it has is kept, so that artists are reused.

    Returns:
        `(H, W, 3)` uint8.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = figure.canvas
    if not isinstance(canvas, FigureCanvasAgg):
        canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3]


class Stage:
    """A figure of which only some artists move: the rest is drawn once and kept as pixels.

    Args:
        figure: with everything in place.
        moving: artists that change from picture to picture, drawn in this order on top.
    """

    def __init__(self, figure: Any, moving: Sequence[Any]):
        self.figure, self.moving, self.still = figure, list(moving), None
        for artist in self.moving:
            artist.set_animated(True)  # leaves it out of the still part

    def pixels(self) -> np.ndarray:
        """Draw the figure as it is now, `(H, W, 3)` uint8."""
        if self.still is None:
            pixels(self.figure)
            self.still = self.figure.canvas.copy_from_bbox(self.figure.bbox)
        canvas = self.figure.canvas
        canvas.restore_region(self.still)
        for artist in self.moving:
            (artist.axes or self.figure).draw_artist(artist)
        return np.array(canvas.buffer_rgba())[:, :, :3]


def show(widget: widgets.Widget, canvas: Canvas) -> None:
    """Display a widget, with its picture for where there is no kernel to bring it to life.

    One output offers both, and whoever reads the notebook shows the livelier one it can.

    Args:
        widget: what to display.
        canvas: the part of it whose picture stands in.
    """
    from IPython.display import display

    bundle = {
        WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id},
        "image/png": canvas.png,
        "text/plain": canvas.alt,
    }
    display(bundle, metadata={"image/png": {"alt": canvas.alt}}, raw=True)
