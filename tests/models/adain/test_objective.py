import pytest
import torch

from gan_lessons.data.samples import Pairs
from gan_lessons.models.adain.networks import adain
from gan_lessons.models.adain.objective import AdaINTransfer, style_distance
from gan_lessons.models.adain.recipe import AdaINConfig, AdaINRecipe


@pytest.fixture
def batch():
    a, b = torch.rand(2, 8, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return Pairs(a, b, paired=False, batch=4, seed=0)(0)


def test_style_distance_is_that_of_means_and_deviations():
    a = torch.tensor([[[[0.0, 2.0]]]])  # mean 1, deviation 1
    b = torch.tensor([[[[1.0, 7.0]]]])  # mean 4, deviation 3
    assert style_distance([a], [b]).item() == pytest.approx(3**2 + 2**2, rel=1e-4)
    assert style_distance([a, a], [b, a]).item() == pytest.approx(13, rel=1e-4)


def test_terms_are_their_equations(batch):
    objective = AdaINTransfer(AdaINRecipe(AdaINConfig(width=8)))
    network = objective.networks["transfer"]
    content, style = network.encode(batch.x_a), network.encode(batch.x_b)
    wanted = adain(content[-1], style[-1])
    drawn = network.decoder(wanted)
    found = network.encode(drawn.clamp(-1, 1))
    terms = objective.terms(batch, 0)
    assert {name: weight for name, (weight, _) in terms.items()} == {
        "content": 1.0, "style": 10.0, "range": 10.0
    }  # fmt: skip
    near = (found[-1] - wanted).square().mean().item()
    assert terms["content"][1].item() == pytest.approx(near, rel=1e-5)
    assert terms["style"][1].item() == pytest.approx(style_distance(found, style).item(), rel=1e-5)
    outside = (drawn.abs() - 1).clamp(min=0).square().mean().item()
    assert terms["range"][1].item() == pytest.approx(outside, rel=1e-5)
