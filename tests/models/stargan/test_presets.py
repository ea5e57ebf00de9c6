import shlex

import pytest

from gan_lessons.models.stargan.presets import PRESETS, command, preset
from gan_lessons.models.stargan.recipe import ModelConfig


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("changes", [{}, {"train.steps": 77, "loss.ds": 0.25}])
@pytest.mark.parametrize("data", ["emoji_styles", "painted_photos", "my pictures"])
def test_the_command_of_a_recipe_gives_the_recipe(name, changes, data):
    recipe = preset(name, data=data).override(changes)
    words = shlex.split(command(recipe))
    assert words[:2] == ["gan-lessons", "train"]
    given = dict(zip(words[2::2], words[3::2], strict=True))
    settings = dict(
        value.split("=")
        for key, value in zip(words[2::2], words[3::2], strict=True)
        if key == "--set"
    )
    assert preset(given["--preset"], data=given["--data"]).override(settings) == recipe


def test_paper_has_the_published_shapes_and_losses():
    recipe = preset("paper", domains=3)
    assert recipe.model == ModelConfig.paper(64, 3)
    assert recipe.loss.ds_at(0) == 1 and recipe.loss.ds_at(100_000) == 0
    assert recipe.loss.mismatch == 0 and recipe.loss.r1_interval == 1
    assert recipe.train.ema_decay == pytest.approx(0.999, abs=2e-5)
    assert recipe.train.mapping_lr == recipe.train.lr / 100
