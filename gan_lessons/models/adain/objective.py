"""What AdaIN's decoder trains for: maps that keep the content and have the style's statistics."""

from torch import Tensor
from torch.nn import functional as F

from gan_lessons.data.samples import PairBatch
from gan_lessons.models.adain.networks import Transfer, adain, build, statistics
from gan_lessons.models.adain.recipe import AdaINLoss, AdaINRecipe
from gan_lessons.models.architecture import Phase, Terms, alike


class AdaINTransfer:
    """Networks and phase of AdaIN.

    Args:
        config: shapes, weights and training.
    """

    averaged = ("transfer",)

    def __init__(self, config: AdaINRecipe):
        self.loss = config.loss
        self.networks = build(config.model, config.train.seed)
        self.lrs = {"transfer": config.train.lr}
        self.forward = dict(self.networks)
        self.phases = (Phase("A", ("transfer",), self.terms, kind=alike),)

    def terms(self, batch: PairBatch, step: int) -> Terms:
        """|f(g(t)) - t|^2 and the statistics of every tap (equations 12 and 13)."""
        return terms(self.networks["transfer"], self.loss, batch)


def terms(network: Transfer, loss: AdaINLoss, batch: PairBatch) -> Terms:
    """|f(g(t)) - t|^2 and the statistics of every tap (equations 12 and 13)."""
    content, style = network.encode(batch.x_a), network.encode(batch.x_b)
    wanted = adain(content[-1], style[-1])
    x_fake = network.decoder(wanted)
    found = network.encode(x_fake.clamp(-1, 1))
    outside = (x_fake.float().abs() - 1).clamp(min=0).square().mean()
    return {
        "content": (loss.content, F.mse_loss(found[-1].float(), wanted.float())),
        "style": (loss.style, style_distance(found, style)),
        "range": (loss.range, outside),
    }


def style_distance(found: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """Squared differences of means and of standard deviations, added up over the taps.

    Args:
        found: maps `(N, C, H, W)` of several taps.
        wanted: likewise.

    Returns:
        Scalar.
    """
    parts = [
        F.mse_loss(a, b)
        for one, other in zip(found, wanted, strict=True)
        for a, b in zip(statistics(one), statistics(other), strict=True)
    ]
    return sum(parts[1:], start=parts[0])
