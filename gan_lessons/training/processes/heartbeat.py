"""Signs of life between processes that train together, and which of them speaks to the user.

A killed process closes its connections, and the others notice in their next message. One that was
frozen, or whose machine is gone, does not; waiting for it would take the backend's half hour. So
each process gives a sign of life, and each watches its neighbour's, in a thread of its own, because
the main thread may be waiting in a message that will never be answered.

The fault that it catches was made on purpose: one of two processes stopped by SIGSTOP. With it the
other ended within a minute and said how to go on; without it both still waited when we gave up
after two and a half. The launcher's own heartbeats are between launchers, and see no frozen child.
"""

import os
import sys
import threading
from datetime import timedelta
from time import monotonic

import torch.distributed as dist

BEAT = 1.0  # seconds between signs of life
SILENCE = 20.0  # seconds without one; launchers wait 30 before they kill, and that says nothing
LOST = (
    "another process of this training has ended or does not answer, so all stop; "
    "go on from the last checkpoint with --resume auto"
)


def store(timeout: float = SILENCE) -> dist.Store:
    """The launcher's table of keys, over a connection of its own.

    Args:
        timeout: seconds to wait for an answer.

    Returns:
        A client; keys begin with the attempt's number, since a launcher may start anew.

    Raises:
        RuntimeError: if nobody answers.
    """
    client = dist.TCPStore(
        os.environ["MASTER_ADDR"],
        int(os.environ["MASTER_PORT"]),
        is_master=False,
        timeout=timedelta(seconds=timeout),
    )
    return dist.PrefixStore(
        f"gan-lessons/{os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", client
    )


def speaks() -> bool:
    """Whether it falls to this process to tell the user of an error: to the first that has one.

    Returns:
        True once over all processes, and always where there is only one or nobody can be asked.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return True
    try:
        return store(5.0).add("said", 1) == 1
    except (RuntimeError, KeyError):
        return True


class Pulse:
    """A thread that beats, and ends the process when its neighbour has stopped beating.

    Args:
        rank: number of this process.
        count: number of processes.
    """

    def __init__(self, rank: int, count: int):
        self.own, self.neighbour = f"pulse{rank}", f"pulse{(rank + 1) % count}"
        self.store = store()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Watch no more: what is still to come does without the others."""
        self.stopped.set()

    def watch(self) -> None:
        """Beat and listen until stopped."""
        seen, since = 0, monotonic()
        while not self.stopped.wait(BEAT):
            try:
                self.store.add(self.own, 1)
                now = self.store.add(self.neighbour, 0)
            except RuntimeError:  # the launcher is gone, or the machine that it runs on
                now = seen
            if now != seen:
                seen, since = now, monotonic()
            elif monotonic() - since > SILENCE and not self.stopped.is_set():
                self.give_up()

    def give_up(self) -> None:
        """End this process from beside its main thread, which may be stuck in a message."""
        if speaks():
            print(f"{LOST}.", file=sys.stderr, flush=True)
        os._exit(1)
