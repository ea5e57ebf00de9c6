import zipfile

import pytest
import torch

from gan_lessons.course.labs import bundled_models
from gan_lessons.course.labs.bundled_models import PLAN, Training, compare, main, train_for
from gan_lessons.models import store
from gan_lessons.models.recipes import preset_recipe


def test_the_script_trains_packs_and_goes_on(tmp_path, monkeypatch, capfd):
    words = ["--minutes", "5", "--out", str(tmp_path), "--preset", "smoke", "--device", "cpu"]
    for steps in (10, 14):
        monkeypatch.setattr(bundled_models, "PLAN", (Training("one", "letters", 1.0, steps),))
        assert main(words) == 0
        assert store.describe(tmp_path / "one").run["steps"] == steps
    assert "resuming after step 10" in capfd.readouterr().out
    with zipfile.ZipFile(tmp_path / "home" / "one.zip") as archive:
        names = archive.namelist()
    assert {"model.safetensors", "config.json", "log.jsonl", "recipe.yaml"} <= set(names)
    assert any(name.startswith("samples/") for name in names)


def test_a_training_is_stopped_in_time_to_save(tmp_path):
    words = Training("one", "letters", 1.0).arguments("smoke", tmp_path)
    assert train_for(words, 30) in (0, 130)
    assert store.describe(tmp_path).run["steps"] > 0


def test_what_computes_something_else_is_not_trained(monkeypatch):
    recipe = preset_recipe("stargan", "smoke", "emoji_styles")
    told = []
    compare(recipe, torch.device("cpu"), told.append)
    assert "differ from the CPU's by 0.0e+00" in told[0]
    right, calls = bundled_models.terms_of, []

    def wrong(config, device):
        calls.append(device)
        return {key: value + (len(calls) == 2) for key, value in right(config, device).items()}

    monkeypatch.setattr(bundled_models, "terms_of", wrong)
    with pytest.raises(ValueError, match="computes something else than the CPU"):
        compare(recipe, torch.device("cpu"), told.append)


@pytest.mark.parametrize("training", PLAN, ids=lambda one: one.name)
def test_the_plan_names_bundled_models_and_what_train_takes(training, tmp_path):
    assert training.name in store.all_bundled()
    words = training.arguments("full", tmp_path)
    assert words[words.index("--recipe") + 1] == training.name
    assert sum(one.share for one in PLAN) == pytest.approx(1)
