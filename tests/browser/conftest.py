"""A real Chromium, what it shows, and the servers that it looks at.

The system's Chromium is used, never one that is downloaded. Where there is none the tests are
skipped; in continuous integration (CI, or GAN_LESSONS_REQUIRE_BROWSER=1) that is a failure.
Screenshots are left in runs/browser.
"""

import functools
import http.server
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a test picture
    "--use-fake-ui-for-media-stream",
]
HERE = ("127.0.0.1", "localhost")
PATIENCE = 120_000  # milliseconds; a machine may have other things to do
LONG = 600_000  # for a whole lesson
PANEL = "jupyterapp.shell.currentWidget"
CELLS = f"{PANEL}.content.widgets.filter(cell => cell.model.type === 'code')"


@pytest.fixture(scope="session")
def unavailable():
    """Skips for a reason, or fails where the browser is a must."""
    return skip


def skip(reason: str) -> None:
    if os.environ.get("CI") or os.environ.get("GAN_LESSONS_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and here a skip is a failure")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once for a file: while Playwright lives, its loop runs in this process."""
    if importlib.util.find_spec("playwright") is None:
        skip("Playwright is not installed")
    from playwright import sync_api

    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        skip(f"no Chromium: none of {', '.join(NAMES)} is in PATH")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Window:
    """A page of a browser, with all that it said and asked for.

    Args:
        page: of Playwright.
        folder: for screenshots.
        name: how their names begin.
    """

    def __init__(self, page, folder: Path, name: str):
        self.page, self.folder, self.name = page, folder, name
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.context.on("request", self._asked)

    def _asked(self, request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in HERE:
            self.foreign.append(request.url)

    def shot(self, what: str, **options) -> Path:
        """Leave a screenshot; its path is printed."""
        path = self.folder / f"{self.name}-{what}.png"
        self.page.screenshot(path=path, **options)
        print(path)
        return path

    def pixels(self, selector: str):
        """Pixels of a canvas, `(H, W, 4)` uint8."""
        import numpy as np

        width, height, data = self.page.eval_on_selector(
            selector,
            "c => [c.width, c.height, Array.from("
            "c.getContext('2d').getImageData(0, 0, c.width, c.height).data)]",
        )
        return np.array(data, dtype=np.uint8).reshape(height, width, 4)


@pytest.fixture(scope="session")
def shots(root) -> Path:
    """Where screenshots are left; git ignores it."""
    folder = root / "runs" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def window(browser, shots, request):
    """Opens windows of a wished size; each test gets a fresh profile.

    A test that ends with something on the console, or that asked another host, fails.
    """
    opened = []

    def open_window(width: int = 1280, height: int = 900, kind=Window, **options) -> Window:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, accept_downloads=True, **options)
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        opened.append(kind(context.new_page(), shots, name))
        return opened[-1]

    yield open_window
    for each in opened:
        each.page.context.close()
    assert not [url for each in opened for url in each.foreign], "other hosts were asked"
    assert not [text for each in opened for text in each.errors], "the console shows errors"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A plain server that keeps no log and knows only the oldest kinds of files."""

    KINDS = {
        ".html": "text/html",
        ".js": "text/javascript",
        ".css": "text/css",
        ".wasm": "application/wasm",
    }

    def guess_type(self, path):
        return self.KINDS.get(Path(path).suffix, "application/octet-stream")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def served():
    """Serves folders as any plain web server does; gives their addresses."""
    servers = []

    def serve(folder: Path) -> str:
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def started(tmp_path_factory):
    """Starts servers of the course; gives the address that they say. All end with the tests."""
    processes = []

    def start(arguments: list[str], says: str, **environment: str) -> str:
        command = [sys.executable, "-u", "-m", *arguments]
        log = tmp_path_factory.mktemp("server") / "log.txt"
        with log.open("w") as errors:
            process = subprocess.Popen(
                command,
                env=os.environ | environment,
                cwd=log.parent,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        processes.append(process)
        for line in process.stdout:
            if found := re.search(says, line):
                # What it says later has to go somewhere, or it waits for a reader.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return found[1]
        raise AssertionError(f"{arguments} ended: {log.read_text()[-2000:]}")

    yield start
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def lab(started, root, tmp_path_factory) -> str:
    """Address of the real JupyterLab, on a copy of the lessons that may be changed.

    It ends with the first lesson and `?token=...`.
    """
    home = tmp_path_factory.mktemp("lab")
    left_out = shutil.ignore_patterns(".ipynb_checkpoints", "solutions")
    shutil.copytree(root / "notebooks", home / "notebooks", ignore=left_out)
    (home / "data").symlink_to(root / "data")
    places = {
        "GAN_LESSONS_DATA": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "share"),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    command = ["gan_lessons", "lab", "--no-browser", "--port", "0", "--expose-app-in-browser"]
    return started(command, r"JupyterLab is at (http://\S+)", **places)


class Lesson(Window):
    """A lesson in JupyterLab."""

    def run_all(self) -> None:
        """Choose Run, Run All Cells, and wait until the last cell has ended."""
        self.page.wait_for_function(f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'")
        # Lessons come with stored outputs, which would pass for those of this run.
        self.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        self.page.wait_for_function(f"{CELLS}.every(cell => !cell.model.outputs.length)")
        self.page.evaluate(f"{CELLS}.forEach(cell => {{ cell.model.executionCount = null; }})")
        self.page.locator(".lm-MenuBar-item", has_text=re.compile("^Run$")).click()
        self.page.locator(".lm-Menu-item", has_text=re.compile("^Run All Cells$")).click()
        self.page.wait_for_function(
            f"""() => {CELLS}.every(cell => cell.model.executionCount)
                && {CELLS}.every(cell => cell.model.executionState !== 'running')
                && {PANEL}.sessionContext.session.kernel.status === 'idle'""",
            timeout=LONG,
        )

    def run(self, text: str):
        """Run the code cell that contains a text, and wait for it; gives its outputs."""
        self.page.wait_for_function(f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'")
        outputs = self.go_to(text)
        done = self.page.evaluate(
            f"async () => {{ await jupyterapp.commands.execute('notebook:run-cell');"
            f" return {PANEL}.content.activeCell.model.executionCount; }}"
        )
        assert done, f"the cell with {text!r} did not run"
        return outputs

    def outputs(self) -> list[dict]:
        """What the code cells show, as the notebook holds it."""
        return self.page.evaluate(f"{CELLS}.flatMap(cell => cell.model.outputs.toJSON())")

    def go_to(self, text: str):
        """Bring the code cell that contains a text into view; gives its outputs.

        JupyterLab draws only what is near the view.
        """
        find = (
            f"{PANEL}.content.widgets.findIndex(cell => "
            "cell.model.type === 'code' && cell.model.sharedModel.source.includes(text))"
        )
        # A long notebook is opened piece by piece.
        self.page.wait_for_function(f"text => {find} >= 0", arg=text)
        index = self.page.evaluate(f"text => {find}", text)
        self.page.evaluate(
            f"async index => {{ {PANEL}.content.activeCellIndex = index; "
            f"await {PANEL}.content.scrollToItem(index, 'start'); }}",
            index,
        )
        cell = self.page.locator(f".jp-Cell[data-windowed-list-index='{index}']")
        cell.wait_for()
        return cell.locator(".jp-Cell-outputArea")


@pytest.fixture
def lesson(lab, window):
    """Opens a lesson in a JupyterLab that shows nothing else."""

    def start(name: str) -> Lesson:
        here = window(kind=Lesson)
        # A workspace of its own, or JupyterLab opens what the test before had open.
        address = re.sub(r"lab/tree/[^?]*", f"lab/workspaces/{name}/tree/{name}.ipynb", lab)
        here.page.goto(f"{address}&reset")
        here.page.wait_for_function(f"window.jupyterapp && {PANEL}?.content?.widgets?.length > 0")
        return here

    return start
