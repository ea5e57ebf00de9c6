"""The one store of models: where they are found, how their weights are written and read.

A model is a folder in the layout of the Hugging Face hub: `model.safetensors` in half precision,
`config.json` beside it, which says what the weights are of, a card, and the recipe that trains it
again. Nothing stored is executed.
"""

import hashlib
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from gan_lessons.config import Recipe
from gan_lessons.files import OutputFolder, share
from gan_lessons.models import hub, recipes
from gan_lessons.models.architecture import Architecture, Networks, architecture
from gan_lessons.models.budget import Budget, TooLarge
from gan_lessons.models.card import model_card
from gan_lessons.models.listing import names
from gan_lessons.models.record import are_styles, facts_of
from gan_lessons.models.stored_tensors import FILE, network_tensors, shapes_of, stored_shapes
from gan_lessons.text import read_json

CONFIG, CARD = "config.json", "README.md"
FORMAT = "gan_lessons model 1"
FIRST = "first"  # folder within a model's: the record of the training whose weights it began with
STAGES = (FIRST, "second", "third", "fourth")  # such folders, in order
SNAPSHOTS = "snapshots"  # folder of a run, where the models of its checkpoints stay
# Models of earlier versions: their format, and the architecture where they do not name it.
EARLIER = {"gan_lessons style transfer 1": "stargan", "gan_lessons translator 1": None}


@dataclass(frozen=True)
class Description:
    """What stands beside the weights of a model.

    Attributes:
        recipe: of the training, whose shapes are needed to load the weights again.
        styles: what the model can be asked for, in domain order.
        run: what made the weights: steps, images, device, hours, versions; empty where that was
            not recorded.
    """

    recipe: Recipe
    styles: tuple[str, ...]
    run: dict[str, Any] = field(default_factory=dict)

    @property
    def architecture(self) -> str:
        """The name of the kind of model."""
        return self.recipe.architecture


def find(name: str | Path, *, fetch: bool = True) -> Path:
    """The folder of a model.

    Args:
        name: a folder; the name of a bundled model; or "owner/name" on the Hugging Face hub.
        fetch: whether the hub may be asked; not where a file names the model and not a person.

    Returns:
        A folder on this machine.

    Raises:
        ValueError: if there is no such model; the sentence lists the bundled ones.
    """
    folder, text = Path(name), str(name)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ValueError(f"{text} is a file; give the folder of a model, with {CONFIG} in it")
    if text in all_bundled():
        return share("data", "models", text)
    if fetch and text.count("/") == 1 and not text.startswith((".", "/", "~")):
        return hub.fetch(text, (FILE, CONFIG, CARD))
    raise ValueError(
        f"no model {text!r}: expected a folder, 'owner/name' on the Hugging Face hub, or one of "
        f"the bundled models ({', '.join(bundled())})"
    )


def bundled() -> list[str]:
    """Names of the style-transfer models that come with the course."""
    return [name for name in all_bundled() if _kind_of_bundled(name).draws]


def bundled_baselines() -> list[str]:
    """Names of the trained baselines that come with the course."""
    kinds = {name: _kind_of_bundled(name) for name in all_bundled()}
    return [name for name, kind in kinds.items() if kind.use and not kind.draws]


def all_bundled() -> list[str]:
    """Names of all models that come with the course."""
    try:
        home = share("data", "models")
    except ValueError:
        return []
    return sorted(path.parent.name for path in home.glob(f"*/{CONFIG}"))


def _kind_of_bundled(name: str) -> Architecture:
    values = _read_config(share("data", "models", name))
    return architecture(_stored_architecture(values))


def trainings(folder: Path) -> list[Path]:
    """Where the records of the trainings that made a model lie: log, recipe, sheets, config.json.

    Args:
        folder: of a model.

    Returns:
        In order: the trainings that are recorded in its folder because the model's own began with
        their weights, and the model's own.

    Example:
        >>> [path.name for path in trainings(find("emoji64"))]
        ['first', 'emoji64']
    """
    stages = [folder / stage for stage in STAGES]
    return [path for path in (*stages, folder) if (path / CONFIG).is_file()]


def snapshots(run: Path) -> list[Path]:
    """Folders of the models that a run kept on its way, in order; none where it kept none."""
    kept = (path.parent for path in run.glob(f"{SNAPSHOTS}/*/{CONFIG}"))
    return sorted(path for path in kept if re.fullmatch("[0-9]+", path.name))


def write_model(folder: OutputFolder, networks: Networks, description: Description) -> None:
    """Write a model: weights, description, card, and the recipe that trains it again.

    Args:
        folder: where the four files go.
        networks: by name; averages where there are any.
        description: what they are.

    Raises:
        OSError: if the folder cannot be written.
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
        "architecture": description.architecture,
        "styles": list(description.styles),
        "config": description.recipe.to_dict(),
        "run": description.run,
    }
    folder.write_json(CONFIG, described)
    recipes.write_recipe(folder, description.recipe)
    digest = hashlib.sha256(data).hexdigest()
    card = model_card(
        folder.root.name, description.styles, description.recipe, description.run, digest
    )
    folder.write_text(CARD, card)


def describe(folder: Path) -> Description:
    """Read what `write_model` put beside the weights.

    Args:
        folder: of a model or a run.

    Returns:
        The recipe, the styles, and what made the weights.

    Raises:
        ValueError: if there is no such file, it is damaged, or describes another kind of thing.
    """
    values, path = _read_config(folder), folder / CONFIG
    kind = architecture(_stored_architecture(values))
    try:
        recipe = kind.recipe.from_dict(values.get("config"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); fetch the model again") from None
    styles = values.get("styles", list(kind.styles(recipe, ())))
    domains = getattr(recipe.model, "domains", None)
    if not are_styles(styles) or (domains or len(styles)) != len(styles):
        raise ValueError(
            f"{path} is damaged (it does not name {domains or 'its'} styles); fetch the model again"
        )
    return Description(recipe, tuple(styles), facts_of(values.get("run")))


def read_networks(
    folder: Path, description: Description, wanted: Collection[str], *, lenient: bool = False
) -> Networks:
    """Build networks and fill them with stored weights.

    Args:
        folder: of a model or a run.
        description: what `describe` said of it, or another one whose shapes are tried.
        wanted: names of the networks; no other is built or read.
        lenient: leave out those that are not stored or have other shapes.

    Returns:
        The networks by name, in float32 on the CPU.

    Raises:
        ValueError: if the file is missing, damaged, a pickle, belongs to another model, or holds
            numbers that are not finite.
    """
    stored = stored_shapes(folder)
    sizes = [math.prod(shape) for shapes in stored.values() for shape in shapes.values()]
    try:
        with Budget(sum(sizes)):
            networks = architecture(description.architecture).build(
                description.recipe.model, 0, wanted
            )
    except TooLarge:
        networks = {}
    fits = {n for n, net in networks.items() if shapes_of(net.state_dict()) == stored.get(n)}
    networks = {name: network for name, network in networks.items() if name in fits}
    if other := [name for name in wanted if name not in networks and not lenient]:
        raise ValueError(
            f"{folder / FILE} does not fit {CONFIG} beside it: the {other[0]} differs in its "
            "layers. The two files belong to different models"
        )
    for name, network in networks.items():
        found = network_tensors(folder, name)
        for key, value in found.items():
            if not value.isfinite().all():
                raise ValueError(
                    f"{folder / FILE} holds numbers that are not finite, in {name}.{key}; fetch "
                    "the model again, or go back to an earlier checkpoint"
                )
        network.load_state_dict(found)
    return networks


def _read_config(folder: Path) -> dict[str, Any]:
    """The JSON beside the weights, if it is of a model."""
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
    if not isinstance(values, dict) or values.get("format") not in (FORMAT, *EARLIER):
        raise ValueError(f"{path} describes another kind of model, or none of this package")
    if _stored_architecture(values) not in names():
        raise ValueError(f"{path} describes another kind of model, which this version lacks")
    return values


def _stored_architecture(values: dict[str, Any]) -> str:
    return EARLIER.get(values["format"]) or str(values.get("architecture"))
