"""Steps as CUDA graphs: recorded once, replayed as a whole.

A small GAN keeps a large GPU waiting: a step is a few thousand short kernels, and Python starts
them one by one. A graph starts all of them at once: the same kernels in the same order, on whatever
numbers then lie where they lay when it was recorded. So each batch is copied to one fixed place,
and learning rates are tensors.
"""

from collections.abc import Callable
from dataclasses import fields, replace

import torch
from torch import Tensor

from gan_lessons.data.batches import Rows
from gan_lessons.models.architecture import Objective, Phase
from gan_lessons.training.state import State

Descend = Callable[..., dict[str, Tensor]]  # of objective, state, phase, batch and step


class Graphs:
    """Make the updates of a training, replaying a graph wherever one can.

    A phase says with `kind` what its terms take from the number of the step; steps of one kind
    compute alike. The first of a kind runs as usual, and kernels are chosen on it; the second is
    recorded and replayed, and so are all further ones. No step is lost and none is made twice.

    Args:
        descend: computes the terms of a phase and steps its optimiser; `step.descend`.
        optimisers: by phase; their learning rates become tensors.
    """

    def __init__(self, descend: Descend, optimisers: dict[str, torch.optim.Optimizer]):
        self.descend = descend
        self.stream = torch.cuda.Stream()
        self.inputs = None
        self.seen: set = set()
        self.recorded: dict[tuple, tuple[torch.cuda.CUDAGraph, tuple[str, ...], Tensor]] = {}
        for group in (g for optimiser in optimisers.values() for g in optimiser.param_groups):
            device = group["params"][0].device
            group["lr"] = torch.tensor(float(group["full_lr"]), device=device)
            group["capturable"] = True

    @staticmethod
    def usable(state: State) -> bool:
        """Whether a training can be recorded: on one GPU, and without a scaler, which waits."""
        alone = state.processes.count == 1
        return state.device.type == "cuda" and alone and not state.scaler.is_enabled()

    def __call__(
        self, objective: Objective, state: State, phase: Phase, batch: Rows, step: int
    ) -> dict[str, Tensor]:
        """One update of one phase, as `descend` makes it."""
        if phase.kind is None:
            return self.descend(objective, state, phase, batch, step)
        kind = (phase.name, phase.kind(step), len(batch))
        if kind in self.recorded or kind in self.seen:
            self.take(batch)
            if kind not in self.recorded:
                self.recorded[kind] = self.record(objective, state, phase, step)
            graph, names, values = self.recorded[kind]
            graph.replay()
            return dict(zip(names, values.clone().unbind(), strict=True))  # the next writes there
        self.seen.add(kind)
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            terms = self.descend(objective, state, phase, batch, step)
        torch.cuda.current_stream().wait_stream(self.stream)
        return terms

    def take(self, batch: Rows) -> None:
        """Copy a batch to the place where the graphs read it."""
        parts = {f.name: getattr(batch, f.name) for f in fields(batch)}
        if self.inputs is None or len(self.inputs) != len(batch):
            self.recorded.clear()  # they read elsewhere
            self.inputs = replace(batch, **{k: v.clone() for k, v in parts.items()})
        for name, value in parts.items():
            getattr(self.inputs, name).copy_(value, non_blocking=True)

    def record(
        self, objective: Objective, state: State, phase: Phase, step: int
    ) -> tuple[torch.cuda.CUDAGraph, tuple[str, ...], Tensor]:
        """Record one update without making it."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self.stream):
            terms = self.descend(objective, state, phase, self.inputs, step)
            values = torch.stack([value.float() for value in terms.values()])
        return graph, tuple(terms), values
