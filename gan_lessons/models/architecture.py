"""What the training loop knows of a model: its networks, its phases, and of each its terms."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

Terms = dict[str, tuple[float, Tensor]]  # name to (weight, unweighted value, a scalar)


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


class Objective(Protocol):
    """What is trained: networks, how fast each learns, and the phases of a step.

    Attributes:
        networks: by name.
        forward: the same; the loop may replace entries by compiled ones, which penalties cannot
            use, because they need gradients of gradients.
        lrs: learning rate by network.
        averaged: names of the networks that get a moving average.
        phases: what a step consists of, in order.

    One that keeps more than weights, as CycleGAN's buffers of images, has `memories` too: name to a
    module whose buffers a checkpoint holds.
    """

    networks: dict[str, nn.Module]
    forward: dict[str, nn.Module]
    lrs: dict[str, float]
    averaged: tuple[str, ...]
    phases: tuple[Phase, ...]


def alike(step: int) -> Hashable:
    """The kind of a phase whose terms take nothing from the step's number: one for all."""
    return ()
