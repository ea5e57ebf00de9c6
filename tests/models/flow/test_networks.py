import doctest
import math

import pytest
import torch

from gan_lessons.models.flow import networks
from gan_lessons.models.flow.networks import build, embed, sample
from gan_lessons.models.flow.recipe import FlowConfig

SMALL = FlowConfig(width=4, max_width=8, depth=2)


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def test_examples_hold():
    result = doctest.testmod(networks)
    assert result.attempted >= 2 and result.failed == 0


@pytest.mark.parametrize(
    ("config", "shape"),
    [(SMALL, (3, 8, 12)), (FlowConfig("dense", data_dim=5, width=6, depth=1), (5,))],
)
def test_velocities_have_the_shape_of_points(config, shape):
    x = torch.randn(4, *shape)
    velocity = build(config)["velocity"]
    assert velocity(x, torch.rand(4)).shape == x.shape
    assert sample(velocity, x, steps=2).shape == x.shape


def test_images_start_at_rest_and_points_do_not_see_each_other():
    velocity, x = build(SMALL)["velocity"], torch.randn(3, 3, 8, 8)
    assert not velocity(x, torch.rand(3)).any()
    torch.nn.init.normal_(velocity.to_rgb.weight)
    t = torch.rand(3)
    torch.testing.assert_close(velocity(x, t)[1:], velocity(x[1:], t[1:]), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", ["conv", "dense"])
def test_the_time_matters(kind):
    velocity = build(FlowConfig(kind, width=4, depth=2))["velocity"]
    if kind == "conv":
        torch.nn.init.normal_(velocity.to_rgb.weight)
    x = torch.randn(1, 3, 8, 8) if kind == "conv" else torch.randn(1, 2)
    early, late = (velocity(x, torch.tensor([t])) for t in (0.2, 0.3))
    assert (early - late).abs().max() > 1e-3


def test_times_are_told_apart():
    codes = embed(torch.linspace(0, 1, 101))
    distances = torch.cdist(codes, codes) + 9 * torch.eye(101)
    assert codes.shape == (101, 16) and distances.min() > 0.1


@pytest.mark.parametrize("steps", [10, 100, 1000])
def test_euler_is_as_exact_as_it_should_be(steps):
    # dx/dt = x has the solution e; Euler's method gives (1 + 1/n)^n.
    x = sample(lambda x, t: x, torch.ones(1, 1, dtype=torch.float64), steps)
    assert x.item() == pytest.approx((1 + 1 / steps) ** steps, rel=1e-12)
    assert abs(x.item() - math.e) == pytest.approx(math.e / (2 * steps), rel=0.1)


def test_times_run_from_zero_to_just_below_one():
    seen = []
    sample(lambda x, t: (seen.append(t.tolist()), x)[1], torch.zeros(2, 1), steps=4)
    assert seen == [[t, t] for t in (0, 0.25, 0.5, 0.75)]
    with pytest.raises(ValueError, match="one step or more expected, got 0"):
        sample(lambda x, t: x, torch.zeros(1, 1), steps=0)


@pytest.mark.parametrize("wrong", [{"kind": "unet"}, {"depth": 0}, {"width": 0}, {"data_dim": -1}])
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"model.{next(iter(wrong))}"):
        FlowConfig(**wrong)
