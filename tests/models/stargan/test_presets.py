import pytest

from gan_lessons.models.stargan.presets import preset
from gan_lessons.models.stargan.recipe import ModelConfig


def test_paper_has_the_published_shapes_and_losses():
    recipe = preset("paper", domains=3)
    assert recipe.model == ModelConfig.paper(64, 3)
    assert recipe.loss.ds_at(0) == 1 and recipe.loss.ds_at(100_000) == 0
    assert recipe.loss.mismatch == 0 and recipe.loss.r1_interval == 1
    assert recipe.train.ema_decay == pytest.approx(0.999, abs=2e-5)
    assert recipe.train.mapping_lr == recipe.train.lr / 100
