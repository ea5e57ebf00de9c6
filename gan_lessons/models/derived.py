"""Models made of models, without training: the mean of several, and one that draws more widely."""

from collections.abc import Sequence
from pathlib import Path

import torch

from gan_lessons.files import OutputFolder
from gan_lessons.models.architecture import architecture
from gan_lessons.models.store import (
    CONFIG,
    FILE,
    Description,
    describe,
    read_networks,
    write_model,
)
from gan_lessons.models.stored_tensors import shapes_of


def unused(out: str | Path) -> Path:
    """The place of a new model.

    Raises:
        ValueError: if it holds a model: days of training are not written over.
    """
    if any((Path(out) / name).exists() for name in (CONFIG, FILE)):
        raise ValueError(f"{out} already holds a model; name another folder")
    return Path(out)


def average_models(folders: Sequence[Path], folder: OutputFolder) -> None:
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
    last = describe(folders[-1])
    used = architecture(last.architecture).used
    networks = read_networks(folders[-1], last, used)
    wanted = {name: shapes_of(network.state_dict()) for name, network in networks.items()}
    each = []
    for path in folders:
        other = describe(path)
        alike = (other.architecture, other.styles) == (last.architecture, last.styles)
        each.append(read_networks(path, other, used) if alike else {})
        if {name: shapes_of(net.state_dict()) for name, net in each[-1].items()} != wanted:
            raise ValueError(f"{path} has other shapes or styles than {folders[-1]}")
    for name, network in networks.items():
        states = [parts[name].state_dict() for parts in each]
        mean = {key: torch.stack([s[key] for s in states]).mean(dim=0) for key in states[0]}
        network.load_state_dict(mean)
    made = last.run | {"averaged": [path.name for path in folders]}
    write_model(folder, networks, Description(last.recipe, last.styles, made))


def widen_model(source: Path, factor: float, folder: OutputFolder) -> None:
    """Write a model whose draws lie further from the mean of their style.

    Args:
        source: the model's folder.
        factor: on the distance of drawn codes from their mean.
        folder: of the new model.

    Raises:
        ValueError: for a model that draws no styles, or a factor not between 0 and 10.
    """
    known = describe(source)
    kind = architecture(known.architecture)
    if kind.widen is None:
        raise ValueError(f"{source.name} draws no styles, so nothing can differ more")
    if not 0 < factor <= 10:
        raise ValueError(f"the factor must be above 0 and at most 10, got {factor:g}")
    kind.widen(networks := read_networks(source, known, kind.used), factor)
    made = known.run | {"widened": factor * known.run.get("widened", 1.0)}
    write_model(folder, networks, Description(known.recipe, known.styles, made))
