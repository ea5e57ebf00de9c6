"""What a visitor of the explorer's app waits for: the first view, and the answer to a slider."""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

from benchmarks.web import FLAGS, NAMES

CALLS, WARM = 41, 10
VIEW, SLIDER = 10, 250  # seconds until the first view, milliseconds of a slider, at most
PATIENCE = 120  # seconds
READY = """document.querySelectorAll(".explorer img[src^=blob]").length >= 18"""
# From a key on the strength's slider to another large picture on the screen.
MOVE = """async () => {
    const large = [...document.querySelectorAll(".explorer img")].find(
        (image) => image.naturalWidth === 256);
    const shown = new Promise((done) => large.addEventListener("load", done, { once: true }));
    const key = new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true });
    const start = performance.now();
    document.querySelector(".explorer .noUi-handle").dispatchEvent(key);
    await shown;
    return performance.now() - start;
}"""


@contextmanager
def served() -> Iterator[str]:
    """The app's address, once a kernel waits for a visitor."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gan_lessons", "explore", "--no-browser", "--port", str(port)]
    with TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ))
        try:
            end, said = time.monotonic() + PATIENCE, ""
            while "is filled with" not in said:
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"the app did not start: {said[-2000:]}")
                time.sleep(0.2)
                log.seek(0)
                said = log.read()
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


def visited(address: str, chromium: str) -> tuple[float, list[float]]:
    """Seconds until all pictures are there, and milliseconds of each answer to the slider."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_function(READY)
        view = time.perf_counter() - start
        answers = [page.evaluate(MOVE) for _ in range(WARM + CALLS)]
        browser.close()
    return view, answers[WARM:]


def run(report: Callable[[str], None] = print) -> None:
    """Print the times, or say what is missing."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        report("The explorer's app: not measured, there is no Chromium in PATH")
        return
    with served() as address:
        view, answers = visited(address, chromium)
    spread = statistics.quantiles(answers, n=20)[-1]
    report("The explorer's app at 64 px, in the browser")
    report(f"  first view: {view:.1f} s (at most {VIEW})")
    report(
        f"  from a moved slider to a changed picture: median {statistics.median(answers):.0f} ms "
        f"(at most {SLIDER}), 95 of 100 below {spread:.0f} ms"
    )
