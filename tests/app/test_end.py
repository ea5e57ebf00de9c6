"""However the app is ended, and whoever visits it then: it ends, and leaves no kernel."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("voila")
pytest.importorskip("websocket")
sys.path.insert(0, str(Path(__file__).parent))
import visiting  # noqa: E402

PATIENCE = 60  # seconds; kernels look for their parent every second


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
