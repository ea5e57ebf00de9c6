"""Recipes by name for models whose own defaults are the full recipe."""

from collections.abc import Callable, Mapping

from gan_lessons.config import Recipe

# What a recipe that takes seconds changes, whatever the model.
SMALL = {
    "train.steps": 20,
    "train.batch": 4,
    "train.log_every": 5,
    "train.sample_every": 10,
    "train.checkpoint_every": 10,
    "data.size": 32,
}


def smoke_and_full(
    recipe: type[Recipe], smoke: Mapping[str, object], full: Mapping[str, object] | None = None
) -> Callable[[str, str], Recipe]:
    """A maker of the presets "smoke" and "full".

    Args:
        recipe: class of a recipe whose defaults are the full one, or nearly.
        smoke: fields of the one that takes seconds.
        full: fields in which the full one differs from the defaults, which are those of models that
            were trained before there was a choice.

    Returns:
        From a preset's name and a data set's to the recipe; raises ValueError for another preset.
    """
    changes = {"smoke": {**SMALL, **smoke}, "full": dict(full or {})}

    def make(name: str, data: str) -> Recipe:
        made = recipe()
        if name not in changes:
            known = ", ".join(changes)
            raise ValueError(f"{made.architecture} has the presets {known}, not {name!r}")
        return made.override(changes[name] | {"data.name": data})

    return make
