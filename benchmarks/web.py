"""What the page of `gan-lessons export --format web` costs, beside the same graphs run natively."""

import functools
import http.server
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gan_lessons import export_web
from gan_lessons.style_transfer import StyleTransfer

MODEL, CALLS, WARM = "emoji64", 15, 20  # browsers compile anew what they see to be used
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

# From the choice of a style to its picture on the screen.
CHOOSE = """async (number) => {
    const result = document.getElementById('result');
    const painted = new Promise((done) => {
        const watch = new MutationObserver(() => (watch.disconnect(), done()));
        watch.observe(result, { attributes: true, attributeFilter: ['data-painted'] });
    });
    const start = performance.now();
    const styles = document.getElementsByName('style');
    styles[number % styles.length].click();
    await painted;
    return performance.now() - start;
}"""
# The generator alone, as natively.
GENERATE = """async () => {
    window.engine ??= (await import(new URL("engine.js", location))).load();
    const engine = await window.engine;
    const picture = { width: 64, height: 64, data: new Uint8ClampedArray(4 * 64 * 64).fill(99) };
    const code = new Float32Array(engine.about.style_dim).fill(0.1);
    const start = performance.now();
    await engine.restyle(picture, code);
    return performance.now() - start;
}"""


def natively(folder: Path) -> float:
    """Milliseconds of onnxruntime on one thread for one picture of 64 px, in the median."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "generator.onnx", options)
    style = session.get_inputs()[1]
    given = {
        "x": np.full((1, 3, 64, 64), -0.2, np.float32),
        style.name: np.full((1, style.shape[1]), 0.1, np.float32),
    }
    times = []
    for _ in range(WARM + CALLS):
        start = time.perf_counter()
        session.run(None, given)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[WARM:])


def in_the_browser(folder: Path, chromium: str) -> tuple[float, float]:
    """Milliseconds from a chosen style to its picture, and of the generator alone; medians."""
    from playwright.sync_api import sync_playwright

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_selector("#source[data-painted]", timeout=120_000)
        shown = []
        for number in range(1, WARM + CALLS + 1):
            page.wait_for_selector("#result-part[aria-busy=false]", timeout=120_000)
            shown.append(page.evaluate(CHOOSE, number))
        page.wait_for_selector("#result-part[aria-busy=false]")
        alone = [page.evaluate(GENERATE) for _ in range(WARM + CALLS)]
        browser.close()
    server.shutdown()
    return statistics.median(shown[WARM:]), statistics.median(alone[WARM:])


def run(report: Callable[[str], None] = print) -> None:
    """Print the times and their ratio, or say what is missing."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        report("The page: not measured, there is no Chromium in PATH")
        return
    with tempfile.TemporaryDirectory() as place:
        model = StyleTransfer.load(MODEL, device="cpu", precision="fp32")
        folder = export_web.write(model, place, MODEL, report=lambda line: None).parent
        native = natively(folder)
        shown, alone = in_the_browser(folder, chromium)
    report(f"The page, {MODEL}, one picture of 64 px, one thread")
    report(f"  from a chosen style to its picture: {shown:.0f} ms (at most 300)")
    report(f"  the generator, against native onnxruntime: {alone / native:.1f} times (at most 3)")
