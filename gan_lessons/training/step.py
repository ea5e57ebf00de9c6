"""One step of a training: all phases that are due, then the averages.

The loop takes it, and so do forecasts, longer runs behind the lessons, and tests: what a step is
stands here alone.
"""

import torch
from torch import Tensor

from gan_lessons.data.batches import Rows
from gan_lessons.models.architecture import Objective, Phase, Terms
from gan_lessons.training import ema
from gan_lessons.training.graphs import Descend, Graphs
from gan_lessons.training.precision import autocast, fitted
from gan_lessons.training.state import State


def train_step(
    objective: Objective,
    state: State,
    batch: Rows,
    step: int,
    *,
    scale: float | None = None,
    make: Descend | None = None,
) -> dict[str, Tensor]:
    """Take one step: every phase that is due, in order, then the moving averages.

    Args:
        objective: whose networks are trained.
        state: optimisers, averages, scaler and precision; afterwards `step + 1` steps are finished.
        batch: of all processes together.
        step: its number, from 0.
        scale: factor on the learning rates; without it the recipe's schedule at this step.
        make: what `stepper` gave; `descend` where there is none.

    Returns:
        The unweighted terms of all phases that were due, as scalars on the device.
    """
    train, terms = state.config.train, {}
    scale = train.lr_scale(step) if scale is None else scale
    for phase in objective.phases:
        if step % phase.interval == 0:
            terms |= update(objective, state, phase, batch, step, scale, make)
    for name, average in state.averages.items():
        ema.update(average, state.networks[name], train.ema_decay)
    state.step = step + 1
    return terms


def stepper(state: State) -> Descend:
    """What makes the updates: `descend`, or graphs of it where the recipe and the machine allow."""
    if state.config.train.graphs and Graphs.usable(state):
        return Graphs(descend, state.optimisers)
    return descend


def update(
    objective: Objective,
    state: State,
    phase: Phase,
    batch: Rows,
    step: int,
    scale: float,
    make: Descend | None = None,
) -> dict[str, Tensor]:
    """One optimiser step of one phase, over all micro-batches.

    Args:
        objective: whose networks are stepped.
        state: optimisers, scaler and precision.
        phase: names the networks and computes the terms.
        batch: the whole batch, of all processes together.
        step: number of the step.
        scale: factor on the learning rates.
        make: what `stepper` gave; `descend` where there is none.

    Returns:
        Unweighted terms, averaged over the micro-batches of this process, on the device.
    """
    for group in state.optimisers[phase.name].param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(group["full_lr"] * scale)
        else:
            group["lr"] = group["full_lr"] * scale
    return (make or descend)(objective, state, phase, batch, step)


def descend(
    objective: Objective, state: State, phase: Phase, batch: Rows, step: int
) -> dict[str, Tensor]:
    """Compute the terms of a phase, go back through them and step the optimiser."""
    for name, network in state.networks.items():
        network.requires_grad_(name in phase.networks)
    optimiser = state.optimisers[phase.name]
    optimiser.zero_grad(set_to_none=True)

    parts = state.config.train.accumulate
    means: dict[str, Tensor] = {}
    for micro in batch.split(parts):
        own = fitted(state.processes.share(micro), state.precision)
        with autocast(state.precision, state.device.type):
            terms = phase.terms(own, step)
        state.scaler.scale(total(terms) / parts).backward()
        for name, (_, value) in terms.items():
            means[name] = means.get(name, 0) + value.detach() / parts
    # Before the scaler looks at them, so that it decides the same everywhere.
    state.processes.average_gradients(p for g in optimiser.param_groups for p in g["params"])
    state.scaler.step(optimiser)
    state.scaler.update()
    return means


def total(terms: Terms) -> Tensor:
    """The weighted sum of terms, each in single precision or better."""
    return sum(
        weight * value.to(torch.promote_types(value.dtype, torch.float32))
        for weight, value in terms.values()
    )
