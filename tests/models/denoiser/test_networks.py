import pytest
import torch

from gan_lessons.models.denoiser.networks import Denoiser, build
from gan_lessons.models.denoiser.recipe import DenoiserConfig


def test_training_starts_at_the_untouched_image():
    x = torch.randn(2, 1, 12, 8)
    assert build(DenoiserConfig(channels=1))["denoiser"](x).equal(x)


def test_the_start_can_be_left_and_then_every_weight_matters():
    network = Denoiser(DenoiserConfig(width=4, blocks=2)).double()
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    network(x).square().sum().backward()
    assert network.enlarge.weight.grad.any() and network.enlarge.bias.grad.any()
    with torch.no_grad():
        network.enlarge.weight.normal_()
    network.zero_grad()
    network(x).square().sum().backward()
    assert all(p.grad.any() for p in network.parameters())


def test_it_looks_at_a_neighbourhood():
    network = Denoiser(DenoiserConfig(channels=1, width=4, blocks=2)).double()
    torch.nn.init.ones_(network.enlarge.weight)
    x = torch.randn(1, 1, 64, 64, dtype=torch.float64, requires_grad=True)
    network(x)[0, 0, 32, 32].backward()
    seen = x.grad[0, 0].ne(0).any(1).nonzero()
    # Two blocks reach 8 pixels in every direction; shrinking and enlarging add a few.
    assert 16 <= (seen.max() - seen.min()).item() <= 24


@pytest.mark.parametrize("wrong", [{"channels": 0}, {"width": -1}, {"blocks": 0}])
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"model.{next(iter(wrong))}"):
        DenoiserConfig(**wrong)
