"""A folder held by one run at a time, so that two sweeps never write into the same one."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

LOOK = 0.5  # seconds between two tries


@contextlib.contextmanager
def held(folder: Path, stop: threading.Event) -> Iterator[tuple[int, ...]]:
    """Holds a folder for as long as the block runs; waits while somebody else does.

    The system frees it when the last process is gone that has the descriptor, however it ended.

    Args:
        folder: it exists.
        stop: ends the waiting.

    Yields:
        The descriptor that holds it, for a process that works in it; nothing where the system or
        the disk has no such locks.

    Raises:
        KeyboardInterrupt: if it was told to stop before it had the folder.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield ()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        while not _locked(fcntl, descriptor):
            if stop.wait(LOOK):
                raise KeyboardInterrupt
        yield (descriptor,)
    finally:
        os.close(descriptor)


def _locked(fcntl, descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network disks lock no folders
        return True
    return True
