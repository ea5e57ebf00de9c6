"""Several processes that train one model: on the GPUs of a machine, on its CPU, or on several.

There is no wrapper round the networks. Every process holds all of them and goes through the same
steps; of each batch it takes its share, and each phase averages its gradients over the processes
before it steps. Penalties need gradients of gradients, which wrappers that average behind one's
back do not give. Batches, noise and augmentation are functions of (seed, step, sample), so several
processes reach the weights of one.

A launcher starts the processes and tells each its number: `accelerate launch` or `torchrun`.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gan_lessons.training.processes.heartbeat import LOST, Pulse

NORMS = nn.modules.batchnorm._BatchNorm  # of any number of dimensions


class Processes:
    """Those that train one model together; without a launcher this one, alone.

    Args:
        state: Accelerate's `PartialState`; None for a process alone, which needs no Accelerate.
    """

    def __init__(self, state: Any = None):
        self.state = state
        self.count: int = state.num_processes if state else 1
        self.rank: int = state.process_index if state else 0
        self.device: torch.device | None = state.device if state else None
        self.main = self.rank == 0  # this one writes and speaks

    def check(self, batch: int, accumulate: int) -> None:
        """Refuse a batch of which the shares would not be equal: means of means would be wrong.

        Args:
            batch: samples a step, over all processes.
            accumulate: micro-batches a step.

        Raises:
            ValueError: if it does not divide.
        """
        parts = self.count * accumulate
        if batch % parts:
            raise ValueError(
                f"train.batch counts the samples of all processes and must be a multiple of "
                f"{parts} ({self.count} processes x {accumulate} micro-batches), got {batch}; "
                f"{batch - batch % parts or parts} would do"
            )

    def share(self, batch: Any) -> Any:
        """This process's samples: every so-manieth, so that each process has all kinds."""
        return batch if self.count == 1 else batch.rows(slice(self.rank, None, self.count))

    def average_gradients(self, weights: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by its mean over the processes, in one message.

        A weight that only some processes reached counts as 0 in the others; one that none reached
        keeps no gradient, so that the optimiser leaves it alone, as it would in one process.

        Args:
            weights: of one phase, in the same order everywhere.
        """
        if self.count == 1:
            return
        weights = list(weights)
        own = [(torch.zeros_like(w) if w.grad is None else w.grad).flatten() for w in weights]
        reached = own[0].new_tensor([w.grad is not None for w in weights])
        mean = self._mean(torch.cat([*own, reached]))
        *means, reached = mean.split([part.numel() for part in (*own, reached)])
        for number, (weight, part) in enumerate(zip(weights, means, strict=True)):
            if weight.grad is not None:
                weight.grad.copy_(part.view_as(weight))
            elif reached[number] > 0:
                weight.grad = part.view_as(weight).clone()

    def mean(self, numbers: Tensor) -> Tensor:
        """Mean over the processes, equal in all of them; NaN where any has NaN."""
        return numbers if self.count == 1 else self._mean(numbers)

    def any(self, flag: bool) -> bool:
        """Whether any process says so, at the same point of its work; all get the same answer."""
        if self.count == 1:
            return flag
        # On a GPU this waits for the step: the price of stopping after the same one everywhere.
        return self._mean(torch.tensor([float(flag)], device=self.device)).item() > 0

    def same(self, value: Any) -> Any:
        """What the main process has, for all."""
        if self.count == 1:
            return value
        from accelerate.utils import broadcast_object_list

        with reachable():
            return broadcast_object_list([value])[0]

    def check_same(self, name: str, value: Any) -> None:
        """Refuse to train on where the processes disagree on something.

        Args:
            name: of what is compared, for people.
            value: this process's, printable.

        Raises:
            ValueError: in all of them, if one has another than the main process.
        """
        if self.count == 1:
            return
        from accelerate.utils import gather_object

        with reachable():
            found = gather_object([value])
        other = next((n for n, theirs in enumerate(found) if theirs != found[0]), None)
        if other is not None:
            raise ValueError(
                f"the processes disagree on {name}: {found[0]} in the main one, {found[other]} in "
                f"number {other}; all machines must see the same folders, data and options"
            )

    def shared(self, memory: nn.Module) -> Callable[..., Tensor]:
        """A memory that sees the samples of all processes, in the order of the whole batch.

        Args:
            memory: takes tensors with one row a sample and gives back as many rows.

        Returns:
            The same for this process's rows. Every process keeps the whole memory, all alike, so
            a checkpoint holds it whole and any number of processes goes on from it.
        """
        if self.count == 1:
            return memory

        def remember(*rows: Tensor) -> Tensor:
            return memory(*(self._interleaved(part) for part in rows))[self.rank :: self.count]

        return remember

    def caveats(self, networks: dict[str, nn.Module], batch: int) -> list[str]:
        """What is not as in one process, for people; nothing, for most models.

        Args:
            networks: in training.
            batch: samples of one micro-batch, over all processes.

        Returns:
            One line a reason.
        """
        normed = [
            name
            for name, net in networks.items()
            if any(isinstance(m, NORMS) for m in net.modules())
        ]
        if self.count == 1 or not normed:
            return []
        return [
            f"batch norm in the {' and the '.join(normed)} sees {batch // self.count} of {batch} "
            f"samples in each of the {self.count} processes: the weights will differ from those "
            "of one process, and the running statistics kept are the main process's"
        ]

    def _mean(self, numbers: Tensor) -> Tensor:
        from accelerate.utils import reduce

        with reachable():
            return reduce(numbers, "mean")

    def _interleaved(self, rows: Tensor) -> Tensor:
        from accelerate.utils import gather

        with reachable():
            parts = gather(rows.contiguous())  # all of the first process, all of the second, ...
        return parts.unflatten(0, (self.count, len(rows))).transpose(0, 1).flatten(0, 1)


ALONE = Processes()
ENDED = (
    "the launcher ended this process, because another one failed or because it was asked to; "
    "go on from the last checkpoint, if there is one, with --resume auto"
)


@contextmanager
def joined_processes(device: str) -> Iterator[Processes]:
    """Join the processes that a launcher started, for as long as the block lasts.

    Args:
        device: "auto", "cuda" or "cpu"; each process takes the GPU of its number on its machine.

    Yields:
        All of them, or `ALONE`, where no launcher has been at work. At the end of the block all
        wait for each other; the main process may still be writing.

    Raises:
        ValueError: if Accelerate is missing, or there are not enough GPUs.
        ConnectionError: if a process does not come, or is lost while the others wait for it.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        refuse_mpi()
        yield ALONE
        return
    try:
        from accelerate import PartialState
    except ImportError:
        raise ValueError(
            "several processes were started, which takes Accelerate; "
            "pip install 'gan-lessons[train]'"
        ) from None
    cpu = on_cpu(device)
    end_once()
    with reachable("not all of the processes came; start the same command on every machine"):
        state = PartialState(cpu=cpu)
    pulse = Pulse(state.process_index, state.num_processes)
    try:
        yield Processes(state)
        with reachable():
            state.wait_for_everyone()
    finally:
        pulse.stop()
    state.destroy_process_group()


@contextmanager
def reachable(sentence: str = LOST) -> Iterator[None]:
    """Turn what the backends raise when a process is gone into an error for people."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        ignore_signals()  # the launcher is about to end this process too; let it speak first
        raise ConnectionError(sentence) from error


def end_once() -> None:
    """Let Ctrl-C and SIGTERM end a launched process in order, and only the first of them.

    The terminal sends a Ctrl-C to all, and the launcher hands it on: a second one is no impatience.
    The loop has its own way, which finishes the step in hand.
    """

    def end(number, frame):
        ignore_signals()
        raise KeyboardInterrupt if number == signal.SIGINT else ConnectionError(ENDED)

    _handle_signals(end)


def ignore_signals() -> None:
    """Leave it to this process when it ends; a launcher kills it after half a minute."""
    _handle_signals(signal.SIG_IGN)


def _handle_signals(handler) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, handler)


def refuse_mpi() -> None:
    """Refuse to train alone where several processes were asked for in a way that starts one.

    Raises:
        ValueError: under `accelerate launch --cpu`, which leaves the others to MPI.
    """
    if "WORLD_SIZE" not in os.environ and {"ACCELERATE_USE_CPU", "MASTER_ADDR"} <= set(os.environ):
        raise ValueError(
            "accelerate launch --cpu starts one process, whatever their number; use "
            "accelerate launch --multi_gpu with --device cpu at the end, or torchrun"
        )


def on_cpu(device: str) -> bool:
    """Whether these processes train on CPUs.

    Args:
        device: as asked for.

    Returns:
        False where each has a GPU.

    Raises:
        ValueError: for a device that processes cannot share out, or too few of them.
    """
    if device not in ("auto", "cuda", "cpu"):
        raise ValueError(
            f"with several processes, device is auto, cuda or cpu, got {device!r}; "
            "each takes the GPU of its number"
        )
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    wished = device == "cpu" or os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true")
    if wished or (device == "auto" and not gpus):
        return True
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if here > gpus:
        raise ValueError(
            f"{here} processes were started on a machine with {gpus} GPUs; "
            "start one a GPU, or train on the CPU with --device cpu"
        )
    return False
