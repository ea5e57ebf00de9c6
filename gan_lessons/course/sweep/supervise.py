"""A lesson executed by a process of its own, watched from here and ended by its limits.

A kernel can stand still, and so can the client that talks to it; neither can be trusted to end
itself. So the client runs in a process that tells what it does, and whoever started it keeps the
time: first the client is asked to end its kernel and to store what there is, then both are ended.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any

from gan_lessons.course.sweep.client import START_SECONDS, end_group

GRACE = 15  # seconds that a client has beyond its limits, to end by itself and store the notebook
LOOK = 0.2  # seconds between two looks at the clock

Watch = Callable[[int, int, str], None]  # number of the cell that begins, of how many, first line


@dataclass
class Ended:
    """How an execution ended.

    Attributes:
        error: why it ended before the last cell, as a sentence; None if it did not.
        stopped: whether somebody asked for the end.
        cpu_seconds: of the kernel; None where nobody counted.
        memory: most that the kernel held, in bytes; None where nobody counted.
    """

    error: str | None = None
    stopped: bool = False
    cpu_seconds: float | None = None
    memory: int | None = None


@dataclass(frozen=True)
class Limits:
    """How long a cell and a whole run may take, in seconds; None is for ever."""

    cell: float
    run: float | None = None


def execute(
    request: Mapping[str, Any],
    limits: Limits,
    *,
    environment: Mapping[str, str],
    stop: threading.Event,
    watch: Watch | None = None,
    kept_open: tuple[int, ...] = (),
) -> Ended:
    """Executes a notebook in a process of its own.

    Args:
        request: "notebook", "target", "parameters" and "folder", see `client.execute`.
        limits: after which it is ended.
        environment: variables of the kernel beside those of this process.
        stop: ends the execution once it is set.
        watch: called with each cell that begins.
        kept_open: descriptors that the process inherits, such as that of a lock.

    Returns:
        How it ended. What was stored by then lies in the target, and no process is left.
    """
    told = json.dumps({**request, "cell_seconds": limits.cell, "seconds": limits.run})
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "gan_lessons.course.sweep.client"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("GAN_LESSONS_DEBUG") else subprocess.DEVNULL,
        env={**os.environ, **environment},
        start_new_session=True,  # Ctrl-C is for us; we pass on what has to end
        pass_fds=kept_open,
    )
    client = _Client(process)
    try:
        process.stdin.write(told.encode() + b"\n")
        process.stdin.flush()
        return client.watched(limits, stop, watch)
    except OSError as error:  # it was gone before it had read what to do
        return Ended(error=f"the process that executes lessons did not start ({error})")
    finally:
        client.end()


class _Client:
    """The process that executes, as its parent sees it."""

    def __init__(self, process: subprocess.Popen):
        self.process = process
        self.kernel: int | None = None
        self.place = ""  # the cell that runs
        self.events: Queue[dict | None] = Queue()
        self.asked_to_end = False
        threading.Thread(target=self._listen, daemon=True).start()

    def watched(self, limits: Limits, stop: threading.Event, watch: Watch | None) -> Ended:
        """Follows what happens until the end, or until a limit is reached."""
        begun = time.monotonic()
        deadline = begun + START_SECONDS + GRACE
        whole = begun + limits.run + GRACE if limits.run else float("inf")
        while True:
            with contextlib.suppress(Empty):
                event = self.events.get(timeout=LOOK)
                if event is None:
                    return self._gone()
                match event.pop("event"):
                    case "kernel":
                        self.kernel = event["pid"]
                    case "cell":
                        deadline = time.monotonic() + limits.cell + GRACE
                        self.place = f"code cell {event['number']} of {event['of']}"
                        self.place += f" ({event['line']})" if event["line"] else ""
                        if watch:
                            watch(event["number"], event["of"], event["line"])
                    case "end":
                        return self._ended(event)
            if stop.is_set():
                return self._stopped()
            if time.monotonic() > min(deadline, whole):
                return self._hangs(limits, begun)

    def end(self) -> None:
        """Leaves no process behind."""
        end_group(self.kernel)
        end_group(self.process.pid)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        self.process.wait()

    def _ended(self, event: dict[str, Any]) -> Ended:
        error = event.pop("error")
        self._wait()
        return Ended(error=self._placed(error) if error else None, **event)

    def _stopped(self) -> Ended:
        self._ask_to_end()
        return Ended(error=self._placed("it was stopped"), stopped=True)

    def _hangs(self, limits: Limits, begun: float) -> Ended:
        """The client is long over its time: it is no longer asked for its reasons."""
        self._ask_to_end()
        taken = f"{time.monotonic() - begun:.0f} s"
        allowed = f"{limits.cell:g} s a cell"
        allowed += f" and {limits.run:g} s in all" if limits.run else ""
        return Ended(
            error=self._placed(
                f"nothing was heard of the run any more after {taken}, with {allowed} allowed; "
                "it was stopped"
            )
        )

    def _gone(self) -> Ended:
        """The process left without a word."""
        self._wait()
        code = self.process.poll()
        return Ended(
            error=self._placed(
                f"the process that executes lessons died (exit code {code}), as it does when "
                "memory runs out; ask for less, or run it again"
            )
        )

    def _ask_to_end(self) -> None:
        """Closes the client's standard input: it ends its kernel and stores the notebook."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self._wait()

    def _wait(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=GRACE)

    def _placed(self, error: str) -> str:
        return f"{self.place}: {error}" if self.place else error

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self.process.stdout:
                self.events.put(json.loads(line))
        self.events.put(None)
