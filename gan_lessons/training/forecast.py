"""What a training will take, measured on a few real steps of it before it begins."""

import math
import platform
import time
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, fields
from pathlib import Path

import torch

from gan_lessons.data.batches import Rows
from gan_lessons.models.architecture import Batches, Objective
from gan_lessons.text import duration
from gan_lessons.training.graphs import Graphs
from gan_lessons.training.loop import compile_forward
from gan_lessons.training.precision import autocast, bf16_units, fitted
from gan_lessons.training.state import State, create_state
from gan_lessons.training.step import stepper, train_step

LOOKED_AHEAD = 240  # steps whose kinds are counted; a multiple of the usual intervals
QUICKER = 1.15  # times as fast as in fp32 that bf16 has to be, to be worth its coarser numbers
FEW = 4  # samples that the memory of a large batch is measured with
SHARE = 1 / 20  # of the free memory, from which on a batch alone makes one look closer


@dataclass(frozen=True)
class Cost:
    """What a training will take."""

    seconds_per_step: float
    seconds: float  # to the end
    memory: int  # peak bytes, of this process or on the GPU
    disk: int  # bytes of checkpoint, weights and sample sheets
    processes: int = 1

    def __str__(self) -> str:
        each = f" in each of {self.processes} processes" if self.processes > 1 else ""
        return (
            f"{self.seconds_per_step:.2f} s a step, {duration(self.seconds)} to the end, "
            f"{self.memory / 2**30:.1f} GiB of memory at the peak{each}, "
            f"{self.disk / 2**20:.0f} MiB of disk"
        )


def forecast(objective: Objective, state: State, batches: Batches) -> Cost:
    """Measure a few steps on copies and say what the rest will cost.

    Args:
        objective: what will be trained; left as it was.
        state: its state; left as it was.
        batches: of the training.

    Returns:
        The cost from the state's step to the end.
    """
    trial = Trial(objective, state, batches)
    ahead = range(state.step, min(state.step + LOOKED_AHEAD, state.config.train.steps))
    kinds = Counter(trial.kind(step) for step in ahead)
    firsts = {trial.kind(step): step for step in reversed(ahead)}
    times = {}
    # The last round counts: kernels are chosen in the first, graphs are made in the second.
    rounds = 3 if isinstance(trial.make, Graphs) else 2
    for step in rounds * sorted(firsts.values()):
        times[trial.kind(step)] = trial.seconds(step)
    per_step = sum(times[kind] * count for kind, count in kinds.items()) / max(1, len(ahead))
    left = state.config.train.steps - state.step
    memory = peak_memory(state.device)
    return Cost(per_step, per_step * left, memory, disk(state, left), state.processes.count)


class Trial:
    """Steps of a training that leave no trace: on networks and optimisers of their own.

    Args:
        objective: what will be trained.
        state: its state.
        batches: of the training.
        precision: to compute in; without it the state's.
    """

    def __init__(
        self, objective: Objective, state: State, batches: Batches, precision: str | None = None
    ):
        self.objective = type(objective)(state.config)
        compile_forward(self.objective, state.config.train.compile)
        chosen = precision or state.precision
        self.state = create_state(
            self.objective, state.config, state.device, chosen, state.processes
        )
        self.make = stepper(self.state)
        self.batches = batches

    def kind(self, step: int) -> Hashable:
        """What a step costs: which phases are due, and which of their terms, however weighted."""
        found = []
        for phase in self.objective.phases:
            if step % phase.interval == 0:
                taken = phase.kind(step) if phase.kind else ()
                taken = taken if isinstance(taken, tuple) else (taken,)
                found.append((phase.name, *(bool(part) for part in taken)))
        return tuple(found)

    def seconds(self, step: int) -> float:
        """How long a step takes."""
        start = time.perf_counter()
        terms = train_step(self.objective, self.state, self.batches(step), step, make=self.make)
        next(iter(terms.values())).item()  # wait for the device
        return time.perf_counter() - start


def settle_precision(objective: Objective, state: State, batches: Batches) -> str:
    """Let the real step decide between fp32 and bf16, where the processor has units for bf16.

    Both are measured in turns, so that other work on the machine slows both. What is chosen is
    written into the checkpoint, and a resumed run keeps it.

    Args:
        objective: what will be trained; left as it was.
        state: its state; its precision is set.
        batches: of the training.

    Returns:
        What was found, for people; nothing where there was nothing to choose.
    """
    asked = state.config.train.precision == "auto" and state.device.type == "cpu"
    if not asked or not bf16_units("cpu"):
        return ""
    trials = {name: Trial(objective, state, batches, name) for name in ("fp32", "bf16")}
    usual = Counter(map(trials["fp32"].kind, range(LOOKED_AHEAD))).most_common(1)[0][0]
    step = next(step for step in range(LOOKED_AHEAD) if trials["fp32"].kind(step) == usual)
    times = dict.fromkeys(trials, math.inf)
    for number in range(3):
        for name, trial in trials.items():
            seconds = trial.seconds(step)
            if number:  # the first pays for kernels
                times[name] = min(times[name], seconds)
    ratio = times["fp32"] / times["bf16"]
    state.precision = state.processes.same("bf16" if ratio > QUICKER else "fp32")
    return f"a step in bf16 runs {ratio:.1f} times as fast as in fp32 here: {state.precision}"


def refuse_too_large(objective: Objective, state: State, few: Batches) -> None:
    """Refuse a batch that memory cannot hold, before it is asked for.

    Args:
        objective: what will be trained; left as it was.
        state: its state.
        few: batches of the training, but of `FEW` samples.

    Raises:
        ValueError: saying how much it would take, and what to lower.
    """
    train, free = state.config.train, free_memory(state.device)
    sample, together = few(0), train.batch // state.processes.count
    drawn = bytes_of(sample) / len(sample) * train.batch
    if free is None or drawn < SHARE * free:
        return
    kept = kept_for_gradients(objective, state, sample) / len(sample) * together / train.accumulate
    if drawn + kept > free:
        raise ValueError(
            f"a step of {train.batch:,} samples takes about {(drawn + kept) / 2**30:,.0f} GiB of "
            f"memory, and {free / 2**30:,.1f} GiB are free; lower train.batch, or raise "
            "train.accumulate, which takes it in parts"
        )


def kept_for_gradients(objective: Objective, state: State, batch: Rows) -> int:
    """Bytes that the dearest phase of a step keeps for its way back, by one pass."""
    trial, most = type(objective)(state.config), 0
    for network in trial.networks.values():
        network.to(state.device)
    for phase in trial.phases:
        seen: dict[int, int] = {}

        def keep(x: torch.Tensor, seen: dict[int, int] = seen) -> torch.Tensor:
            seen[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
            return x

        with (
            autocast(state.precision, state.device.type),
            torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x),
        ):
            terms = phase.terms(fitted(batch, "fp32"), 0)
        most = max(most, sum(seen.values()))
        del terms
    return most


def bytes_of(batch: Rows) -> int:
    """Bytes of all tensors of a batch."""
    return sum(getattr(batch, f.name).nbytes for f in fields(batch))


def free_memory(device: torch.device) -> int | None:
    """Bytes that may still be asked for; None where the system does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    known = Path("/proc/meminfo")
    if not known.is_file():
        return None
    lines = dict(line.split(":") for line in known.read_text().splitlines())
    free = int(lines["MemAvailable"].split()[0]) * 1024
    group = Path("/sys/fs/cgroup")  # a container's own limit
    try:
        limit = int((group / "memory.max").read_text()) - int(
            (group / "memory.current").read_text()
        )
    except (OSError, ValueError):  # no limit
        return free
    return min(free, limit)


def disk(state: State, left: int) -> int:
    """Bytes that a run will write: checkpoint, models, sample sheets."""
    config = state.config
    size = sum(p.numel() for n in state.networks.values() for p in n.parameters())
    averages = sum(p.numel() for n in state.averages.values() for p in n.parameters())
    styles = getattr(config.model, "domains", 2)
    sheets = (left // config.train.sample_every + 1) * (2 * styles + 1)
    models = 1 + config.train.snapshots * (left // config.train.checkpoint_every + 1)
    per_column = 3 * config.data.size**2 * 8 // 2  # eight pictures, which PNG halves
    return 4 * (3 * size + averages) + 2 * models * (size + averages) + sheets * per_column


def peak_memory(device: torch.device) -> int:
    """Largest number of bytes held so far: on the GPU, or by this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource
    except ImportError:  # Windows has no such count
        return 0
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
