"""The recipe of AdaIN's decoder."""

import math
from dataclasses import dataclass, field

from gan_lessons.config import DEEPEST, WIDEST, Recipe, TrainConfig, require, within
from gan_lessons.data.pairs import MixedData
from gan_lessons.models.mobilenet import CHANNELS, HALVINGS


@dataclass(frozen=True)
class AdaINConfig:
    """Where the style is moved, and the shape of the decoder, the only thing that learns."""

    block: int = 3  # of the encoder, after which content and style meet
    enlarge: int = 2  # times that the encoder sees a picture enlarged; 1 or 2
    width: int = 128  # channels of the decoder's first layers, halved at each doubling
    layers: int = 3  # convolutions before the first doubling
    mirror: int = 0  # pixels mirrored around a picture before it is encoded, and cut off after

    def __post_init__(self):
        known = ", ".join(map(str, CHANNELS))
        require(self.block in CHANNELS, f"model.block: one of {known}, got {self.block}")
        require(self.enlarge in (1, 2), f"model.enlarge: 1 or 2, got {self.enlarge}")
        step = 2 ** HALVINGS[self.block]
        require(
            self.mirror * self.enlarge % step == 0,
            f"model.mirror times model.enlarge: a multiple of {step}, got {self.mirror}",
        )
        within(self, "model", "width", least=8, most=WIDEST)
        within(self, "model", "mirror", least=0, most=64)
        within(self, "model", "layers", most=DEEPEST)
        require(self.doublings >= 0, "model.block sees more than the picture has; enlarge less")

    @property
    def taps(self) -> tuple[int, ...]:
        """Layers of the encoder whose statistics are compared: all up to the block."""
        return tuple(tap for tap in CHANNELS if tap <= self.block)

    @property
    def doublings(self) -> int:
        """From the block's map back to the picture."""
        return HALVINGS[self.block] - (self.enlarge - 1)


@dataclass(frozen=True)
class AdaINLoss:
    """Weights of the terms."""

    content: float = 1.0
    style: float = 10.0  # lambda of Huang and Belongie 2017, section 5.2
    range: float = 10.0  # of what leaves [-1, 1], where no pixel can follow; ours

    def __post_init__(self):
        within(self, "loss", "content", "style", "range", least=0, most=math.inf)


@dataclass(frozen=True)
class AdaINRecipe(Recipe):
    """The recipe of AdaIN's decoder."""

    model: AdaINConfig = field(default_factory=AdaINConfig)
    loss: AdaINLoss = field(default_factory=AdaINLoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=4000, batch=16, lr=1e-3, beta1=0.9, beta2=0.999, weight_decay=0.0, decay=0.5
        )
    )
    data: MixedData = field(default_factory=MixedData)
