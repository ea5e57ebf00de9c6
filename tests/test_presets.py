import shlex

import pytest

from gan_lessons.presets import PRESETS, command, preset


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
