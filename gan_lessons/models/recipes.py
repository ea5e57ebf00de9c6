"""Recipes by name and by file: what `gan-lessons train` takes, and what stands beside a model."""

import json
from pathlib import Path

from gan_lessons.config import Recipe
from gan_lessons.files import OutputFolder, share
from gan_lessons.models.architecture import architecture
from gan_lessons.text import read_yaml

FILE = "recipe.yaml"
ARCHITECTURE = "architecture"
HEAD = "# The recipe of this model. Again: gan-lessons train --recipe recipe.yaml --out DIR\n"


def preset_recipe(model: str, preset: str, data: str) -> Recipe:
    """A recipe without a file.

    Args:
        model: name of an architecture.
        preset: name of one of its presets.
        data: name or folder of a data set.

    Returns:
        The recipe.

    Raises:
        ValueError: if there is no such architecture or preset.
    """
    return architecture(model).preset(preset, data)


def read_recipe(path: str | Path) -> Recipe:
    """Read the one file that a training takes.

    Args:
        path: a YAML file with `architecture` and the sections of a recipe; or the name of a bundled
            model that has one, such as "emoji64" or "emoji64/first".

    Returns:
        The recipe.

    Raises:
        ValueError: if there is no such file, or it is something else.
    """
    path = _located(Path(path))
    if not path.is_file():
        raise ValueError(f"no recipe {path}; give the {FILE} of a model, or --preset")
    try:
        values = read_yaml(path)
    except ImportError:
        raise ValueError("recipes need PyYAML: pip install 'gan-lessons[train]'") from None
    except ValueError:
        raise ValueError(f"{path} is not YAML; restore it from the model's source") from None
    if not isinstance(values, dict) or not isinstance(values.get(ARCHITECTURE), str):
        raise ValueError(f"{path} is no recipe: it does not name its `{ARCHITECTURE}:`")
    try:
        return architecture(values.pop(ARCHITECTURE)).recipe.from_dict(values)
    except ValueError as error:
        raise ValueError(f"{path} is no recipe of this version ({error})") from None


def _located(path: Path) -> Path:
    """The file itself, or that of the bundled model which is named in its place."""
    if path.is_file() or path.is_absolute() or ".." in path.parts:
        return path
    try:
        return share("data", "models", *path.parts, FILE)
    except ValueError:
        return path


def write_recipe(folder: OutputFolder, recipe: Recipe) -> Path:
    """Write the file that trains a model again.

    Args:
        folder: of the model.
        recipe: its recipe.

    Returns:
        The path of the file.
    """
    lines = [f"{ARCHITECTURE}: {recipe.architecture}"]
    for section, fields in recipe.to_dict().items():
        lines.append(f"{section}:")
        lines += [f"  {name}: {_scalar(value)}" for name, value in fields.items()]
    return folder.write_text(FILE, HEAD + "\n".join(lines) + "\n")


def described(recipe: Recipe) -> str:
    """A recipe in a few words: the nearest preset, and what differs from it.

    Args:
        recipe: any.

    Returns:
        One line; what follows from the data set, such as the number of styles, is left out.

    Example:
        >>> described(preset_recipe("stargan", "class", "emoji_styles").override({"train.seed": 3}))
        'class, train.seed=3'
    """
    nearest = min(_changes(recipe), key=len)
    return ", ".join(nearest)


def _changes(recipe: Recipe) -> list[list[str]]:
    """For each preset its name, then what the recipe has otherwise as `section.key=value`."""
    kind, values, found = architecture(recipe.architecture), recipe.to_dict(), []
    for name in kind.presets:
        made = kind.preset(name, values["data"]["name"])
        different = [line.split(":")[0].split(".") for line in recipe.differences(made)]
        changes = [f"{section}.{key}={values[section][key]}" for section, key in different]
        found.append([name, *(each for each in changes if not each.startswith("model.domains="))])
    return found


def _scalar(value: object) -> str:
    """A plain value as YAML; JSON but for numbers like 3e-06, which YAML takes for a text."""
    text = json.dumps(value, ensure_ascii=False)
    mantissa, sign, exponent = text.partition("e")
    if type(value) is float and sign and "." not in mantissa:
        return f"{mantissa}.0e{exponent}"
    return text
