import pytest
import torch

from gan_lessons.images import tiles
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.parts import Levelled, Parts, Pyramid
from gan_lessons.models.stargan.recipe import ModelConfig

SMALL = {
    "size": 32,
    "domains": 3,
    "generator": "parts",
    "bottleneck": 8,
    "width": 8,
    "max_width": 16,
    "blocks": 1,
    "critic_width": 8,
    "critic_max_width": 16,
    "style_dim": 8,
    "latent_dim": 4,
    "mapping_width": 8,
    "parts": 5,
    "part_values": 6,
}


@pytest.fixture
def config():
    return ModelConfig(**SMALL)


@pytest.fixture
def networks(config):
    return build(config, seed=0)


@pytest.fixture
def x():
    """Coloured squares on white paper, each of a size and colour of its own."""
    x = torch.ones(3, 3, 32, 32)
    for k, size in enumerate((8, 16, 24)):
        x[k, :, 4 : 4 + size, 4 : 4 + size] = torch.tensor([0.5, -0.4, -0.8]).roll(k)[:, None, None]
        x[k, :, 8:10, 8:10] = -1
    return x


def code(encoder, x, y=0):
    return encoder(x, torch.full((len(x),), y))


def test_a_code_has_a_style_vector_and_the_values_of_each_part(config, networks, x):
    assert config.code_dim == 8 + 5 * 6
    assert code(networks["style_encoder"], x).shape == (3, config.code_dim)
    z, y = torch.randn(2, 4), torch.tensor([0, 2])
    assert networks["mapping_network"](z, y).shape == (2, config.code_dim)


@pytest.mark.parametrize("kind", ["modulated", "adain"])
def test_codes_of_other_generators_are_as_long_as_they_were(kind):
    assert ModelConfig(generator=kind, style_dim=7).code_dim == 7


def test_levelled_lightness_is_that_of_a_paler_copy():
    x = torch.ones(1, 3, 32, 32)
    random = torch.Generator().manual_seed(0)
    x[:, :, 4:28, 4:28] = torch.rand(1, 3, 24, 24, generator=random) * 2 - 1
    level = Levelled()
    found = level(x)
    paler = torch.where(x == 1, x, 0.3 + 0.6 * x)
    torch.testing.assert_close(level(paler), found, atol=0.2, rtol=0)
    assert (found[:, :, :4] == 3).all()
    ink = found[:, :, 4:28, 4:28]
    assert abs(ink.mean().item()) < 1e-5
    assert 0.9 < ink.std().item() < 1


def test_a_blank_picture_gives_numbers(networks):
    blank = torch.ones(1, 3, 32, 32)
    s = code(networks["style_encoder"], blank)
    assert s.isfinite().all()
    assert networks["generator"](blank, s).isfinite().all()


def test_shares_of_parts_sum_to_one(x):
    shares, _, _ = Parts(4)(x)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(3, 16, 16))


@pytest.mark.parametrize("shape", [(16, 16), (32, 48), (64, 16)])
def test_pyramids_take_any_multiple_of_sixteen(shape):
    h, levels = Pyramid()(torch.zeros(2, 3, *shape))
    assert h.shape == (2, 32, shape[0] // 2, shape[1] // 2)
    assert [level.shape[2] for level in levels] == [shape[0] // 2**k for k in (1, 2, 3, 4)]


def test_both_networks_start_with_one_division_into_parts(networks, x):
    own, _, _ = networks["generator"].parts(x)
    theirs, _, _ = networks["style_encoder"].parts(x)
    assert own.equal(theirs)


def test_training_starts_from_the_source(networks, x):
    s = code(networks["style_encoder"], x)
    torch.testing.assert_close(networks["generator"](x, s), x)


def test_one_colour_everywhere_is_painted_everywhere(config, networks, x):
    values = torch.zeros(1, config.parts, config.part_values)
    values[:, :, :3] = torch.tensor([0.3, -0.2, 0.9])
    s = torch.cat([torch.randn(1, config.style_dim), values.flatten(1)], dim=1).expand(3, -1)
    paint = networks["generator"].paint(x, s)
    wanted = torch.tensor([0.3, -0.2, 0.9])[:, None, None].expand(3, 3, 16, 16)
    torch.testing.assert_close(paint[:, :3], wanted)


def test_painting_a_picture_by_its_own_code_comes_nearer_to_it_than_by_another(networks, x):
    generator, encoder = networks["generator"], networks["style_encoder"]
    s = code(encoder, x)
    small = torch.nn.functional.avg_pool2d(x, 2)
    own = (generator.paint(x, s)[:, :3] - small).abs().mean()
    other = (generator.paint(x, s.roll(1, dims=0))[:, :3] - small).abs().mean()
    assert own < other


def test_a_large_picture_in_tiles_is_that_of_one_pass(networks, x):
    generator = networks["generator"]
    torch.manual_seed(2)
    for layer in (generator.to_rgb, generator.to_mix, generator.from_paint):
        torch.nn.init.normal_(layer.weight, std=0.05)
    picture = torch.nn.functional.interpolate(x[:1], (64, 512), mode="bilinear")
    picture[:, :, :, 300:] = 1  # paper on one side, so that tiles differ in what they hold
    with torch.inference_mode():
        s = code(networks["style_encoder"], x[1:2])
        whole = generator(picture, s)
        parts = tiles.translate(generator, generator, picture, s, 256)
    torch.testing.assert_close(parts, whole, atol=1e-3, rtol=0)
