"""The recipe of flow matching."""

from dataclasses import dataclass, field

from gan_lessons.config import DEEPEST, Recipe, TrainConfig, require, within


@dataclass(frozen=True)
class FlowConfig:
    """Shape of the network."""

    kind: str = "conv"  # or "dense", for vectors
    channels: int = 3
    data_dim: int = 2  # numbers a sample; dense only
    width: int = 32  # channels at full size, doubled at each halving; or of a hidden layer
    max_width: int = 128
    depth: int = 3  # halvings, or hidden layers

    def __post_init__(self):
        known = self.kind in ("conv", "dense")
        require(known, f'model.kind: "conv" or "dense", got {self.kind!r}')
        within(self, "model", "channels", "data_dim", "width", "max_width")
        within(self, "model", "depth", most=DEEPEST)


@dataclass(frozen=True)
class FlowRecipe(Recipe):
    """The recipe of a flow-matching model; its loss has nothing to choose."""

    model: FlowConfig = field(default_factory=FlowConfig)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=5000, batch=64, lr=1e-3, beta1=0.9, beta2=0.999, weight_decay=0.0
        )
    )
