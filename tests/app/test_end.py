"""However the app is ended, and whoever visits it then: it ends, and leaves no kernel."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("voila")
pytest.importorskip("websocket")
sys.path.insert(0, str(Path(__file__).parent))
import visiting  # noqa: E402

SWALLOWS = """
import os, signal, time
from tornado.ioloop import IOLoop
from gan_lessons.app.door import ending_the_loop

def swallow():
    os.kill(os.getpid(), signal.SIGINT)
    try:
        time.sleep(0.5)
    except BaseException:
        pass

loop = IOLoop()
loop.make_current()
ending_the_loop()
loop.call_later(0.1, swallow)
loop.call_later(20, lambda: os._exit(1))
loop.start()
print("ended")
"""
PATIENCE = 60  # seconds; kernels look for their parent every second


def test_ctrl_c_ends_the_loop_also_where_somebody_swallows_interrupts():
    """As happened while a websocket was opened: the app went on for ever."""
    command = [sys.executable, "-c", SWALLOWS]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.strip() == "ended", done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are asked of /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_after_ctrl_c_the_app_ends_and_leaves_no_kernel(end, tmp_path):
    app = visiting.App(tmp_path, "--places", "2")
    app.wait()
    visitor = visiting.Visitor(app.port, "127.0.0.2")
    assert visitor.open_page() == 200
    with visitor.connected() as there:
        assert len(visiting.states(there)) > 50
        assert len(app.left()) >= 3  # the app, the visitor's kernel, and one that is heated
        os.kill(app.process.pid, end)
        app.process.wait(PATIENCE)
        until = time.monotonic() + PATIENCE
        while app.left() and time.monotonic() < until:
            time.sleep(0.2)
        assert app.left() == []
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"]
