import math
from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import nn

from gan_lessons.models.dcgan.networks import (
    Discriminator,
    Generator,
    Residual,
    build,
    doubling,
    fans,
    initialise,
)
from gan_lessons.models.dcgan.recipe import INITS, DCGANConfig

SMALL = DCGANConfig(size=16, latent_dim=6, width=4, max_width=6)
SWITCHES = [
    {"norm": norm, "residual": residual, "upsample": upsample, "spectral": spectral}
    for norm, residual, upsample, spectral in product(
        (True, False), (True, False), ("transposed", "uneven", "resize"), (True, False)
    )
]


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def test_the_usual_shape_has_the_usual_number_of_parameters():
    # 64 pixels, 100 latents, 64 channels, counted by hand: kernels of 4 x 4, and two numbers a
    # channel of batch norm.
    pairs = ((512, 256), (256, 128), (128, 64), (64, 3))
    with torch.device("meta"):
        config = DCGANConfig(size=64, init="pytorch")
        generator, discriminator = Generator(config), Discriminator(config)
    kernels = 16 * sum(a * b for a, b in pairs)
    assert parameters(generator) == 16 * 100 * 512 + kernels + 2 * (512 + 256 + 128 + 64)
    assert parameters(generator) == 3_576_704
    norms, biases = 2 * (512 + 256 + 128), 64  # the first layer has the latter for the former
    assert parameters(discriminator) == kernels + 16 * 512 + norms + biases
    assert parameters(discriminator) == 2_765_568 + 64


@pytest.mark.parametrize("switches", SWITCHES, ids=lambda s: "-".join(map(str, s.values())))
def test_every_choice_makes_images_and_logits(switches):
    networks = build(replace(SMALL, **switches))
    x = networks["generator"](torch.randn(3, 6))
    assert x.shape == (3, 3, 16, 16) and x.abs().max() <= 1
    assert networks["discriminator"](x).shape == (3,)
    modules = [m for network in networks.values() for m in network.modules()]
    in_d = list(networks["discriminator"].modules())
    assert any(isinstance(m, Residual) for m in modules) == switches["residual"]
    assert any(isinstance(m, nn.ConvTranspose2d) for m in modules) == (
        switches["upsample"] != "resize"
    )
    assert any(isinstance(m, nn.BatchNorm2d) for m in modules) == switches["norm"]
    kept = switches["norm"] and not switches["spectral"]
    assert any(isinstance(m, nn.BatchNorm2d) for m in in_d) == kept


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (32, 3), (128, 3)])
def test_every_power_of_two_is_a_size(size, channels):
    config = DCGANConfig(size=size, channels=channels, latent_dim=4, width=2, max_width=5)
    networks = build(config)
    x = networks["generator"](torch.randn(2, 4))
    assert x.shape == (2, channels, size, size)
    assert networks["discriminator"](x).shape == (2,)


def test_neither_image_nor_first_features_are_normalised():
    networks = build(DCGANConfig(size=32, width=4))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in networks["generator"].to_rgb.modules())
    first, second, _ = networks["discriminator"].blocks
    assert not any(isinstance(m, nn.BatchNorm2d) for m in first.modules())
    assert any(isinstance(m, nn.BatchNorm2d) for m in second.modules())


def test_classes_matter_to_both():
    networks = build(replace(SMALL, classes=3, norm=False, init="he"))
    z, y = torch.randn(1, 6).expand(3, -1), torch.arange(3)
    x = networks["generator"](z, y)
    assert not x[0].equal(x[1]) and not x[1].equal(x[2])
    logits = networks["discriminator"](x[:1].expand(3, -1, -1, -1), y)
    assert len(set(logits.tolist())) == 3


def test_the_claim_is_weighed_by_its_inner_product():
    network = Discriminator(replace(SMALL, classes=3, norm=False))
    x, y = torch.randn(3, 3, 16, 16), torch.arange(3)
    h = network.blocks(x)
    pooled = h.mean(dim=(2, 3))
    claims = torch.stack([network.claim.weight[i] @ pooled[i] for i in range(3)])
    torch.testing.assert_close(network(x, y), network.to_logit(h).flatten() + claims)


def test_depth_adds_convolutions_that_change_no_size():
    def kernels(network):
        return [m.kernel_size for m in network.modules() if isinstance(m, nn.Conv2d)]

    plain, deep = (build(replace(SMALL, depth=depth)) for depth in (0, 3))
    for name in ("generator", "discriminator"):
        more = kernels(deep[name])
        for size in kernels(plain[name]):
            more.remove(size)
        assert more == [(3, 3)] * 3 * 2  # two sizes: 4 and 8 pixels, or 8 and 4
    x = deep["generator"](torch.randn(3, 6))
    assert x.shape == (3, 3, 16, 16) and deep["discriminator"](x).shape == (3,)


def test_shortcuts_pass_further_blocks_by():
    # A body without weights leaves the shortcut alone, brought back to unit variance.
    network = Generator(replace(SMALL, depth=1, residual=True, norm=False))
    block = network.blocks[1]
    assert isinstance(block[0], Residual)
    nn.init.zeros_(block[0].body[0].weight)
    nn.init.zeros_(block[0].body[0].bias)
    h = torch.rand(2, 6, 4, 4)
    torch.testing.assert_close(block(h), h * math.sqrt(0.5))


# How weights start


@pytest.mark.parametrize(
    ("layer", "inputs", "outputs"),
    [
        (nn.Linear(7, 5), 7, 5),
        (nn.Conv2d(6, 8, 3, padding=1), 54, 72),
        (nn.Conv2d(6, 8, 4, stride=2, padding=1), 96, 32),
        (nn.ConvTranspose2d(6, 8, 4, stride=2, padding=1), 24, 128),
    ],
)
def test_fans_are_what_a_value_sees_and_is_seen_by(layer, inputs, outputs):
    # Ones everywhere: an output is the number of its inputs, a gradient that of its outputs.
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    shape = (1, 7) if isinstance(layer, nn.Linear) else (1, 6, 12, 12)
    x = torch.ones(shape, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    middle = (0, 0) if y.ndim == 2 else (0, 0, y.shape[2] // 2, y.shape[3] // 2)
    assert y[middle].item() == inputs
    assert x.grad[(0, 0) if y.ndim == 2 else (0, 0, 6, 6)].item() == outputs
    assert fans(layer) == (inputs, outputs)


@pytest.mark.parametrize("how", INITS)
def test_weights_start_as_wide_as_said(how):
    layers = nn.ModuleList(
        [nn.Conv2d(64, 32, 4, stride=2), nn.ConvTranspose2d(64, 32, 4, stride=2), nn.Linear(99, 88)]
    )
    before = [layer.weight.clone() for layer in layers]
    initialise(layers, how)
    for layer, old in zip(layers, before, strict=True):
        inputs, outputs = fans(layer)
        if how == "pytorch":
            assert layer.weight.equal(old)
            continue
        wide = {"dcgan": 0.02, "he": math.sqrt(2 / 1.04 / inputs)}
        expected = wide.get(how, math.sqrt(2 / (inputs + outputs)))
        assert layer.weight.std().item() == pytest.approx(expected, rel=0.05)
        assert not layer.bias.any()


def test_the_start_reaches_networks_under_spectral_norm_too():
    network = Discriminator(replace(SMALL, spectral=True, init="he", width=32, max_width=64))
    layer = network.blocks[1][0]
    original = layer.parametrizations.weight.original
    assert original.std().item() == pytest.approx(math.sqrt(2 / 1.04 / (32 * 16)), rel=0.05)
    for _ in range(50):
        network(torch.randn(1, 3, 16, 16))
    largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item()
    assert largest == pytest.approx(1, rel=0.02)


# Checkerboards


def test_transposed_convolutions_start_with_a_grid_and_resizing_does_not():
    def grid(kind):
        layer = doubling(8, 8, kind, bias=False)
        nn.init.normal_(layer[1].weight if kind == "resize" else layer.weight)
        y = layer(torch.ones(1, 8, 8, 8))[..., 4:-4, 4:-4]
        return (y[..., ::2, ::2] - y[..., 1::2, ::2]).abs().mean().item()

    assert grid("transposed") > 1 and grid("uneven") > 1
    assert grid("resize") < 1e-5


def test_uneven_overlap_is_in_the_layer_and_not_in_its_weights():
    reached = {}
    for kind in ("transposed", "uneven"):
        layer = doubling(1, 1, kind, bias=False)
        nn.init.ones_(layer.weight)
        y = layer(torch.ones(1, 1, 8, 8))
        assert y.shape == (1, 1, 16, 16)
        reached[kind] = set(y[..., 4:-4, 4:-4].flatten().tolist())
    assert reached == {"transposed": {4.0}, "uneven": {1.0, 2.0, 4.0}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 48}, {"size": 4}, {"width": 0}, {"classes": -1}, {"upsample": "bilinear"},
        {"init": "zeros"}, {"latent_dim": 0}, {"depth": -1},
    ],
)  # fmt: skip
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"model.{next(iter(wrong))}"):
        DCGANConfig(**wrong)
