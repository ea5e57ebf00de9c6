"""Everything a training is at one step, saved so that resuming equals never having stopped."""

import warnings
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from gan_lessons.config import Recipe
from gan_lessons.files import OutputFolder
from gan_lessons.training import ema, precision
from gan_lessons.training.processes.distributed import ALONE, Processes

FILE = "checkpoint.pt"
FORMAT = "gan_lessons checkpoint 1"
FREE = {  # change no weight
    "train.log_every", "train.sample_every", "train.checkpoint_every", "train.snapshots"
}  # fmt: skip


@dataclass
class State:
    """Networks, their averages, optimisers and the number of finished steps.

    Randomness needs no entry: every draw is a function of (seed, step). See `data.batches`.
    """

    config: Recipe
    device: torch.device
    precision: str  # resolved: "fp32", "bf16", "fp16" or "fp64"
    networks: dict[str, nn.Module]
    averages: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Optimizer]
    scaler: torch.amp.GradScaler
    step: int = 0
    seconds: float = 0.0  # spent training, over all sittings
    origin: dict = field(default_factory=dict)  # what the first weights came from, if anything
    memories: dict[str, nn.Module] = field(default_factory=dict)  # what a run keeps but never steps
    processes: Processes = ALONE  # those that train; a checkpoint knows nothing of them

    def parts(self) -> dict:
        """What to save, tensors and plain values only."""
        return {
            "format": FORMAT,
            "config": self.config.to_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "origin": self.origin,
            "precision": self.precision,
            "networks": {k: v.state_dict() for k, v in self.networks.items()},
            "averages": {k: v.state_dict() for k, v in self.averages.items()},
            "optimisers": {k: v.state_dict() for k, v in self.optimisers.items()},
            "scaler": self.scaler.state_dict(),
            "memories": {k: v.state_dict() for k, v in self.memories.items()},
        }

    def restore(self, parts: dict) -> None:
        """Take over a checkpoint's values, in place."""
        for group in ("networks", "averages", "optimisers", "memories"):
            for name, module in getattr(self, group).items():
                module.load_state_dict(parts[group][name])
        for group in (g for o in self.optimisers.values() for g in o.param_groups):
            group |= {"lr": group["full_lr"], "capturable": False}  # as graphs may have left them
        self.scaler.load_state_dict(parts["scaler"])
        self.step, self.seconds = parts["step"], parts["seconds"]
        self.origin = parts["origin"]


def create(
    objective,
    config: Recipe,
    device: torch.device,
    resolved: str | None = None,
    processes: Processes = ALONE,
) -> State:
    """The state before the first step.

    Args:
        objective: its networks and phases; the networks move to the device.
        config: the whole recipe.
        device: where to train.
        resolved: a precision already decided, on resuming; otherwise the machine is asked.
        processes: those that train together.

    Returns:
        Fresh optimisers and averages around the objective's networks.

    Raises:
        ValueError: if the batch does not divide among the processes and micro-batches.
    """
    train = config.train
    processes.check(train.batch, train.accumulate)
    # Where machines differ, the main one decides: all have to compute alike.
    resolved = processes.same(resolved or precision.for_training(train.precision, device.type))
    dtype = torch.float64 if resolved == "fp64" else torch.float32
    for network in objective.networks.values():
        network.to(device=device, dtype=dtype, memory_format=torch.channels_last)
    memories = dict(getattr(objective, "memories", {}))
    for name, memory in memories.items():
        memory.to(device=device, dtype=dtype)
        objective.memories[name] = processes.shared(memory)
    optimisers = {
        phase.name: torch.optim.AdamW(
            [
                {
                    "params": list(objective.networks[name].parameters()),
                    "lr": objective.lrs[name],
                    "full_lr": objective.lrs[name],
                }
                for name in phase.networks
            ],
            betas=(train.beta1, train.beta2),
            weight_decay=train.weight_decay,
            fused=True,
        )
        for phase in objective.phases
    }
    return State(
        config=config,
        device=device,
        precision=resolved,
        networks=objective.networks,
        averages={k: ema.averaged_copy(objective.networks[k]) for k in objective.averaged},
        optimisers=optimisers,
        scaler=torch.amp.GradScaler(device.type, enabled=resolved == "fp16"),
        memories=memories,
        processes=processes,
    )


def save(state: State, folder: OutputFolder) -> Path:
    """Write the checkpoint; a kill at any moment leaves the old one or the new one, whole.

    Args:
        state: what to save.
        folder: the run's folder.

    Returns:
        The file's path.

    Raises:
        OSError: if the disk is full; the previous checkpoint is untouched then.
    """
    with folder.open(FILE) as handle:
        try:
            torch.save(state.parts(), handle)
        except RuntimeError as error:
            # After a failed write torch still closes its archive, and that failure hides the first.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
    return folder.root / FILE


def check_finite(state: State) -> None:
    """Refuse weights that must not be saved; a gradient may fail where its term was finite.

    Args:
        state: about to be saved.

    Raises:
        FloatingPointError: naming the network and the step.
    """
    for name, network in state.networks.items():
        if not torch.stack([p.isfinite().all() for p in network.parameters()]).all():
            raise FloatingPointError(
                f"weights of the {name} are no longer finite after step {state.step}; the last "
                "checkpoint is sound. Resume from it with a smaller learning rate or with "
                "precision fp32"
            )


def read(path: Path) -> dict:
    """Read a checkpoint without executing anything in it.

    Args:
        path: a file that `save` wrote.

    Returns:
        Its parts.

    Raises:
        ValueError: if it is no checkpoint of this package, or damaged.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            parts = torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError):
        raise
    except Exception:  # on bytes that are no checkpoint the reader raises nearly anything
        raise ValueError(
            f"{path} is not a readable checkpoint; nothing in it was executed. "
            "Give the folder of a run made by `gan-lessons train`"
        ) from None
    if not isinstance(parts, dict) or parts.get("format") != FORMAT:
        raise ValueError(f"{path} is a checkpoint of something else, not of a run of this package")
    return parts


def check_same_recipe(saved: Recipe, asked: Recipe, step: int) -> None:
    """Refuse to resume under a recipe that would not have led to this checkpoint.

    The length may change as long as the learning rate's decay has not begun under either.

    Args:
        saved: the checkpoint's recipe.
        asked: the recipe to go on with.
        step: finished steps.

    Raises:
        ValueError: naming each field that differs.
    """
    free = set(FREE)
    if step <= min(saved.train.decay_start, asked.train.decay_start):
        free.add("train.steps")
    different = [d for d in asked.differences(saved) if d.split(":")[0] not in free]
    if different:
        raise ValueError(
            "this run was started with another recipe; resume with the same one, or go on from "
            f"its weights with --init-from. Different: {'; '.join(different)}"
        )
