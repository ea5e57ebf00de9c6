"""pix2pix, CycleGAN, CUT and AdaIN from a recipe to stored weights."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

from gan_lessons.data.pairs import Jittered, styles_apart, styles_side_by_side
from gan_lessons.data.samples import Pairs
from gan_lessons.files import OutputFolder
from gan_lessons.images.labels import LINE
from gan_lessons.models import store
from gan_lessons.models.architecture import architecture
from gan_lessons.models.recipes import preset_recipe, read_recipe, write_recipe
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.training import history
from gan_lessons.training.run import train_by_recipe

pytestmark = pytest.mark.usefixtures("one_thread")
STYLES = {"data.source": "discs", "data.target": "stripes"}
SHORT = {"train.steps": 6, "train.log_every": 2, "train.sample_every": 4,
         "train.checkpoint_every": 2, "train.precision": "fp32"}  # fmt: skip


class Crash(Exception):
    """Stands for whatever ends a training from outside."""


@pytest.fixture(params=["pix2pix", "cyclegan", "cut", "adain"])
def go(request, tiny_dataset, tmp_path):
    """Runs one of them in a folder."""
    name = request.param
    recipe = preset_recipe(name, "smoke", "tiny").override(SHORT)
    recipe = recipe if name == "adain" else recipe.override(STYLES)
    recipe = recipe.override({"data.jitter": True}) if name == "pix2pix" else recipe

    def run(folder="run", crash=None, settings=None, **options):
        def report(line):
            run.told.append(line)
            if crash and line.startswith(crash):
                raise Crash

        options = {"dataset": tiny_dataset, "device": "cpu", "report": report} | options
        return train_by_recipe(recipe.override(settings or {}), tmp_path / folder, **options)

    run.name, run.told, run.folder, run.recipe = name, [], tmp_path, recipe
    return run


def test_a_run_leaves_weights_card_log_and_sheets(go):
    state = go()
    folder = go.folder / "run"
    assert [line["step"] for line in history.read(folder / "log.jsonl")] == [2, 4, 6]
    assert sorted(p.name for p in folder.glob("samples/*")) == ["000004.png", "000006.png"]
    with Image.open(folder / "samples" / "000006.png") as sheet:
        columns = {"pix2pix": 3, "cyclegan": 4, "cut": 2, "adain": 3}[go.name]
        assert sheet.size == (columns * 34 + 2, LINE + 8 * 34 + 2)
    assert any(line.startswith("this will cost") for line in go.told)
    card = (folder / "README.md").read_text()
    assert "6 of 4" in card and "alone is kept" in card and "train --recipe recipe.yaml" in card
    assert read_recipe(folder / "recipe.yaml") == go.recipe
    known = store.describe(folder)
    assert (known.architecture, known.recipe) == (go.name, go.recipe)
    assert known.run["images"] == 24
    kept = architecture(go.name).kept
    for name, network in store.read_networks(folder, known, kept).items():
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
    path = write_recipe(OutputFolder(go.folder / "m"), go.recipe)
    assert read_recipe(path) == go.recipe


def test_another_run_is_not_touched(go):
    go(settings={"train.steps": 2})
    with pytest.raises(ValueError, match="add --resume auto"):
        go()
    with pytest.raises(ValueError, match="another recipe"):
        go(settings={"train.lr": 0.1}, resume="auto")


def test_damaged_files_are_one_sentence(go):
    go(settings={"train.steps": 1})
    folder = go.folder / "run"
    (folder / "model.safetensors").write_bytes(b"no")
    with pytest.raises(ValueError, match="not a safetensors file"):
        StyleTransfer.load(folder)
    (folder / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="another kind of model"):
        StyleTransfer.load(folder)
    with pytest.raises(ValueError, match="no model"):
        StyleTransfer.load(folder / "nothing")


def test_pairs_show_the_same_thing_and_unpaired_ones_need_not(tiny_dataset):
    fewer = replace(tiny_dataset, keys=("other", *tiny_dataset.keys[1:]))
    recipe = preset_recipe("pix2pix", "smoke", "tiny").override(STYLES)
    a, b = styles_side_by_side(fewer, recipe.data, "train")
    assert len(a) == len(b) == 7
    whole = tiny_dataset.subset("train", "stripes").images
    assert all(any(picture.equal(other) for other in whole) for picture in b)
    assert [len(x) for x in styles_apart(fewer, recipe.data, "train")] == [8, 8]


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
    recipe = preset_recipe("adain", "full", "emoji_styles")
    assert recipe.data.paintings
    with pytest.raises(ValueError, match="smoke, full"):
        preset_recipe("adain", "paper", "emoji_styles")


# Use: what a user trained restyles like any other


def test_what_was_trained_restyles_and_says_what_it_does_not(go, tiny_dataset):
    go(settings={"train.steps": 2})
    model = StyleTransfer.load(go.folder / "run", device="cpu", precision="fp32")
    picture = Image.fromarray(tiny_dataset.images[0].permute(1, 2, 0).numpy())
    if go.name == "adain":
        assert model.styles == ("reference",)
        (made,) = model.restyle(picture, "reference", reference=picture)
        with pytest.raises(ValueError, match="AdaIN takes its style from a picture"):
            model.restyle(picture, "reference")
    else:
        assert model.styles == ("stripes",)
        (made,) = model.restyle(picture, "stripes")
        with pytest.raises(ValueError, match="knows one style alone; leave out the reference"):
            model.restyle(picture, "stripes", reference=picture)
    assert made.size == picture.size
    with pytest.raises(ValueError, match="gives one result of a picture; leave out the count"):
        model.restyle(picture, model.styles[0], count=2, reference=picture)
    model.save(go.folder / "again")
    again = StyleTransfer.load(go.folder / "again", device="cpu", precision="fp32")
    assert store.describe(go.folder / "again") == store.describe(go.folder / "run")
    for name, network in model.stored.items():
        for key, value in network.state_dict().items():
            assert again.stored[name].state_dict()[key].equal(value)


def test_statistics_as_a_code_give_what_two_pictures_give(tiny_dataset):
    transfer = StyleTransfer.load("adain", device="cpu", precision="fp32")
    x, x_ref = tiny_dataset.images[[0, 15]].float() / 127.5 - 1
    s = transfer.networks["style_encoder"](x_ref[None], torch.zeros(1, dtype=torch.int64))
    made = transfer.translate(x[None], s)
    torch.testing.assert_close(made, transfer.stored["transfer"](x[None], x_ref[None]))


def test_a_pair_that_the_set_lacks_is_refused_with_what_to_choose(tiny_dataset, tmp_path):
    for name in ("pix2pix", "cyclegan", "cut"):
        recipe = preset_recipe(name, "smoke", "tiny")
        with pytest.raises(ValueError) as refused:
            train_by_recipe(recipe, tmp_path / "run", dataset=tiny_dataset, report=str)
        said = str(refused.value)
        assert "tiny has no style 'fluent' and no 'fluent_ink'" in said
        assert "choose two of discs, squares, stripes" in said
        assert "--set 'data.source=discs' --set 'data.target=squares'" in said
    assert not (tmp_path / "run").exists()


def test_a_set_without_pairs_is_refused_by_who_needs_them(tiny_dataset, tmp_path):
    keys = tuple(str(number) for number in range(len(tiny_dataset)))
    recipe = preset_recipe("pix2pix", "smoke", "tiny").override(STYLES)
    options = {"dataset": replace(tiny_dataset, keys=keys), "device": "cpu", "report": str}
    with pytest.raises(ValueError, match="both as discs and as stripes.*train --model cyclegan"):
        train_by_recipe(recipe, tmp_path / "run", **options)


def test_answers_are_proven_or_asked_for_and_never_guessed_from_names(tiny_dataset, tmp_path):
    named = replace(tiny_dataset, paired=False)
    options = {"dataset": named, "device": "cpu", "report": str}
    recipe = preset_recipe("pix2pix", "smoke", "tiny").override(STYLES | SHORT)
    with pytest.raises(ValueError, match="nothing says .* in tiny show the same.*pairs=by-name"):
        train_by_recipe(recipe, tmp_path / "guessed", **options)
    assert not (tmp_path / "guessed").exists()
    by_name = recipe.override({"data.pairs": "by-name"})
    asked = train_by_recipe(by_name, tmp_path / "asked", **options)
    proven = train_by_recipe(recipe, tmp_path / "proven", **options | {"dataset": tiny_dataset})
    weights = [state.networks["generator"].state_dict() for state in (asked, proven)]
    assert all(torch.equal(value, weights[1][key]) for key, value in weights[0].items())
    for name in ("cyclegan", "cut"):  # which need no pairs
        free = preset_recipe(name, "smoke", "tiny").override(STYLES | SHORT | {"train.steps": 1})
        assert train_by_recipe(free, tmp_path / name, **options).step == 1
    with pytest.raises(ValueError, match="data.pairs: proven, by-name; got 'maybe'"):
        recipe.override({"data.pairs": "maybe"})


def test_a_run_begins_with_the_weights_of_its_own_kind_alone(go):
    go(settings={"train.steps": 2})
    state = go("next", settings={"train.steps": 1}, init_from=go.folder / "run")
    assert state.origin["weights"] == "run" and state.config.train.warmup == 200
    with pytest.raises(ValueError, match="emoji64 is of the architecture stargan; train --model"):
        go("other", init_from="emoji64")
