"""Stored translators: pix2pix, CycleGAN and AdaIN, one safetensors file in half precision each."""

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from gan_lessons.config import Recipe
from gan_lessons.files import OutputFolder
from gan_lessons.models.card import LICENCES
from gan_lessons.text import read_json

FILE, CONFIG = "model.safetensors", "config.json"
FORMAT = "gan_lessons translator 1"
NOT_KEPT = {
    "pix2pix": "The generator alone is kept, without the discriminator.",
    "cyclegan": "The translator from source to target alone is kept: neither the one back nor the "
    "discriminators.",
    "adain": "The decoder alone is kept; the encoder is the bundled MobileNetV2 (`data/features`), "
    "the network that results are measured with, which favours this baseline.",
}
TEMPLATE = """---
library_name: gan-lessons
license: {licence}
tags: [style-transfer, {architecture}]
---

# {name}

{what}: a baseline that the style-transfer model is measured beside (`gan-lessons evaluate`).

| | |
|---|---|
| data | {data}, training split, {size} x {size} pixels{pair} |
| steps | {steps} of {batch} ({images} pictures seen) |
| time | {hours} hours on {device}, {precision} |
| code | gan_lessons {gan_lessons}, commit {commit} |
| versions | torch {torch}, torchvision {torchvision}, Python {python} |
| SHA-256 of `model.safetensors` | `{digest}` |

{kept} Weights are averages, stored in half precision. Again:

    gan-lessons train --recipe recipe.yaml --out runs/again

It was made for teaching, and knows the kind of picture that it was trained on.
"""
WHAT = {
    "pix2pix": "pix2pix (Isola et al. 2017), which was shown the true answers",
    "cyclegan": "CycleGAN (Zhu et al. 2017), which was not told what belongs together",
    "adain": "AdaIN (Huang and Belongie 2017), any picture in the statistics of any other",
}


def write(
    folder: OutputFolder,
    architecture: str,
    networks: dict[str, nn.Module],
    config: Recipe,
    made: dict,
) -> None:
    """Write networks for use, their recipe and a card.

    Args:
        folder: where `model.safetensors`, `config.json` and `README.md` go.
        architecture: "pix2pix", "cyclegan" or "adain".
        networks: by name, those that are kept.
        config: the recipe.
        made: what made the weights, as `run.provenance` says.
    """
    tensors = {
        f"{name}.{key}": value.detach().cpu().half().contiguous()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    data = save(tensors, metadata={"format": "pt"})
    folder.write_bytes(FILE, data)
    described = {
        "format": FORMAT,
        "architecture": architecture,
        "config": config.to_dict(),
        "run": made,
    }
    folder.write_json(CONFIG, described)
    digest = hashlib.sha256(data).hexdigest()
    folder.write_text("README.md", card(folder.root.name, architecture, config, made, digest))


def card(name: str, architecture: str, config: Recipe, made: dict, digest: str) -> str:
    """The model's card, in Markdown.

    Args:
        name: of the model.
        architecture: as `write` is told.
        config: the recipe.
        made: what made the weights.
        digest: SHA-256 of the weights' file.
    """
    data = config.data
    source, target = getattr(data, "source", ""), getattr(data, "target", "")
    facts = {k: f"{v:,}" if isinstance(v, int) else v for k, v in made.items()}
    return TEMPLATE.format(
        **{
            "name": name,
            "architecture": architecture,
            "what": WHAT[architecture],
            "kept": NOT_KEPT[architecture],
            "licence": LICENCES.get(data.name, "other"),
            "data": data.name,
            "size": data.size,
            "pair": f", {source} to {target}" if source else "",
            "batch": config.train.batch,
            "digest": digest,
            **facts,
        }
    )


def describe(folder: Path) -> dict:
    """What `write` put beside the weights.

    Args:
        folder: of a translator or of its run.

    Returns:
        `architecture`, `config` as plain data, and `run`.

    Raises:
        ValueError: if there is no such file, or it describes something else.
    """
    try:
        found = read_json(folder / CONFIG)
    except (OSError, ValueError):
        raise ValueError(f"{folder} holds no translator: {CONFIG} is missing or damaged") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{folder / CONFIG} describes another kind of model, not a translator")
    return found


def fill(folder: Path, networks: dict[str, nn.Module]) -> None:
    """Fill networks with stored weights, in place; nothing stored is executed.

    Args:
        folder: of a translator.
        networks: by name, those that are kept, fresh.

    Raises:
        ValueError: if the file is missing, damaged, or belongs to another recipe.
    """
    path = folder / FILE
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError):
        raise ValueError(f"{path} is missing or no safetensors file; fetch it again") from None
    for name, network in networks.items():
        prefix = f"{name}."
        own = {
            key.removeprefix(prefix): value.float()
            for key, value in tensors.items()
            if key.startswith(prefix)
        }
        try:
            network.load_state_dict(own)
        except RuntimeError:
            raise ValueError(f"{path} does not fit {CONFIG} beside it") from None
