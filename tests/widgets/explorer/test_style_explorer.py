import asyncio
import base64
import importlib
import io
import re
import tracemalloc
from html import unescape

import numpy as np
import pytest
from PIL import Image

ipywidgets = pytest.importorskip("ipywidgets")

from gan_lessons.widgets import StyleExplorer  # noqa: E402
from gan_lessons.widgets.explorer import drop  # noqa: E402
from gan_lessons.widgets.explorer.encoding import File, animation, for_screen, grid  # noqa: E402
from gan_lessons.widgets.explorer.panels import TITLES  # noqa: E402


def read(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def shown(explorer) -> np.ndarray:
    return read(explorer.canvas.picture.value)


def said(explorer) -> str:
    return unescape(re.sub("<[^>]+>", "", explorer.said.value))


def send(widget, **state) -> None:
    """What the browser does when a control was moved: a message, through the widget's own door."""
    data = {"method": "update", "state": state, "buffer_paths": []}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def a_picture(colour=(200, 30, 30), size=(40, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def explorer():
    return StyleExplorer(device="cpu")


def press(explorer, words: str) -> None:
    def within(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from within(child)

    (found,) = (
        w for w in within(explorer) if isinstance(w, ipywidgets.Button) and w.description == words
    )
    found._handle_button_msg(found, {"event": "click"}, [])


def test_every_style_is_there_at_once(explorer):
    names = explorer.exploration.model("emoji64").styles
    chosen = explorer.state.here.style
    assert [b.description for b in explorer.styles.buttons] == [
        f"{'✓ ' * (name == chosen)}{name.replace('_', ' ')}" for name in names
    ]
    pictures = [read(p.value) for p in explorer.styles.pictures]
    expected = explorer.exploration.every_style(explorer.state)
    for picture, truth in zip(pictures, expected, strict=True):
        assert np.abs(picture - truth).mean() < 3  # JPEG


def test_a_style_is_picked_and_more_results_are_asked_for(explorer):
    before, grid_before = shown(explorer), explorer.results.pictures[0].value
    explorer.styles.buttons[3].click()
    assert explorer.state.here.style == "openmoji"
    assert np.abs(shown(explorer) - before).mean() > 1
    assert explorer.results.pictures[0].value != grid_before
    first = [p.value for p in explorer.results.pictures]
    press(explorer, "More")
    assert [p.value for p in explorer.results.pictures] != first
    assert explorer.results.buttons[0].description == "draw 9"
    explorer.results.buttons[2].click()
    assert explorer.state.here.index == 10
    assert explorer.results.buttons[2].description == "✓ draw 11"
    press(explorer, "Back")
    assert [p.value for p in explorer.results.pictures] == first


@pytest.mark.parametrize("kind", ["strength", "walk", "x", "y"])
def test_a_slider_changes_the_picture(explorer, kind):
    panels = explorer.panels
    send(panels.target, index=1 if kind != "walk" else 3)
    before = shown(explorer)
    send(getattr(panels, kind), value=0.9)
    assert np.abs(shown(explorer) - before).mean() > 0.3
    send(getattr(panels, kind), value=0.1)
    assert explorer.panels.keeping.line.value == explorer.state.to_text()


def test_controls_that_hang_together_move_together(explorer):
    panels = explorer.panels
    assert panels.walk.disabled
    send(panels.target, index=3)
    assert not panels.walk.disabled and panels.walk.value == explorer.state.walk == 0.5
    send(panels.x, value=0.5)
    send(panels.y, value=-1.0)
    if panels.pad is not None:
        assert (panels.pad.x, panels.pad.y) == (0.5, -1.0)
        send(panels.pad, x=1.25)
        assert panels.x.value == explorer.state.here.x == 1.25
    send(panels.seed, value=3)
    assert panels.x.value == panels.y.value == 0, "another draw stands in the middle of its map"


def test_a_picture_of_ones_own_comes_through_either_api(explorer):
    for value in (
        {"secret name.png": {"metadata": {}, "content": a_picture()}},
        ({"name": "secret name.png", "content": memoryview(a_picture((0, 0, 255)))},),
    ):
        (data,) = drop.contents(value)
        explorer.take(data)
        assert explorer.state.picture.startswith("mine-")
        assert said(explorer) == "Your picture is here."
        assert "secret" not in repr(explorer.panels.picture.options) + explorer.canvas.alt
    assert len(explorer.exploration.album.own) == 2


def test_a_photograph_is_pointed_to_the_model_of_paintings(explorer):
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    explorer.take(Image.fromarray(noise))
    assert said(explorer) == (
        "Your picture is here. It looks like a photograph: paintings256, under Model and state, "
        "paints it."
    )
    send(explorer.panels.keeping.model, index=explorer.exploration.models().index("paintings256"))
    state = explorer.state
    assert state.model == "paintings256" and state.here.reference.startswith(state.here.style)
    explorer.styles.buttons[2].click()
    assert explorer.state.here.reference == "van_gogh/harvest"
    assert "after The harvest, by Van Gogh" in explorer.canvas.alt
    explorer.turn_to("Reference")
    assert explorer.panels.beside.buttons[0].description == "✓ reference 1"
    explorer.panels.beside.buttons[1].click()
    assert explorer.state.here.reference == "van_gogh/church"
    explorer.take(Image.fromarray(noise[::-1]))
    assert said(explorer) == "Your picture is here."


def test_the_plain_button_takes_a_file_and_lets_go_of_it():
    taken = []
    button = drop.file_button("a picture", taken.append)
    if ipywidgets.__version__ >= "8":
        file = {"name": "a.png", "type": "image/png", "size": 3, "last_modified": 0}
        send(button, value=[{**file, "content": memoryview(b"abc")}])
    else:
        send(button, metadata=[{"name": "a.png"}], data=[memoryview(b"abc")], _counter=1)
        assert not button.data and not button.metadata
    assert taken == [b"abc"] and not button.value


def test_a_broken_picture_is_explained_and_nothing_is_lost(explorer):
    before, state = shown(explorer), explorer.state
    for broken in (b"", b"hello", a_picture()[:60]):
        explorer.take(broken)
        assert said(explorer).startswith("your picture: ") and "alert" in explorer.said.value
        assert explorer.state == state and (shown(explorer) == before).all()


def test_what_a_browser_refused_is_said(explorer):
    if drop.pointing():
        content = {"method": "custom", "content": {"kind": "refused", "reason": "x" * 999}}
        explorer.panels.drop._handle_msg({"content": {"data": content}, "buffers": []})
        assert said(explorer) == "x" * 300 and "alert" in explorer.said.value


def test_a_favourite_brings_everything_back(explorer):
    send(explorer.panels.seed, value=7)
    explorer.styles.buttons[5].click()
    send(explorer.panels.strength, value=0.7)
    kept, picture = explorer.state, shown(explorer)
    press(explorer, "Keep")
    assert kept.to_text() in said(explorer)
    send(explorer.panels.strength, value=0.1)
    explorer.styles.buttons[0].click()
    explorer.panels.keeping.kept.buttons[0].click()
    assert explorer.state == kept and (shown(explorer) == picture).all()
    assert explorer.panels.strength.value == 0.7 and explorer.panels.seed.value == 7
    again = StyleExplorer(state=kept.to_text(), device="cpu")
    assert (shown(again) == picture).all()
    press(explorer, "Forget the last")
    assert explorer.favourites == []


def test_favourites_are_bounded(explorer):
    for seed in range(15):
        send(explorer.panels.seed, value=seed)
        press(explorer, "Keep")
    assert len(explorer.favourites) == 12 == len(explorer.panels.keeping.kept.children)


def test_a_line_is_pasted_or_explained(explorer):
    line = explorer.panels.keeping.line
    text = "model=emoji64&picture=fluent%2Fsnail&style=fluent_ink&seed=3&draw=2"
    send(line, value=f" {text} ")
    assert explorer.state.to_text() == text and explorer.panels.picture.value == "fluent/snail"
    before = shown(explorer)
    for wrong, words in (
        ("hello", "copy the whole line"),
        (text.replace("fluent_ink", "cubism"), "no style 'cubism'"),
        (text.replace("emoji64", "/nowhere"), "no model '/nowhere'"),
    ):
        send(line, value=wrong)
        assert words in said(explorer)
        assert explorer.state.to_text() == text and (shown(explorer) == before).all()


@pytest.mark.parametrize(
    ("title", "kind", "frames"),
    [("Picture", "PNG", 1), ("Grid", "PNG", 1), ("GIF", "GIF", 30), ("WebP", "WEBP", 30)],
)
def test_what_is_downloaded_is_what_is_shown(explorer, title, kind, frames):
    send(explorer.panels.target, index=3)
    send(explorer.panels.walk, value=0.0)
    press(explorer, title)
    link = explorer.panels.keeping.link.value
    name = re.search('download="([^"]+)"', link)[1]
    assert name.endswith(kind.lower()) and f"{explorer.state.here.style}_seed0_draw1" in name
    data = base64.b64decode(re.search('base64,([^"]+)', link)[1])
    opened = Image.open(io.BytesIO(data))
    assert opened.format == kind and getattr(opened, "n_frames", 1) == frames
    assert explorer.panels.tabs.selected_index == TITLES.index("Download")
    if title == "Picture":
        assert (read(data) == explorer.exploration.result(explorer.state)).all()


def test_a_name_cannot_carry_markup():
    link = File('x" onload="alert(1).png', b"", '"><script>').link()
    assert "<script>" not in link and 'onload="' not in link


def test_a_reference_is_taken_and_left(explorer):
    explorer.styles.buttons[5].click()
    before = shown(explorer)
    send(explorer.panels.reference, index=3)
    assert explorer.state.here.reference and np.abs(shown(explorer) - before).mean() > 0.1
    explorer.panels._take_reference(b"broken")
    assert said(explorer).startswith("your picture: ")
    explorer.panels._take_reference(a_picture())
    assert explorer.state.here.reference.startswith("mine-")
    send(explorer.panels.reference, index=0)
    assert (shown(explorer) == before).all()


def test_the_map_is_drawn_when_it_is_opened(explorer):
    pytest.importorskip("anywidget")
    panels = explorer.panels
    assert not panels.pad.image
    panels.tabs.selected_index = TITLES.index("Map")
    assert read(panels.pad.image).shape == (320, 320, 3)
    before, middle = shown(explorer), panels.pad.image
    send(panels.pad, x=1.0, y=-0.5)
    assert (explorer.state.here.x, explorer.state.here.y) == (1.0, -0.5)
    assert (panels.x.value, panels.y.value) == (1.0, -0.5)
    assert np.abs(shown(explorer) - before).mean() > 0.1 and panels.pad.image == middle


def test_a_browser_hands_over_a_picture(explorer):
    pytest.importorskip("anywidget")
    zone = explorer.panels.drop
    data = {"method": "custom", "content": {"kind": "picture"}}
    zone._handle_msg({"content": {"data": data}, "buffers": [memoryview(a_picture())]})
    assert explorer.state.picture.startswith("mine-")


def test_it_does_without_anywidget(monkeypatch):
    monkeypatch.setattr(drop, "pointing", lambda: False)
    explorer = StyleExplorer(device="cpu")
    assert isinstance(explorer.panels.drop, ipywidgets.FileUpload) and explorer.panels.pad is None
    explorer.panels.tabs.selected_index = TITLES.index("Map")
    assert read(explorer.panels.chart.value).shape == (320, 320, 3)
    send(explorer.panels.x, value=1.0)
    assert explorer.state.here.x == 1.0


def test_dragging_wildly_neither_queues_nor_grows(explorer):
    """A thousand messages of a slider, through the widget's own door, as the kernel reads them."""
    panels = explorer.panels
    send(panels.target, index=3)
    drawn = []
    draw = explorer.latest.act
    explorer.latest.act = lambda state: (drawn.append(state.walk), draw(state))

    async def drag(count):
        for k in range(count):
            send(panels.walk, value=(k * 37 % 100) / 100)
            if k % 10 == 9:
                await asyncio.sleep(0)
        send(panels.walk, value=0.42)
        while explorer.latest.waiting:
            await asyncio.sleep(0.01)

    asyncio.run(drag(100))  # warm: caches are full, fonts are read
    drawn.clear()
    tracemalloc.start()
    asyncio.run(drag(100))
    few = tracemalloc.take_snapshot()
    before = tracemalloc.get_traced_memory()[0]
    asyncio.run(drag(600))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert few and grown < 300_000
    assert explorer.state.walk == 0.42 == drawn[-1]
    assert len(drawn) < 350  # of 700: those in between were skipped
    truth = explorer.exploration.result(explorer.state)
    assert np.abs(shown(explorer).reshape(64, 4, 64, 4, 3).mean((1, 3)) - truth).mean() < 3


def test_the_same_cell_offers_a_still_with_its_text(explorer, monkeypatch):
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: outputs.append((a, k)))
    explorer._ipython_display_()
    (bundle,), options = outputs[0]
    assert read(bundle["image/png"]).shape[1] > 600
    alt = options["metadata"]["image/png"]["alt"]
    assert "Red apple, drawn by noto" in alt and "fluent_ink" in alt


def test_a_picture_can_be_given(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(a_picture())
    for picture in (str(path), path, a_picture(), Image.new("RGB", (9, 9))):
        assert StyleExplorer(picture=picture).state.picture.startswith("mine-")
    with pytest.raises(ValueError, match="does not exist"):
        StyleExplorer(picture=str(tmp_path / "nothing.png"))


def test_files_are_what_they_say():
    pictures = [np.full((8, 8, 3), 40 * k, np.uint8) for k in range(4)]
    sheet = grid([pictures[:2], pictures[2:]], ["one", "two"], "title")
    assert (sheet[-8, -8] == 120).all() and (sheet[0, 0] == 255).all()
    assert Image.open(io.BytesIO(for_screen(pictures[1]))).format == "JPEG"
    with pytest.raises(ValueError, match="one of gif, webp, apng"):
        animation(np.stack(pictures), "mp4")


def test_the_package_is_read_without_anywidget(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    importlib.reload(drop)
