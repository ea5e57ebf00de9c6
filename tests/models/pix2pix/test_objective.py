import pytest
import torch
from torch.nn import functional as F

from gan_lessons.data.samples import Pairs
from gan_lessons.models.pix2pix.objective import Pix2Pix
from gan_lessons.models.pix2pix.recipe import Pix2PixConfig, Pix2PixLoss, Pix2PixRecipe

SMALL = Pix2PixConfig(depth=3, width=4, critic_width=4, critic_depth=1)


def pix2pix(**loss):
    return Pix2Pix(Pix2PixRecipe(SMALL, Pix2PixLoss(**loss)))


@pytest.fixture
def batch():
    a, b = torch.rand(2, 8, 3, 16, 16) * 2 - 1
    return Pairs(a, b, paired=True, batch=4, latent=12, seed=0)(0)


def test_terms_are_their_equations(batch):
    objective = pix2pix()
    generate, judge = objective.networks["generator"], objective.networks["discriminator"]
    assert generate.dropped == 12
    x_fake = generate(batch.x_a, batch.z)
    real = judge(torch.cat([batch.x_a, batch.x_b], dim=1))
    fake = judge(torch.cat([batch.x_a, x_fake], dim=1))
    expected = {
        "adv_d": (0.5, F.softplus(-real).mean() + F.softplus(fake).mean()),
        "adv_g": (1.0, F.softplus(-fake).mean()),
        "l1": (100.0, (x_fake - batch.x_b).abs().mean()),
    }
    terms = objective.discriminator_terms(batch, 0) | objective.generator_terms(batch, 0)
    assert set(terms) == set(expected)
    for name, (weight, value) in expected.items():
        assert terms[name][0] == weight
        assert terms[name][1].item() == pytest.approx(value.item(), rel=1e-5), name


def test_the_judge_sees_which_source_an_answer_belongs_to(batch):
    objective = pix2pix()
    mine = objective.judge(batch.x_a, batch.x_b)
    other = objective.judge(batch.x_a.roll(1, dims=0), batch.x_b)
    assert (mine - other).abs().max() > 1e-3


def test_without_the_game_distance_alone_is_left(batch):
    assert set(pix2pix(adv=0.0).generator_terms(batch, 0)) == {"l1"}


def test_least_squares_may_take_the_place_of_the_logarithm(batch):
    value = pix2pix(family="least_squares").discriminator_terms(batch, 0)["adv_d"][1]
    assert value.item() == pytest.approx(0.5, abs=0.2)  # all outputs near 0 at the start


@pytest.mark.parametrize("wrong", [{"family": "relativistic"}, {"adv": -1.0}, {"l1": -1.0}])
def test_impossible_games_are_refused(wrong):
    with pytest.raises(ValueError, match=f"loss.{next(iter(wrong))}"):
        Pix2PixLoss(**wrong)
