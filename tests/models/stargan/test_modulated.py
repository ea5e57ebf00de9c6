from dataclasses import replace

import pytest
import torch
from torch import nn

from gan_lessons.layers import InstanceNorm
from gan_lessons.models.stargan.modulated import UpBlk
from gan_lessons.models.stargan.networks import build, he_init
from gan_lessons.models.stargan.recipe import ModelConfig

CONFIG = ModelConfig(
    size=32, domains=2, width=6, max_width=10, bottleneck=8, blocks=1, style_dim=5, latent_dim=4
)
BOTTLENECKS = [16, 8, 4]  # one halving, two, three


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def generator_of(bottleneck, *, awake=True):
    config = replace(CONFIG, bottleneck=bottleneck)
    generator = build(config)["generator"].double()
    if awake:
        nn.init.normal_(generator.to_rgb.weight, std=0.1)
    return generator


def picture(*shape):
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("bottleneck", BOTTLENECKS)
def test_training_starts_at_the_source(bottleneck):
    generator = generator_of(bottleneck, awake=False)
    x = picture(2, 3, 32, 48)
    assert generator(x, picture(2, 5)).equal(x)


def test_the_start_can_be_left():
    generator = generator_of(8, awake=False)
    x = picture(2, 3, 32, 32)
    generator(x, picture(2, 5)).square().sum().backward()
    assert generator.to_rgb.weight.grad.abs().amax() > 0
    assert generator.to_rgb.bias.grad.abs().amax() > 0


@pytest.mark.parametrize("bottleneck", BOTTLENECKS)
def test_every_weight_matters_once_awake(bottleneck):
    generator = generator_of(bottleneck)
    generator(picture(2, 3, 32, 32), picture(2, 5)).square().sum().backward()
    for name, weight in generator.named_parameters():
        assert weight.grad is not None and weight.grad.any(), name


@pytest.mark.parametrize("bottleneck", BOTTLENECKS)
def test_moving_the_source_by_a_stride_moves_the_result(bottleneck):
    generator = generator_of(bottleneck)
    stride, s = generator.stride, picture(1, 5)
    wide = picture(1, 3, 32 * stride, 33 * stride)
    left, right = generator(wide[..., :-stride], s), generator(wide[..., stride:], s)
    edge = 12 * stride  # the zeros beyond the border reach this far
    inner = (..., slice(edge, -edge), slice(edge, -edge))
    torch.testing.assert_close(left[..., stride:][inner], right[..., :-stride][inner])


def test_nothing_in_it_looks_at_the_whole_picture():
    generator = generator_of(8)
    assert not any(isinstance(m, InstanceNorm) for m in generator.modules())
    x, s = picture(1, 3, 128, 128), picture(1, 5)
    poked = x.clone()
    poked[..., :4, :4] += 5
    change = (generator(poked, s) - generator(x, s)).abs()
    assert change[..., :8, :8].amax() > 0.1
    assert change[..., 100:, 100:].amax() == 0


def test_enlarging_leaves_no_grid_on_an_even_surface():
    block = UpBlk(6, 4, 5).double().apply(he_init)
    x, skip = (picture(1, n, 1, 1).expand(1, n, size, size) for n, size in ((6, 12), (4, 24)))
    inner = block(x, skip, picture(1, 5))[..., 8:-8, 8:-8]
    torch.testing.assert_close(inner, inner[..., :1, :1].expand_as(inner))


def test_fine_detail_passes_beside_the_bottleneck():
    generator = generator_of(4)
    x, s = picture(1, 3, 32, 32), picture(1, 5)
    whole = generator(x, s)
    with torch.no_grad():
        for up in generator.up:
            up.enlarge.weight.zero_()  # nothing comes up from below any more
    cut = generator(x, s)
    poked = generator(x + 1e-2 * picture(1, 3, 32, 32), s)
    assert not cut.equal(whole)
    assert ((poked - x) - (cut - x)).abs().amax() > 1e-3
