"""What a training tells: a log, a progress line, TensorBoard, and the stop at a NaN."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_lessons.files import OutputFolder
from gan_lessons.reading import open_regular
from gan_lessons.text import count_of, duration
from gan_lessons.training.processes.distributed import ALONE, Processes

FILE = "log.jsonl"


class History:
    """Collect scalars on the device and write them out at an interval.

    Args:
        folder: the run's folder.
        start: finished steps; later lines of an earlier sitting are dropped.
        steps: total, for the time left.
        batch: images a step.
        report: called with each progress line.
        tensorboard: also write TensorBoard event files, where it is installed.
        processes: over which the means are taken; the main one writes.
    """

    def __init__(
        self,
        folder: OutputFolder,
        *,
        start: int,
        steps: int,
        batch: int,
        report: Callable[[str], None],
        tensorboard: bool = True,
        processes: Processes = ALONE,
    ):
        self.processes = processes
        self.folder, self.steps, self.batch, self.report = folder, steps, batch, report
        self.pending: list[tuple[int, dict[str, Tensor]]] = []
        self.clock = time.perf_counter()
        self.writer = None
        if processes.main:
            self.forget_after(start)
            self.writer = _tensorboard(folder, start) if tensorboard else None

    def forget_after(self, step: int) -> None:
        """Drop lines that a kill left behind the checkpoint that is resumed from."""
        path = self.folder.root / FILE
        if not path.exists():
            return
        lines, damaged = read_lines(path)
        if damaged:
            self.report(f"{FILE}: {count_of(damaged, 'damaged line')} left out")
        kept = [line for line in lines if line["step"] <= step]
        self.folder.write_text(FILE, "".join(json.dumps(line) + "\n" for line in kept))

    def add(self, step: int, terms: dict[str, Tensor]) -> None:
        """Remember a step's unweighted terms without waiting for the device."""
        self.pending.append((step, {name: value.detach() for name, value in terms.items()}))

    def write(self, step: int, lr: float) -> dict[str, float]:
        """Write the means since the last line.

        Args:
            step: finished steps.
            lr: the generator's learning rate.

        Returns:
            The line, which the main process wrote.

        Raises:
            FloatingPointError: naming the term and the step that was not finite, in all processes.
        """
        means = self.means()
        now = time.perf_counter()
        per_step = (now - self.clock) / max(1, len(self.pending))
        self.clock, self.pending = now, []
        line = {
            "step": step,
            "images": step * self.batch,
            "seconds_per_step": round(per_step, 4),
            "lr": lr,
            **{name: round(value, 5) for name, value in means.items()},
        }
        if not self.processes.main:
            return line
        self.folder.append_line(FILE, json.dumps(line))
        self.draw(step, means)
        shown = "  ".join(f"{name} {value:.2f}" for name, value in means.items())
        left = duration(per_step * (self.steps - step))
        self.report(f"step {step}/{self.steps}  {per_step:.2f} s a step  {left} left  {shown}")
        return line

    def draw(self, step: int, means: dict[str, float]) -> None:
        """Pass the means on to TensorBoard, which a training can do without."""
        if self.writer is None:
            return
        try:
            for name, value in means.items():
                self.writer.add_scalar(name, value, step)
            self.writer.flush()
        except OSError as error:
            self.writer = None
            self.report(f"no more TensorBoard events: {error}")

    def means(self) -> dict[str, float]:
        """Mean of each term over the steps not yet written; stops at the first not finite."""
        places = [(step, name) for step, terms in self.pending for name in terms]
        scalars = [value.float() for _, terms in self.pending for value in terms.values()]
        # Waits for the device once, and for the other processes.
        numbers = self.processes.mean(torch.stack(scalars)).tolist() if scalars else []
        found: dict[str, list[float]] = {}
        for (step, name), value in zip(places, numbers, strict=True):
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"{name} became {value} at step {step}; the last checkpoint is sound. "
                    "Resume from it with a smaller learning rate or with precision fp32"
                )
            found.setdefault(name, []).append(value)
        return {name: sum(values) / len(values) for name, values in sorted(found.items())}

    def close(self) -> None:
        """Let go of TensorBoard's file."""
        if self.writer:
            self.writer.close()


def read(path: Path) -> list[dict[str, Any]]:
    """Read a run's log.

    Args:
        path: of `log.jsonl`.

    Returns:
        One dictionary a line; damaged lines are left out.
    """
    return read_lines(path)[0]


def read_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Read a run's log, and count the lines that are none.

    Args:
        path: of `log.jsonl`.

    Returns:
        One dictionary a line, and the number of damaged lines, without a last one that a kill cut
        short.
    """
    with open_regular(path) as handle:
        texts = handle.read().decode("utf-8", "replace").split("\n")
    lines = [_line(text) for text in texts if text.strip()]
    cut = bool(texts[-1].strip()) and lines[-1] is None
    found = [line for line in lines if line is not None]
    return found, len(lines) - len(found) - cut


def _line(text: str) -> dict[str, Any] | None:
    """One line of the log, None where it is damaged."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and type(line.get("step")) is int else None


def _tensorboard(folder: OutputFolder, start: int):
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder.path("tensorboard")), purge_step=start + 1)
