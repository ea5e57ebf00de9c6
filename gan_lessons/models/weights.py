"""Weights for use: one safetensors file in half precision, with config.json beside it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from gan_lessons.files import OutputFolder
from gan_lessons.models.card import model_card
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.text import read_json

FILE = "model.safetensors"
CONFIG = "config.json"
FORMAT = "gan_lessons style transfer 1"
SNAPSHOTS = "snapshots"  # folder of a run, where the models of its checkpoints stay


def write(
    folder: OutputFolder,
    networks: dict[str, nn.Module],
    config: Config,
    styles: tuple[str, ...],
    run: dict,
) -> None:
    """Write networks for use, in the layout of the Hugging Face hub.

    Args:
        folder: where `model.safetensors`, `config.json` and the card `README.md` go.
        networks: by name; averages where there are any.
        config: the recipe, whose shapes are needed to load the weights again.
        styles: names of the domains, in order.
        run: what made the weights: steps, images, device, hours, versions.
    """
    tensors = {
        f"{name}.{key}": value.detach().to("cpu", torch.float16).contiguous()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    data = save(tensors, metadata={"format": "pt"})
    folder.write_bytes(FILE, data)
    described = {
        "format": FORMAT,
        "styles": list(styles),
        "config": config.to_dict(),
        "run": run,
    }
    folder.write_json(CONFIG, described)
    digest = hashlib.sha256(data).hexdigest()
    folder.write_text("README.md", model_card(folder.root.name, styles, config, run, digest))


def read_config(folder: Path) -> tuple[Config, tuple[str, ...], dict]:
    """Read what `write` put beside the weights.

    Args:
        folder: of a model or a run.

    Returns:
        The recipe, the styles, and what made the weights (empty where that was not recorded).

    Raises:
        ValueError: if there is no such file, it is damaged, or describes another kind of model.
    """
    path = folder / CONFIG
    if not path.is_file():
        raise ValueError(
            f"{folder} holds no model: {CONFIG} is missing. Give a folder with {CONFIG} and "
            f"{FILE}, such as one written by `gan-lessons train`"
        )
    try:
        values = read_json(path)
    except ValueError:
        raise ValueError(f"{path} is not JSON; restore it from the model's source") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ValueError(f"{path} describes another kind of model, not a style transfer")
    try:
        config = Config.from_dict(values.get("config"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); fetch the model again") from None
    styles, run = values.get("styles"), values.get("run")
    names = isinstance(styles, list) and all(isinstance(style, str) for style in styles)
    if not names or len(styles) != config.model.domains:
        raise ValueError(
            f"{path} is damaged (it does not name {config.model.domains} styles); "
            "fetch the model again"
        )
    return config, tuple(styles), run if isinstance(run, dict) else {}


def stored(folder: Path) -> set[str]:
    """Names of the networks whose weights a folder holds; a bundled model may lack some.

    Args:
        folder: of a model or a run.

    Raises:
        ValueError: if the file is missing or damaged.
    """
    return {key.partition(".")[0] for key in _tensors(folder)}


def read(folder: Path, names: tuple[str, ...]) -> dict[str, nn.Module]:
    """Build networks and fill them with stored weights; nothing stored is executed.

    Args:
        folder: of a model or a run.
        names: which networks, such as "generator".

    Returns:
        The networks by name, in float32 on the CPU.

    Raises:
        ValueError: if the file is missing, damaged, a pickle, or belongs to another model.
    """
    config, _, _ = read_config(folder)
    tensors = _tensors(folder)
    networks = build(config.model)
    for name in names:
        prefix = f"{name}."
        own = {
            key.removeprefix(prefix): value.float()
            for key, value in tensors.items()
            if key.startswith(prefix)
        }
        try:
            networks[name].load_state_dict(own)
        except RuntimeError:
            raise ValueError(
                f"{folder / FILE} does not fit {CONFIG} beside it: the {name} differs in its "
                "layers. The two files belong to different models"
            ) from None
    return {name: networks[name] for name in names}


def snapshots(run: Path) -> list[Path]:
    """Folders of the models that a run kept on its way, in order; none where it kept none."""
    return sorted(path.parent for path in run.glob(f"{SNAPSHOTS}/*/{CONFIG}"))


def average(folders: Sequence[Path], folder: OutputFolder) -> None:
    """Write the mean of several models: snapshots, or a model and what came of it.

    Snapshots lie around the place that a training circles, and their mean is nearer to it than each
    of them (Izmailov et al. 2018, section 3): an average over a longer way than the EMA's. The mean
    of a model and of one that began with its weights has something of both. Models that have no
    weights in common have no sensible mean.

    Args:
        folders: of the models, in order; what the last one says of itself is kept.
        folder: of the mean.

    Raises:
        ValueError: for fewer than two models, or those of other shapes or styles.
    """
    if len(folders) < 2:
        raise ValueError("an average needs two models or more; train with train.snapshots=true")
    config, styles, made = read_config(folders[-1])
    for path in folders:
        other, named, _ = read_config(path)
        if (other.model, named) != (config.model, styles):
            raise ValueError(f"{path} has other shapes or styles than {folders[-1]}")
    shown = ("generator", "mapping_network", "style_encoder")
    each = [read(path, shown) for path in folders]
    networks = each[-1]
    for name, network in networks.items():
        states = [parts[name].state_dict() for parts in each]
        mean = {key: torch.stack([s[key] for s in states]).mean(dim=0) for key in states[0]}
        network.load_state_dict(mean)
    write(folder, networks, config, styles, made | {"averaged": [path.name for path in folders]})


def _tensors(folder: Path) -> dict[str, Tensor]:
    path = folder / FILE
    if not path.is_file():
        raise ValueError(f"{folder} holds no weights: {FILE} is missing")
    try:
        return load_file(path)
    except SafetensorError:
        raise ValueError(
            f"{path} is not a safetensors file; it was not opened as anything else, and nothing "
            "in it was executed. Fetch the model again"
        ) from None
