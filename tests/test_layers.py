import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gan_lessons.layers import (
    SLOPE,
    AdaIN,
    AdaINResBlk,
    DomainLinear,
    InstanceNorm,
    ModulatedConv,
    ModulatedResBlk,
    ResBlk,
    fold,
    halve,
    shared_statistics,
)
from gan_lessons.models.stargan.networks import he_init


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


# Instance normalisation


@pytest.mark.parametrize("affine", [False, True])
def test_instance_norm_is_its_equation(affine):
    norm = InstanceNorm(3, affine=affine).double()
    x = 5 * torch.randn(2, 3, 7, 5, dtype=torch.float64) + 2
    centred = x - x.sum(dim=(2, 3), keepdim=True) / 35
    expected = centred / (centred.square().sum(dim=(2, 3), keepdim=True) / 35 + 1e-5).sqrt()
    if affine:
        nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
        expected = expected * norm.weight[:, None, None] + norm.bias[:, None, None]
    torch.testing.assert_close(norm(x), expected)
    torch.testing.assert_close(
        norm(x), F.instance_norm(x, weight=norm.weight, bias=norm.bias, eps=1e-5)
    )


def test_instance_norm_of_a_single_pixel_is_zero():
    norm = InstanceNorm(3)
    assert norm(torch.randn(2, 3, 1, 1)).eq(0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("affine", [False, True])
def test_a_pass_that_records_gives_what_an_ordinary_one_gives(affine, dtype):
    norm = InstanceNorm(3, affine=affine)
    if affine:
        nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    x = (5 * torch.randn(2, 3, 8, 8) + 2).to(dtype)
    recorded = []
    with shared_statistics(norm, lambda: recorded.append(norm(x))):
        tolerance = {torch.float32: 1e-5, torch.bfloat16: 2e-2}[dtype]
        torch.testing.assert_close(recorded[0], norm(x), rtol=tolerance, atol=tolerance)
        inside = norm(x)
    ordinary = norm(x)
    assert inside.dtype == ordinary.dtype == dtype
    torch.testing.assert_close(inside, ordinary, rtol=tolerance, atol=tolerance)


def test_tiles_with_shared_statistics_are_pieces_of_the_whole():
    norms = nn.Sequential(InstanceNorm(3), nn.LeakyReLU(0.2), InstanceNorm(3, affine=True))
    x = torch.randn(1, 3, 16, 16) * torch.linspace(1, 9, 16)  # tiles differ in their statistics
    whole = norms(x)
    with shared_statistics(norms, lambda: norms(x)):
        left, right = norms(x[..., :8]), norms(x[..., 8:])
    torch.testing.assert_close(torch.cat([left, right], dim=3), whole)
    assert (norms(x[..., :8]) - left).abs().max() > 0.1  # afterwards: own statistics again


def test_shared_statistics_end_with_an_error_too():
    norm = InstanceNorm(3)
    x = torch.randn(1, 3, 4, 4)
    with pytest.raises(RuntimeError, match="inside"):
        with shared_statistics(norm, lambda: norm(x)):
            raise RuntimeError("inside")
    with pytest.raises(RuntimeError, match="pass"):
        with shared_statistics(norm, lambda: exec("raise RuntimeError('pass')")):
            pass
    assert norm.lent is None and not norm.record


def test_adain_sets_mean_and_scale_of_each_channel():
    adain = AdaIN(4, 3).double()
    x = 3 * torch.randn(2, 3, 32, 32, dtype=torch.float64) - 1
    s = torch.randn(2, 4, dtype=torch.float64)
    y = adain(x, s)
    numbers = s @ adain.affine.weight.T + adain.affine.bias
    gamma, beta = numbers[:, :3], numbers[:, 3:]
    torch.testing.assert_close(y.mean(dim=(2, 3)), beta)
    spread = y.std(dim=(2, 3), correction=0)
    torch.testing.assert_close(spread, (1 + gamma).abs(), rtol=1e-5, atol=0)


# Residual blocks


def test_residual_block_with_silent_convolutions_is_its_shortcut():
    block = ResBlk(3, 5, downsample=True)
    nn.init.zeros_(block.conv2.weight), nn.init.zeros_(block.conv2.bias)
    x = torch.randn(2, 3, 8, 12)
    skipped = F.conv2d(x, block.skip.weight)  # convolve, then pool: the order of the paper
    torch.testing.assert_close(block(x), math.sqrt(0.5) * F.avg_pool2d(skipped, 2))


def test_adain_block_with_silent_convolutions_is_its_shortcut():
    block = AdaINResBlk(3, 5, 4, upsample=True)
    nn.init.zeros_(block.conv2.weight), nn.init.zeros_(block.conv2.bias)
    x = torch.randn(2, 3, 4, 6)
    skipped = block.skip(x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3))
    torch.testing.assert_close(block(x, torch.randn(2, 4)), math.sqrt(0.5) * skipped)


def test_residual_block_is_its_sequence():
    block = ResBlk(4, 6, normalize=True, downsample=True)
    nn.init.normal_(block.norm1.weight), nn.init.normal_(block.norm2.bias)
    x = torch.randn(2, 4, 8, 8)
    h = block.conv1(F.leaky_relu(block.norm1(x), 0.2))
    h = block.conv2(F.leaky_relu(block.norm2(F.avg_pool2d(h, 2)), 0.2))
    expected = (h + F.avg_pool2d(block.skip(x), 2)) / math.sqrt(2)
    torch.testing.assert_close(block(x), expected)


def test_adain_block_is_its_sequence():
    block = AdaINResBlk(4, 6, 3, upsample=True)
    x, s = torch.randn(2, 4, 8, 8), torch.randn(2, 3)
    larger = F.leaky_relu(block.norm1(x, s), 0.2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    h = block.conv2(F.leaky_relu(block.norm2(block.conv1(larger), s), 0.2))
    skipped = block.skip(x).repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(block(x, s), (h + skipped) / math.sqrt(2))


@pytest.mark.parametrize("width", [1, 3, 7, 17])
def test_blocks_take_odd_widths(width):
    x, s = torch.randn(2, width, 6, 10), torch.randn(2, 5)
    assert ResBlk(width, width + 2, downsample=True)(x).shape == (2, width + 2, 3, 5)
    assert ResBlk(width, width, normalize=True)(x).shape == (2, width, 6, 10)
    assert AdaINResBlk(width, 2, 5, upsample=True)(x, s).shape == (2, 2, 12, 20)
    assert ModulatedResBlk(width, 5)(x, s).shape == (2, width, 6, 10)


@pytest.mark.parametrize(
    ("block", "factor"),
    [
        (lambda: ResBlk(64, 64), 2),
        (lambda: ResBlk(64, 128), 2),
        (lambda: ResBlk(64, 64, normalize=True), 2),
        (lambda: ModulatedResBlk(64, 16), 2),
        (lambda: AdaINResBlk(64, 64, 16), 3.1),
    ],
    ids=["plain", "wider", "normalised", "modulated", "adain"],
)
def test_blocks_keep_the_variance(block, factor):
    block = block().apply(he_init)
    styles = () if isinstance(block, ResBlk) else (torch.randn(16, 16),)
    y = block(torch.randn(16, 64, 24, 24), *styles)[:, :, 4:-4, 4:-4]
    assert 1 / factor < y.var().item() < factor


# Modulated convolution


def literal(conv, x, s):
    """The equations of the paper: one set of weights a sample, modulated, then demodulated."""
    scale = 1 + s @ conv.affine.weight.T + conv.affine.bias  # (N, dim_in)
    weight = conv.weight[None] * scale[:, None, :, None, None]  # (N, dim_out, dim_in, 3, 3)
    weight = weight / (weight.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).sqrt()
    weight = weight * math.sqrt(2 / (1 + 0.2**2))
    n, dim_in, height, width = x.shape
    y = F.conv2d(x.reshape(1, n * dim_in, height, width), weight.flatten(0, 1), padding=1, groups=n)
    return y.reshape(n, -1, height, width) + conv.bias[:, None, None]


def prepared(dim_in, dim_out, **settings):
    conv = ModulatedConv(dim_in, dim_out, 6, **settings).double()
    nn.init.normal_(conv.affine.bias), nn.init.normal_(conv.bias)
    return conv


def test_modulated_convolution_is_one_with_weights_of_its_own_for_each_sample():
    conv = prepared(5, 7)
    x = torch.randn(3, 5, 9, 6, dtype=torch.float64)
    s = torch.randn(3, 6, dtype=torch.float64)
    torch.testing.assert_close(conv(x, s), literal(conv, x, s), rtol=1e-9, atol=1e-9)


def test_its_gradients_are_those_of_the_literal_one():
    conv = prepared(3, 4)
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64, requires_grad=True)
    s = torch.randn(2, 6, dtype=torch.float64, requires_grad=True)
    weights = [x, s, *conv.parameters()]
    direction = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    ours = torch.autograd.grad(conv(x, s), weights, direction)
    theirs = torch.autograd.grad(literal(conv, x, s), weights, direction)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_upsampling_convolution_is_bilinear_enlargement_and_then_the_convolution():
    conv, plain = prepared(5, 7, upsample=True), prepared(5, 7)
    plain.load_state_dict(conv.state_dict())
    x = torch.randn(3, 5, 8, 10, dtype=torch.float64)
    s = torch.randn(3, 6, dtype=torch.float64)
    enlarged = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    y, expected = conv(x, s), literal(plain, enlarged, s)
    assert y.shape == (3, 7, 16, 20)
    inner = (..., slice(2, -2), slice(2, -2))  # beyond the border one has zeros, the other repeats
    torch.testing.assert_close(y[inner], expected[inner], rtol=1e-9, atol=1e-9)
    assert (y - expected).abs().max() > 1e-3


def test_modulated_convolution_has_unit_output_variance_whatever_the_style():
    conv = ModulatedConv(64, 96, 16).apply(he_init)
    x = F.leaky_relu(torch.randn(6, 64, 24, 24), SLOPE)
    for loudness in (0.1, 1, 10):
        y = conv(x, loudness * torch.randn(6, 16))[:, :, 1:-1, 1:-1]
        assert y.square().mean().item() == pytest.approx(1, abs=0.1)


def test_modulated_convolution_under_bf16_stays_near_fp32():
    conv = ModulatedConv(16, 16, 8, upsample=True).apply(he_init)
    x, s = torch.randn(2, 16, 8, 8), torch.randn(2, 8)
    with torch.autocast("cpu", torch.bfloat16):
        half = conv(x, s)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), conv(x, s), rtol=0.05, atol=0.08)


# A layer a domain


def test_domain_linear_applies_the_layer_of_each_samples_domain():
    layer = DomainLinear(4, 5, 3)
    nn.init.normal_(layer.bias)
    x, domain = torch.randn(6, 5), torch.tensor([2, 0, 2, 3, 1, 0])
    expected = [layer.weight[d] @ v + layer.bias[d] for v, d in zip(x, domain, strict=True)]
    torch.testing.assert_close(layer(x, domain), torch.stack(expected))


def test_domain_linear_adds_gradients_up_in_one_order():
    threads = torch.get_num_threads()
    layer = DomainLinear(4, 64, 64)
    generator = torch.Generator().manual_seed(0)
    x, domain = torch.randn(512, 64, generator=generator), torch.arange(512) % 4
    torch.set_num_threads(2)
    try:
        found = set()
        for _ in range(30):
            layer.zero_grad()
            (layer(x, domain) * x).sum().backward()
            found.add(layer.weight.grad.double().sum().item())
            found.add(layer.bias.grad.double().sum().item())
    finally:
        torch.set_num_threads(threads)
    assert len(found) == 2


def test_domain_linear_touches_no_other_domain():
    layer = DomainLinear(4, 5, 3)
    with torch.no_grad():
        layer.weight[[0, 2]], layer.bias[[0, 2]] = math.nan, math.nan
    y = layer(torch.randn(3, 5), torch.tensor([1, 3, 3]))
    assert y.isfinite().all()
    y.sum().backward()
    for values in (layer.weight.grad, layer.bias.grad):
        touched = [bool(values[d].ne(0).any()) for d in range(4)]
        assert touched == [False, True, False, True]


def test_domain_linear_starts_each_domain_differently_and_keeps_variance():
    layer = DomainLinear(3, 256, 256)
    spread = layer.weight.std(dim=(1, 2))
    torch.testing.assert_close(spread, torch.full((3,), math.sqrt(2 / 256)), rtol=0.02, atol=0)
    assert not layer.weight[0].equal(layer.weight[1]) and layer.bias.eq(0).all()


def test_halving_is_convolution_then_pooling():
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 5, 3, padding=1).double()
    x = torch.randn(2, 3, 8, 12, dtype=torch.float64)
    one, two = halve(x, conv, fold().double()), F.avg_pool2d(conv(x), 2)
    torch.testing.assert_close(one, two, rtol=1e-12, atol=1e-12)
    slopes = [torch.autograd.grad(y.square().sum(), conv.weight)[0] for y in (one, two)]
    torch.testing.assert_close(*slopes, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("affine", [False, True])
def test_instance_norm_is_pytorchs_and_stays_in_channels_last(affine):
    torch.manual_seed(0)
    norm = InstanceNorm(4, affine=affine)
    if affine:
        nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    x = torch.randn(3, 4, 8, 8).to(memory_format=torch.channels_last)
    expected = F.instance_norm(x, weight=norm.weight, bias=norm.bias, eps=norm.eps)
    torch.testing.assert_close(norm(x), expected, rtol=1e-5, atol=1e-6)
    assert norm(x).is_contiguous(memory_format=torch.channels_last)
