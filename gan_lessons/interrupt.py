"""What stops work from outside: Ctrl-C and SIGTERM as a flag, and memory that does not suffice."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruptible(launched: bool = False) -> Iterator[threading.Event]:
    """Turn the first Ctrl-C or SIGTERM into a flag, so that no step is cut in half.

    Args:
        launched: by a launcher, which hands on the Ctrl-C that the terminal has already sent to
            all, and kills after half a minute whatever it is that ignores it.

    Yields:
        An event that is set once stopping was asked for; a second Ctrl-C stops at once, unless
        launched.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number, frame):
        if stop.is_set() and not launched:
            raise KeyboardInterrupt
        stop.set()

    before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if launched else handler)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory did not suffice, on whatever device."""
    torch = sys.modules.get("torch")  # where it is not there, no error is its own
    if isinstance(error, MemoryError) or torch and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
