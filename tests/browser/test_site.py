"""The exported folder in a browser alone: what visitors do, and what they see then."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lessons.data.load import load_dataset
from gan_lessons.export import web
from gan_lessons.style_transfer import StyleTransfer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(browser, unavailable, served, tmp_path_factory) -> str:
    """Address of the bundled model's folder, written by the command and served plainly."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "gan_lessons", "export", "emoji64", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and "--runtime DIR" in done.stderr:
        unavailable(f"the page's runtime cannot be fetched: {done.stderr.strip()}")
    assert not done.returncode, done.stderr
    return served(folder)


def settled(here) -> None:
    """Wait until all that was asked for is shown."""
    here.page.wait_for_selector("#result-part[aria-busy=false]")


@pytest.fixture
def opened(site, window):
    """A window on the page, showing the first sample in its own style."""

    def start(**options):
        here = window(**options)
        here.page.goto(site, wait_until="commit")  # it loads itself once more
        here.page.wait_for_selector("#source[data-painted]")
        settled(here)
        here.page.get_by_role("radio", name="noto", exact=True).check(force=True)
        settled(here)
        return here

    return start


def photo(width: int, height: int, **options) -> bytes:
    """A JPEG: red above, blue below, with a green corner at the top left."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[: height // 2, :, 0], pixels[height // 2 :, :, 2] = 220, 220
    pixels[: height // 4, : width // 4] = (20, 200, 20)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def upload(here, name: str, data: bytes, into: str = "Choose a picture") -> None:
    kind = "image/jpeg" if name.endswith(".jpg") else "image/png"
    file = {"name": name, "mimeType": kind, "buffer": data}
    here.page.get_by_label(into).set_input_files(file)


def differ(a: np.ndarray, b: np.ndarray) -> float:
    """Mean difference of two pictures in steps of 255."""
    return float(np.abs(a[..., :3].astype(float) - b[..., :3].astype(float)).mean())


def test_a_visitor_picks_a_style_asks_for_more_and_drags_the_strength(opened):
    here = opened()
    page = here.page
    assert "Nothing leaves your device" in page.inner_text("header")
    first = here.pixels("#result")
    assert here.pixels("#style-0").std() > 10 and here.pixels("#variant-3").std() > 10

    page.get_by_role("radio", name="fluent ink").check(force=True)
    settled(here)
    ink = here.pixels("#result")
    assert differ(first, ink) > 10
    colour = ink[..., :3].max(axis=2).astype(int) - ink[..., :3].min(axis=2)
    assert colour.mean() < 8, "ink has no colour"
    here.shot("style")

    page.get_by_role("radio", name="openmoji").check(force=True)
    settled(here)
    variants = [here.pixels(f"#variant-{i}") for i in range(4)]
    page.get_by_role("button", name="More").click()
    settled(here)
    others = [here.pixels(f"#variant-{i}") for i in range(4)]
    assert all(differ(a, b) > 0.1 for a in variants for b in others)
    assert page.get_by_role("radio", name="Variant 5").is_checked()
    page.get_by_role("button", name="Back").click()
    settled(here)
    again = [here.pixels(f"#variant-{i}") for i in range(4)]
    assert all(differ(a, b) == 0 for a, b in zip(variants, again, strict=True))
    page.get_by_role("button", name="More").click()
    settled(here)
    page.get_by_role("radio", name="Variant 7").check(force=True)
    settled(here)
    assert differ(here.pixels("#result"), others[2]) == 0

    strength = page.get_by_role("slider", name="Strength")
    full, source = here.pixels("#result"), here.pixels("#source")
    box = strength.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 2 / 3, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2, steps=12)
    page.mouse.up()
    there = float(strength.input_value()) / 100
    assert 0.3 < there < 0.7
    expected = source.astype(float) + there * (full.astype(float) - source)
    assert differ(here.pixels("#result"), expected) < 1
    here.shot("strength")
    strength.fill("0")
    assert differ(here.pixels("#result"), source) == 0


def test_the_page_opens_on_a_style_that_differs_from_the_source(site, window):
    here = window()
    here.page.goto(site, wait_until="commit")
    here.page.wait_for_selector("#source[data-painted]")
    settled(here)
    assert not here.page.get_by_role("radio", name="noto", exact=True).is_checked()
    source, result = here.pixels("#source"), here.pixels("#result")
    changes = [differ(here.pixels(f"#style-{k}"), shrunk(source)) for k in range(8)]
    assert differ(result, source) > 10 and differ(result, source) > 0.9 * max(changes)
    assert here.page.locator("#word-part").is_hidden()
    here.shot("opened")


def shrunk(picture: np.ndarray) -> np.ndarray:
    """A picture at the size of the small ones."""
    return np.asarray(Image.fromarray(picture).resize((64, 64), Image.Resampling.BOX))


def test_an_uploaded_picture_is_restyled_and_a_broken_one_explained(opened):
    here = opened()
    before = here.pixels("#result")
    upload(here, "beach.jpg", photo(640, 400))
    here.page.wait_for_selector("#source[aria-label*=beach]")
    settled(here)
    source, result = here.pixels("#source"), here.pixels("#result")
    assert source.shape[:2] == result.shape[:2] == (80, 128)
    assert source[5, 100, 0] > 150 and source[70, 100, 2] > 150
    assert differ(source, result) > 1
    assert result.shape != before.shape or differ(result, before) > 10
    here.shot("uploaded")

    upload(here, "broken.jpg", photo(64, 64)[:200])
    here.page.wait_for_selector("#status.wrong")
    said = here.page.inner_text("#status")
    assert said.startswith("broken.jpg is damaged") and said.count(".") <= 3
    assert differ(here.pixels("#result"), result) == 0, "all stays as it was"
    here.shot("broken")


def test_photographs_stand_upright_and_large_ones_are_shrunk(opened):
    here = opened()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    upload(here, "turned.jpg", photo(3000, 2000, exif=exif))
    here.page.wait_for_selector("#source[aria-label*=turned]")
    here.page.get_by_label("Longer side").select_option("256")
    here.page.wait_for_function("document.getElementById('source').height === 256")
    settled(here)
    source = here.pixels("#source")
    assert source.shape == (256, 171, 4) == here.pixels("#result").shape
    assert source[10, 165, 1] > 150, "the green corner is at the top right now"
    assert source[128, 165, 0] > 150 and source[128, 5, 2] > 150


def test_a_style_is_taken_from_a_reference(opened):
    here = opened()
    drawn = here.pixels("#result")
    upload(here, "red.jpg", photo(200, 300), into="Take the style from a picture")
    here.page.get_by_text("The style is taken from red.jpg.").wait_for()
    settled(here)
    assert differ(here.pixels("#result"), drawn) > 0.5
    here.page.get_by_role("button", name="Draw styles again").click()
    settled(here)
    assert differ(here.pixels("#result"), drawn) == 0


def test_a_result_is_downloaded_as_it_is_shown(opened):
    here = opened()
    with here.page.expect_download() as waiting:
        here.page.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename == "cat-noto.png"
    saved = np.asarray(Image.open(Path(waiting.value.path())).convert("RGB"))
    assert differ(saved, here.pixels("#result")) == 0


def test_the_latest_request_wins(opened):
    here = opened()
    names = json.loads(here.page.evaluate("fetch('model.json').then(answer => answer.text())"))[
        "styles"
    ]
    # Each in its own turn, without waiting for any picture.
    here.page.evaluate(
        """() => { for (let turn = 0; turn < 40; turn++)
            document.querySelectorAll('[name=style]')[turn % 8].click(); }"""
    )
    settled(here)
    shown = int(here.page.get_attribute("#result", "data-painted"))
    assert shown < 6, "what nobody waits for any more is not computed"
    assert names[39 % 8].replace("_", " ") in here.page.get_attribute("#result", "aria-label")
    assert differ(here.pixels("#result"), here.pixels("#style-7")) == 0


def test_results_are_those_of_pytorch(opened):
    here = opened()
    model = StyleTransfer.load("emoji64", device="cpu", precision="fp32")
    test = load_dataset("emoji_styles").subset("test", "fluent").images[:3]
    random = torch.Generator().manual_seed(0)
    z = torch.randn(3, model.config.model.latent_dim, generator=random)
    styles = [0, 3, 7]
    with torch.inference_mode():
        codes = model.networks["mapping_network"](z, torch.tensor(styles))
        expected = model.generate(test.float() / 127.5 - 1, codes)
    expected = ((expected + 1) * 127.5).permute(0, 2, 3, 1).numpy()
    for picture, latent, style, wanted in zip(test, z, styles, expected, strict=True):
        rgba = np.full((64, 64, 4), 255)
        rgba[..., :3] = picture.permute(1, 2, 0)
        got = here.page.evaluate(
            """async ([data, latent, style]) => {
                window.engine ??= (await import(new URL("engine.js", location))).load();
                const engine = await window.engine;
                const code = await engine.mapped(Float32Array.from(latent), style);
                const picture = { width: 64, height: 64, data: Uint8ClampedArray.from(data) };
                return Array.from((await engine.restyle(picture, code)).data);
            }""",
            [rgba.ravel().tolist(), latent.tolist(), style],
        )
        got = np.array(got).reshape(64, 64, 4)
        assert differ(got, wanted) < 2
        assert differ(got, rgba) > 5, "the model does nothing, so nothing was compared"


HEADERS = """async (file) => {
    const { headers } = await fetch(file);
    return [...headers.keys()].filter((name) => name.startsWith("cross-origin")).length;
}"""


def test_several_threads_where_a_service_worker_adds_the_headers_and_changes_nothing_else(
    opened, site
):
    here = opened()
    page = here.page
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    assert page.url == site, "the mark is gone"
    first, *others = page.workers
    assert page.evaluate("crossOriginIsolated") and first.evaluate("crossOriginIsolated")
    wanted = page.evaluate("Math.min(4, navigator.hardwareConcurrency)")
    assert [worker.url for worker in others] == [
        f"{site}runtime/ort-wasm-simd-threaded.js?threads"
    ] * (wanted - 1)
    assert page.evaluate(HEADERS, "model.json?threads") == 2
    assert page.evaluate(HEADERS, "model.json") == page.evaluate(HEADERS, "?other") == 0
    drawn = here.pixels("#result")
    page.reload(wait_until="commit")
    page.wait_for_selector("#source[data-painted]")
    settled(here)
    page.get_by_role("radio", name="noto", exact=True).check(force=True)  # as when it was drawn
    settled(here)
    assert page.evaluate("crossOriginIsolated") and page.url == site
    assert differ(here.pixels("#result"), drawn) == 0
    assert asked.count(f"{site}?threads") == 1, "once, and not for ever"


def test_one_thread_where_no_service_worker_may_run(opened, site):
    several = opened()
    here = opened(service_workers="block")
    assert not here.page.evaluate("crossOriginIsolated") and here.page.url == site
    assert len(here.page.workers) == 1
    assert differ(here.pixels("#result"), several.pixels("#result")) < 0.01


def test_neither_page_nor_worker_can_reach_another_host(opened, site, served, tmp_path):
    elsewhere = served(tmp_path)
    here = opened()
    attempt = "url => fetch(url, {mode: 'no-cors'}).then(() => 'sent', () => 'refused')"
    assert here.page.evaluate(attempt, elsewhere) == "refused"
    worker = here.page.workers[0]  # the others wait for sums, and answer to nothing else
    assert worker.evaluate(attempt, elsewhere) == "refused"
    assert worker.evaluate(attempt, site) == "sent"
    policy = (
        "fetch('worker.js?threads').then(answer => answer.headers.get('content-security-policy'))"
    )
    assert here.page.evaluate(policy).startswith("default-src 'self'"), "theirs"
    here.errors.clear()  # the refusals, which the console shows


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_nothing_jumps_or_sticks_out(opened, width, scheme):
    here = opened(width=width, height=800, color_scheme=scheme)
    place = "scrollY + document.getElementById('variants').getBoundingClientRect().top"
    before = here.page.evaluate(place)
    here.page.get_by_role("radio", name="openmoji").check(force=True)
    settled(here)
    upload(here, "wide.jpg", photo(500, 100))
    here.page.wait_for_selector("#source[aria-label*=wide]")
    settled(here)
    here.shot(f"{width}-{scheme}", full_page=True)
    assert here.page.evaluate(place) == before
    across = here.page.evaluate("document.documentElement.scrollWidth")
    assert across <= width


def test_the_keyboard_is_enough(opened):
    here = opened()
    before = here.pixels("#result")
    here.page.get_by_role("radio", name="noto", exact=True).focus()
    here.page.keyboard.press("ArrowRight")
    settled(here)
    assert here.page.get_by_role("radio", name="noto blob").is_checked()
    assert differ(here.pixels("#result"), before) > 0.5
    unnamed = here.page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, canvas, img')]
            .filter(e => e.getAttribute('aria-hidden') !== 'true' && !(e.ariaLabel || e.alt
                || e.textContent.trim() || e.querySelector('img')?.alt
                || e.labels?.[0]?.textContent.trim()))
            .map(e => e.outerHTML)"""
    )
    assert not unnamed


@pytest.fixture(scope="module")
def hands(browser, unavailable, served, letters_model, tmp_path_factory) -> str:
    """Address of the folder of a model that draws letters."""
    folder = tmp_path_factory.mktemp("hands")
    try:
        web.write_page(StyleTransfer.load(letters_model, device="cpu"), folder, "hands")
    except ValueError as error:
        unavailable(str(error))
    return served(folder)


def test_a_word_is_typed_and_shown_in_many_hands(hands, window):
    here = window()
    here.page.goto(hands, wait_until="commit")
    here.page.wait_for_selector("#source[data-painted]")
    settled(here)
    rows = [here.pixels(f"#word-{k}") for k in range(8)]
    assert all(row.shape == (64, 5 * 64, 4) and row.std() > 10 for row in rows)
    assert all(differ(one, other) > 0.05 for one, other in zip(rows, rows[1:]))
    here.page.get_by_role("textbox", name="Word").fill("aé ba")
    settled(here)
    assert "Left out, since only A to Z are known here: é." in here.page.inner_text("#word-part")
    row = here.pixels("#word-3")
    assert row.shape == (64, 4 * 64, 4)
    assert differ(row[:, :64], row[:, 192:]) == 0 and differ(row[:, :64], row[:, 128:192]) > 1
    assert (row[:, 64:128, 3] == 0).all(), "a space has nothing on it"
    here.shot("word")
    upload(here, "black.png", photo(90, 90), into="Take the style from a picture")
    here.page.get_by_text("The style is taken from black.png.").wait_for()
    settled(here)
    assert differ(here.pixels("#word-3"), row) > 0.05
    for nothing in ("", "é", " "):
        here.page.get_by_role("textbox", name="Word").fill("ab")
        settled(here)
        assert here.pixels("#word-0").shape == (64, 2 * 64, 4)
        here.page.get_by_role("textbox", name="Word").fill(nothing)
        settled(here)
        empty = here.pixels("#word-0")
        assert empty.shape == (64, 64, 4) and not empty[..., 3].any()
        assert here.page.inner_text("#status").startswith("letter A in the style")
