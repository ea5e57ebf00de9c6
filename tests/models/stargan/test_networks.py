from dataclasses import replace

import pytest
import torch
from torch import nn

from gan_lessons.models.stargan.modulated import ModulatedGenerator
from gan_lessons.models.stargan.networks import (
    Discriminator,
    Generator,
    MappingNetwork,
    StyleEncoder,
    build,
    he_init,
)
from gan_lessons.models.stargan.recipe import ModelConfig
from gan_lessons.models.stargan.trunk import widths

SMALL = ModelConfig(
    size=32, domains=3, width=5, max_width=9, bottleneck=8, blocks=1, critic_width=3,
    critic_max_width=7, encoder_width=7, encoder_max_width=11, style_dim=6, latent_dim=4,
    mapping_width=13,
)  # fmt: skip
KINDS = ("modulated", "adain")
PUBLISHED = {  # parameters at 256 pixels, by number of domains
    2: (33_892_995, 2_438_272, 20_916_928, 20_852_290),
    3: (33_892_995, 3_259_072, 20_949_760, 20_852_803),
}


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("domains", PUBLISHED)
def test_paper_preset_has_the_published_number_of_parameters(domains):
    config = ModelConfig.paper(size=256, domains=domains)
    with torch.device("meta"):
        networks = [
            make(config) for make in (Generator, MappingNetwork, StyleEncoder, Discriminator)
        ]
    assert tuple(map(parameters, networks)) == PUBLISHED[domains]


def test_paper_preset_has_the_published_shapes():
    config = ModelConfig.paper(size=256, domains=2)
    with torch.device("meta"):
        x, y, z = torch.empty(2, 3, 256, 256), torch.empty(2, dtype=torch.long), torch.empty(2, 16)
        generator, seen = Generator(config), []
        for block in [*generator.encode, *generator.decode]:
            block.register_forward_hook(lambda block, x, y: seen.append(tuple(y.shape[1:])))
        s = MappingNetwork(config)(z, y)
        assert s.shape == StyleEncoder(config)(x, y).shape == (2, 64)
        assert generator(x, s).shape == (2, 3, 256, 256)
        assert Discriminator(config)(x, y).shape == (2,)
    down = [(128, 128, 128), (256, 64, 64), (512, 32, 32), (512, 16, 16)]
    up = [(512, 32, 32), (256, 64, 64), (128, 128, 128), (64, 256, 256)]
    assert seen == down + [(512, 16, 16)] * 4 + up  # Table 5


def test_the_default_model_is_a_fifth_of_the_papers_or_less():
    networks = build(ModelConfig())
    paper = sum(PUBLISHED[2])
    assert sum(map(parameters, networks.values())) < paper / 5


def test_widths_double_up_to_a_bound():
    assert widths(64, 512, 4) == [64, 128, 256, 512, 512]
    assert widths(5, 9, 0) == [5]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bottleneck", [4, 8, 16])
def test_generators_take_any_multiple_of_their_stride(kind, bottleneck):
    config = replace(SMALL, generator=kind, bottleneck=bottleneck)
    generator = build(config)["generator"]
    assert generator.stride == 32 // bottleneck
    for rows, columns in ((1, 1), (1, 3), (5, 2)):
        x = torch.randn(2, 3, rows * generator.stride, columns * generator.stride)
        y = generator(x, torch.randn(2, 6))
        assert y.shape == x.shape and y.isfinite().all()


@pytest.mark.parametrize("stem_stride", [1, 2])
@pytest.mark.parametrize("size", [16, 32, 64])
def test_encoder_and_discriminator_take_the_size_they_are_for(size, stem_stride):
    config = replace(SMALL, size=size, bottleneck=8, stem_stride=stem_stride)
    x, y = torch.randn(2, 3, size, size), torch.tensor([0, 2])
    assert StyleEncoder(config)(x, y).shape == (2, 6)
    assert Discriminator(config)(x, y).shape == (2,)
    assert Discriminator(config).trunk.out_dim <= 7


@pytest.mark.parametrize("kind", KINDS)
def test_generators_answer_to_the_style(kind):
    generator = build(replace(SMALL, generator=kind))["generator"]
    nn.init.normal_(generator.to_rgb.weight)
    x = torch.randn(1, 3, 32, 32).expand(2, -1, -1, -1)
    first, second = generator(x, torch.randn(2, 6))
    assert (first - second).abs().mean() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_each_sample_is_restyled_by_itself(kind):
    generator = build(replace(SMALL, generator=kind))["generator"].double()
    nn.init.normal_(generator.to_rgb.weight)
    x, s = torch.randn(3, 3, 32, 32).double(), torch.randn(3, 6).double()
    alone = [generator(x[i : i + 1], s[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(generator(x, s), torch.cat(alone), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("make", [MappingNetwork, StyleEncoder, Discriminator])
def test_a_domain_is_answered_by_its_own_branch_alone(make):
    network = make(SMALL)
    wide = (2, 4) if make is MappingNetwork else (2, 3, 32, 32)
    x, y = torch.randn(1, *wide[1:]).expand(*wide), torch.tensor([0, 2])
    before = network(x, y)
    assert not before[0].equal(before[1])
    heads = network.unshared if make is MappingNetwork else [network.heads]
    with torch.no_grad():
        for head in heads:
            head.weight[[1, 2]] *= -2
    after = network(x, y)
    assert after[0].equal(before[0]) and not after[1].equal(before[1])
    after[1].sum().backward()
    for head in heads:
        assert head.weight.grad[2].any() and not head.weight.grad[:2].any()


def test_mapping_shares_its_first_half():
    network = MappingNetwork(SMALL)
    network(torch.randn(1, 4), torch.tensor([1])).sum().backward()
    assert all(layer.weight.grad.any() for layer in network.shared)
    assert len(network.shared) == len(network.unshared) == 4


def test_build_depends_on_its_seed_alone():
    torch.manual_seed(5)
    first = build(SMALL, seed=3)
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.rand(1).equal(after)  # global randomness is untouched
    again, other = build(SMALL, seed=3), build(SMALL, seed=4)
    for name, network in first.items():
        mine, same, unlike = (
            torch.cat([p.flatten() for p in n.parameters()])
            for n in (network, again[name], other[name])
        )
        assert mine.equal(same) and not mine.equal(unlike)


def test_build_makes_the_generator_asked_for():
    assert type(build(SMALL)["generator"]) is ModulatedGenerator
    assert type(build(replace(SMALL, generator="adain"))["generator"]) is Generator
    assert list(build(SMALL)) == ["generator", "mapping_network", "style_encoder", "discriminator"]


def test_initial_weights_keep_the_variance_through_a_leaky_relu():
    conv = nn.Conv2d(64, 64, 3).apply(he_init)
    assert conv.weight.var().item() == pytest.approx(2 / (1 + 0.2**2) / (64 * 9), rel=0.05)
    assert conv.bias.eq(0).all()


def test_networks_carry_no_state_between_passes():
    # No running statistics: evaluation and training give the same, and EMA has no buffers to miss.
    for network in build(SMALL).values():
        constant = ("blur", "fold")
        assert all(name.endswith(constant) for name, _ in network.named_buffers())
        assert not any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in network.modules())


def test_several_claims_about_an_image_are_judged_each_by_its_own_head():
    config = ModelConfig(size=16, bottleneck=4, domains=3, width=8, critic_width=8)
    judge = build(config)["discriminator"]
    x = torch.rand(4, 3, 16, 16) * 2 - 1
    y = torch.tensor([[0, 2], [1, 1], [2, 0], [0, 1]])
    logits = judge(x, y)
    assert logits.shape == (4, 2)
    for k in range(2):
        torch.testing.assert_close(logits[:, k], judge(x, y[:, k]))
    assert not torch.allclose(logits[0, 0], logits[0, 1])
