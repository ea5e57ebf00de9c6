"""Early stopping: a training ends when its validation no longer gets better, and its best stays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.architecture import Architecture
from gan_lessons.training.precision import fitted
from gan_lessons.training.state import State

BATCHES = 8  # of the validation pictures, always the same


@dataclass
class Patience:
    """Looks at the validation pictures at every checkpoint.

    What it remembers stands in the state, so that a resumed run equals one that was never stopped.

    Args:
        measure: from a state to a number that is to become small.
    """

    measure: Callable[[State], float]

    def better(self, state: State) -> bool:
        """Whether this is the best so far; once for each checkpoint.

        Args:
            state: at a checkpoint.
        """
        value, known = self.measure(state), state.validation
        if not known or value < known["best"]:
            state.validation = {"best": value, "step": state.step, "since": 0}
            return True
        known["since"] += 1
        return False


def patience_of(
    kind: Architecture, config: Any, dataset: StyleDataset, device: torch.device
) -> Patience | None:
    """What ends a training early, where its recipe asks for it.

    Args:
        kind: of the model.
        config: the recipe.
        dataset: the whole set.
        device: where batches are wanted.

    Returns:
        None where the recipe has no patience.

    Raises:
        ValueError: if the kind of model, or the set, has nothing to validate by.
    """
    if not config.train.patience:
        return None
    if kind.validate is None or not len(dataset.indices("valid")):
        lacking = f"a {kind.title} has no" if kind.validate is None else f"{dataset.name} has no"
        raise ValueError(f"{lacking} validation to be patient with; leave out train.patience")
    batches = kind.batches(config, dataset, device, split="valid")
    chosen = [batches(number) for number in range(BATCHES)]

    @torch.inference_mode()
    def measure(state: State) -> float:
        values = [
            kind.validate(state.averages, fitted(batch, state.precision), config)
            for batch in chosen
        ]
        return torch.stack([value.float() for value in values]).mean().item()

    return Patience(measure)


def best_so_far(patience: Patience | None, state: State) -> bool:
    """Whether the model of this checkpoint is to be kept: always, where nobody is patient."""
    return patience is None or patience.better(state)


def worn_out(state: State) -> bool:
    """Whether validation has not become better for as many checkpoints as the recipe allows."""
    patience = state.config.train.patience
    return bool(patience and state.validation and state.validation["since"] >= patience)
