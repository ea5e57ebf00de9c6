"""What the style classifier is, for all that trains, stores and measures models."""

from typing import Any

import torch

from gan_lessons.data.batches import Batches
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.architecture import Architecture, Networks, all_styles
from gan_lessons.models.classifier.networks import build, confusion
from gan_lessons.models.classifier.objective import Classifier
from gan_lessons.models.classifier.recipe import ClassifierConfig
from gan_lessons.models.presets import smoke_and_full


def fit(recipe: ClassifierConfig, dataset: StyleDataset) -> ClassifierConfig:
    """The recipe with the set's number of styles."""
    return recipe.override({"model.domains": len(dataset.styles)})


def batches(
    recipe: ClassifierConfig, dataset: StyleDataset, device: torch.device, split: str = "train"
) -> Batches:
    """Pictures and their styles; the latents are of no use here."""
    return Batches(
        dataset,
        recipe.data,
        batch=recipe.train.batch,
        latent_dim=1,
        seed=recipe.train.seed,
        split=split,
        device=device,
    )


def judged(networks: Networks, recipe: ClassifierConfig, dataset: StyleDataset) -> dict[str, Any]:
    """What the classifier is worth on held-out pictures; choose by those of the validation."""
    found = {}
    for split, name in (("valid", "accuracy_valid"), ("test", "accuracy")):
        shown = dataset.subset(split)
        if len(shown):
            styles = len(shown.styles)
            table = confusion(networks["classifier"], shown.images, shown.labels, styles)
            found[name] = (table.diag().sum() / table.sum()).item()
            found["confusion"] = table.tolist()
    return found


ARCHITECTURE = Architecture(
    title="style classifier",
    about="Tells styles apart: the judge of how well a style was met",
    recipe=ClassifierConfig,
    presets=("smoke", "full"),
    preset=smoke_and_full(ClassifierConfig, {}),
    fit=fit,
    styles=all_styles,
    build=build,
    objective=Classifier,
    batches=batches,
    kept=("classifier",),
    needed=("classifier",),
    used=("classifier",),
    judged=judged,
)
