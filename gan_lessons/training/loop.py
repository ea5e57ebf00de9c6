"""The one training loop; every model of the course runs on it."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from gan_lessons.data.batches import Batch, Batches
from gan_lessons.files import OutputFolder
from gan_lessons.training import checkpoint, ema
from gan_lessons.training.checkpoint import State
from gan_lessons.training.history import History
from gan_lessons.training.precision import autocast


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
        objective: phases and networks, such as `objectives.stargan.StarGAN`.
        state: from `checkpoint.create`, restored where a run goes on.
        batches: from a step number to its batch.
        folder: where log, samples and checkpoints go.
        on_sample: called at `sample_every` and at the end.
        on_checkpoint: called before each checkpoint, to write weights for use.
        report: called with progress lines.

    Returns:
        The state, changed in place. On Ctrl-C the step in hand is finished and saved first.

    Raises:
        FloatingPointError: naming term and step, when a term is no longer finite, or a network
            and the step, when its weights are not; nothing of them is saved.
    """
    config = state.config.train
    history = History(
        folder, start=state.step, steps=config.steps, batch=config.batch, report=report
    )
    compile_forward(objective, config.compile)
    with interruptible() as stop:
        for step in range(state.step, config.steps):
            started, scale = time.perf_counter(), config.lr_scale(step)
            batch = batches(step)
            terms: dict[str, Tensor] = {}
            for phase in objective.phases:
                if step % phase.interval == 0:
                    terms |= update(objective, state, phase, batch, step, scale)
            for name, average in state.averages.items():
                ema.update(average, state.networks[name], config.ema_decay)
            state.step = done = step + 1
            state.seconds += time.perf_counter() - started
            history.add(done, terms)

            stopping = stop.is_set()  # asked once: a stop during what follows waits a step
            last = done == config.steps or stopping
            save = last or done % config.checkpoint_every == 0
            if save or done % config.log_every == 0:
                history.write(done, config.lr * scale)
            if save:
                checkpoint.check_finite(state)
            if last or done % config.sample_every == 0:
                on_sample(state)
            if save:
                on_checkpoint(state)
                checkpoint.save(state, folder)  # last: what a kill before it lost is made again
            if stopping:
                report(f"stopped after step {done}; go on with --resume auto")
                break
    history.close()
    return state


def update(
    objective, state: State, phase, batch: Batch, step: int, scale: float
) -> dict[str, Tensor]:
    """One optimiser step of one phase, over all micro-batches.

    Args:
        objective: whose networks are stepped.
        state: optimisers, scaler and precision.
        phase: names the networks and computes the terms.
        batch: the whole batch of this process.
        step: number of the step.
        scale: factor on the learning rates.

    Returns:
        Unweighted terms, averaged over the micro-batches, on the device.
    """
    for name, network in state.networks.items():
        network.requires_grad_(name in phase.networks)
    optimiser = state.optimisers[phase.name]
    for group in optimiser.param_groups:
        group["lr"] = group["full_lr"] * scale
    optimiser.zero_grad(set_to_none=True)

    parts = state.config.train.accumulate
    means: dict[str, Tensor] = {}
    for micro in batch.split(parts):
        with autocast(state.precision, state.device.type):
            terms = phase.terms(micro, step)
        total = sum(weight * value.float() for weight, value in terms.values()) / parts
        state.scaler.scale(total).backward()
        for name, (_, value) in terms.items():
            means[name] = means.get(name, 0) + value.detach() / parts
    state.scaler.step(optimiser)
    state.scaler.update()
    return means


def compile_forward(objective, wanted: bool) -> None:
    """Compile the ordinary passes; penalties keep the eager networks."""
    if wanted:
        for name, network in objective.networks.items():
            objective.forward[name] = torch.compile(network)


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C or SIGTERM into a flag, so that no step is cut in half.

    Yields:
        An event that is set once stopping was asked for; a second Ctrl-C stops at once.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number, frame):
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
