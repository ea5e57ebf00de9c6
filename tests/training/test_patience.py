"""Early stopping, on validations whose course is known and on the real ones of two models."""

import pytest
import torch

from gan_lessons.data.pairs import PairData
from gan_lessons.models import store
from gan_lessons.models.architecture import architecture
from gan_lessons.training import checkpoint
from gan_lessons.training.patience import Patience, patience_of, worn_out
from gan_lessons.training.run import train_by_recipe

pytestmark = pytest.mark.usefixtures("one_thread")


def tiny(name, **changes):
    kind = architecture(name)
    settings = {"data.size": 16, "train.precision": "fp32", "train.checkpoint_every": 1}
    if name == "pix2pix":
        settings |= {"data.source": "squares", "data.target": "stripes"}
    return kind.preset("smoke", "tiny").override(settings | changes)


def go(recipe, folder, dataset, **options):
    lines = []
    state = train_by_recipe(
        recipe, folder, device="cpu", dataset=dataset, report=lines.append, **options
    )
    return state, lines


@pytest.fixture
def course(monkeypatch):
    """Makes validation take given values, one a checkpoint."""

    def follow(*values):
        left = iter(values)
        monkeypatch.setattr(
            "gan_lessons.training.run.patience_of", lambda *a: Patience(lambda state: next(left))
        )

    return follow


def test_it_ends_when_nothing_gets_better_and_keeps_the_best(course, tiny_dataset, tmp_path):
    course(5.0, 3.0, 4.0, 3.5, 1.0)
    recipe = tiny("pix2pix", **{"train.steps": 9, "train.patience": 2})
    state, lines = go(recipe, tmp_path / "run", tiny_dataset)
    assert state.step == 4 and worn_out(state)
    assert state.validation == {"best": 3.0, "step": 2, "since": 2}
    assert any("the training ends at step 4, and the model is that of step 2" in s for s in lines)
    assert store.describe(tmp_path / "run").run["steps"] == 2


def test_a_run_that_has_ended_stays_ended_and_more_patience_goes_on(course, tiny_dataset, tmp_path):
    course(1.0, 2.0, 0.5)
    recipe = tiny("pix2pix", **{"train.steps": 3, "train.patience": 1})
    state, _ = go(recipe, tmp_path / "run", tiny_dataset)
    assert state.step == 2
    again, lines = go(recipe, tmp_path / "run", tiny_dataset, resume="auto")
    assert again.step == 2 and "the training ends at step 2" in lines[-1]
    patient = recipe.override({"train.patience": 2})
    further, _ = go(patient, tmp_path / "run", tiny_dataset, resume="auto")
    assert further.step == 3 and further.validation["best"] == 0.5
    assert store.describe(tmp_path / "run").run["steps"] == 3


def test_resuming_remembers_the_best(course, tiny_dataset, tmp_path):
    course(1.0, 2.0)
    short = tiny("pix2pix", **{"train.steps": 2, "train.patience": 3, "train.decay": 0.0})
    go(short, tmp_path / "run", tiny_dataset)
    saved = checkpoint.read(tmp_path / "run" / checkpoint.FILE)
    assert saved["validation"] == {"best": 1.0, "step": 1, "since": 1}
    course(3.0, 4.0, 0.0)
    longer = short.override({"train.steps": 6})
    state, _ = go(longer, tmp_path / "run", tiny_dataset, resume="auto")
    assert state.step == 4 and state.validation["since"] == 3


@pytest.mark.parametrize("name", ["adain", "pix2pix"])
def test_validation_looks_at_pictures_that_are_not_trained_on(name, tiny_dataset):
    """The same batches always, of the validation pictures, and a copy of the truth is best."""
    kind, recipe = architecture(name), tiny(name, **{"train.patience": 1})
    found = patience_of(kind, recipe, tiny_dataset, torch.device("cpu"))
    batch = kind.batches(recipe, tiny_dataset, torch.device("cpu"), split="valid")(0)
    networks = {k: v.eval() for k, v in kind.build(recipe.model).items()}
    with torch.inference_mode():
        value = kind.validate(networks, batch, recipe)
    assert value.ndim == 0 and value > 0 and found is not None
    if name == "pix2pix":
        perfect = {"generator": lambda x: batch.x_b}
        assert kind.validate(perfect, batch, recipe) == 0
        assert kind.validate({"generator": lambda x: batch.x_b + 0.5}, batch, recipe) == 0.5


def test_real_validation_ends_a_training_that_unlearns(tiny_dataset, tmp_path):
    """At a learning rate that throws the weights about, the first checkpoint stays the best."""
    changes = {"train.steps": 12, "train.patience": 2, "train.lr": 3.0, "train.ema_half_life": 1e-4}
    state, _ = go(tiny("pix2pix", **changes), tmp_path / "run", tiny_dataset)
    assert state.step < 12 and store.describe(tmp_path / "run").run["steps"] < state.step


def test_without_anything_to_validate_by_patience_is_refused(tiny_config, tiny_dataset, tmp_path):
    with pytest.raises(ValueError, match="has no validation to be patient with"):
        go(tiny_config.override({"train.patience": 2}), tmp_path / "run", tiny_dataset)
    alone = tiny_dataset.subset("train")
    recipe = tiny("pix2pix", **{"train.patience": 2})
    with pytest.raises(ValueError, match="tiny has no validation"):
        patience_of(architecture("pix2pix"), recipe, alone, torch.device("cpu"))


def test_full_recipes_of_the_rivals_are_patient_and_vary_their_pairs():
    pix2pix = architecture("pix2pix").preset("full", "emoji_styles")
    assert pix2pix.train.patience and pix2pix.data.jitter and isinstance(pix2pix.data, PairData)
    adain = architecture("adain").preset("full", "emoji_styles")
    assert adain.train.patience and adain.model.mirror
