"""The one training loop; every model of the course runs on it."""

import time
from collections.abc import Callable

import torch

from gan_lessons.data.batches import Rows
from gan_lessons.files import OutputFolder
from gan_lessons.interrupt import interruptible
from gan_lessons.models.architecture import Objective
from gan_lessons.training import checkpoint
from gan_lessons.training.history import History
from gan_lessons.training.patience import worn_out
from gan_lessons.training.state import State
from gan_lessons.training.step import stepper, train_step


def train(
    objective: Objective,
    state: State,
    batches: Callable[[int], Rows],
    folder: OutputFolder,
    *,
    on_sample: Callable[[State], None],
    on_checkpoint: Callable[[State], None],
    report: Callable[[str], None] = print,
) -> State:
    """Train from the state's step to the end of its recipe.

    Args:
        objective: phases and networks, such as `models.stargan.objective.StarGAN`.
        state: from `state.create_state`, restored where a run goes on.
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
    if processes.any(worn_out(state)):
        report(ended(state))
        return state
    history = begin(state, folder, report)
    compile_forward(objective, config.compile)
    make = stepper(state)
    with interruptible(processes.count > 1) as stop:
        clock = time.perf_counter()
        for step in range(state.step, config.steps):
            batch = batches(step)
            terms = train_step(objective, state, batch, step, make=make)
            history.add(done := state.step, terms)

            # Asked once: a stop during what follows waits a step.
            stopping = processes.any(stop.is_set())
            last = done == config.steps or stopping
            save = last or done % config.checkpoint_every == 0
            told = save or done % config.log_every == 0
            if told:
                history.write(done, config.lr * config.lr_scale(step))  # waits for the device
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
            if save and processes.any(worn_out(state)):
                report(ended(state))
                break
            if stopping:
                stop.set()
                report(f"stopped after step {done}; go on with --resume auto")
                break
    history.close()
    return state


def ended(state: State) -> str:
    """Why a training ends before its recipe's last step."""
    known = state.validation
    return (
        f"validation has not become better since step {known['step']} ({known['best']:.4g}); the "
        f"training ends at step {state.step}, and the model is that of step {known['step']}"
    )


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


def compile_forward(objective: Objective, wanted: bool) -> None:
    """Compile the ordinary passes; penalties keep the eager networks."""
    if wanted:
        for name, network in objective.networks.items():
            objective.forward[name] = torch.compile(network)
