"""Lesson 17's experiment: the style is new, its pictures are unseen, results are measured."""

import pytest
import torch

from gan_lessons.course.labs import own_images as lab
from gan_lessons.course.labs import pictures


@pytest.fixture(scope="module")
def made(smallest):
    return smallest(lab)


def test_trainings_of_each_count_are_measured(made):
    _, results = made
    assert set(results) == {
        "without training",
        "3 pictures, seed 0",
        "6 pictures, seed 0",
    }
    tuned = [result for name, result in results.items() if "picture" in result]
    assert len(tuned) == 2
    assert all(result["begins"] in results["without training"]["bundled"] for result in tuned)


def test_each_training_leaves_a_picture(made, monkeypatch):
    folder, results = made
    monkeypatch.setenv("GAN_LESSONS_DATA", str(folder.parents[2]))
    file = results["3 pictures, seed 0"]["picture"]["file"]
    x = pictures.picture(lab.LESSON, file.removesuffix(".webp"))
    assert x.shape[1:3] == (3, 64) and x.std() > 0.1


def test_right_answers_are_nearer_than_what_the_bundled_styles_make(made):
    _, results = made
    known = results["without training"]
    measure = lab.ruler(6)
    answers = measure.measure(lab.engraving(measure.sources))
    assert answers["truth"] < 1e-6
    assert known["floor"] < min(figures["kid"] for figures in known["bundled"].values())


def test_an_engraving_is_ink_on_paper_and_keeps_the_outline():
    x = torch.full((1, 3, 64, 64), 255, dtype=torch.uint8)
    assert (lab.engraving(x) == 255).all()
    x[:, :, 16:48, 16:48] = 0
    drawn = lab.engraving(x)
    ink = torch.tensor([round(255 * value) for value in lab.INK], dtype=torch.uint8)
    assert (drawn[0, :, 17:47, 17:47] - ink[:, None, None]).float().abs().median() <= 1
    assert (drawn[:, :, :8] == 255).all()


def test_training_pictures_are_unseen_and_of_enough_ink():
    small, large = lab.training_set(5, 0), lab.training_set(70, 0)
    assert len(small.indices(style=lab.STYLE)) == 5 and len(large.indices(style=lab.STYLE)) == 70
    own = large.images[large.indices(style=lab.STYLE)].float()
    assert (own.mean(dim=(1, 2, 3)) < 255 * 0.95).all()
    measured = lab.engraving(lab.drawings("test")).float().flatten(1)
    assert torch.cdist(own.flatten(1), measured).min() > 100
    assert not lab.training_set(5, 1).images[:5].equal(small.images[:5])
