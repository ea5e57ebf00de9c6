"""The trainings of lesson 02 with several seeds: what they are, and what is counted of them."""

from dataclasses import replace

import pytest

from gan_lessons.course.labs import first_gan as lab
from gan_lessons.course.labs.store import Store, read_store, results
from gan_lessons.data.toy import ring


def test_each_training_is_the_recipe_that_it_names():
    recipes = {name: lab.recipe(name, steps=7, seed=3) for name in lab.TRAININGS}
    depths = [recipes[f"{count} layer{s}"].model.discriminator_depth for count, s in
              (("one", ""), ("two", "s"), ("three", "s"))]  # fmt: skip
    assert depths == [1, 2, 3]
    slow, cured = recipes["slow D"], recipes["cured"]
    assert slow.train.lr == pytest.approx(10 * slow.train.discriminator_lr)
    assert (slow.train.beta1, slow.loss.r1) == (0.9, 0.0)
    assert cured.train.lr == cured.train.discriminator_lr
    # One change a step on the way from one to the other, and R1 alone.
    equal, calm = recipes["equal rates"], recipes["equal rates, less momentum"]
    assert equal == replace(slow, train=replace(slow.train, discriminator_lr=slow.train.lr))
    assert calm == replace(equal, train=replace(equal.train, beta1=0.5))
    assert cured == replace(calm, loss=replace(calm.loss, r1=0.1))
    assert recipes["slow D, R1"] == replace(slow, loss=replace(slow.loss, r1=0.1))
    assert (cured.train.beta1, cured.loss.r1) == (0.5, 0.1)
    assert {(r.train.steps, r.train.seed, r.train.batch) for r in recipes.values()} == {(7, 3, 256)}


def test_equal_seeds_give_equal_counts_and_others_differ():
    mixture = ring(modes=8, radius=2.0, std=0.63)  # reached within a few steps
    first, again, other = (
        lab.fit(lab.recipe("two layers", steps=5, seed=seed), mixture) for seed in (0, 0, 1)
    )
    assert first == again != other
    assert 0 <= first["modes"] <= 8
    assert 0 < first["quality"] < 1


def test_every_training_runs_with_every_seed(tmp_path):
    folder = tmp_path / lab.LESSON
    lab.run(Store(folder, preset="smoke", report=lambda line: None), "smoke", lambda line: None)
    made = read_store(folder)["results"]
    assert list(made) == [f"{name}, seed {seed}" for name in lab.TRAININGS for seed in (0, 1)]


def test_the_bundled_results_are_of_five_seeds():
    found = results(lab.LESSON)
    assert len(found) == 5 * len(lab.TRAININGS)
    assert all(found[f"cured, seed {seed}"]["modes"] == 8 for seed in range(5))
    assert all(found[f"slow D, seed {seed}"]["modes"] <= 4 for seed in range(5))
    assert all(found[f"equal rates, seed {seed}"]["modes"] == 8 for seed in range(5))
