import json
import math
from dataclasses import replace

import pytest
import torch

from gan_lessons.data.batches import Batches
from gan_lessons.metrics.style import judge
from gan_lessons.models.classifier.networks import StyleClassifier
from gan_lessons.models.classifier.objective import Classifier
from gan_lessons.models.classifier.recipe import ClassifierConfig
from gan_lessons.training import classifier


@pytest.fixture
def recipe():
    return ClassifierConfig().override(
        {
            "data.size": 32,
            "model.domains": 3,
            "train.steps": 40,
            "train.batch": 12,
            "train.warmup": 0,
            "train.decay": 0.0,
            "train.ema_half_life": 0.02,
            "train.precision": "fp32",
            "train.checkpoint_every": 20,
        }
    )


def test_head_gives_one_number_a_style_whatever_the_size():
    network = StyleClassifier(5).eval()
    for side in (16, 64):
        assert network(torch.zeros(2, 3, side, side)).shape == (2, 5)


def test_bundled_shape_is_small():
    assert sum(p.numel() for p in StyleClassifier(8).parameters()) * 2 < 2**20


def test_terms_are_cross_entropy_and_share_of_errors(tiny_dataset, recipe):
    objective = Classifier(recipe)
    batch = Batches(tiny_dataset, recipe.data, batch=4, latent_dim=1, seed=0)(0)
    with torch.no_grad():  # equal logits: every style is as likely as every other
        objective.networks["classifier"].head.weight.zero_()
        objective.networks["classifier"].head.bias.zero_()
    terms = objective.terms(batch, 0)
    assert terms["ce"][1].item() == pytest.approx(math.log(3), rel=1e-5)
    assert terms["error"][0] == 0
    labels = torch.cat([batch.y_org, batch.y_trg])
    assert terms["error"][1].item() == pytest.approx((labels != 0).float().mean().item())


@pytest.mark.parametrize("wrong", [{"model.domains": 1}, {"model.smoothing": 1.0}])
def test_impossible_recipes_are_refused(recipe, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        recipe.override(wrong)


def test_it_learns_to_tell_styles_and_says_how_well(tiny_dataset, recipe, tmp_path):
    state = classifier.run(
        recipe, tmp_path, dataset=tiny_dataset, device="cpu", report=lambda line: None
    )
    assert state.step == 40
    known = json.loads((tmp_path / "style_classifier.json").read_text())
    table = torch.tensor(known["confusion"])
    assert table.sum() == 6  # two test pictures of each of three styles
    assert known["accuracy"] == pytest.approx(table.diag().sum().item() / 6)
    assert known["accuracy"] > 0.6
    judging = judge(tmp_path)
    test = tiny_dataset.subset("test")
    shares = [judging.share(test.images[test.labels == d], s) for d, s in enumerate(test.styles)]
    assert sum(shares) / 3 == pytest.approx(known["accuracy"])
    with pytest.raises(ValueError, match="the classifier knows"):
        judging.share(test.images, "oil")


def test_a_run_goes_on_where_it_stopped(tiny_dataset, recipe, tmp_path):
    whole = classifier.run(
        recipe, tmp_path / "a", dataset=tiny_dataset, device="cpu", report=lambda line: None
    )
    half = recipe.override({"train.steps": 20})
    for part in (half, recipe):
        parts = classifier.run(
            part, tmp_path / "b", dataset=tiny_dataset, device="cpu", report=lambda line: None
        )
    for a, b in zip(
        whole.averages["classifier"].state_dict().values(),
        parts.averages["classifier"].state_dict().values(),
    ):
        assert torch.equal(a, b)


def test_recipes_are_chosen_without_the_test_pictures(tiny_dataset, recipe, tmp_path):
    kept = [i for i, split in enumerate(tiny_dataset.splits) if split != "test"]
    without = replace(
        tiny_dataset,
        images=tiny_dataset.images[kept],
        labels=tiny_dataset.labels[kept],
        keys=tuple(tiny_dataset.keys[i] for i in kept),
        splits=tuple(tiny_dataset.splits[i] for i in kept),
    )
    choices, lines = ("shift", "shift,cutout"), []
    found = [
        classifier.choose(
            recipe, tmp_path / name, dataset=data, choices=choices, steps=6, report=lines.append
        )
        for name, data in (("all", tiny_dataset), ("without", without))
    ]
    assert found[0] == found[1] and tuple(found[0]) == choices
    assert len(lines) == 4 and lines[0].startswith("shift: ")
    judged = json.loads((tmp_path / "all" / "shift_cutout" / "style_classifier.json").read_text())
    assert (judged["split"], judged["augment"]) == ("valid", "shift,cutout")
    assert torch.tensor(judged["confusion"]).sum() == 6  # two validation pictures of each style


def test_nothing_is_judged_before_the_end(tiny_dataset, recipe, tmp_path, monkeypatch):
    judged, whole = [], classifier.confusion
    monkeypatch.setattr(classifier, "confusion", lambda *a: judged.append(a) or whole(*a))
    longer = recipe.override({"train.steps": 6, "train.checkpoint_every": 2})
    classifier.run(longer, tmp_path, dataset=tiny_dataset, device="cpu", report=lambda line: None)
    assert len(judged) == 1


def test_damaged_classifiers_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no readable style classifier"):
        judge(tmp_path)
    (tmp_path / "style_classifier.json").write_text("{")
    with pytest.raises(ValueError, match="no readable style classifier"):
        judge(tmp_path)
