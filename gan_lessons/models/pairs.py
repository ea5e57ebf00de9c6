"""What models from one style to another have in common: their data, their styles, their use."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gan_lessons.config import Recipe
from gan_lessons.data.pairs import Jittered, PairData, styles_apart
from gan_lessons.data.samples import PairBatch, Pairs
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.architecture import Networks

Pictures = Callable[[StyleDataset, PairData, str], tuple[Tensor, Tensor]]


class OneAnswer(nn.Module):
    """A translator that knows one result, as a generator that takes a style code.

    Args:
        network: from `(N, 3, H, W)` to the same, with an attribute `stride`.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network, self.stride, self.style_dim = network, network.stride, 0
        self.least = getattr(network, "least", 1)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Translate: `(N, 3, H, W)` and codes `(N, 0)`, which say nothing, to `(N, 3, H, W)`."""
        return self.network(x)


def one_answer(networks: Networks) -> Networks:
    """The use of a model whose only used network translates."""
    (network,) = networks.values()
    return {"generator": OneAnswer(network)}


def target_alone(recipe: Recipe, styles: tuple[str, ...]) -> tuple[str, ...]:
    """The style that the model translates into."""
    return (recipe.data.target,)


def fit_pair(recipe: Recipe, dataset: StyleDataset) -> Recipe:
    """Refuse a pair of styles that a set lacks.

    Raises:
        ValueError: naming the styles of the set, and how two of them are chosen.
    """
    wanted = recipe.data.source, recipe.data.target
    if missing := [style for style in wanted if style not in dataset.styles]:
        one, other, *_ = dataset.styles
        raise ValueError(
            f"{dataset.name} has no style {' and no '.join(map(repr, missing))}; choose two of "
            f"{', '.join(dataset.styles)}, as in --set 'data.source={one}' "
            f"--set 'data.target={other}'"
        )
    return recipe


def pair_batches(
    pictures: Pictures,
    recipe: Recipe,
    dataset: StyleDataset,
    device: torch.device,
    split: str,
    *,
    paired: bool,
    latent: int = 0,
) -> Callable[[int], PairBatch]:
    """Batches of pairs.

    Args:
        pictures: from set, settings and split to the two stacks that batches are drawn from.
        recipe: with the settings of data and training.
        dataset: the whole set.
        device: where the batches are wanted.
        split: "train" or another; of the training pictures where it has none.
        paired: whether picture i of one stack answers picture i of the other.
        latent: numbers for dropout.

    Returns:
        From a step's number to its batch.

    Raises:
        ValueError: if there are no pictures to train on.
    """
    x_a, x_b = pictures(dataset, recipe.data, split)
    if not len(x_a) or not len(x_b):
        x_a, x_b = pictures(dataset, recipe.data, "train")
    if not len(x_a) or not len(x_b):
        raise ValueError(
            f"nothing in {dataset.name} is there both as {recipe.data.source} and as "
            f"{recipe.data.target}, going by the names of the files; train --model cyclegan, "
            "which needs no pairs"
        )
    batches = Pairs(
        x_a, x_b, paired=paired, batch=recipe.train.batch, seed=recipe.train.seed, latent=latent,
        device=device,
    )  # fmt: skip
    if split == "train" and getattr(recipe.data, "jitter", False):
        return Jittered(batches, recipe.train.seed)
    return batches


def unpaired_batches(
    recipe: Recipe, dataset: StyleDataset, device: torch.device, split: str = "train"
) -> Callable[[int], PairBatch]:
    """Pictures of both styles, whatever they show; see `Batching`."""
    return pair_batches(styles_apart, recipe, dataset, device, split, paired=False)


# What CycleGAN and CUT say of themselves alike: of all networks the translator there is kept.
UNPAIRED: dict[str, Any] = {
    "fit": fit_pair,
    "styles": target_alone,
    "batches": unpaired_batches,
    "kept": ("a_to_b",),
    "needed": ("a_to_b",),
    "used": ("a_to_b",),
    "use": one_answer,
}
