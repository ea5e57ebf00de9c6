"""What the training loop knows of a model: its phases, and of each its terms.

An objective has

- `networks`: name to module; and `forward`, the same, of which the loop may compile the entries;
- `lrs`: name to learning rate;
- `averaged`: names of the networks that get a moving average;
- `phases`: what a step consists of, in order;
- `memories`, where it keeps more than weights: name to a module whose buffers a checkpoint holds.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

Terms = dict[str, tuple[float, Tensor]]  # name to (weight, unweighted value)


@dataclass(frozen=True)
class Phase:
    """One update within a step: which networks it steps, by which terms, how often.

    With D at every step and G at every fifth, D learns five times as often, each time from a batch
    of its own.

    `kind` says what the terms take from the step's number, such as whether a penalty is due: two
    steps of one kind compute alike, so that on a GPU one recorded step serves both. Without it
    nothing is recorded.
    """

    name: str
    networks: tuple[str, ...]
    terms: Callable[[Any, int], Terms]  # of a batch and the step's number
    interval: int = 1  # steps from one update to the next; the first is at step 0
    kind: Callable[[int], Hashable] | None = None


def alike(step: int) -> Hashable:
    """The kind of a phase whose terms take nothing from the step's number: one for all."""
    return ()
