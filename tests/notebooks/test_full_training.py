"""Lesson 13 is the training of the bundled model: `full` there is the recipe beside the weights."""

from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.models import recipes, store
from gan_lessons.models.stargan.presets import preset
from gan_lessons.models.stargan.recipe import Config

LESSON = Path(__file__).parent.parent.parent / "notebooks" / "13_full_training.ipynb"


def names_at(**parameters):
    """What the lesson has defined before its first section, with parameters of one's own."""
    cells = list(notebook.code_cells(notebook.read_notebook(LESSON)))
    place = next(k for k, cell in enumerate(cells) if "parameters" in notebook.tags(cell))
    names = {}
    for cell in cells[: place + 1]:
        if "setup" not in notebook.tags(cell):  # that one is for Colab
            exec(cell["source"], names)
    names |= parameters
    exec(cells[place + 1]["source"], names)
    return names


@pytest.fixture(scope="module")
def full():
    return names_at(preset="full")


def test_full_is_the_recipe_of_the_bundled_model(full):
    recipe = recipes.read_recipe(full["home"] / recipes.FILE)
    assert isinstance(recipe, Config) and not full["config"].differences(recipe)


def test_full_is_the_preset_of_that_name(full):
    assert not full["config"].differences(preset("full"))


def test_the_recipe_is_what_the_weights_say_of_themselves(full):
    known = store.describe(full["home"])
    assert not full["config"].differences(known.recipe)
    assert known.run["steps"] == known.recipe.train.steps
    assert len(known.styles) == known.recipe.model.domains


def test_parameters_reach_the_recipe(full):
    config = names_at(preset="full", steps=7, batch=8, lr=1e-4, seed=3)["config"]
    changed = {line.split(":")[0] for line in config.differences(full["config"])}
    assert changed == {"train.steps", "train.batch", "train.lr", "train.seed"}
