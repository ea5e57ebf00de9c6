"""Contenders in processes of their own, timed by turns: A B A B.

So none inherits another's memory, and what else the machine does meets them all alike.
"""

import multiprocessing
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import torch

NOISY = 1.5  # quartiles of the ratio that lie further apart than by this factor tell nothing


@dataclass(frozen=True)
class Contender:
    """What is timed.

    Attributes:
        call: a function of the number of the call.
        weights: a round makes so many calls, and its time is their sum by these weights; for what
            does different work by turns.
    """

    call: Callable[[int], object]
    weights: tuple[float, ...] = (1.0,)


Make = Callable[..., Contender | Callable[[int], object]]


@dataclass(frozen=True)
class Timing:
    """Seconds of each round, and the peak of the process that ran them."""

    seconds: tuple[float, ...]
    peak: int  # bytes

    @property
    def median(self) -> float:
        """Seconds of the middle round."""
        return statistics.median(self.seconds)


def by_turns(contenders: Mapping[str, Sequence], *, warm: int, rounds: int) -> dict[str, Timing]:
    """Time contenders against each other.

    Args:
        contenders: by name; each a function of a module, which makes the contender in its own
            process, and the plain values that it is called with.
        warm: rounds that are not counted: the first ones pay for kernel set-up.
        rounds: rounds that are. In each of them every contender has its turn.

    Returns:
        By name the times, in the order of the rounds, and the peak memory.

    Raises:
        RuntimeError: if a process failed; its traceback is on stderr.
    """
    context = multiprocessing.get_context("spawn")
    started = {}
    try:
        for name, (make, *args) in contenders.items():
            here, there = context.Pipe()
            process = context.Process(target=_wait_and_run, args=(there, make, args), daemon=True)
            process.start()
            there.close()
            started[name] = (process, here)
        for name, (_, pipe) in started.items():  # one set-up after the other
            _ask(pipe, warm, name)
        times = {name: [] for name in started}
        for _ in range(rounds):
            for name, (_, pipe) in started.items():
                times[name].append(_ask(pipe, 1, name)[0])
        return {
            name: Timing(tuple(times[name]), _ask(pipe, 0, name)[0])
            for name, (_, pipe) in started.items()
        }
    finally:
        for process, pipe in started.values():
            pipe.close()  # which ends it
            process.join()


def _ask(pipe: Connection, rounds: int, name: str) -> list[float]:
    """Has a contender run so many rounds; gives their seconds, or its peak memory for none."""
    try:
        pipe.send(rounds)
        return pipe.recv()
    except (EOFError, OSError):
        raise RuntimeError(f"{name} failed; see above") from None


def _wait_and_run(pipe: Connection, make: Make, args: Sequence) -> None:
    from gan_lessons.training.forecast import peak_memory

    made = make(*args)
    contender = made if isinstance(made, Contender) else Contender(made)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    number = 0
    while True:
        try:
            rounds = pipe.recv()
        except EOFError:
            return
        if not rounds:
            pipe.send([peak_memory(device)])
            continue
        seconds = []
        for _ in range(rounds):
            seconds.append(_round(contender, number))
            number += len(contender.weights)
        pipe.send(seconds)


def _round(contender: Contender, number: int) -> float:
    total = 0.0
    for place, weight in enumerate(contender.weights):
        start = time.perf_counter()
        contender.call(number + place)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        total += weight * (time.perf_counter() - start)
    return total


def quartiles(slow: Timing, fast: Timing) -> tuple[float, float, float]:
    """Of the ratio in each round: below it a quarter of the rounds, half, three quarters."""
    ratios = [a / b for a, b in zip(slow.seconds, fast.seconds, strict=True)]
    return tuple(statistics.quantiles(ratios, n=4, method="inclusive"))


def times(slow: Timing, fast: Timing) -> str:
    """How many times as fast, with its spread, or that this cannot be told from what was timed."""
    low, middle, high = quartiles(slow, fast)
    spread = f"half of the rounds between {low:.2f} and {high:.2f}"
    if high / low > NOISY:
        return f"too noisy to tell how many times as fast: {spread}; run it where nothing else runs"
    if low < 1 < high:
        return f"as fast as far as this can tell: {spread}"
    return f"{middle:.2f} times as fast ({spread})"


def ratio(slow: Timing, fast: Timing) -> str:
    """How many times as fast, and with how much of the memory."""
    return f"{times(slow, fast)}; {fast.peak / slow.peak:.2f} of the peak memory"


def processor() -> str:
    """The processor, and what it has to compute with: a factor belongs to a kind of processor."""
    from gan_lessons.training.precision import bf16_units

    units = {"matrix": "matrix units for bfloat16", "vector": "vectors of bfloat16"}
    has = units.get(bf16_units("cpu"), "no units for bfloat16")
    level = torch.backends.cpu.get_cpu_capability()
    threads = f"{torch.get_num_threads()} threads" if torch.get_num_threads() > 1 else "1 thread"
    return f"{_model()}, {level}, {has}, {threads}"


def _model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            named = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    except OSError:
        named = []
    return named[0] if named else platform.processor() or platform.machine()
