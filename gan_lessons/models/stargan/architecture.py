"""What the style-transfer model is, for all that trains, stores, uses and measures models."""

import torch

from gan_lessons.data.batches import Batch, Batches
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.architecture import Architecture, Column, Networks, all_styles
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.presets import PRESETS, preset
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.models.stargan.restoring import grow, objective_of

USED = ("generator", "mapping_network", "style_encoder")


def fit(recipe: Config, dataset: StyleDataset) -> Config:
    """The recipe with the set's number of styles."""
    return recipe.override({"model.domains": len(dataset.styles)})


def batches(
    recipe: Config, dataset: StyleDataset, device: torch.device, split: str = "train"
) -> Batches:
    """Sources, references and latents."""
    return Batches(
        dataset,
        recipe.data,
        batch=recipe.train.batch,
        latent_dim=recipe.model.latent_dim,
        seed=recipe.train.seed,
        split=split,
        device=device,
    )


def larger(recipe: Config, older: Config) -> bool:
    """Whether codes got palettes that those of an older model had not."""
    return (older.model.generator, recipe.model.generator) == ("modulated", "parts")


@torch.no_grad()
def sheet(
    networks: Networks, batch: Batch, recipe: Config, styles: tuple[str, ...]
) -> list[Column]:
    """Fixed sources in every style, by two latents each.

    Args:
        networks: "generator" and "mapping_network", usually the averages.
        batch: a fixed batch; eight sources and two latents are taken from it.
        recipe: of the networks.
        styles: in domain order.

    Returns:
        The sources, then for each style two draws.
    """
    x_real = batch.x_real[:8]
    columns = [Column("source", x_real)]
    for domain, style in enumerate(styles):
        y = torch.full((len(x_real),), domain, device=x_real.device)
        for z in (batch.z_trg[:1], batch.z_trg2[:1]):
            s = networks["mapping_network"](z.expand(len(x_real), -1), y)
            columns.append(Column(style, networks["generator"](x_real, s), source=x_real))
    return columns


ARCHITECTURE = Architecture(
    title="StarGAN v2",
    about="Turns one image into many: many results in each style",
    recipe=Config,
    presets=(*PRESETS, "paper"),
    preset=lambda name, data: preset(name, data=data),
    fit=fit,
    styles=all_styles,
    build=build,
    objective=objective_of,
    batches=batches,
    kept=(*USED, "discriminator", "projected"),
    needed=("generator", "mapping_network"),
    used=USED,
    use=lambda networks: networks,
    sheet=sheet,
    grows=larger,
    grow=grow,
    draws=True,
    note="The model knows the styles and the kind of picture it was trained on, at its training "
    "size. Other pictures get the colours and shading of the styles, not new drawings.",
)
