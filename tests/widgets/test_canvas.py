import asyncio
import io
import time

import numpy as np
import pytest
from PIL import Image

ipywidgets = pytest.importorskip("ipywidgets")

from gan_lessons.widgets.canvas import (  # noqa: E402
    WIDGET_VIEW,
    Canvas,
    Latest,
    Stage,
    as_png,
    pixels,
    show,
)


def read(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def gradient() -> np.ndarray:
    return np.linspace(0, 255, 12 * 20 * 3).astype(np.uint8).reshape(12, 20, 3)


def test_the_newest_value_wins_and_the_others_are_never_drawn():
    drawn = []

    async def drag():
        latest = Latest(drawn.append)
        for value in range(1000):
            latest(value)
        assert not drawn and latest.waiting
        await asyncio.sleep(0.05)
        assert not latest.waiting

    asyncio.run(drag())
    assert drawn == [999]


def test_dragging_leaves_time_to_others_and_ends_on_the_last_value():
    drawn, handled = [], []

    def slow(value):
        drawn.append(value)
        time.sleep(0.02)

    async def drag():
        latest = Latest(slow)
        end = time.perf_counter() + 0.6
        while time.perf_counter() < end:
            handled.append(len(handled))
            latest(handled[-1])
            await asyncio.sleep(0.001)
        while latest.waiting:  # a rest lasts as long as the call before it
            await asyncio.sleep(0.001)
        assert latest.value is None

    asyncio.run(drag())
    assert drawn[-1] == handled[-1]
    assert drawn == sorted(drawn) and len(set(drawn)) == len(drawn)
    assert len(drawn) <= 0.6 / 0.04 + 3  # half of the time at the most


def test_without_a_loop_a_value_is_used_at_once():
    seen = []
    Latest(seen.append)("now")
    assert seen == ["now"]


def test_an_error_is_raised_or_told_and_the_next_value_is_drawn():
    def fails_once(value):
        if value == 1:
            raise ValueError("no such thing")
        seen.append(value)

    seen, errors = [], []
    latest = Latest(fails_once, errors.append)
    latest(1)
    latest(2)
    assert seen == [2] and str(errors[0]) == "no such thing"
    with pytest.raises(ValueError, match="no such thing"):
        Latest(fails_once)(1)


def test_a_canvas_shows_pixels_and_says_what_they_are():
    canvas = Canvas()
    canvas.put(gradient(), "Colours from dark to light.", "Redrawn.")
    assert (read(canvas.picture.value) == gradient()).all()
    assert "Colours from dark to light. Redrawn." in canvas.text.value
    assert 'role="status"' in canvas.text.value
    # The browser's part of ipywidgets 8 draws no picture that has a tooltip and no description.
    assert not getattr(canvas.picture, "tooltip", None)


def test_halves_make_up_the_whole():
    canvas = Canvas(halves=True)
    canvas.put(gradient(), "Colours.")
    left, right = (read(each.value) for each in canvas.pictures)
    assert (np.concatenate([left, right], axis=1) == gradient()).all()
    assert (read(canvas.png) == gradient()).all()


def test_a_sentence_cannot_carry_markup():
    canvas = Canvas()
    canvas.put(gradient(), "p < q & <script>")
    assert "<script>" not in canvas.text.value and "p &lt; q" in canvas.text.value


def test_an_error_leaves_the_picture():
    canvas = Canvas()
    canvas.put(gradient(), "A picture.")
    canvas.fail(ValueError("width must be positive"))
    assert (read(canvas.picture.value) == gradient()).all()
    assert "ValueError: width must be positive" in canvas.text.value


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_picture_without_a_sentence_is_refused(alt):
    with pytest.raises(ValueError, match="alt is empty"):
        Canvas().put(gradient(), alt)


@pytest.mark.parametrize("picture", [gradient()[0], gradient() / 255, gradient()[..., :2]])
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(ValueError, match="an array"):
        as_png(picture)


def test_a_figure_is_drawn_as_matplotlib_would():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1), dpi=50)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.fill_between([0, 1], 0, 1, color="red")
    axes.margins(0)
    drawn = pixels(figure)
    assert drawn.shape == (50, 100, 3) and tuple(drawn[25, 50]) == (255, 0, 0)
    canvas = figure.canvas
    assert (read(as_png(figure)) == drawn).all() and figure.canvas is canvas


def test_one_output_offers_the_live_widget_and_a_still_with_its_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: shown.append((a, k)))
    canvas = Canvas()
    canvas.put(gradient(), "Colours.")
    show(canvas, canvas)
    (bundle,), options = shown[0]
    assert bundle[WIDGET_VIEW]["model_id"] == canvas.model_id
    assert (read(bundle["image/png"]) == gradient()).all()
    assert options == {"metadata": {"image/png": {"alt": "Colours."}}, "raw": True}


def test_a_stage_draws_what_moved_as_the_whole_figure_would():
    from matplotlib.figure import Figure

    def figure():
        made = Figure(figsize=(2, 1), dpi=50)
        axes = made.add_subplot()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        (line,) = axes.plot([0, 1], [0, 1], zorder=9)
        return made, line

    (plain, line), (staged, moving) = figure(), figure()
    stage = Stage(staged, [moving])
    first = stage.pixels()
    assert (first == pixels(plain)).all()
    for each in (line, moving):
        each.set_data([0, 1], [0.8, 0.2])
    assert (stage.pixels() == pixels(plain)).all()
    assert (first != stage.pixels()).any()
