"""The style explorer as an app, in a real browser: every action is answered by other pixels."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("voila")
pytestmark = pytest.mark.slow

PICTURES = ".explorer .widget-image"
SAID = ".explorer .explorer-said"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """Address of the real app."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    log = tmp_path_factory.mktemp("app") / "log.txt"
    command = [sys.executable, "-m", "gan_lessons", "explore", "--no-browser", "--port", str(port)]
    with log.open("wb") as handle:
        process = subprocess.Popen(
            command, stdout=handle, stderr=handle, cwd=log.parent,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    until = time.monotonic() + 120
    while "is filled with" not in log.read_text() and time.monotonic() < until:
        assert process.poll() is None, log.read_text()[-2000:]
        time.sleep(0.3)
    yield f"http://127.0.0.1:{port}/"
    process.send_signal(signal.SIGINT)
    process.wait(60)


@pytest.fixture
def opened(app, window):
    """The page, with its pictures."""

    def start(**options):
        here = window(**options)
        here.page.goto(app)
        here.page.wait_for_selector(f"{PICTURES}[src^=blob]")
        here.page.wait_for_function(
            f"document.querySelectorAll('{PICTURES}[src^=blob]').length >= 18"
        )
        return here

    return start


LARGE = "image.naturalWidth === 256"
DRAWS = 8  # the last ones of the small pictures


def pictures(here, which: str) -> list[np.ndarray]:
    """Pixels of the explorer's pictures of a kind, as the browser got them."""
    data = here.page.evaluate(
        f"""async () => Promise.all([...document.querySelectorAll('{PICTURES}')]
            .filter(image => {which})
            .map(async image => Array.from(
                new Uint8Array(await (await fetch(image.src)).arrayBuffer())))
        )"""
    )
    return [
        np.asarray(Image.open(io.BytesIO(bytes(one))).convert("RGB")).astype(int) for one in data
    ]


def large(here) -> np.ndarray:
    # While a new picture is being read in, the browser says that it has no width, and it may begin
    # to read one between two questions: the pixels themselves are asked for until they are there.
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = pictures(here, LARGE)
        if len(found) == 1:
            return found[0]
        here.page.wait_for_timeout(20)
    raise AssertionError(f"{len(found)} large pictures instead of one")


def draws(here) -> np.ndarray:
    small = pictures(here, "image.offsetParent && image.closest('.explorer-tile')")
    return np.stack(small[-DRAWS:])


def until_it_differs(here, before: np.ndarray, look=large, by: float = 0.3) -> np.ndarray:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = look(here)
        if now.shape == before.shape and np.abs(now - before).mean() > by:
            return now
        here.page.wait_for_timeout(50)
    raise AssertionError("the picture stayed as it was")


def a_picture() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((900, 600)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def bring(here, data: bytes, kind: str = "image/jpeg") -> None:
    file = {"name": "a private name.jpg", "mimeType": kind, "buffer": data}
    here.page.locator(".gan-drop input[type=file]").first.set_input_files(file)


def press(here, text: str) -> None:
    here.page.get_by_role("button", name=re.compile(rf"^{text}$")).first.click()


def test_a_visitor_picks_asks_for_more_and_drags(opened):
    here = opened()
    here.shot("opened")
    before = large(here)
    press(here, "openmoji")
    before = until_it_differs(here, before, by=1)
    here.page.wait_for_timeout(3000)  # the small ones follow the large one
    first = draws(here)
    press(here, "More")
    until_it_differs(here, first, draws)
    handle = here.page.locator(".explorer .noUi-handle").first
    handle.focus()
    for _ in range(30):
        here.page.keyboard.press("ArrowLeft")
    until_it_differs(here, before, by=1)
    here.page.wait_for_function("document.body.textContent.includes('at strength 0.70')")
    here.shot("weaker")


def test_ones_own_picture_is_shown_and_broken_ones_are_explained(opened):
    here = opened()
    before = large(here)
    bring(here, a_picture())
    here.page.wait_for_selector(f"{SAID}:has-text('Your picture is here')")
    mine = until_it_differs(here, before, by=5)
    bring(here, a_picture()[:300])
    here.page.wait_for_selector(f"{SAID}.wrong:has-text('it is cut short')")
    bring(here, b"x" * 5_000_000)
    here.page.wait_for_selector(f"{SAID}.wrong:has-text('too large to be sent')")
    assert (large(here) == mine).all()
    assert "a private name" not in here.page.content()
    here.shot("mine")


# A picture in the hands of the browser, as a drop and a paste carry it.
CARRIED = """data => {
    const carried = new DataTransfer();
    carried.items.add(new File([Uint8Array.from(data)], "a private name", { type: "image/png" }));
    return carried;
}"""
PASTE = """(zone, carried) => zone.dispatchEvent(new ClipboardEvent(
    "paste", { clipboardData: carried, bubbles: true, cancelable: true }))"""


def test_a_picture_is_dropped_pasted_and_photographed(opened):
    here = opened()
    zone, before = here.page.locator(".gan-drop").first, large(here)
    height = here.page.locator(".explorer").bounding_box()["height"]
    carried = here.page.evaluate_handle(CARRIED, list(a_picture()))
    zone.dispatch_event("dragover", {"dataTransfer": carried})
    assert "gan-drop-over" in zone.get_attribute("class"), "the zone shows that it would take it"
    zone.dispatch_event("drop", {"dataTransfer": carried})
    dropped = until_it_differs(here, before, by=5)

    buffer = io.BytesIO()
    Image.new("RGB", (40, 300), (160, 30, 150)).save(buffer, "PNG")
    carried = here.page.evaluate_handle(CARRIED, list(buffer.getvalue()))
    zone.focus()
    zone.evaluate(PASTE, carried)
    pasted = until_it_differs(here, dropped, by=5)

    camera = here.page.get_by_role("button", name="Camera").first
    camera.click()
    here.page.get_by_label("what the camera sees").first.wait_for()
    here.shot("camera")
    here.page.keyboard.press("Escape")
    camera.click()
    here.page.get_by_role("button", name="Take the picture").click()
    until_it_differs(here, pasted, by=5)
    assert not here.page.locator("dialog[open]").count()
    assert here.page.locator(".explorer").bounding_box()["height"] == height, "nothing jumps"


def test_a_walk_leads_from_one_style_to_another(opened):
    here = opened()
    here.page.locator(".lm-TabBar-tab", has_text="Walk").click()
    before = large(here)
    here.page.get_by_label("walk to").select_option("openmoji, draw 1")
    halfway = until_it_differs(here, before, by=1)
    handle = here.page.locator(".explorer .noUi-handle:visible").last
    handle.focus()
    for _ in range(5):
        here.page.keyboard.press("PageUp")
    until_it_differs(here, halfway, by=1)
    assert "of the way to openmoji" in here.page.locator(".explorer").inner_text()
    here.shot("walk")


def test_a_walk_is_downloaded_and_a_favourite_kept(opened):
    here = opened()
    press(here, "noto")
    here.page.locator(".lm-TabBar-tab", has_text="Download").click()
    press(here, "GIF")
    with here.page.expect_download() as download:
        here.page.locator(".explorer-file").click()
    assert download.value.suggested_filename == "walk_noto_seed0_draw1.gif"
    with Image.open(download.value.path()) as animation:
        assert animation.format == "GIF" and animation.n_frames == 30
    press(here, "Keep")
    here.page.wait_for_selector(f"{SAID}:has-text('style=noto')")
    here.page.locator(".lm-TabBar-tab", has_text="Favourites").click()
    here.page.get_by_role("button", name="noto 1, seed 0").wait_for()
    here.shot("favourite")


def test_the_map_follows_the_pointer(opened):
    here = opened()
    press(here, "openmoji")
    here.page.locator(".lm-TabBar-tab", has_text="Map").click()
    here.page.wait_for_selector(".gan-map img[src^=blob]")
    before = large(here)
    box = here.page.locator(".gan-map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    here.page.mouse.move(x, y)
    here.page.mouse.down()
    for step in range(1, 31):
        here.page.mouse.move(x + 4 * step, y - 4 * step)
    here.page.mouse.up()
    until_it_differs(here, before, by=0.1)
    assert here.page.locator(".gan-map").get_attribute("aria-valuetext").startswith("1.")
    here.shot("map")


def test_a_phone_has_no_sideways_scrolling(opened):
    here = opened(width=390, height=1500)
    assert here.page.evaluate("document.documentElement.scrollWidth") <= 390
    here.shot("phone")
