"""The training of a style classifier, on the one loop."""

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from gan_lessons.data.batches import Batches
from gan_lessons.data.datasets import StyleDataset, load_dataset
from gan_lessons.files import OutputFolder
from gan_lessons.objectives.classifier import Classifier, ClassifierConfig
from gan_lessons.training import checkpoint
from gan_lessons.training.checkpoint import State
from gan_lessons.training.loop import train
from gan_lessons.training.precision import device_named
from gan_lessons.training.runs import provenance

NAME = "style_classifier"
FORMAT = "gan_lessons style classifier 1"


def run(
    config: ClassifierConfig,
    out: str | Path,
    *,
    dataset: StyleDataset | None = None,
    device: str = "auto",
    report: Callable[[str], None] = print,
) -> State:
    """Train a classifier and write it with its accuracy on the test pictures.

    Args:
        config: the recipe; the number of styles is taken from the set.
        out: the run's folder; a run that is there already is gone on with.
        dataset: already loaded; otherwise `config.data.name` is.
        device: "auto", "cuda", "mps" or "cpu".
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
        on_checkpoint=lambda s: write(s, dataset, folder),
        report=report,
    )


def write(state: State, dataset: StyleDataset, folder: OutputFolder) -> None:
    """Write the averaged weights in half precision, and beside them what they are good for."""
    network = state.averages["classifier"]
    tensors = {
        name: value.detach().cpu().half().contiguous()
        for name, value in network.state_dict().items()
        if value.is_floating_point()
    }
    test = dataset.subset("test")
    table = confusion(network, test.images, test.labels, len(test.styles))
    described = {
        "format": FORMAT,
        "styles": list(dataset.styles),
        "size": state.config.data.size,
        "data": dataset.name,
        "accuracy": table.diag().sum().item() / table.sum().item(),
        "confusion": table.tolist(),
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
