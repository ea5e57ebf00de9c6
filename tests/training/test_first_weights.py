"""A trained model goes on with other styles: new, renamed, added, left out, in another order."""

import re
from dataclasses import replace

import pytest
import torch

from gan_lessons.data.load import load_dataset
from gan_lessons.models import store
from gan_lessons.models.stargan.architecture import ARCHITECTURE
from gan_lessons.models.stargan.tuning import nearest
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.training.first_weights import own_tensors, tuning_recipe, used_networks
from gan_lessons.training.run import train_by_recipe

pytestmark = pytest.mark.usefixtures("one_thread")

NETWORKS = ("generator", "mapping_network", "style_encoder", "discriminator", "projected")
# What has a row for each style: heads, and in "repainting" what a style usually is.
OWN = re.compile(r"unshared\.|heads\.(weight|bias)|heads\.\d\.4\.|auxiliary\.2\.|usual")
STILL = {f"train.{rate}": 1e-9 for rate in ("lr", "discriminator_lr", "mapping_lr", "parts_lr")}
MODULATED = {"model.projected": 4}
PARTS = MODULATED | {
    "model.generator": "parts",
    "model.parts": 4,
    "loss.cyc": 0.0,
    "loss.ds": 0.0,
    "loss.restore": 10.0,
    "loss.paint": 1.0,
}
PAINTING = MODULATED | {
    "data.size": 32,
    "data.crop_scale": 0.5,
    "data.crop_most": 0.75,
    "data.sources": "squares",
    "model.bottleneck": 8,
    "model.generator": "painting",
    "loss.manner": 1.0,
    "loss.restore": 1.0,
}
REPAINTING = PARTS | {"model.generator": "repainting", "loss.keep": 1.0}


def kind_of(settings):
    return settings.get("model.generator", "modulated")


@pytest.fixture
def tune(tiny_config, tiny_dataset, tmp_path):
    """Trains a model of discs, squares and stripes, and one of other styles that begins with it."""

    def run(dataset, settings=MODULATED):
        run.told = []
        how = {"device": "cpu", "report": run.told.append}
        source = trained(settings, how)
        recipe = store.describe(source).recipe.override(STILL | {"train.steps": 1})
        state = train_by_recipe(
            recipe, tmp_path / "tuned", dataset=dataset, init_from=source, **how
        )
        return state, store.read_networks(source, store.describe(source), NETWORKS)

    def trained(settings, how):
        moving = {"train.steps": 3, "train.lr": 1e-2, "train.mapping_lr": 1e-2}
        if settings is not REPAINTING:
            recipe = tiny_config.override(settings | moving)
            train_by_recipe(recipe, tmp_path / "source", dataset=tiny_dataset, **how)
            return tmp_path / "source"
        before = {"first": MODULATED, "second": PARTS}
        for name, each in before.items():
            recipe = tiny_config.override(each | moving)
            train_by_recipe(recipe, tmp_path / name, dataset=tiny_dataset, **how)
        chosen = settings | {"model.first_pass": str(tmp_path / "first"), "train.steps": 1}
        train_by_recipe(
            tiny_config.override(chosen),
            tmp_path / "source",
            dataset=tiny_dataset,
            init_from=tmp_path / "second",
            **how,
        )
        return tmp_path / "source"

    run.folder = tmp_path
    return run


def called(dataset, names):
    """Some styles of a set under other names, in alphabetical order as a folder's are."""
    styles = tuple(sorted(names.values()))
    former = {name: style for style, name in names.items()}
    rows = torch.cat([dataset.indices(style=former[style]) for style in styles])
    own = [dataset.styles[label] for label in dataset.labels[rows].tolist()]
    return replace(
        dataset,
        styles=styles,
        images=dataset.images[rows],
        labels=torch.tensor([styles.index(names[style]) for style in own]),
        keys=tuple(dataset.keys[row] for row in rows),
        splits=tuple(dataset.splits[row] for row in rows),
        names=(),
    )


def assert_taken_over(state, older, rows):
    """All weights are the older ones, and what each style has of its own comes from these rows."""
    for name, network in state.networks.items():
        theirs = older[name].state_dict()
        for key, value in network.state_dict().items():
            if not key.endswith(("._u", "._v")):  # of spectral norm: they follow the weights
                wanted = theirs[key][rows] if OWN.match(key) else theirs[key]
                torch.testing.assert_close(value, wanted, rtol=1e-3, atol=5e-6)
    for name, average in state.averages.items():
        for key, value in average.state_dict().items():
            torch.testing.assert_close(
                value, state.networks[name].state_dict()[key], rtol=1e-3, atol=5e-6
            )


@pytest.mark.parametrize("settings", [MODULATED, PARTS, REPAINTING, PAINTING], ids=kind_of)
def test_styles_are_taken_over_by_name_and_new_ones_begin_as_an_old_one(
    tune, tiny_dataset, settings
):
    new = called(tiny_dataset, {"stripes": "waves", "squares": "squares"})
    state, older = tune(new, settings)
    begins = state.origin["styles"]
    assert begins["squares"] == "squares" and set(begins) == {"squares", "waves"}
    rows = [("discs", "squares", "stripes").index(style) for style in begins.values()]
    assert_taken_over(state, older, rows)
    first = begins["waves"]
    said = f"styles taken over: squares; new: waves (begins as {first}); left: discs, stripes"
    assert said in tune.told
    model = StyleTransfer.load(tune.folder / "tuned", device="cpu", precision="fp32")
    assert model.styles == ("squares", "waves")


def test_more_styles_than_the_older_model_had(tune, tiny_dataset):
    twice = [("discs", "a"), ("squares", "squares"), ("stripes", "stripes"), ("discs", "discs")]
    parts = [
        called(tiny_dataset, {style: name}) for style, name in sorted(twice, key=lambda p: p[1])
    ]
    more = replace(
        parts[0],
        styles=("a", "discs", "squares", "stripes"),
        images=torch.cat([part.images for part in parts]),
        labels=torch.arange(4).repeat_interleave(12),
        keys=sum((part.keys for part in parts), ()),
        splits=sum((part.splits for part in parts), ()),
    )
    state, older = tune(more)
    rows = [("discs", "squares", "stripes").index(s) for s in state.origin["styles"].values()]
    assert rows[1:] == [0, 1, 2]
    assert_taken_over(state, older, rows)
    assert state.config.model.domains == 4


def test_the_same_styles_in_another_order_keep_what_is_theirs(tune, tiny_dataset):
    turned = replace(
        tiny_dataset,
        styles=("stripes", "squares", "discs"),
        labels=2 - tiny_dataset.labels,
    )
    state, older = tune(turned)
    assert_taken_over(state, older, [2, 1, 0])
    said = "styles taken over: stripes, squares, discs; new: none; left: none"
    assert said in tune.told


@pytest.mark.parametrize("model", ["emoji64", "emoji64_references", "letters64"])
def test_tensors_with_a_row_for_each_style_are_known_by_growing(model):
    recipe = store.describe(store.find(model)).recipe
    for name in NETWORKS[: 5 if recipe.model.projected else 4]:
        network = ARCHITECTURE.build(recipe.model, 0, (name,))[name]
        keys = {key for key in network.state_dict() if OWN.match(key)}
        if model == "letters64" and name == "style_encoder":
            keys = set()  # one head serves all of its styles
        assert own_tensors(ARCHITECTURE, recipe, name) == {k for k in keys if not k.endswith("._v")}


def test_a_renamed_style_begins_as_itself():
    folder = store.find("emoji64")
    new = {"openmoji": "b", "fluent_ink": "c", "twemoji": "d", "fluent": "e", "noto": "noto"}
    renamed = called(load_dataset("emoji_styles"), new)
    recipe = store.describe(folder).recipe
    styles = store.describe(folder).styles
    found = nearest(used_networks(folder), recipe, renamed, ("b", "c", "d", "e"))
    begins = {name: styles[number] for name, number in found.items()}
    assert begins == {"b": "openmoji", "c": "fluent_ink", "d": "twemoji", "e": "fluent"}


def test_a_larger_model_does_not_begin_with_other_styles(tune, tiny_dataset, tiny_config):
    tune(tiny_dataset)
    recipe = tiny_config.override(PARTS)
    new = called(tiny_dataset, {"stripes": "waves", "squares": "squares"})
    with pytest.raises(ValueError, match="source was trained for the styles discs.*has.*waves"):
        train_by_recipe(
            recipe,
            tune.folder / "other",
            dataset=new,
            init_from=tune.folder / "source",
            report=tune.told.append,
        )
    assert not (tune.folder / "other").exists()


def test_the_recipe_of_a_bundled_model_is_shortened_for_ones_own_pictures():
    own = store.describe(store.find("emoji128")).recipe
    recipe = tuning_recipe("emoji128", "my_styles")
    assert recipe.model == own.model and recipe.loss == own.loss
    assert recipe.data.name == "my_styles" and recipe.data.size == 128
    assert recipe.train.steps * recipe.train.batch < own.train.steps * own.train.batch
    other = tuning_recipe("cyclegan", "my_styles")
    assert other.train == store.describe(store.find("cyclegan")).recipe.train
