"""Trained baselines in the benchmark, hardly trained ones on the set of twelve things."""

import pytest
import torch

from gan_lessons.evaluation import contestants, tables, trained_baselines
from gan_lessons.evaluation.benchmark import Bench, evaluate
from gan_lessons.evaluation.protocol import Protocol
from gan_lessons.models import store
from gan_lessons.models.recipes import preset_recipe
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.training.run import train_by_recipe

PLAN = Protocol("tiny", pairs=2, sources=2, train=7, draws=2, seeds=(0, 1), latents=8)


@pytest.fixture(scope="module")
def model(tiny_model):
    return StyleTransfer.load(tiny_model, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def folders(tiny_dataset, tmp_path_factory):
    """The three, trained for two steps; those of one pair on the first that PLAN measures."""
    found = {}
    for name in ("adain", "cyclegan", "pix2pix"):
        found[name] = tmp_path_factory.mktemp("rivals") / name
        settings = {"data.size": 16, "train.steps": 2, "train.precision": "fp32"}
        if name != "adain":
            settings |= {"data.source": "squares", "data.target": "stripes"}
        recipe = preset_recipe(name, "smoke", "tiny").override(settings)
        options = {"dataset": tiny_dataset, "device": "cpu", "report": lambda line: None}
        train_by_recipe(recipe, found[name], **options)
    return found


@pytest.fixture
def bench(model, tiny_dataset, folders, monkeypatch):
    monkeypatch.setattr(store, "bundled_baselines", lambda: [*folders])
    monkeypatch.setattr(store, "find", lambda name: folders.get(name, name))
    return Bench(model, tiny_dataset, PLAN)


def test_those_of_one_pair_are_measured_on_it_alone(bench):
    assert [one.title for one in bench.rivals] == ["AdaIN", "CycleGAN", "pix2pix"]
    for pair in bench.bed.pairs:
        row = bench.measure(pair, 0)
        own = pair == ("squares", "stripes")
        assert "AdaIN" in row and ("pix2pix" in row) == ("CycleGAN" in row) == own
        assert {"truth_mean", "content", "kid", "memorisation"} <= row["AdaIN"].keys()
    assert bench.rivals[1].run["steps"] == 2


def test_they_are_left_out_on_other_sets_and_sizes(bench, tiny_dataset):
    assert [one.title for one in trained_baselines.bundled(tiny_dataset, 32, "cpu")] == ["AdaIN"]


def test_adain_draws_by_the_reference_that_the_model_gets(bench, folders):
    pair = bench.bed.pairs[0]
    task = bench.task(pair, 1)
    x_ref = task.train[contestants.reference_rows(task)].float() / 127.5 - 1
    transfer = StyleTransfer.load(folders["adain"], device="cpu", precision="fp32")
    network = transfer.stored["transfer"]
    torch.testing.assert_close(bench.methods["AdaIN"](task)[:, 0], network(task.x, x_ref))


def test_card_keeps_one_pair_apart(bench, model, tiny_dataset, tmp_path):
    found = evaluate(model, "m", tmp_path, which=PLAN, dataset=tiny_dataset, report=lambda s: None)
    assert "AdaIN" in found["comparisons"]["model"]["kid"]
    for entry in found["figures"].values():
        assert not {"CycleGAN", "pix2pix"} & entry["baselines"].keys()
    assert [(one["name"], one["pair"] and tuple(one["pair"])) for one in found["rivals"]] == [
        ("AdaIN", None),
        ("CycleGAN", ("squares", "stripes")),
        ("pix2pix", ("squares", "stripes")),
    ]
    text = tables.markdown(found)
    assert "## squares to stripes, with what knows this pair alone" in text
    assert "| pix2pix |" in text
