"""The recipe of a style classifier."""

from dataclasses import dataclass, field

from gan_lessons.config import WIDEST, DataConfig, Recipe, TrainConfig, require, within


@dataclass(frozen=True)
class JudgeConfig:
    """Shape of the classifier and what it is trained against."""

    domains: int = 8  # styles
    smoothing: float = 0.05  # of the labels: some styles draw a few emoji alike
    augment: str = "brightness,shift,cutout"  # of the pictures that it sees

    def __post_init__(self):
        within(self, "model", "domains", least=2, most=WIDEST)
        require(
            0 <= self.smoothing < 1, f"model.smoothing must lie in [0, 1), got {self.smoothing}"
        )


@dataclass(frozen=True)
class ClassifierConfig(Recipe):
    """The recipe of a style classifier."""

    data: DataConfig = field(default_factory=lambda: DataConfig(flip=True))
    model: JudgeConfig = field(default_factory=JudgeConfig)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=4000,
            batch=32,  # a source and a reference each
            lr=2e-3,
            beta1=0.9,
            weight_decay=1e-2,
            warmup=50,
            decay=0.6,
            ema_half_life=0.5,
            checkpoint_every=250,
        )
    )
