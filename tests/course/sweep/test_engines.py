"""Runs made by the workers of a real Dask scheduler, one of which is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lessons.course.sweep import grid

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are told otherwise")
GRID = """\
lesson: 04
parameters: {{slow: 2, count_in: {counted}}}
grid:
  seed: [0, 1, 2, 3, 4, 5]
"""


@pytest.fixture
def dask(tmp_path, wait_until):
    """A scheduler's address and two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed")
    place, running = tmp_path / "scheduler.json", []

    def start(*words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(place)]
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running.append(subprocess.Popen([*command, "--no-dashboard"], cwd=tmp_path, **options))
        return running[-1]

    start("scheduler", "--host", "127.0.0.1", "--port", "0")
    wait_until(place.exists, 60)
    workers = [start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]
    address = place.read_text().partition('"address": "')[2].partition('"')[0]
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
    yield address, workers
    for process in running:
        process.kill()
        process.wait()


def parent_of(process: str) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1]


def test_lost_worker_costs_its_run_alone(dask, tmp_path, told, wait_until):
    address, workers = dask
    counted, lines, killed = tmp_path / "counted", [], []
    (tmp_path / "grid.yaml").write_text(GRID.format(counted=counted))

    def report(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:  # the first run is done: now kill a worker in the middle of another
            before = len(told(counted))
            wait_until(lambda: [line[0] for line in told(counted)[before:]][-1:] == ["begun"], 60)
            kernel = told(counted)[-1][-1]
            worker = parent_of(parent_of(kernel))
            killed.extend(each for each in workers if str(each.pid) == worker)
            killed[0].send_signal(signal.SIGKILL)

    settings = grid.Settings(scheduler=address)
    found = grid.sweep(tmp_path / "grid.yaml", tmp_path / "out", settings, report=report)
    assert len(killed) == 1
    assert [run["status"] for run in found] == ["finished"] * 6
    begun, done = (
        sorted(seed for what, _, seed, _ in told(counted) if what == wanted)
        for wanted in ("begun", "done")
    )
    assert done == ["0", "1", "2", "3", "4", "5"] and len(begun) == 7
    again = grid.sweep(tmp_path / "grid.yaml", tmp_path / "out", settings, report=lines.append)
    assert again == found and len(told(counted)) == 13


def test_scheduler_that_is_not_there_is_told(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    from gan_lessons.course.sweep import engines

    monkeypatch.setattr(engines, "CONNECT_SECONDS", 1)
    (tmp_path / "grid.yaml").write_text(GRID.format(counted=tmp_path / "counted"))
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(ValueError, match=f"no Dask scheduler answers at {address}"):
            settings = grid.Settings(scheduler=address)
            grid.sweep(tmp_path / "grid.yaml", tmp_path / "out", settings)
