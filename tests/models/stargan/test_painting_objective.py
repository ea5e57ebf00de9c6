import pytest
import torch

from gan_lessons.models.stargan.architecture import objective_of
from gan_lessons.models.stargan.painting_objective import PaintingStarGAN
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update

TERMS = ("restore", "restore_features", "manner", "density", "nce")


@pytest.fixture
def config(tiny_config):
    return tiny_config.override(
        {
            "data.size": 32,
            "data.crop_scale": 0.5,
            "data.crop_most": 0.75,
            "model.bottleneck": 8,
            "model.generator": "painting",
            "model.projected": 4,
            "train.batch": 8,
            **{f"loss.{name}": 1.0 for name in TERMS},
        }
    )


def test_the_generator_of_paintings_has_an_objective_of_its_own(config):
    assert type(objective_of(config)) is PaintingStarGAN


def test_paintings_are_judged_by_features_too(config):
    without = {"model.projected": 0, **{f"loss.{name}": 0.0 for name in TERMS}}
    with pytest.raises(ValueError, match="model.projected must be above 0 for paintings"):
        objective_of(config.override(without))


def test_the_generator_has_every_term_of_the_recipe(objective, batch):
    terms = objective.generator_terms(batch, 0)
    assert set(terms) == {"adv_g", "pro_g", "manner", "nce", "rec", "rec_f", "den"}
    assert all(value.isfinite() and value.ndim == 0 for _, value in terms.values())


def test_before_the_game_nobody_judges_and_all_codes_are_read_off_references(config, batch):
    objective = objective_of(config.override({"loss.first": 3}))
    assert set(objective.generator_terms(batch, 2)) == {"manner", "nce", "rec", "rec_f", "den"}
    assert {"adv_g", "pro_g"} <= set(objective.generator_terms(batch, 3))
    assert objective.results(batch, 2).equal(batch.x_real)
    assert objective.factors(2) != objective.factors(3)


def test_manner_teaches_generator_and_encoder(objective, batch):
    weight, value = objective.generator_terms(batch, 0)["manner"]
    (weight * value).backward()
    for name in ("generator", "style_encoder"):
        grads = [p.grad for p in objective.networks[name].parameters() if p.grad is not None]
        assert max(g.abs().max() for g in grads) > 0
    assert all(p.grad is None for p in objective.networks["discriminator"].parameters())


def test_codes_are_drawn_for_one_half_and_read_off_references_for_the_other(objective, batch):
    s = objective.styles(batch)
    k = batch.latents
    drawn = objective.networks["mapping_network"](batch.z_trg[:k], batch.y_trg[:k])
    read = objective.networks["style_encoder"](batch.x_ref[k:], batch.y_trg[k:])
    torch.testing.assert_close(s, torch.cat([drawn, read]))


def test_steps_on_one_batch_bring_the_manner_nearer(config, batch):
    others = ("adv", "nce", "restore", "restore_features", "density")
    lighter = {f"loss.{name}": 0.01 for name in others}
    config = config.override({"train.lr": 0.001, "loss.projected": 0.0, **lighter})
    objective = objective_of(config)
    state = create_state(objective, config, torch.device("cpu"))
    phase = objective.phases[1]
    terms = [update(objective, state, phase, batch, 0, 1.0) for _ in range(25)]
    assert terms[-1]["manner"] < 0.95 * terms[0]["manner"]
