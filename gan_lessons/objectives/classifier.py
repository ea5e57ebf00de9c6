"""What a style classifier trains for: one phase, cross-entropy on augmented real pictures."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.augment import augment
from gan_lessons.config import DataConfig, Recipe, TrainConfig, require
from gan_lessons.data.batches import Batch
from gan_lessons.networks.classifier import WIDTHS, StyleClassifier
from gan_lessons.objectives.phase import Phase, Terms


@dataclass(frozen=True)
class JudgeConfig:
    """Shape of the classifier and what it is trained against."""

    domains: int = 8  # styles
    smoothing: float = 0.05  # of the labels: some styles draw a few emoji alike
    augment: str = "brightness,shift,cutout"  # of the pictures that it sees

    def __post_init__(self):
        require(self.domains >= 2, f"model.domains must be 2 or more, got {self.domains}")
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


class Classifier:
    """Network and phase of the classifier.

    Args:
        config: number of styles, augmentations, rate and seed.
    """

    averaged = ("classifier",)

    def __init__(self, config: ClassifierConfig):
        self.model = config.model
        with torch.random.fork_rng():
            torch.manual_seed(config.train.seed)
            network = StyleClassifier(config.model.domains, WIDTHS)
        self.networks: dict[str, nn.Module] = {"classifier": network}
        self.lrs = {"classifier": config.train.lr}
        self.forward = dict(self.networks)
        self.phases = (Phase("C", ("classifier",), self.terms),)

    def terms(self, batch: Batch, step: int) -> Terms:
        """Name the style of every real picture of the batch, sources and references alike."""
        x = torch.cat([self.vary(batch.x_real, batch, 0), self.vary(batch.x_ref, batch, 1)])
        y = torch.cat([batch.y_org, batch.y_trg])
        logits = self.forward["classifier"](x).float()
        wrong = (logits.argmax(dim=1) != y).float().mean()
        loss = F.cross_entropy(logits, y, label_smoothing=self.model.smoothing)
        return {"ce": (1.0, loss), "error": (0.0, wrong)}

    def vary(self, x: Tensor, batch: Batch, which: int) -> Tensor:
        """Augmented pictures."""
        return augment(x, batch.uniform[:, which], tuple(self.model.augment.split(",")))
