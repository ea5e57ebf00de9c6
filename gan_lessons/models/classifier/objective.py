"""What a style classifier trains for: one phase, cross-entropy on augmented real pictures."""

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.augment import augment
from gan_lessons.data.batches import Batch
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.classifier.networks import build
from gan_lessons.models.classifier.recipe import ClassifierConfig


class Classifier:
    """Network and phase of the classifier.

    Args:
        config: number of styles, augmentations, rate and seed.
    """

    averaged = ("classifier",)

    def __init__(self, config: ClassifierConfig):
        self.model = config.model
        self.networks = build(config.model, config.train.seed)
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
