"""pix2pix, CycleGAN and AdaIN from a recipe to stored weights."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from gan_lessons.data.pairs import Jittered
from gan_lessons.data.samples import Pairs
from gan_lessons.files import OutputFolder
from gan_lessons.models import store
from gan_lessons.training import history, translators

pytestmark = pytest.mark.usefixtures("one_thread")
STYLES = {"data.source": "discs", "data.target": "stripes"}
SHORT = {"train.steps": 6, "train.log_every": 2, "train.sample_every": 4,
         "train.checkpoint_every": 2, "train.precision": "fp32"}  # fmt: skip


class Crash(Exception):
    """Stands for whatever ends a training from outside."""


@pytest.fixture(params=translators.KINDS)
def go(request, tiny_dataset, tmp_path):
    """Runs one of the three in a folder."""
    name = request.param
    recipe = translators.recipe_for(name, "smoke", "tiny").override(SHORT)
    recipe = recipe if name == "adain" else recipe.override(STYLES)
    recipe = recipe.override({"data.jitter": True}) if name == "pix2pix" else recipe

    def run(folder="run", crash=None, settings=None, **options):
        def report(line):
            run.told.append(line)
            if crash and line.startswith(crash):
                raise Crash

        options = {"dataset": tiny_dataset, "device": "cpu", "report": report} | options
        return translators.run(recipe.override(settings or {}), tmp_path / folder, **options)

    run.name, run.told, run.folder, run.recipe = name, [], tmp_path, recipe
    return run


def test_all_who_list_the_three_list_the_same():
    from gan_lessons.cli import main

    assert set(store.TRANSLATORS) == set(translators.KINDS) == set(main.MODELS) - {"stargan"}


def test_a_run_leaves_weights_card_log_and_sheets(go):
    state = go()
    folder = go.folder / "run"
    assert [line["step"] for line in history.read(folder / "log.jsonl")] == [2, 4, 6]
    assert sorted(p.name for p in folder.glob("samples/*")) == ["000004.png", "000006.png"]
    with Image.open(folder / "samples" / "000006.png") as sheet:
        columns = {"pix2pix": 3, "cyclegan": 4, "adain": 3}[go.name]
        assert sheet.size == (columns * 34 + 2, 8 * 34 + 2)
    assert any(line.startswith("this will cost") for line in go.told)
    card = (folder / "README.md").read_text()
    assert "6 of 4" in card and "alone is kept" in card and "train --recipe" in card
    architecture, config, networks = translators.load(folder)
    assert (architecture, config) == (go.name, go.recipe)
    assert json.loads((folder / "config.json").read_text())["run"]["images"] == 24
    for name, network in networks.items():
        expected = state.averages[name].state_dict()
        for key, value in network.state_dict().items():
            torch.testing.assert_close(value, expected[key], rtol=1e-3, atol=1e-6)


def test_resuming_equals_never_having_stopped(go, contents):
    go("whole")
    with pytest.raises(Crash):
        go("broken", crash="step 4/")
    go("broken", resume="auto")
    assert "resuming after step 2" in go.told
    assert contents(go.folder / "broken") == contents(go.folder / "whole")


def test_a_recipe_file_is_the_recipe(go):
    path = store.write_recipe(OutputFolder(go.folder / "m"), go.recipe, go.name)
    assert store.recipe(path, model="", preset="", data="") == (go.name, go.recipe)


def test_another_run_is_not_touched(go):
    go(settings={"train.steps": 2})
    with pytest.raises(ValueError, match="add --resume auto"):
        go()
    with pytest.raises(ValueError, match="another recipe"):
        go(settings={"train.lr": 0.1}, resume="auto")
    with pytest.raises(ValueError, match="leave it out"):
        go("other", init_from=go.folder / "run")


def test_damaged_files_are_one_sentence(go):
    go(settings={"train.steps": 1})
    folder = go.folder / "run"
    (folder / "model.safetensors").write_bytes(b"no")
    with pytest.raises(ValueError, match="no safetensors file"):
        translators.load(folder)
    (folder / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="another kind of model"):
        translators.load(folder)
    with pytest.raises(ValueError, match="missing or damaged"):
        translators.load(folder / "nothing")


def test_pairs_show_the_same_thing_and_unpaired_ones_need_not(tiny_dataset):
    fewer = replace(tiny_dataset, keys=("other", *tiny_dataset.keys[1:]))
    recipe = translators.recipe_for("pix2pix", "smoke", "tiny").override(STYLES)
    kinds = translators.KINDS
    a, b = kinds["pix2pix"].pictures(fewer, recipe.data, "train")
    assert len(a) == len(b) == 7
    whole = tiny_dataset.subset("train", "stripes").images
    assert all(any(picture.equal(other) for other in whole) for picture in b)
    assert [len(x) for x in kinds["cyclegan"].pictures(fewer, recipe.data, "train")] == [8, 8]


def test_jitter_moves_both_pictures_of_a_pair_alike():
    x = torch.rand(6, 3, 16, 16) * 2 - 1
    plain = Pairs(x, x, paired=True, batch=32, seed=0)
    varied = Jittered(plain, seed=0)
    one, again, before = varied(3), varied(3), plain(3)
    assert one.x_a.equal(one.x_b) and one.x_a.equal(again.x_a)
    assert not one.x_a.equal(before.x_a) and not one.x_a.equal(varied(4).x_a)
    colours = before.x_a.amax(dim=(2, 3))
    assert (one.x_a.amax(dim=(2, 3)) <= colours).all()  # pixels move, and nothing is made up


def test_adain_sees_crops_of_paintings_too():
    recipe = translators.recipe_for("adain", "full", "emoji_styles")
    assert recipe.data.paintings
    with pytest.raises(ValueError, match="smoke, full"):
        translators.recipe_for("adain", "paper", "emoji_styles")
