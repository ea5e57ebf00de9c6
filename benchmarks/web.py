"""What the page of `gan-lessons export --format web` costs, beside the same graphs run natively."""

import functools
import http.server
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from gan_lessons.export import web
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
THREADS = """async () => (await import(new URL("threads.js", location))).threads"""
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


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder, on a plain server, for as long as the block runs."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def in_the_browser(browser, address: str, service_workers: str) -> tuple[int, float, float]:
    """Time the page.

    Args:
        browser: of Playwright.
        address: of the page.
        service_workers: "allow", or "block", by which it has to do with one thread.

    Returns:
        Number of its threads; milliseconds from a chosen style to its picture, and of the
        generator alone; medians.
    """
    context = browser.new_context(service_workers=service_workers)
    page = context.new_page()
    page.goto(address, wait_until="commit")  # it may load itself anew
    page.wait_for_selector("#source[data-painted]", timeout=120_000)
    shown = []
    for number in range(1, WARM + CALLS + 1):
        page.wait_for_selector("#result-part[aria-busy=false]", timeout=120_000)
        shown.append(page.evaluate(CHOOSE, number))
    page.wait_for_selector("#result-part[aria-busy=false]")
    alone = [page.evaluate(GENERATE) for _ in range(WARM + CALLS)]
    threads = page.evaluate(THREADS)
    context.close()
    return threads, statistics.median(shown[WARM:]), statistics.median(alone[WARM:])


def run(report: Callable[[str], None] = print) -> None:
    """Print the times and their ratios, or say what is missing."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        report("The page: not measured, there is no Chromium in PATH")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place:
        model = StyleTransfer.load(MODEL, device="cpu", precision="fp32")
        folder = web.write_page(model, place, MODEL, report=lambda line: None).parent
        native = natively(folder)
        with served(folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            measured = [in_the_browser(browser, address, kind) for kind in ("block", "allow")]
            browser.close()
    report(f"The page, {MODEL}, one picture of 64 px, against native onnxruntime on one thread")
    wishes = ("where no service worker may run", "as the page uses them here")
    for wish, (threads, shown, alone) in zip(wishes, measured, strict=True):
        report(f"  threads, {wish}: {threads}")
        report(f"    from a chosen style to its picture: {shown:.0f} ms (at most 300)")
        report(f"    the generator, against native: {alone / native:.1f} times (at most 3)")
