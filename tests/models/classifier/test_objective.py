import math

import pytest
import torch

from gan_lessons.data.batches import Batches
from gan_lessons.metrics.style import judge
from gan_lessons.models import store
from gan_lessons.models.classifier.networks import StyleClassifier
from gan_lessons.models.classifier.objective import Classifier
from gan_lessons.models.classifier.recipe import ClassifierConfig
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.training.run import train_by_recipe


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


def train(recipe, folder, dataset):
    options = {"dataset": dataset, "device": "cpu", "report": lambda line: None}
    return train_by_recipe(recipe, folder, resume="auto", **options)


def test_it_learns_to_tell_styles_and_says_how_well(tiny_dataset, recipe, tmp_path):
    assert train(recipe, tmp_path / "run", tiny_dataset).step == 40
    made = store.describe(tmp_path / "run").run
    table = torch.tensor(made["confusion"])
    assert table.sum() == 6  # two test pictures of each of three styles
    assert made["accuracy"] == pytest.approx(table.diag().sum().item() / 6)
    assert made["accuracy"] > 0.6 and 0 <= made["accuracy_valid"] <= 1
    judging = judge(tmp_path / "run")
    test = tiny_dataset.subset("test")
    shares = [judging.share(test.images[test.labels == d], s) for d, s in enumerate(test.styles)]
    assert sum(shares) / 3 == pytest.approx(made["accuracy"])
    with pytest.raises(ValueError, match="the classifier knows"):
        judging.share(test.images, "oil")


def test_a_run_goes_on_where_it_stopped(tiny_dataset, recipe, tmp_path):
    whole = train(recipe, tmp_path / "a", tiny_dataset)
    train(recipe.override({"train.steps": 20}), tmp_path / "b", tiny_dataset)
    parts = train(recipe, tmp_path / "b", tiny_dataset)
    mine, theirs = (each.averages["classifier"].state_dict().values() for each in (whole, parts))
    assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_nothing_is_judged_before_the_end(tiny_dataset, recipe, tmp_path):
    longer = recipe.override({"train.steps": 4, "train.checkpoint_every": 2})
    settings = {"train.snapshots": True}
    train(longer.override(settings), tmp_path / "run", tiny_dataset)
    first, last = (store.describe(path).run for path in store.snapshots(tmp_path / "run"))
    assert "accuracy" not in first and "accuracy" in last


def test_it_restyles_nothing_and_says_so(tiny_dataset, recipe, tmp_path):
    train(recipe.override({"train.steps": 2}), tmp_path / "run", tiny_dataset)
    with pytest.raises(ValueError, match="a style classifier restyles no pictures; name a model"):
        StyleTransfer.load(tmp_path / "run")
