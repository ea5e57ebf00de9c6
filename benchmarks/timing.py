"""Each alternative in a process of its own, by turns, so that none inherits another's memory."""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds a call, and the peak of the process that made the calls."""

    seconds: tuple[float, ...]
    peak: int  # bytes

    @property
    def median(self) -> float:
        """Seconds of the middle call."""
        return statistics.median(self.seconds)


def alone(make: Callable[..., Callable[[int], object]], *args, warm: int, calls: int) -> Timing:
    """Time calls in a fresh process.

    Args:
        make: a function of a module, called in the new process with `args`; it returns what is
            timed, a function of the number of the call.
        args: plain values.
        warm: calls that are not counted: the first ones pay for kernel set-up.
        calls: calls that are.

    Returns:
        Their times and the peak memory.

    Raises:
        RuntimeError: if the process failed; its traceback is on stderr.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(there, make, args, warm, calls))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        raise RuntimeError(f"{make.__name__} failed; see above") from None
    finally:
        process.join()


def _timed(pipe, make, args, warm: int, calls: int) -> None:
    import torch

    from gan_lessons.training.run import peak_memory

    call, times = make(*args), []
    for number in range(warm + calls):
        start = time.perf_counter()
        call(number)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pipe.send(Timing(tuple(times[warm:]), peak_memory(device)))


def ratio(slow: Timing, fast: Timing, per: float = 1.0) -> str:
    """How many times as fast, and with how much of the memory."""
    speed = per * slow.median / fast.median
    return f"{speed:.1f} times as fast, {fast.peak / slow.peak:.2f} of the peak memory"
