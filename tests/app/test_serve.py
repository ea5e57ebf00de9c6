import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import timedelta
from importlib.util import find_spec

import pytest

from gan_lessons.app import serve

pytest.importorskip("voila")


def test_the_notebook_has_two_cells_and_lets_strangers_name_no_folder():
    cells = json.loads(serve.NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code"]
    assert "folders=False" in "".join(cells[1]["source"])


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(serve, "find_spec", lambda name: None if name == "voila" else find_spec)
    with pytest.raises(ValueError, match=r"voila not installed.*gan-lessons\[app\]"):
        serve.serve()
    monkeypatch.undo()
    with pytest.raises(ValueError, match="places must be 1 or more"):
        serve.serve(places=0)


class Kernel:
    def __init__(self, idle: float):
        from jupyter_server._tz import utcnow

        self.last_activity = utcnow() - timedelta(seconds=idle)


def manager_with(*idle: float, waiting: int = 0):
    """The real class; kernels that only have an age, since none is started."""
    manager = serve.kernels()(places=len(idle))
    manager._kernels = {f"k{k}": Kernel(seconds) for k, seconds in enumerate(idle)}
    ended = []

    async def shutdown(kernel_id, *_, **__):
        ended.append(kernel_id)
        del manager._kernels[kernel_id]

    manager.shutdown_kernel = shutdown
    manager.waiting = lambda: {f"k{k}" for k in range(waiting)}
    return manager, ended


def test_the_kernel_that_idled_longest_makes_place():
    manager, ended = manager_with(5, 300, 90)
    assert asyncio.run(manager.make_place()) and ended == ["k1"]


def test_who_is_active_and_who_waits_is_left_alone():
    manager, ended = manager_with(900, 5, 30, waiting=1)
    assert not asyncio.run(manager.make_place()) and not ended


def test_a_full_house_is_refused_in_words():
    from tornado.web import HTTPError

    manager, _ = manager_with(5, 5)
    with pytest.raises(HTTPError, match="503.*All places are taken"):
        asyncio.run(manager.start_kernel())
    assert manager.starting == 0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def address(tmp_path):
    """The real app with one place, in a folder of its own, which must stay empty."""
    port = free_port()
    command = [sys.executable, "-m", "gan_lessons", "explore", "--no-browser", "--places", "1"]
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=tmp_path, stdout=log, stderr=log,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        yield f"http://127.0.0.1:{port}/", tmp_path / "log.txt"
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"]


def get(url: str, patience: float = 120) -> tuple[int, str]:
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(url, timeout=patience) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)


@pytest.mark.slow
def test_the_page_is_served_and_places_are_bounded(address):
    url, log = address
    until = time.monotonic() + 120
    while "is filled with" not in log.read_text() and time.monotonic() < until:
        time.sleep(0.3)
    status, page = get(url)
    assert status == 200
    assert "Style explorer" in page and "application/vnd.jupyter.widget-view+json" in page
    assert "StyleExplorer(" not in page  # the code stays with the server
    assert get(url + "voila/files/serve.py")[0] in (403, 404)
    # Nobody came for the first place, and one address gets no second one.
    status, said = get(url)
    assert status == 429 and "Your address" in said, log.read_text()[-2000:]


def test_a_model_that_cannot_be_loaded_is_refused_before_anything_is_served(monkeypatch, tmp_path):
    monkeypatch.setenv(serve.MODEL, "")
    with pytest.raises(ValueError, match="no model 'nowhere'"):
        serve.serve(model="nowhere")
    with pytest.raises(ValueError, match="holds no model"):
        serve.serve(model=str(tmp_path))


def test_the_kernels_are_told_which_model_to_open_with(monkeypatch, tiny_model):
    from voila.app import Voila

    started = []
    monkeypatch.setattr(Voila, "initialize", lambda app, arguments: started.append(arguments))
    monkeypatch.setattr(Voila, "start", lambda app: None)
    for given, told in (("emoji64", "emoji64"), (str(tiny_model), str(tiny_model)), ("", "")):
        monkeypatch.setenv(serve.MODEL, "another")
        serve.serve(model=given, browser=False)
        assert os.environ[serve.MODEL] == told
    assert started == 3 * [[str(serve.NOTEBOOK)]]
    assert serve.MODEL in serve.NOTEBOOK.read_text(encoding="utf-8")
