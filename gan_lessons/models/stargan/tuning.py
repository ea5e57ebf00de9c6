"""A trained model learns styles of one's own: what they begin as, and the short recipe."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.config import DataConfig
from gan_lessons.data.batches import Batches
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.architecture import Networks
from gan_lessons.models.stargan.projected import FrozenFeatures
from gan_lessons.models.stargan.recipe import Config

LOOKED_AT = 32  # pictures of a style, at most
# Few pictures and few steps: small batches, draws that are learned from the first step on, and an
# average that forgets where it began.
SHORT = {
    "train.steps": 400,
    "train.batch": 8,
    "train.accumulate": 1,
    "train.lr": 3e-4,
    "train.discriminator_lr": 6e-4,
    "train.mapping_lr": 3e-5,
    "train.warmup": 20,
    "train.decay": 0.5,
    "train.ema_half_life": 0.4,
    "train.log_every": 20,
    "train.sample_every": 100,
    "train.checkpoint_every": 100,
    "train.snapshots": False,
}


def tuned(recipe: Config) -> Config:
    """The recipe of a trained model, shortened: some minutes on a CPU, for 20 pictures or more."""
    return recipe.override(SHORT)


@torch.inference_mode()
def nearest(
    networks: Networks, recipe: Config, dataset: StyleDataset, new: Sequence[str]
) -> dict[str, int]:
    """Which old style new ones begin as: the one whose results look most like their pictures.

    Sources from the data set, in the mean code of each old style, are compared with the pictures of
    a new style by mean and deviation of the channels of frozen features, which tell of colours,
    strokes and shading, and hardly of what is shown.

    Args:
        networks: "generator" and "mapping_network" of a trained model.
        recipe: of that model.
        dataset: with pictures of the new styles.
        new: their names.

    Returns:
        The number of an old style for each new one.
    """
    look = FrozenFeatures()
    known = [style for style in dataset.styles if style not in new]
    x = torch.cat([some(dataset, recipe, style) for style in known or new])
    x = x[:: max(1, len(x) // LOOKED_AT)]
    made = []
    for s in networks["mapping_network"].mean_codes():
        x_fake = networks["generator"](x, s.expand(len(x), -1))
        made.append(appearance(look, x_fake.clamp(-1, 1)))
    found = {}
    for style in new:
        wanted = appearance(look, some(dataset, recipe, style))
        away = [(wanted - each).abs().mean() for each in made]
        found[style] = int(torch.stack(away).argmin())
    return found


def some(dataset: StyleDataset, recipe: Config, style: str) -> Tensor:
    """Training pictures of a style, `LOOKED_AT` at most, spread over all: `(N, 3, S, S)`."""
    rows = dataset.indices("train", style)
    rows = rows[:: max(1, len(rows) // LOOKED_AT)][:LOOKED_AT]
    data = DataConfig(name=dataset.name, size=recipe.data.size)  # whole pictures
    batches = Batches(dataset, data, batch=1, latent_dim=1, seed=0)
    return batches.take(rows, torch.full((len(rows), 4), 0.5))


def appearance(look: FrozenFeatures, x: Tensor) -> Tensor:
    """Mean and deviation of every channel over pictures and places, in one row."""
    moments = []
    for h in look(x):
        deviation, mean = torch.std_mean(h, dim=(0, 2, 3))
        moments += [mean, deviation]
    return torch.cat(moments)
