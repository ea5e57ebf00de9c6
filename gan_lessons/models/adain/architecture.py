"""What AdaIN is, for all that trains, stores, uses and measures models."""

import torch
from torch import Tensor

from gan_lessons.data.pairs import all_styles
from gan_lessons.data.samples import PairBatch
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.adain.networks import Redraw, Statistics, build
from gan_lessons.models.adain.objective import AdaINTransfer, terms
from gan_lessons.models.adain.recipe import AdaINRecipe
from gan_lessons.models.architecture import Architecture, Batches, Column, Networks
from gan_lessons.models.pairs import pair_batches
from gan_lessons.models.presets import smoke_and_full

SMOKE = {"model.width": 16, "model.layers": 1, "data.paintings": False}
# White paper without a coloured frame, and as long as validation gets better.
FULL = {
    "model.mirror": 8,
    "train.steps": 20_000,
    "train.checkpoint_every": 500,
    "train.patience": 4,
}
ANY = ("reference",)  # the only style that one asks for: that of the picture given with it


def batches(
    recipe: AdaINRecipe, dataset: StyleDataset, device: torch.device, split: str = "train"
) -> Batches:
    """Any picture as content, any other as style."""
    return pair_batches(all_styles, recipe, dataset, device, split, paired=False)


def sheet(
    networks: Networks, batch: PairBatch, recipe: AdaINRecipe, styles: tuple[str, ...]
) -> list[Column]:
    """Contents, references, results."""
    x_fake = networks["transfer"](batch.x_a, batch.x_b)
    real = [Column("content", batch.x_a), Column("reference", batch.x_b)]
    return [*real, Column("result", x_fake, source=batch.x_a)]


def validate(networks: Networks, batch: PairBatch, recipe: AdaINRecipe) -> Tensor:
    """What it trains for, on pictures that it does not train on."""
    parts = terms(networks["transfer"], recipe.loss, batch)
    return sum(weight * value for weight, value in parts.values())


def use(networks: Networks) -> Networks:
    """A generator whose codes are statistics, and what reads them off a reference."""
    transfer = networks["transfer"]
    return {"generator": Redraw(transfer), "style_encoder": Statistics(transfer)}


ARCHITECTURE = Architecture(
    title="AdaIN",
    about="AdaIN (Huang and Belongie 2017), any picture in the statistics of any other",
    recipe=AdaINRecipe,
    presets=("smoke", "full"),
    preset=smoke_and_full(AdaINRecipe, SMOKE, FULL),
    fit=lambda recipe, dataset: recipe,
    styles=lambda recipe, styles: ANY,
    build=build,
    objective=AdaINTransfer,
    batches=batches,
    kept=("transfer",),
    needed=("transfer",),
    used=("transfer",),
    use=use,
    sheet=sheet,
    validate=validate,
    note="The decoder alone is kept; the encoder is the bundled MobileNetV2 (`data/features`), the "
    "network that results are measured with, which favours this baseline.",
    needs_reference=True,
)
