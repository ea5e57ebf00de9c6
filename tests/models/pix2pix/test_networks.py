import doctest

import pytest
import torch
from torch import nn

from gan_lessons.models.pix2pix import networks as pix2pix
from gan_lessons.models.pix2pix.networks import Generator, PatchGAN, build
from gan_lessons.models.pix2pix.recipe import Pix2PixConfig

SMALL = Pix2PixConfig(depth=4, width=4, max_width=8, critic_width=4)


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def test_examples_hold():
    result = doctest.testmod(pix2pix)
    assert result.attempted >= 1 and result.failed == 0


def test_the_papers_shapes_have_the_usual_number_of_parameters():
    with torch.device("meta"):
        networks = build(Pix2PixConfig())
    down = [3, 64, 128, 256, 512, 512, 512, 512, 512]
    up = [(512, 512), *[(1024, 512)] * 3, (1024, 256), (512, 128), (256, 64), (128, 3)]
    kernels = sum(16 * a * b for a, b in zip(down[:-1], down[1:])) + sum(16 * a * b for a, b in up)
    norms = 2 * (128 + 256 + 4 * 512) + 2 * (4 * 512 + 256 + 128 + 64)
    biases = 512 + 3  # of the bottleneck and the image
    assert parameters(networks["generator"]) == kernels + norms + biases
    assert round(parameters(networks["generator"]) / 1e6, 3) == 54.414
    judge = 16 * (6 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 2 * (128 + 256 + 512) + 64 + 1
    assert parameters(networks["discriminator"]) == judge == 2_768_705


def test_the_generator_comes_down_to_a_single_pixel_and_back():
    generator, seen = Generator(SMALL), []
    for block in generator.down:
        block.register_forward_hook(lambda block, given, made: seen.append(made.shape[-1]))
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    y = generator(x)
    assert seen == [4, 2, 1] and generator.stride == 16
    assert y.shape == x.shape and y.abs().max() <= 1 and y.isfinite().all()
    assert generator(torch.zeros(1, 3, 32, 48)).shape == (1, 3, 32, 48)


def test_channels_in_and_out_may_differ():
    networks = build(Pix2PixConfig(depth=3, width=4, channels_in=1, channels_out=3))
    x = torch.randn(2, 1, 8, 8)
    assert networks["generator"](x).shape == (2, 3, 8, 8)
    assert networks["discriminator"].layers[0].in_channels == 4


def test_fine_detail_passes_beside_the_bottleneck():
    generator = Generator(SMALL).double()
    with torch.no_grad():
        generator.up[0][1].weight.zero_()  # nothing comes up from the bottleneck any more
    x = torch.randn(1, 3, 16, 16, dtype=torch.float64)
    poked = x.clone()
    poked[..., 8, 8] += 1
    assert (generator(poked) - generator(x)).abs().max() > 1e-4


# Dropout


def test_dropping_is_a_function_of_the_numbers():
    generator = Generator(SMALL)
    x, z = torch.randn(2, 3, 16, 16), torch.rand(2, generator.dropped)
    assert generator.dropped == 8 + 8 + 4
    assert generator(x, z).equal(generator(x, z))
    assert not generator(x, z).equal(generator(x, 1 - z))
    assert not generator(x, z).equal(generator(x))
    torch.testing.assert_close(generator(x, z)[1:], generator(x[1:], z[1:]))  # its own row alone


def test_dropping_keeps_the_mean():
    kept = pix2pix.drop(torch.ones(1, 100_000, 1, 1), torch.rand(1, 100_000), 0.3)
    assert kept.mean().item() == pytest.approx(1, abs=0.02)
    assert (kept == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)


# What the PatchGAN sees


@pytest.mark.parametrize(("depth", "field"), [(1, 16), (2, 34), (3, 70)])
def test_a_patch_is_as_large_as_the_paper_says(depth, field):
    network = PatchGAN(3, width=4, depth=depth).double()
    for module in network.modules():  # instance norm looks at the whole image; leave it out here
        for name, child in module.named_children():
            if isinstance(child, pix2pix.InstanceNorm):
                setattr(module, name, nn.Identity())
    x = torch.randn(1, 3, 128, 128, dtype=torch.float64, requires_grad=True)
    logits = network(x)
    logits[0, logits.shape[1] // 2, logits.shape[2] // 2].backward()
    seen = x.grad[0].abs().sum(0) > 0
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    assert (rows.max() - rows.min() + 1).item() == field
    assert (columns.max() - columns.min() + 1).item() == field


def test_there_is_a_logit_for_each_patch():
    assert PatchGAN(3, width=4)(torch.zeros(2, 3, 256, 256)).shape == (2, 30, 30)


@pytest.mark.parametrize(
    "wrong", [{"depth": 1}, {"dropout": 1.0}, {"critic_depth": 0}, {"width": 0}]
)
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"model.{next(iter(wrong))}"):
        Pix2PixConfig(**wrong)
