import pytest
import torch
from torch import nn

from gan_lessons.models.stargan.architecture import objective_of
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.parts_objective import PartsStarGAN, grow
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update

TERMS = ("restore", "restore_features", "paint", "contrast", "density")


@pytest.fixture
def config(tiny_config):
    return tiny_config.override(
        {
            "data.size": 32,
            "model.bottleneck": 8,
            "model.generator": "parts",
            "model.parts": 4,
            "model.projected": 4,
            "data.targets": 2,
            "train.batch": 8,
            "train.parts_lr": 0.003,
            "loss.nce": 1.0,
            **{f"loss.{name}": 1.0 for name in TERMS},
        }
    )


def flat(network):
    return torch.cat([p.detach().flatten().clone() for p in network.parameters()])


def test_a_recipe_has_the_objective_of_its_generator(config, tiny_config):
    assert type(objective_of(config)) is PartsStarGAN
    assert type(objective_of(tiny_config)) is StarGAN


@pytest.mark.parametrize("name", TERMS)
def test_no_other_generator_is_asked_for_these_terms(tiny_config, name):
    with pytest.raises(ValueError, match=f"loss.{name}"):
        tiny_config.override({f"loss.{name}": 1.0, "model.projected": 4})


def test_only_models_that_learn_before_the_game_have_steps_before_it(config, tiny_config):
    assert config.override({"loss.first": 1}).loss.first == 1
    with pytest.raises(ValueError, match="loss.first is asked of model.generator parts or"):
        tiny_config.override({"loss.first": 1})


def test_every_term_is_there_and_finite(objective, batch):
    terms = objective.generator_terms(batch, 0)
    assert set(terms) == {"adv_g", "pro_g", "con", "nce", "rec", "rec_f", "paint", "den"}
    assert all(value.isfinite() for _, value in terms.values())
    assert set(objective.generator_terms(batch, 1)) >= {"con", "rec"}


def test_half_of_a_batch_takes_its_codes_from_the_mapping_network(objective, batch):
    s = objective.styles(batch)
    drawn = objective.drawn(batch)
    y = batch.y_trg
    assert len(s) == 8
    torch.testing.assert_close(s[:2], drawn.mean(dim=1)[y[:2]])
    z = batch.z_trg[2:4]
    torch.testing.assert_close(s[2:4], objective.networks["mapping_network"](z, y[2:4]))
    encoded = objective.networks["style_encoder"](batch.x_ref[4:], y[4:])
    torch.testing.assert_close(s[4:], encoded)


def test_the_mapping_network_follows_codes_and_nothing_else(objective, batch):
    terms = objective.generator_terms(batch, 0)
    rest = sum(value for name, (_, value) in terms.items() if name != "den")
    own = list(objective.networks["mapping_network"].parameters())
    assert all(g is None for g in torch.autograd.grad(rest, own, allow_unused=True))


def test_density_moves_the_mapping_network_alone(objective, batch):
    _, den = objective.generator_terms(batch, 0)["den"]
    encoder = list(objective.networks["style_encoder"].parameters())
    assert not den.requires_grad or all(
        g is None for g in torch.autograd.grad(den, encoder, allow_unused=True, retain_graph=True)
    )
    own = torch.autograd.grad(den, list(objective.networks["mapping_network"].parameters()))
    assert any(g.abs().max() > 0 for g in own)


def test_a_step_changes_the_networks_of_its_phase(objective, config, tiny_dataset, batches_of):
    state = create_state(objective, config, torch.device("cpu"))
    batch = batches_of(config, tiny_dataset)(0)
    for phase in objective.phases:
        before = {name: flat(network) for name, network in objective.networks.items()}
        update(objective, state, phase, batch, 0, 1.0)
        for name, network in objective.networks.items():
            assert (not flat(network).equal(before[name])) == (name in phase.networks), name


def test_what_is_new_learns_at_its_own_rate(objective, config):
    state = create_state(objective, config, torch.device("cpu"))
    generator = objective.networks["generator"]
    rates = {
        id(p): group["lr"] for group in state.optimisers["G"].param_groups for p in group["params"]
    }
    assert len(rates) == sum(
        len(list(objective.networks[name].parameters())) for name in objective.phases[1].networks
    )
    assert rates[id(generator.to_mix.weight)] == config.train.parts_lr
    assert rates[id(generator.parts.to_parts.weight)] == config.train.parts_lr
    assert rates[id(generator.to_rgb.weight)] == config.train.lr
    assert rates[id(objective.networks["mapping_network"].shared[0].weight)] == (
        config.train.mapping_lr
    )


def test_results_of_the_mean_code_are_restored_whole(objective, batch):
    x_fake = torch.rand(8, 3, 32, 32) * 2 - 1
    found = objective.spoilt(batch, x_fake)
    assert found.shape == x_fake.shape
    assert found[:2].equal(x_fake[:2])
    assert not found[6:].equal(x_fake[6:])  # copies of the sources, destroyed
    kept = [found[k].equal(x_fake[k]) for k in range(2, 6)]
    assert kept == (batch.destroyed[2:6, 4] < 0.5).tolist()


def test_a_model_grown_from_an_older_one_makes_what_that_one_made(config, tiny_config):
    older = objective_of(tiny_config.override({"data.size": 32, "model.bottleneck": 8})).networks
    torch.manual_seed(3)
    nn.init.normal_(older["generator"].to_rgb.weight, std=0.1)
    networks = objective_of(config).networks
    grow(networks, older)
    x, y = torch.rand(3, 3, 32, 32) * 2 - 1, torch.tensor([0, 1, 2])
    vectors = networks["style_encoder"].heads.bias[y]
    z = torch.randn(1000, 4, generator=torch.Generator().manual_seed(0))
    mean = older["mapping_network"](z, torch.full((1000,), 1)).mean(dim=0)
    torch.testing.assert_close(vectors[1], mean)
    values = torch.randn(3, config.model.code_dim - config.model.style_dim)
    made = networks["generator"](x, torch.cat([vectors, values], dim=1))
    torch.testing.assert_close(made, older["generator"](x, vectors))


def test_an_older_model_of_other_widths_is_refused(config, tiny_config):
    other = tiny_config.override({"data.size": 32, "model.bottleneck": 8, "model.width": 8})
    with pytest.raises(ValueError, match="widths"):
        grow(objective_of(config).networks, objective_of(other).networks)


def apart(objective, batches, y):
    """How far the codes of one style lie apart, over their size; 0 where they are one."""
    own = [x for k in range(100, 110) for x in batches(k).x_ref[batches(k).y_trg == y]]
    own = torch.stack(own)
    s = objective.networks["style_encoder"](own, torch.full((len(own),), y))
    return (s.var(dim=0).sum() / s.square().mean(dim=0).sum()).sqrt().item()


def trained(config, batches, steps):
    objective = objective_of(config)
    state = create_state(objective, config, torch.device("cpu"))
    for step in range(steps):
        for phase in objective.phases:
            update(objective, state, phase, batches(step), step, 1.0)
    return objective


@pytest.mark.slow
def test_codes_of_one_style_stay_apart_and_draws_are_no_copies_of_them(
    config, tiny_dataset, batches_of
):
    batches = batches_of(config, tiny_dataset)
    objective = trained(config, batches, 60)
    encoder = objective.networks["style_encoder"]
    with torch.no_grad():
        found = [apart(objective, batches, y) for y in range(3)]
        assert min(found) > 2e-3 and sum(found) / 3 > 0.02, found
        rows = tiny_dataset.indices("train", tiny_dataset.styles[0])
        x = tiny_dataset.images[rows].float() / 127.5 - 1
        codes = encoder(x, torch.zeros(len(x), dtype=torch.long))
        z = torch.randn(50, config.model.latent_dim, generator=torch.Generator().manual_seed(0))
        drawn = objective.networks["mapping_network"](z, torch.zeros(50, dtype=torch.long))
        assert torch.cdist(drawn, codes).min() > 1e-3
        # Asleep, it gives one code whatever the picture: then this measure says so.
        encoder.forward = lambda x, y: encoder.heads.bias[y]
        assert max(apart(objective, batches, y) for y in range(3)) < 1e-4


def test_before_the_game_only_codes_and_parts_learn(config, tiny_dataset, batches_of):
    recipe = config.override({"loss.first": 10})
    objective = objective_of(recipe)
    torch.manual_seed(1)
    nn.init.normal_(objective.networks["generator"].to_rgb.weight, std=0.1)
    state = create_state(objective, recipe, torch.device("cpu"))
    batches = batches_of(config, tiny_dataset)
    generator = objective.networks["generator"]
    before, judges = generator.to_rgb.weight.clone(), flat(objective.networks["discriminator"])
    paint = []
    for step in range(10):
        for phase in objective.phases:
            terms = update(objective, state, phase, batches(0), step, 1.0)
        paint.append(terms["paint"].item())
    assert set(terms) == {"paint", "den"}
    assert paint[-1] < paint[0]
    assert generator.to_rgb.weight.sub(before).abs().max() < 1e-2 * before.abs().max()
    assert not flat(objective.networks["discriminator"]).equal(judges)
    assert "rec" in objective.generator_terms(batches(0), 10)
