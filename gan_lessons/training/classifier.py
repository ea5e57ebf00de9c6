"""The training of a style classifier, on the one loop."""

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from gan_lessons.data.batches import Batches
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder
from gan_lessons.models.classifier.objective import Classifier
from gan_lessons.models.classifier.recipe import ClassifierConfig
from gan_lessons.text import read_json
from gan_lessons.training import checkpoint
from gan_lessons.training.checkpoint import State
from gan_lessons.training.loop import train
from gan_lessons.training.precision import device_named
from gan_lessons.training.run import provenance

NAME = "style_classifier"
FORMAT = "gan_lessons style classifier 1"
CHOICES = ("shift", "brightness,shift", "shift,cutout", "brightness,shift,cutout")  # augmentations
TRIAL = 1000  # steps that each is tried for


def run(
    config: ClassifierConfig,
    out: str | Path,
    *,
    dataset: StyleDataset | None = None,
    device: str = "auto",
    split: str = "test",
    report: Callable[[str], None] = print,
) -> State:
    """Train a classifier; at the end judge held-out pictures, once, and write both.

    Args:
        config: the recipe; the number of styles is taken from the set.
        out: the run's folder; a run that is there already is gone on with.
        dataset: already loaded; otherwise `config.data.name` is.
        device: "auto", "cuda", "mps" or "cpu".
        split: which pictures are judged at the end; "valid" while a recipe is being looked for.
        report: called with each line for people.

    Returns:
        The state at the end.

    Raises:
        ValueError: if the folder holds a run of another recipe.
    """
    target, folder = device_named(device), OutputFolder(out)
    dataset = dataset or load_dataset(config.data.name, size=config.data.size)
    config = config.override({"model.domains": len(dataset.styles)})
    batches = Batches(
        dataset,
        config.data,
        batch=config.train.batch,
        latent_dim=1,  # unused
        seed=config.train.seed,
        device=target,
    )
    state = checkpoint.create(objective := Classifier(config), config, target)
    if (path := folder.root / checkpoint.FILE).exists():
        saved = checkpoint.read(path)
        checkpoint.check_same_recipe(
            ClassifierConfig.from_dict(saved["config"]), config, saved["step"]
        )
        state.restore(saved)
    return train(
        objective,
        state,
        batches,
        folder,
        on_sample=lambda s: None,
        on_checkpoint=lambda s: finish(s, dataset, folder, split),
        report=report,
    )


def choose(
    config: ClassifierConfig,
    out: str | Path,
    *,
    dataset: StyleDataset | None = None,
    choices: tuple[str, ...] = CHOICES,
    steps: int = TRIAL,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Try augmentations on the training pictures and judge them by the validation pictures alone.

    Args:
        config: the recipe; everything but augmentation and length is kept.
        out: folder for the trials, which are gone on with where they were stopped.
        dataset: already loaded; otherwise `config.data.name` is.
        choices: augmentations, each separated by commas.
        steps: length of a trial.
        report: called with each line for people.

    Returns:
        Validation accuracy by augmentation.
    """
    found = {}
    for choice in choices:
        trial = config.override({"model.augment": choice, "train.steps": steps})
        folder = Path(out) / choice.replace(",", "_")
        run(trial, folder, dataset=dataset, split="valid", report=lambda line: None)
        judged = read_json(folder / f"{NAME}.json")
        found[choice] = judged["accuracy"]
        report(f"{choice}: {found[choice]:.3f} of the validation pictures")
    return found


def finish(state: State, dataset: StyleDataset, folder: OutputFolder, split: str) -> None:
    """At the last step, write the averaged weights in half precision and what they are good for."""
    if state.step < state.config.train.steps:
        return  # the checkpoint is enough, and nobody gets to choose by the test pictures
    network = state.averages["classifier"]
    tensors = {
        name: value.detach().cpu().half().contiguous()
        for name, value in network.state_dict().items()
        if value.is_floating_point()
    }
    judged = dataset.subset(split)
    table = confusion(network, judged.images, judged.labels, len(judged.styles))
    described = {
        "format": FORMAT,
        "styles": list(dataset.styles),
        "size": state.config.data.size,
        "data": dataset.name,
        "split": split,
        "accuracy": table.diag().sum().item() / table.sum().item(),
        "confusion": table.tolist(),
        "augment": state.config.model.augment,
        "run": provenance(state),
    }
    folder.write_bytes(f"{NAME}.safetensors", save(tensors, metadata={"format": "pt"}))
    folder.write_json(f"{NAME}.json", described)


@torch.inference_mode()
def confusion(network: nn.Module, images: Tensor, labels: Tensor, styles: int) -> Tensor:
    """Which style is taken for which.

    Args:
        network: pictures to logits.
        images: uint8 `(N, 3, H, W)`.
        labels: `(N,)`.
        styles: how many there are.

    Returns:
        Counts `(styles, styles)`: rows true, columns as judged.
    """
    device = next(network.parameters()).device
    judged = [
        network(part.to(device).float() / 127.5 - 1).argmax(dim=1).cpu()
        for part in images.split(256)
    ]
    pairs = labels.cpu() * styles + torch.cat(judged)
    return torch.bincount(pairs, minlength=styles**2).view(styles, styles)
