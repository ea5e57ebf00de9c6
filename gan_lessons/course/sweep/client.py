"""The process that executes one lesson, so that its parent can end it whatever hangs.

    python -m gan_lessons.course.sweep.client

It reads one line of JSON, the request, and writes a line of JSON for each thing that happens: the
kernel's number, the beginning of each cell, the end. The notebook is stored after every cell. When
its standard input closes, because somebody asked for it or because the parent is gone, it ends the
kernel, stores what there is and leaves.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan_lessons.course import kernels, notebook

START_SECONDS = 120  # for a kernel to answer, on a machine that is busy

Tell = Callable[..., None]


def main() -> None:
    """Executes what standard input asks for."""
    # Jupyter's check of formats would read a grammar of web addresses for two seconds; no notebook
    # is held to one.
    sys.modules.setdefault("rfc3987_syntax", None)
    request = json.loads(sys.stdin.readline())
    tell = _teller()
    error = None
    try:
        error = execute(request, tell)
    except (OSError, ValueError) as problem:
        error = " ".join(str(problem).split())
    except Exception as problem:  # whatever Jupyter's own code stumbles over
        error = f"the notebook could not be run ({type(problem).__name__}: {problem})"
    tell(event="end", error=error, **used())


def execute(request: dict[str, Any], tell: Tell) -> str | None:
    """Executes a notebook and stores it after every cell.

    Args:
        request: "notebook" to be read, "target" to be written, "parameters", "folder" in which the
            kernel works, "cell_seconds", "seconds" (None for no limit).
        tell: called with what happens.

    Returns:
        None, or why it ended before the last cell.

    Raises:
        ValueError: if the notebook cannot be read or stored.
        OSError: if the disk is full, or the target may not be written.
    """
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    target = Path(request["target"])
    lesson = notebook.with_parameters(
        notebook.read_notebook(Path(request["notebook"])), request["parameters"]
    )
    client = _client(lesson, request, tell)
    ended = threading.Event()
    threading.Thread(target=_end_with_parent, args=(client, ended), daemon=True).start()
    notebook.write_notebook(target, client.nb)
    try:
        client.execute()
    except CellExecutionError as error:
        return f"{error.ename}: {' '.join(str(error.evalue).split())}"
    except CellTimeoutError:
        if client.ran_out:
            return _too_long("the run", request["seconds"], "--timeout")
        return _too_long("a cell", request["cell_seconds"], "--cell-timeout")
    # Where a kernel does not start in time, the client stumbles over its own cleaning.
    except (DeadKernelError, RuntimeError, AssertionError) as error:
        if ended.is_set():
            return "it was stopped"
        if isinstance(error, DeadKernelError):
            return "the kernel died, as it does when memory runs out; ask for less, or run it again"
        return f"the kernel did not start ({' '.join(str(error).split()) or 'no answer in time'})"
    finally:
        notebook.write_notebook(target, client.nb)
    return None


def used() -> dict[str, Any]:
    """What the kernel used: "cpu_seconds" and "memory" in bytes; None where nobody counts."""
    try:
        import resource
    except ImportError:  # Windows has no such count
        return {"cpu_seconds": None, "memory": None}
    counted = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = round(counted.ru_utime + counted.ru_stime, 1)
    return {"cpu_seconds": cpu, "memory": counted.ru_maxrss * unit}


def end_group(pid: int | None) -> None:
    """Ends a process and all that it started, at once; no matter if it is gone already."""
    if not pid:
        return
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)


def _client(lesson: notebook.Notebook, request: dict[str, Any], tell: Tell):
    """A client that tells each cell, stores the notebook after it, and keeps both limits."""
    from nbclient import NotebookClient

    target, begun = Path(request["target"]), time.monotonic()
    codes = sum(1 for _ in notebook.code_cells(lesson))

    class Client(NotebookClient):
        kernel = None  # its process
        ran_out = False  # whether the limit of the run is nearer than that of a cell

        async def async_start_new_kernel(self, **kwargs):
            await super().async_start_new_kernel(**kwargs)
            self.kernel = self.km.provisioner.pid
            tell(event="kernel", pid=self.kernel)

        def end_kernel(self):
            end_group(self.kernel)

        async def _async_handle_timeout(self, timeout, cell=None):
            self.end_kernel()  # one that stands still would be asked to leave for many seconds
            return await super()._async_handle_timeout(timeout, cell)

        def limit(self, cell):
            left = (request["seconds"] or float("inf")) - (time.monotonic() - begun)
            self.ran_out = left < request["cell_seconds"]
            return max(0.01, min(left, request["cell_seconds"]))

        def begins(self, cell, cell_index):
            line = (cell["source"].strip().splitlines() or [""])[0]
            tell(event="cell", number=self.code_cells_executed + 1, of=codes, line=line)

        def done(self, cell, cell_index, execute_reply):
            notebook.write_notebook(target, self.nb)

    client = Client(
        notebook.as_nodes(lesson),
        config=kernels.private(),
        kernel_name=notebook.KERNEL["name"],
        resources={"metadata": {"path": request["folder"]}},
        extra_arguments=["--log-level=ERROR"],
        startup_timeout=START_SECONDS,
        record_timing=False,
        store_widget_state=True,  # the widgets of `interact` need it; cleaning drops it
        coalesce_streams=True,
    )
    client.timeout_func = client.limit
    client.on_cell_execute, client.on_cell_executed = client.begins, client.done
    return client


def _too_long(what: str, seconds: float, option: str) -> str:
    taken = f"{what} took longer than {seconds:g} s and was stopped"
    return f"{taken}; if it needs longer, say how long by {option}"


def _end_with_parent(client: Any, ended: threading.Event) -> None:
    """Waits for standard input to close, then ends the kernel: the client notices by itself."""
    # Not through `sys.stdin`: its lock would be held when the process leaves.
    while os.read(0, 1):
        pass
    ended.set()
    client.end_kernel()


def _teller() -> Tell:
    """Keeps standard output for events alone; whatever prints prints to standard error."""
    events = os.dup(1)
    os.dup2(2, 1)

    def tell(**event: Any) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            os.write(events, (json.dumps(event) + "\n").encode())

    return tell


if __name__ == "__main__":
    main()
