import json
import math

import pytest
import torch
from torch.nn.utils import parametrize

from gan_lessons.course.labs import losses as lab
from gan_lessons.course.labs.store import Store
from gan_lessons.data.toy import ring
from gan_lessons.models.gan import GAN


def test_each_cell_is_the_recipe_that_it_names():
    cells = lab.cells()
    assert len(cells) == 5 * 4 + 2
    recipes = {name: lab.recipe(**cell, steps=10) for name, cell in cells.items()}
    assert recipes["hinge | r1 + r2"].loss.family == "hinge"
    assert (recipes["hinge | r1 + r2"].loss.r1, recipes["hinge | r1 + r2"].loss.r2) == (1, 1)
    assert (recipes["hinge | r1"].loss.r1, recipes["hinge | r1"].loss.r2) == (1, 0)
    assert recipes["wasserstein | gp, 5 critic steps"].loss.critic_steps == 5
    assert [name for name, r in recipes.items() if r.loss.gp] == [
        "wasserstein | gp", "wasserstein | gp, 5 critic steps",
    ]  # fmt: skip
    for name, config in recipes.items():
        judge = GAN(config).networks["discriminator"]
        normed = any(parametrize.is_parametrized(m) for m in judge.modules())
        assert normed == ("spectral" in name)
    assert (
        len({(r.model.generator_width, r.train.lr, r.train.batch) for r in recipes.values()}) == 1
    )


def test_an_unknown_regulariser_is_refused():
    with pytest.raises(ValueError, match="no regulariser 'r3'; there are none, spectral, r1"):
        lab.recipe("hinge", "r3", steps=1)


def test_the_distance_of_shifted_points_is_the_mean_of_the_projected_shift():
    points = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    shift = torch.tensor([0.3, -0.4])
    # |s| times the mean of |cos| over all directions
    expected = 0.5 * 2 / math.pi
    assert lab.sliced_distance(points, points + shift) == pytest.approx(expected, rel=1e-3)
    assert lab.sliced_distance(points, points.flip(0)) == 0
    assert math.isnan(lab.sliced_distance(points, points * float("nan")))


def test_the_slope_is_the_length_of_the_gradient():
    plane = torch.nn.Linear(2, 1)
    expected = plane.weight.norm().item()
    found = lab.slopes(plane, [torch.zeros(lab.MEASURED, 2), torch.ones(lab.MEASURED, 2)])
    assert found == pytest.approx([expected, expected])


def test_modes_and_quality_are_counted():
    mixture = ring(4, radius=2.0, std=0.1)
    real, _ = mixture.sample(400, torch.Generator().manual_seed(0))
    few = mixture.centres[torch.tensor([0] * 200 + [1] * 180 + [2] * 10)]
    made = torch.cat([few, torch.zeros(10, 2)])  # ten points on a mode are too few to count
    found = lab.measure(made, mixture, real)
    assert found["modes"] == 2 and found["quality"] == pytest.approx(390 / 400)
    perfect = lab.measure(real, mixture, real)
    assert perfect["modes"] == 4 and perfect["distance"] == 0


def test_training_learns_a_single_gaussian_and_is_looked_at_on_the_way():
    mixture = ring(1, radius=0.5, std=0.3)
    course = lab.fit(lab.recipe("relativistic", "r1 + r2", steps=150), mixture, looks=3)
    assert course.steps == [50, 100, 150] and len(course.points) == 3
    assert course.modes[-1] == 1 and course.quality[-1] > 0.8
    kept = {"steps", "modes", "quality", "distance", "slope", "averaged"}
    assert set(course.figures()) == kept and len(course.slope) == 3
    torch.testing.assert_close(course.figures(7)["drawn"], course.points[-1][:7], rtol=0, atol=6e-3)
    again = lab.fit(lab.recipe("relativistic", "r1 + r2", steps=150), mixture, looks=3)
    assert again.distance == course.distance


@pytest.mark.parametrize("regulariser", lab.REGULARISERS)
def test_trained_at_once_is_trained_one_after_the_other(regulariser):
    pairs = [("relativistic", 3), ("hinge", 0), ("wasserstein", 3)]
    if regulariser == "spectral":
        # Others would see one pass, and so one power iteration, more than alone.
        pairs = [("relativistic", seed) for seed in (3, 0, 4)]
    configs = [lab.recipe(family, regulariser, steps=12, seed=seed) for family, seed in pairs]
    for config, course in zip(configs, lab.fit_all(configs, looks=2), strict=True):
        alone = lab.fit(config, looks=2)
        assert course.steps == alone.steps == [6, 12]
        for made, expected in zip(course.points, alone.points, strict=True):
            torch.testing.assert_close(made, expected, rtol=1e-3, atol=1e-4)
        assert course.slope == pytest.approx(alone.slope, rel=1e-3)
        assert course.averaged["distance"] == pytest.approx(alone.averaged["distance"], rel=1e-3)


def test_what_differs_in_more_than_family_and_seed_is_not_trained_at_once():
    configs = [lab.recipe("hinge", "r1", steps=2, lr=lr) for lr in (1e-3, 1e-4)]
    with pytest.raises(ValueError, match="differ in more than family and seed"):
        lab.fit_all(configs)


def test_all_runs_are_made_and_stored(tmp_path):
    store = Store(tmp_path / lab.LESSON, preset="smoke", report=lambda line: None)
    lab.run(store, "smoke", lambda line: None)
    results = json.loads((tmp_path / lab.LESSON / "results.json").read_text())["results"]
    assert set(results) == {"real", "cost", *(f"{name}, seed 0" for name in lab.cells())}
    assert len(results["real"]["distance"]) == 10 and min(results["real"]["quality"]) > 0.9
