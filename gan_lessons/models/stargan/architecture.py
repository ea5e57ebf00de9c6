"""What the style-transfer model is, for all that trains, stores, uses and measures models."""

import torch

from gan_lessons.data.batches import Batch, Batches
from gan_lessons.data.letter_batches import LetterBatch, LetterBatches
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.architecture import Architecture, Column, Networks, all_styles
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.outlines_objective import OutlineStarGAN
from gan_lessons.models.stargan.painting_objective import PaintingStarGAN
from gan_lessons.models.stargan.parts_objective import PartsStarGAN, grow
from gan_lessons.models.stargan.presets import PRESETS, preset
from gan_lessons.models.stargan.recipe import WITH_PARTS, Config
from gan_lessons.models.stargan.repainting import begin_with
from gan_lessons.models.stargan.tuning import nearest, tuned

USED = ("generator", "mapping_network", "style_encoder")


def fit(recipe: Config, dataset: StyleDataset) -> Config:
    """The recipe with the set's number of styles."""
    if recipe.model.generator == "repainting" and not recipe.model.first_pass:
        raise ValueError(
            "model.first_pass must name the model whose generator makes the first pass, "
            "such as emoji64"
        )
    return recipe.override({"model.domains": len(dataset.styles)})


def batches(
    recipe: Config, dataset: StyleDataset, device: torch.device, split: str = "train"
) -> Batches | LetterBatches:
    """Sources, references and latents."""
    settings = {
        "batch": recipe.train.batch,
        "latent_dim": recipe.model.latent_dim,
        "seed": recipe.train.seed,
        "split": split,
        "device": device,
    }
    if recipe.model.generator == "outlines":
        return LetterBatches(dataset, recipe.data, paired=recipe.loss.paired, **settings)
    return Batches(dataset, recipe.data, **settings)


def objective_of(recipe: Config) -> StarGAN:
    """The objective that a recipe's networks are trained by."""
    own = {"outlines": OutlineStarGAN, "painting": PaintingStarGAN}
    kinds = dict.fromkeys(WITH_PARTS, PartsStarGAN) | own
    return kinds.get(recipe.model.generator, StarGAN)(recipe)


def larger(recipe: Config, older: Config) -> bool:
    """Whether codes got palettes that those of an older model had not, or a first pass."""
    steps = (("modulated", "parts"), ("parts", "repainting"))
    return (older.model.generator, recipe.model.generator) in steps


def beside(recipe: Config) -> tuple[str, ...]:
    """The model that makes the first pass, where there is one."""
    return (recipe.model.first_pass,) if recipe.model.generator == "repainting" else ()


def grown(networks: Networks, older: Networks, *first: Networks) -> set[str]:
    """Begin as a larger model: with palettes, or with a first pass."""
    begin = begin_with if first else grow
    return begin(networks, older, *first)


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
    if isinstance(batch, LetterBatch):
        return letter_sheet(networks, batch)
    columns = [Column("source", x_real)]
    for domain, style in enumerate(styles):
        y = torch.full((len(x_real),), domain, device=x_real.device)
        for z in (batch.z_trg[:1], batch.z_trg2[:1]):
            s = networks["mapping_network"](z.expand(len(x_real), -1), y)
            columns.append(Column(style, networks["generator"](x_real, s), source=x_real))
    return columns


def letter_sheet(networks: Networks, batch: LetterBatch) -> list[Column]:
    """Letters in the hand of references beside the true ones where these are known, and draws."""
    x, y = batch.x_real[:8], batch.y_trg[:8]
    given = torch.cat([batch.x_ref[:8], batch.x_ref2[:8]])
    s = networks["style_encoder"](given, y.repeat(2)).unflatten(0, (2, len(x))).mean(dim=0)
    columns = [
        Column("source", x),
        Column("reference", batch.x_ref[:8]),
        Column("reference", batch.x_ref2[:8]),
        Column("by both", networks["generator"](x, s), source=x),
        Column("their own", batch.x_trg[:8]),
        Column("from it", networks["generator"](batch.x_trg[:8], s), source=batch.x_trg[:8]),
    ]
    for z in (batch.z_trg[:8], batch.z_trg2[:8], batch.z_trg[:8].flip(0)):
        s = networks["mapping_network"](z, y)
        columns.append(Column("drawn", networks["generator"](x, s), source=x))
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
    kept=(*USED, "discriminator", "projected", "reader"),
    needed=("generator", "mapping_network"),
    used=USED,
    use=lambda networks: networks,
    sheet=sheet,
    grows=larger,
    grow=grown,
    beside=beside,
    nearest=nearest,
    tune=tuned,
    draws=True,
    widen=lambda networks, factor: networks["mapping_network"].widen(factor),
    note="The model knows the styles and the kind of picture it was trained on, at its training "
    "size. Other pictures get the colours and shading of the styles, not new drawings.",
)
