"""Everything that a training is at one step."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from gan_lessons.config import Recipe
from gan_lessons.models.architecture import Objective
from gan_lessons.models.record import ORIGIN, facts_of
from gan_lessons.training import ema, precision
from gan_lessons.training.processes.distributed import ALONE, Processes

FORMAT = "gan_lessons checkpoint 1"


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
    origin: dict[str, Any] = field(default_factory=dict)  # what the first weights came from, if any
    data: dict[str, Any] = field(default_factory=dict)  # what it trains on: styles, digest
    validation: dict[str, Any] = field(default_factory=dict)  # best value, its step, since when
    memories: dict[str, nn.Module] = field(default_factory=dict)  # what a run keeps but never steps
    processes: Processes = ALONE  # those that train; a checkpoint knows nothing of them

    def parts(self) -> dict[str, Any]:
        """What to save, tensors and plain values only."""
        return {
            "format": FORMAT,
            "config": self.config.to_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "origin": self.origin,
            "data": self.data,
            "validation": self.validation,
            "precision": self.precision,
            "networks": {k: v.state_dict() for k, v in self.networks.items()},
            "averages": {k: v.state_dict() for k, v in self.averages.items()},
            "optimisers": {k: v.state_dict() for k, v in self.optimisers.items()},
            "scaler": self.scaler.state_dict(),
            "memories": {k: v.state_dict() for k, v in self.memories.items()},
        }

    def restore(self, parts: dict[str, Any]) -> None:
        """Take over a checkpoint's values, in place.

        Raises:
            ValueError: if parts are missing, or belong to other networks.
        """
        try:
            for group in ("networks", "averages", "memories"):
                for name, module in getattr(self, group).items():
                    module.load_state_dict(parts[group][name])
            for name, optimiser in self.optimisers.items():
                optimiser.load_state_dict(own_state(optimiser, parts["optimisers"][name]))
            self.scaler.load_state_dict(parts["scaler"])
            self.step, self.seconds = int(parts["step"]), float(parts["seconds"])
            self.origin = facts_of({ORIGIN: parts["origin"]}).get(ORIGIN, {})
            self.validation = dict(parts.get("validation") or {})
        except (KeyError, RuntimeError, ValueError, TypeError, AttributeError, IndexError):
            raise ValueError(
                "the checkpoint lacks parts, or holds those of other networks; restore it from a "
                "copy, or start anew in another folder with --init-from this one"
            ) from None


def own_state(optimiser: torch.optim.Optimizer, stored: dict[str, Any]) -> dict[str, Any]:
    """What an optimiser may take from a checkpoint: moments that fit its parameters, copied.

    A fused step writes where the shapes of the parameters say, whatever the moments' shapes and
    strides are: others would let a file write over this process's memory. Rates and all other
    settings are those of the recipe.

    Args:
        optimiser: AdamW, as it is made for the recipe.
        stored: what its `state_dict` was.

    Returns:
        A `state_dict`.

    Raises:
        ValueError: if it is of another optimiser, or a moment of another shape than its parameter.
        KeyError, TypeError, AttributeError, RuntimeError: if it is no such state.
    """
    own = optimiser.state_dict()
    parameters = dict(enumerate(p for group in optimiser.param_groups for p in group["params"]))
    if len(stored["param_groups"]) != len(own["param_groups"]):
        raise ValueError("it is the state of another optimiser")
    state = {}
    for number, moments in stored["state"].items():
        parameter = parameters[number]
        if any(moments[name].shape != parameter.shape for name in ("exp_avg", "exp_avg_sq")):
            raise ValueError("a moment has another shape than its parameter")
        state[number] = {
            name: torch.empty_like(parameter, requires_grad=False).copy_(moments[name])
            for name in ("exp_avg", "exp_avg_sq")
        } | {"step": torch.tensor(float(moments["step"]), dtype=torch.float32)}
    return {"state": state, "param_groups": own["param_groups"]}


def create_state(
    objective: Objective,
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
                {"params": own, "lr": lr, "full_lr": lr}
                for name in phase.networks
                for own, lr in paced(objective, name)
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


def paced(objective: Objective, name: str) -> list[tuple[list[nn.Parameter], float]]:
    """Parameters of a network by learning rate: its own, and those of parts that have another.

    Args:
        objective: whose `lrs` may name parts too, such as "generator.parts".
        name: of the network.
    """
    parts = [key for key in objective.lrs if key.startswith(f"{name}.")]
    found: dict[str, list[nn.Parameter]] = {}
    for key, parameter in objective.networks[name].named_parameters():
        own = (part for part in parts if f"{name}.{key}".startswith(f"{part}."))
        found.setdefault(next(own, name), []).append(parameter)
    return [(own, objective.lrs[part]) for part, own in found.items()]
