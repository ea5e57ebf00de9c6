"""Lesson 11's experiment: the mixture, the count of families, looks that are kept."""

import pytest
import torch

from gan_lessons.course.labs import many_outputs as lab
from gan_lessons.course.labs.store import Store, read_store
from gan_lessons.data.load import load_dataset
from gan_lessons.metrics.style import judge


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """All results of the smallest preset, and their folder."""
    folder = tmp_path_factory.mktemp("outputs") / lab.LESSON
    lab.run(Store(folder, preset="smoke", report=lambda line: None), "smoke", lambda line: None)
    return folder, read_store(folder)


def test_the_mixture_holds_four_families_under_one_name():
    mixture, whole = lab.mixture(), load_dataset(lab.DATA)
    assert mixture.styles == (lab.SOURCE, "mixture")
    for split in ("train", "test"):
        parts = [len(whole.indices(split, family)) for family in lab.FAMILIES]
        assert len(mixture.indices(split, "mixture")) == sum(parts)
        assert len(mixture.indices(split, lab.SOURCE)) == len(whole.indices(split, lab.SOURCE))
    row = mixture.indices("test", "mixture")[0]
    family = whole.subset("test", lab.FAMILIES[0])
    assert mixture.images[row].equal(family.images[0]) and mixture.keys[row] == family.keys[0]


def test_sources_and_truths_are_the_same_emoji():
    x, true = lab.truths(5)
    assert x.shape == (5, 3, 64, 64) and true.shape == (5, 4, 3, 64, 64)
    whole = load_dataset(lab.DATA).subset("test")

    def key(picture, style):
        rows = whole.indices(style=style)
        same = (whole.images[rows].float() / 127.5 - 1 == picture).flatten(1).all(dim=1)
        return {whole.keys[i] for i in rows[same].tolist()}

    for k in range(5):
        drawn = [key(true[k, f], family) for f, family in enumerate(lab.FAMILIES)]
        assert set.intersection(key(x[k], lab.SOURCE), *drawn)


def test_families_are_counted_once_and_others_not_at_all():
    known = judge().styles
    numbers = [known.index(name) for name in lab.FAMILIES]
    other = known.index("noto")
    judged = torch.tensor([[numbers[0]] * 3, [numbers[1], numbers[2], other], [other] * 3])
    assert lab.reached(judged).tolist() == [1, 2, 0]
    assert lab.reached(judged, ("noto",)).tolist() == [0, 1, 1]


def test_the_weight_is_all_that_differs():
    budget = lab.BUDGETS["class"]
    first, second = lab.recipe(0.0, budget), lab.recipe(1.0, budget)
    assert first.differences(second) == ["loss.ds: 0.0 here, 1.0 there"]
    assert set(lab.cells(budget)) == {(w, s) for w in lab.WEIGHTS for s in range(budget.seeds)}


def test_draws_are_the_same_for_a_seed_and_follow_their_source():
    networks = lab.StarGAN(lab.recipe(1.0, lab.BUDGETS["smoke"])).networks
    x, _ = lab.truths(2)
    drawn = lab.draw(networks, x, draws=3)
    assert drawn.shape == (2, 3, 3, 64, 64) and drawn.abs().max() <= 1
    assert drawn.equal(lab.draw(networks, x, draws=3))
    # A modulated generator begins at its source.
    torch.testing.assert_close(drawn, x[:, None].expand_as(drawn), atol=1e-5, rtol=0)


def test_all_runs_are_made_and_looked_at(made):
    folder, kept = made
    budget = lab.BUDGETS["smoke"]
    looks = {
        f"lambda_ds {weight:g}, {steps} steps, seed {seed}"
        for weight, seed in lab.cells(budget)
        for steps in budget.looks
    }
    assert set(kept["results"]) == {"real", *looks}
    limits = kept["results"]["real"]
    assert limits["copied"]["families"] < 1 < limits["true"]["families"]
    assert limits["true"]["nearest_truth"] < 1e-4 < limits["copied"]["nearest_truth"]
    terms = [kept["results"][f"lambda_ds {w}, 1 steps, seed 0"]["terms"] for w in (0, 1)]
    assert "ds" not in terms[0] and terms[1]["ds"] >= 0


def test_what_draws_is_kept(made):
    folder, kept = made
    assert set(kept["weights"]) == {f"{name}_{w:g}" for name in lab.KEPT for w in lab.SHOWN}


def test_a_look_goes_on_where_the_last_one_ended():
    budget = lab.BUDGETS["smoke"]
    at_once, in_turns = (lab.Course(lab.recipe(1.0, budget), torch.device("cpu")) for _ in range(2))
    at_once.advance(2)
    in_turns.advance(1)
    in_turns.advance(2)
    for name, average in at_once.state.averages.items():
        other = in_turns.state.averages[name].state_dict()
        assert all(value.equal(other[key]) for key, value in average.state_dict().items())
