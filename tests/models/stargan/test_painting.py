import pytest
import torch
from torch import nn

from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.painting import FLAT, Opponents, grain, palette_of


@pytest.fixture
def networks(tiny_config):
    settings = {"data.size": 32, "model.bottleneck": 8, "model.generator": "painting"}
    config = tiny_config.override(settings).model
    return build(config, names=("generator", "style_encoder", "mapping_network"))


@pytest.fixture
def x():
    random = torch.Generator().manual_seed(0)
    scale = torch.tensor([0.5, 0.3, 0.1])[:, None, None]
    return (torch.randn(4, 3, 32, 32, generator=random) * scale + 0.1).clamp(-1, 1)


def test_opponents_are_orthogonal_and_the_first_is_lightness():
    colours = Opponents()
    x = torch.rand(2, 3, 4, 4)
    torch.testing.assert_close(colours.back(colours(x)), x)
    torch.testing.assert_close(colours(x)[:, 0], x.sum(dim=1) / 3**0.5)
    grey = x[:, :1].expand(-1, 3, -1, -1)
    assert colours(grey)[:, 1:].abs().max() < 1e-6


def test_an_untrained_generator_transfers_the_palette_and_nothing_else(networks, x):
    generator, encoder = networks["generator"], networks["style_encoder"]
    y = torch.zeros(2, dtype=torch.long)
    source, reference = x[:2], (0.4 * x[2:] - 0.2).flip(1)
    with torch.no_grad():
        made = generator(source, encoder(reference, y))
    found, wanted = (palette_of(generator.opponents(h)) for h in (made, reference))
    torch.testing.assert_close(found[:, :3], wanted[:, :3], atol=1e-4, rtol=0)  # means
    # The spreads but for FLAT, which keeps fog from being stretched.
    torch.testing.assert_close(found[:, 3:], wanted[:, 3:], atol=0.15, rtol=0)
    # Lightness went through one straight line.
    before, after = (generator.opponents(h)[0, 0].flatten() for h in (source, made))
    assert torch.corrcoef(torch.stack([before, after]))[0, 1] > 0.9999


def test_by_its_own_palette_a_picture_stays_as_it_is(networks, x):
    s = networks["style_encoder"](x, torch.zeros(4, dtype=torch.long))
    torch.testing.assert_close(networks["generator"](x, s), x, atol=1e-4, rtol=0)


def test_fog_is_not_stretched_to_a_storm(networks, x):
    fog = 0.5 + 0.01 * x[:1]
    s = networks["style_encoder"](x[1:2], torch.zeros(1, dtype=torch.long))
    made = networks["generator"](fog, s)
    assert made.std() < 10 * fog.std() and FLAT == 0.01


def test_the_vector_cannot_tell_palettes_and_the_palette_tells_nothing_else(networks, x):
    encoder, y = networks["style_encoder"], torch.zeros(1, dtype=torch.long)
    with torch.no_grad():
        one, paler = encoder(x[:1], y), encoder(0.5 * x[:1] + 0.3, y)
        turned = encoder(x[:1].flip(3), y)
    assert (one - paler)[:, -6:].abs().max() > 0.2
    assert (one - paler)[:, :-6].norm() < 0.25 * one[:, :-6].norm()
    torch.testing.assert_close(one[:, -6:], turned[:, -6:])


def test_squares_of_a_picture_have_its_palette_together(networks, x):
    encoder, y = networks["style_encoder"], torch.zeros(1, dtype=torch.long)
    whole = torch.cat([0.3 * x[:1], 0.3 * x[1:2] + 0.6], dim=3)  # dark at the left, light beside it
    with torch.no_grad():
        squares = encoder(torch.cat(whole.split(32, dim=3)), y.expand(2))
        joined, wanted = encoder.one_code(squares), encoder(whole, y)
    torch.testing.assert_close(joined[:, -6:], wanted[:, -6:], atol=1e-4, rtol=0)
    assert (squares.mean(dim=0)[-3:] - wanted[0, -3:]).abs().max() > 0.3  # a mean would miss it


def test_codes_of_any_size_of_reference(networks):
    encoder = networks["style_encoder"]
    for side in (16, 32, 48):
        s = encoder(torch.rand(1, 3, side, side + 16), torch.zeros(1, dtype=torch.long))
        assert s.shape == (1, networks["generator"].style_dim) and s.isfinite().all()


def test_draws_are_codes_of_the_same_length(networks):
    mapping = networks["mapping_network"]
    width = mapping.shared[0].in_features
    z = torch.randn(3, width, generator=torch.Generator().manual_seed(0))
    s = mapping(z, torch.zeros(3, dtype=torch.long))
    assert s.shape == (3, networks["generator"].style_dim)


def test_the_picture_is_made_in_the_type_it_came_in(networks, x):
    nn.init.normal_(networks["generator"].to_rgb.weight, std=0.1)
    s = networks["style_encoder"](x, torch.zeros(4, dtype=torch.long))
    assert networks["generator"](x, s).dtype == torch.float32


def test_grain_is_as_strong_in_an_even_sky_as_in_a_wood(x):
    sky = 0.5 + 0.05 * x[:1]
    strong, faint = grain(x[:1]), grain(sky)
    assert 0.5 < strong.std() < 1.5
    assert 0.7 < faint.std() / strong.std() <= 1
    assert grain(torch.full((1, 3, 8, 8), 0.3)).abs().max() < 1e-3
    # It hangs on its surroundings alone, so that tiles have the grain of the whole.
    torch.testing.assert_close(grain(x[:, :, 4:, 4:])[:, :, 8:, 8:], grain(x)[:, :, 12:, 12:])
