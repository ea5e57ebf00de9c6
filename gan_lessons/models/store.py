"""Where models are found: with the course, in a folder, on the Hugging Face hub."""

from collections.abc import Sequence
from pathlib import Path

from gan_lessons.config import Recipe
from gan_lessons.files import OutputFolder, share
from gan_lessons.models import weights
from gan_lessons.models.stargan import presets
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.text import read_yaml

RECIPE = "recipe.yaml"
FIRST = "first"  # folder within a model's: the record of the training whose weights it began with
ARCHITECTURE = "architecture"
TRANSLATORS = ("pix2pix", "cyclegan", "adain")  # what `training.translators` trains
HEAD = "# The recipe of this model. Again: gan-lessons train --recipe recipe.yaml --out DIR\n"


def find(name: str | Path) -> Path:
    """The folder of a model.

    Args:
        name: a folder; the name of a bundled model; or "owner/name" on the Hugging Face hub.

    Returns:
        A folder on this machine.

    Raises:
        ValueError: if there is no such model; the sentence lists the bundled ones.
    """
    folder, text = Path(name), str(name)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ValueError(f"{text} is a file; give the folder of a model, with config.json in it")
    if text in (*bundled(), *bundled_translators()):
        return share("data", "models", text)
    if text.count("/") == 1 and not text.startswith((".", "/", "~")):
        return _from_hub(text)
    raise ValueError(
        f"no model {text!r}: expected a folder, 'owner/name' on the Hugging Face hub, or one of "
        f"the bundled models ({', '.join(bundled())})"
    )


def bundled() -> Sequence[str]:
    """Names of the style-transfer models that come with the course."""
    return [name for name in _bundled() if name not in TRANSLATORS]


def bundled_translators() -> Sequence[str]:
    """Names of the trained baselines that come with the course, those of their architectures."""
    return [name for name in _bundled() if name in TRANSLATORS]


def _bundled() -> Sequence[str]:
    try:
        home = share("data", "models")
    except ValueError:
        return []
    return sorted(p.name for p in home.iterdir() if (p / weights.CONFIG).is_file())


def trainings(folder: Path) -> list[Path]:
    """Where the records of the trainings that made a model lie: log, recipe, sheets, config.json.

    Args:
        folder: of a model.

    Returns:
        In order: the first training, where the model's own began with the weights of one that is
        recorded in its folder, and the model's own.

    Example:
        >>> [path.name for path in trainings(find("emoji64"))]
        ['first', 'emoji64']
    """
    return [path for path in (folder / FIRST, folder) if (path / weights.CONFIG).is_file()]


def recipe(path: str | Path | None, *, model: str, preset: str, data: str) -> tuple[str, Recipe]:
    """What to train: by a file, or by a preset where no file is named.

    Args:
        path: see :func:`read_recipe`.
        model: architecture, where there is no file.
        preset: name of a preset, where there is no file.
        data: name or folder of a data set, where there is no file.

    Returns:
        The architecture and the recipe.

    Raises:
        ValueError: if the file is no recipe, or there is no such preset.
    """
    if path is None:
        if model in TRANSLATORS:
            return model, _translators().recipe_for(model, preset, data)
        return model, presets.preset(preset, data=data)
    architecture, sections = read_recipe(path)
    kind = Config
    if architecture in TRANSLATORS:
        kind = _translators().KINDS[architecture].recipe
    try:
        return architecture, kind.from_dict(sections)
    except ValueError as error:
        raise ValueError(f"{path} is no recipe of this version ({error})") from None


def read_recipe(path: str | Path) -> tuple[str, dict]:
    """Read the one file that a training takes.

    Args:
        path: a YAML file with `architecture` and the sections of a recipe.

    Returns:
        The architecture, and the sections for its recipe's `from_dict`.

    Raises:
        ValueError: if there is no such file, or it is something else.
    """
    _yaml()
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"no recipe {path}; give the {RECIPE} of a model, or --preset")
    try:
        values = read_yaml(path)
    except ValueError:
        raise ValueError(f"{path} is not YAML; restore it from the model's source") from None
    if not isinstance(values, dict) or not isinstance(values.get(ARCHITECTURE), str):
        raise ValueError(f"{path} is no recipe: it does not name its `{ARCHITECTURE}:`")
    return values.pop(ARCHITECTURE), values


def write_recipe(folder: OutputFolder, config: Recipe, architecture: str = "stargan") -> Path:
    """Write the file that trains a model again.

    Args:
        folder: of the model.
        config: its recipe.
        architecture: as `gan-lessons train --model` calls it.

    Returns:
        The path of the file.
    """
    values = {ARCHITECTURE: architecture, **config.to_dict()}
    return folder.write_text(RECIPE, HEAD + _yaml().safe_dump(values, sort_keys=False))


def _translators():
    # It brings torchvision along, which takes seconds that nobody who restyles has to wait.
    from gan_lessons.training import translators

    return translators


def _yaml():
    try:
        import yaml
    except ImportError:
        raise ValueError("recipes need PyYAML: pip install 'gan-lessons[train]'") from None
    return yaml


def _from_hub(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError:
        raise ValueError(
            f"no folder {name!r} here; to look on the Hugging Face hub, "
            "install it with: pip install huggingface_hub"
        ) from None
    try:
        return Path(
            snapshot_download(name, allow_patterns=[weights.FILE, weights.CONFIG, "README.md"])
        )
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"no folder {name!r} here, and the Hugging Face hub did not give it ({reason})"
        ) from None
