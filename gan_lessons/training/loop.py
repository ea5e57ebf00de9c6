"""The one training loop; every model of the course runs on it."""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.data.batches import Batch, Batches
from gan_lessons.files import OutputFolder
from gan_lessons.interrupt import interruptible
from gan_lessons.training import checkpoint, ema
from gan_lessons.training.checkpoint import State
from gan_lessons.training.graphs import Descend, Graphs
from gan_lessons.training.history import History
from gan_lessons.training.precision import autocast, fitted


def train(
    objective,
    state: State,
    batches: Batches,
    folder: OutputFolder,
    *,
    on_sample: Callable[[State], None],
    on_checkpoint: Callable[[State], None],
    report: Callable[[str], None] = print,
) -> State:
    """Train from the state's step to the end of its recipe.

    Args:
        objective: phases and networks, such as `models.stargan.objective.StarGAN`.
        state: from `checkpoint.create`, restored where a run goes on.
        batches: from a step number to its batch.
        folder: where log, samples and checkpoints go.
        on_sample: called at `sample_every` and at the end.
        on_checkpoint: called before each checkpoint, to write weights for use.
        report: called with progress lines.

    Returns:
        The state, changed in place. On Ctrl-C the step in hand is finished and saved first; with
        several processes, the same step in all.

    Raises:
        FloatingPointError: naming term and step, when a term is no longer finite, or a network
            and the step, when its weights are not; nothing of them is saved.
        ConnectionError: when another process is gone.
    """
    config, processes = state.config.train, state.processes
    history = begin(state, folder, report)
    compile_forward(objective, config.compile)
    make = stepper(state)
    with interruptible(processes.count > 1) as stop:
        clock = time.perf_counter()
        for step in range(state.step, config.steps):
            batch, scale = batches(step), config.lr_scale(step)
            terms: dict[str, Tensor] = {}
            for phase in objective.phases:
                if step % phase.interval == 0:
                    terms |= update(objective, state, phase, batch, step, scale, make)
            for name, average in state.averages.items():
                ema.update(average, state.networks[name], config.ema_decay)
            state.step = done = step + 1
            history.add(done, terms)

            # Asked once: a stop during what follows waits a step.
            stopping = processes.any(stop.is_set())
            last = done == config.steps or stopping
            save = last or done % config.checkpoint_every == 0
            told = save or done % config.log_every == 0
            if told:
                history.write(done, config.lr * scale)  # waits for the device
                state.seconds += time.perf_counter() - clock
            if save:
                checkpoint.check_finite(state)
            if processes.main and (last or done % config.sample_every == 0):
                on_sample(state)
            if processes.main and save:
                on_checkpoint(state)
                checkpoint.save(state, folder)  # last: what a kill before it lost is made again
            if told:
                clock = time.perf_counter()  # looking and saving are not training
            if stopping:
                stop.set()
                report(f"stopped after step {done}; go on with --resume auto")
                break
    history.close()
    return state


def begin(state: State, folder: OutputFolder, report: Callable[[str], None]) -> History:
    """Make sure that all processes begin alike, say what will not be, and open the log."""
    config, processes = state.config.train, state.processes
    processes.check_same("the finished steps", state.step)
    processes.check_same("the recipe", str(state.config))
    for line in processes.caveats(state.networks, config.batch // config.accumulate):
        report(line)
    return History(
        folder,
        start=state.step,
        steps=config.steps,
        batch=config.batch,
        report=report,
        processes=processes,
    )


def stepper(state: State) -> Descend:
    """What makes the updates: `descend`, or graphs of it where the recipe and the machine allow."""
    if state.config.train.graphs and Graphs.usable(state):
        return Graphs(descend, state.optimisers)
    return descend


def update(
    objective,
    state: State,
    phase,
    batch: Batch,
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


def descend(objective, state: State, phase, batch: Batch, step: int) -> dict[str, Tensor]:
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
        total = sum(weight * wide(value) for weight, value in terms.values()) / parts
        state.scaler.scale(total).backward()
        for name, (_, value) in terms.items():
            means[name] = means.get(name, 0) + value.detach() / parts
    # Before the scaler looks at them, so that it decides the same everywhere.
    state.processes.average_gradients(p for g in optimiser.param_groups for p in g["params"])
    state.scaler.step(optimiser)
    state.scaler.update()
    return means


def wide(value: Tensor) -> Tensor:
    """A term in single precision or better, in which terms are added up."""
    return value.to(torch.promote_types(value.dtype, torch.float32))


def compile_forward(objective, wanted: bool) -> None:
    """Compile the ordinary passes; penalties keep the eager networks."""
    if wanted:
        for name, network in objective.networks.items():
            objective.forward[name] = torch.compile(network)
