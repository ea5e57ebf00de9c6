"""The first lesson in a real JupyterLab, as a learner meets it."""

import io
import re
import time

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow


def test_the_first_lesson_runs_from_top_to_bottom(lesson):
    here = lesson("00_start_here")
    here.shot("opened")
    here.run_all()
    outputs = here.outputs()
    assert sum(each["output_type"] == "display_data" for each in outputs) > 5, "figures are shown"
    assert not [each for each in outputs if each["output_type"] == "error"]

    controls = here.go_to("def explore(")
    slider = controls.get_by_role("slider").first
    slider.wait_for()
    picture = controls.locator("img").last
    picture.wait_for()
    old = picture.get_attribute("src")
    here.shot("widget")
    slider.focus()
    here.page.keyboard.press("ArrowRight")
    here.page.wait_for_function(
        "([img, old]) => !img.isConnected || img.src !== old", arg=[picture.element_handle(), old]
    )
    assert controls.locator("img").last.get_attribute("src") != old
    here.shot("widget-moved")


LARGE = "root => [...root.querySelectorAll('img')].find(img => img.naturalWidth === 256)"
READ = """img => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
    const context = canvas.getContext('2d');
    context.drawImage(img, 0, 0);
    return Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data);
}"""


class Explorer:
    """The style explorer in a lesson, with its large picture."""

    def __init__(self, here):
        self.page = here.page
        here.go_to("StyleExplorer(model_name")
        self.root = here.page.locator(".explorer:visible").first
        self.root.wait_for()
        root = self.root.element_handle()
        self.large = self.page.wait_for_function(LARGE, arg=root).as_element()

    def pixels(self, unlike: str = "") -> np.ndarray:
        """What the large picture shows once it is read in, in one question; not what it showed."""
        found = self.page.wait_for_function(
            f"([img, old]) => img.src !== old && img.complete && img.naturalWidth && ({READ})(img)",
            arg=[self.large, unlike],
        )
        return np.array(found.json_value(), dtype=float)

    def after(self, act) -> np.ndarray:
        """Do something, wait until the large picture is another one, and read it."""
        old = self.large.get_attribute("src")
        act()
        return self.pixels(unlike=old)

    def press(self, name: str) -> np.ndarray:
        button = self.root.get_by_role("button", name=name).first
        return self.after(button.click)


def disc() -> bytes:
    """A PNG of a purple disc on white."""
    y, x = np.mgrid[:96, :96]
    image = np.full((96, 96, 3), 255, np.uint8)
    image[(x - 48) ** 2 + (y - 48) ** 2 < 900] = (150, 30, 160)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_style_explorer_answers_in_its_lesson(lesson):
    here = lesson("15_style_explorer")
    here.run_all()
    assert not [each for each in here.outputs() if each["output_type"] == "error"]
    explorer = Explorer(here)
    # Neither is the style that it opens on.
    twemoji, openmoji = explorer.press("twemoji"), explorer.press("openmoji")
    assert np.abs(twemoji - openmoji).mean() > 1
    here.shot("style")

    slider = explorer.root.get_by_role("slider").first
    slider.focus()
    source = explorer.after(lambda: here.page.keyboard.press("Home"))
    assert np.abs(source - openmoji).mean() > 1
    here.shot("strength")

    file = explorer.root.locator("input[type=file]").first
    good = {"name": "disc.png", "mimeType": "image/png", "buffer": disc()}
    mine = explorer.after(lambda: file.set_input_files(good))
    assert np.abs(mine - source).mean() > 5
    here.shot("uploaded")
    file.set_input_files(good | {"name": "broken.png", "buffer": disc()[:100]})
    alert = explorer.root.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text().strip() and np.array_equal(explorer.pixels(), mine)
    here.shot("broken")

    explorer.root.get_by_role("button", name="More").first.click()
    explorer.root.get_by_role("button", name="draw 9").wait_for()
    explorer.root.get_by_role("button", name="Download").first.click()
    link = explorer.root.locator("a.explorer-file")
    link.wait_for()
    with here.page.expect_download() as waiting:
        link.click()
    saved = Image.open(waiting.value.path())
    assert saved.size == (64, 64) and waiting.value.suggested_filename.endswith(".png")
    here.shot("downloaded")


def test_the_playground_plays_pauses_steps_and_begins_again(lesson):
    here = lesson("02_first_gan")
    here.run("import Playground")
    ground = here.run("Playground(")
    said = ground.get_by_role("status").last
    picture = ground.locator("img").first

    def after(act) -> tuple[int, str]:
        """Do something, wait until the sentence is another one; steps that it names, and itself."""
        old, end = said.inner_text(), time.monotonic() + 60
        act()
        while said.inner_text() == old:
            assert time.monotonic() < end, f"nothing happened: {old}"
            here.page.wait_for_timeout(50)
        return steps(), said.inner_text()

    def steps() -> int:
        return int(re.search(r"After (\d+) steps", said.inner_text())[1])

    def press(name: str):
        return ground.get_by_role("button", name=re.compile(f"{name}$")).click

    said.wait_for()
    here.shot("opened")
    first = picture.get_attribute("src")
    assert steps() == 300 and after(press("Step"))[0] == 301
    assert picture.get_attribute("src") != first
    assert after(press("Play"))[0] > 301
    press("Pause")()
    here.page.wait_for_timeout(1000)
    paused = steps()
    here.page.wait_for_timeout(1000)
    assert steps() == paused, "a pause is a pause"
    choose = ground.locator("select").first
    assert "of 1 modes" in after(lambda: choose.select_option("oscillate"))[1]
    rate = ground.get_by_role("slider").first
    old = rate.get_attribute("aria-valuenow")
    rate.focus()
    here.page.keyboard.press("ArrowRight")
    assert rate.get_attribute("aria-valuenow") != old
    assert after(press("Step"))[0] == 1 and after(press("Reset"))[0] == 0
    here.shot("reset")
