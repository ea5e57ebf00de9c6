"""What pix2pix is, for all that trains, stores, uses and measures models."""

import torch
from torch import Tensor

from gan_lessons.data.pairs import styles_side_by_side
from gan_lessons.data.samples import PairBatch
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.losses import images
from gan_lessons.models.architecture import Architecture, Batches, Column, Networks
from gan_lessons.models.pairs import fit_pair, one_answer, pair_batches, target_alone
from gan_lessons.models.pix2pix.networks import build, dropped
from gan_lessons.models.pix2pix.objective import Pix2Pix
from gan_lessons.models.pix2pix.recipe import Pix2PixRecipe
from gan_lessons.models.presets import smoke_and_full

SMOKE = {"model.depth": 3, "model.width": 8, "model.critic_width": 8, "model.critic_depth": 1}

# A thousand pairs are learnt by heart in a few epochs: vary them, and end when validation does.
FULL = {"data.jitter": True, "train.checkpoint_every": 500, "train.patience": 6}


def fit_answers(recipe: Pix2PixRecipe, dataset: StyleDataset) -> Pix2PixRecipe:
    """Refuse styles that a set lacks, and answers that nothing proves and nobody asked for.

    Raises:
        ValueError: saying what would do.
    """
    recipe = fit_pair(recipe, dataset)
    if not dataset.paired and recipe.data.pairs == "proven":
        raise ValueError(
            f"nothing says that two pictures of one name in {dataset.name} show the same thing; if "
            "they do, say so with --set data.pairs=by-name, or train --model cyclegan, which needs "
            "no pairs"
        )
    return recipe


def batches(
    recipe: Pix2PixRecipe, dataset: StyleDataset, device: torch.device, split: str = "train"
) -> Batches:
    """Pictures of what both styles have, side by side."""
    latent = dropped(recipe.model) if split == "train" else 0
    return pair_batches(
        styles_side_by_side, recipe, dataset, device, split, paired=True, latent=latent
    )


def sheet(
    networks: Networks, batch: PairBatch, recipe: Pix2PixRecipe, styles: tuple[str, ...]
) -> list[Column]:
    """Sources, results, true answers."""
    x_fake = networks["generator"](batch.x_a)
    source, target = recipe.data.source, recipe.data.target
    made = Column(f"as {target}", x_fake, source=batch.x_a)
    return [Column(source, batch.x_a), made, Column(f"true {target}", batch.x_b)]


def validate(networks: Networks, batch: PairBatch, recipe: Pix2PixRecipe) -> Tensor:
    """L1 to the true answers of pictures that it does not train on."""
    return images.l1(networks["generator"](batch.x_a), batch.x_b)


ARCHITECTURE = Architecture(
    title="pix2pix",
    about="pix2pix (Isola et al. 2017), which was shown the true answers",
    recipe=Pix2PixRecipe,
    presets=("smoke", "full"),
    preset=smoke_and_full(Pix2PixRecipe, SMOKE, FULL),
    fit=fit_answers,
    styles=target_alone,
    build=build,
    objective=Pix2Pix,
    batches=batches,
    kept=("generator",),
    needed=("generator",),
    used=("generator",),
    use=one_answer,
    sheet=sheet,
    validate=validate,
    note="The generator alone is kept, without the discriminator.",
)
