import pytest
import torch
from torch import nn

from gan_lessons.data.batches import Batches
from gan_lessons.models import store
from gan_lessons.models.stargan.architecture import objective_of
from gan_lessons.models.stargan.repainting import begin_with
from gan_lessons.training.run import train_by_recipe
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update

SHAPES = {"data.size": 32, "model.bottleneck": 8}
PAINTED = {**SHAPES, "model.parts": 4, "model.projected": 4, "train.batch": 8}


@pytest.fixture
def older(tiny_config):
    return tiny_config.override(SHAPES)


@pytest.fixture
def painting(tiny_config):
    return tiny_config.override({**PAINTED, "model.generator": "parts"})


@pytest.fixture
def config(tiny_config):
    kept = {"model.generator": "repainting", "loss.keep": 1.0, "loss.contrast": 1.0}
    return tiny_config.override(PAINTED | kept)


@pytest.fixture
def batch(config, tiny_dataset):
    latents = config.model.latent_dim
    return Batches(tiny_dataset, config.data, batch=8, latent_dim=latents, seed=0)(0)


def moved(networks):
    """Networks whose results differ from their sources."""
    torch.manual_seed(3)
    nn.init.normal_(networks["generator"].to_rgb.weight, std=0.1)
    return networks


@pytest.fixture
def begun(config, painting, older):
    """A model of two passes, and the two that it began with."""
    networks = objective_of(config).networks
    second, first = (moved(objective_of(each).networks) for each in (painting, older))
    assert begin_with(networks, second, first) == {
        "generator", "style_encoder", "mapping_network",
    }  # fmt: skip
    return networks, second, first


def mean_code(networks, y):
    z = torch.randn(1000, 4, generator=torch.Generator().manual_seed(0))
    return networks["mapping_network"](z, torch.full((1000,), y)).mean(dim=0)


def test_a_result_is_what_the_second_makes_of_what_the_first_made(begun):
    networks, second, first = begun
    x, y = torch.rand(3, 3, 32, 32) * 2 - 1, torch.tensor([1, 0, 1])
    usual = torch.stack([mean_code(first, each) for each in y.tolist()])
    between = first["generator"](x, usual).clamp(-1, 1)
    assert not torch.allclose(between, x, atol=0.01)
    s = second["style_encoder"](x, y)
    wanted = second["generator"](between, s)
    made = networks["generator"](x, networks["style_encoder"](x, y))
    torch.testing.assert_close(made, wanted)


def test_codes_begin_with_the_style_that_was_asked_for(begun, config):
    networks, second, _ = begun
    z, y = torch.randn(3, 4), torch.tensor([1, 0, 1])
    s = networks["mapping_network"](z, y)
    assert s.shape == (3, config.model.code_dim)
    assert s[:, :3].tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]
    torch.testing.assert_close(s[:, 3:], second["mapping_network"](z, y))
    torch.testing.assert_close(networks["mapping_network"].every(z)[y, range(3)], s)


def test_a_walk_between_styles_passes_through_both_first_passes(begun):
    networks, *_ = begun
    generator = networks["generator"]
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    ends = networks["mapping_network"].every(torch.zeros(1, 4))[:2, 0]
    half = generator.first_pass(x, ends.mean(dim=0, keepdim=True))
    one, other = (generator.first_pass(x, s[None]) for s in ends)
    assert not torch.allclose(one, other, atol=1e-3)
    assert (half - one).abs().mean() < (other - one).abs().mean()


def test_training_leaves_the_first_pass_as_it_is(config, batch):
    objective = objective_of(config)
    generator = objective.networks["generator"]
    state = create_state(objective, config, torch.device("cpu"))
    frozen = [*generator.first.parameters(), generator.usual]
    before = [p.detach().clone() for p in frozen]
    second = generator.to_mix.weight.detach().clone()
    for phase in objective.phases:
        update(objective, state, phase, batch, 0, 1.0)
    assert all(p.equal(was) for p, was in zip(frozen, before, strict=True))
    assert not generator.to_mix.weight.equal(second)


def test_what_the_mean_code_makes_is_held_to_the_first_pass(config, batch):
    objective = objective_of(config)  # whose second pass begins with changing nothing
    weight, away = objective.generator_terms(batch, 0)["keep"]
    # The first pass is made of other numbers of pictures on both sides, which rounds otherwise.
    assert weight == 1 and away.item() < 1e-6
    moved(objective.networks)
    assert objective.generator_terms(batch, 0)["keep"][1] > 1e-3
    free = objective_of(config.override({"loss.keep": 0.0}))
    assert "keep" not in free.generator_terms(batch, 0)


def test_no_other_generator_is_asked_for_it(painting):
    with pytest.raises(ValueError, match="loss.keep"):
        painting.override({"loss.keep": 1.0})


def test_older_models_of_other_shapes_are_refused(config, painting, older):
    networks = objective_of(config).networks
    narrow = objective_of(older.override({"model.width": 8})).networks
    with pytest.raises(ValueError, match="other shapes"):
        begin_with(networks, objective_of(painting).networks, narrow)


def test_a_training_begins_with_two_stored_models(config, painting, older, tiny_dataset, tmp_path):
    said = []
    how = {"dataset": tiny_dataset, "report": said.append}
    for name, recipe in (("first", older), ("second", painting)):
        train_by_recipe(recipe.override({"train.steps": 1}), tmp_path / name, **how)
    recipe = config.override(
        {"model.first_pass": str(tmp_path / "first"), "train.steps": 1, "train.lr": 1e-9}
    )
    train_by_recipe(recipe, tmp_path / "both", init_from=tmp_path / "second", **how)
    assert "starting anew: discriminator, projected" in said
    stored = {name: generator_in(tmp_path / name) for name in ("first", "second", "both")}
    for name, value in stored["first"].state_dict().items():
        torch.testing.assert_close(stored["both"].first.state_dict()[name], value)
    wanted, found = (stored[name].from_rgb.weight for name in ("second", "both"))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("first", "said"), [("", "model.first_pass"), ("emoji64", "--init-from")])
def test_what_it_begins_with_has_to_be_named(config, tiny_dataset, tmp_path, first, said):
    recipe = config.override({"model.first_pass": first})
    with pytest.raises(ValueError, match=said):
        train_by_recipe(recipe, tmp_path / "run", dataset=tiny_dataset, report=print)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("owner/name", "no model 'owner/name'"),  # of the hub: a recipe does not make us fetch
        ("adain", "draws styles, such as emoji64"),
    ],
)
def test_a_first_pass_is_read_from_here_and_of_the_right_kind(
    config, painting, tiny_dataset, tmp_path, first, said
):
    how = {"dataset": tiny_dataset, "report": print}
    train_by_recipe(painting.override({"train.steps": 1}), tmp_path / "second", **how)
    recipe = config.override({"model.first_pass": first})
    with pytest.raises(ValueError, match=said):
        train_by_recipe(recipe, tmp_path / "both", init_from=tmp_path / "second", **how)


def generator_in(folder):
    return store.read_networks(folder, store.describe(folder), ("generator",))["generator"]
