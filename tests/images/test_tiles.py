from dataclasses import replace

import pytest
import torch
from torch import nn

from gan_lessons.images import tiles
from gan_lessons.layers import InstanceNorm
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.recipe import ModelConfig

CONFIG = ModelConfig(
    size=32, domains=2, width=8, max_width=16, bottleneck=8, blocks=1, style_dim=6, latent_dim=4
)
KINDS = ("modulated", "adain")


def generator_of(kind, bottleneck=8):
    torch.manual_seed(2)
    config = replace(CONFIG, generator=kind, bottleneck=bottleneck)
    generator = build(config)["generator"]
    nn.init.normal_(generator.to_rgb.weight, std=0.08)  # as awake as a trained one
    return generator


@pytest.fixture
def picture():
    """Waves, rings and a hard-edged patch: its parts differ in brightness, colour and contrast."""
    y, x = torch.meshgrid(torch.arange(104.0), torch.arange(136.0), indexing="ij")
    rings = torch.sin(((x - 50) ** 2 + (y - 40) ** 2).sqrt() / 7)
    waves = torch.stack([torch.sin(x / 17 + y / 29), torch.cos(x / 41 - y / 13), rings])
    waves = waves * (0.1 + 0.4 * x / 136)
    waves[:, 30:60, 90:120] = torch.tensor([0.7, -0.5, 0.1])[:, None, None]
    return waves[None]


@pytest.fixture
def style():
    return torch.randn(1, 6, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def tiled(generator, picture, style, tile):
    return tiles.translate(generator, generator, picture, style, tile)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("bottleneck", "tile"), [(8, 24), (8, 70), (8, 104), (16, 48)])
def test_tiles_make_the_picture_that_one_pass_makes(picture, style, kind, bottleneck, tile):
    generator = generator_of(kind, bottleneck)
    with torch.inference_mode():
        whole = generator(picture, style)
    assert (whole - picture).std() > 0.1  # there is something to get wrong
    # An eighth of one step of a screen, everywhere, so at the seams too.
    assert (tiled(generator, picture, style, tile) - whole).abs().max() < 1 / 127.5 / 8


@pytest.mark.parametrize("kind", KINDS)
def test_tiles_that_share_nothing_would_show(picture, style, kind, monkeypatch):
    generator = generator_of(kind)
    with torch.inference_mode():
        whole = generator(picture, style)
    monkeypatch.setattr(tiles, "reach", lambda generator, s: 0)
    seams = (tiled(generator, picture, style, 24) - whole).abs()
    assert seams.max() > 4 / 127.5


def test_each_picture_has_its_own_statistics_again_afterwards(picture, style):
    generator = generator_of("adain")
    with torch.inference_mode():
        before = generator(picture[..., :40], style)
        tiled(generator, picture, style, 48)
        assert generator(picture[..., :40], style).equal(before)
        with pytest.raises(RuntimeError, match="inside"):
            with tiles.whole_statistics(generator, lambda part: generator(picture, style), []):
                raise RuntimeError("inside")
        assert generator(picture[..., :40], style).equal(before)
    assert not any(norm._forward_pre_hooks for norm in generator.modules())


def test_statistics_of_parts_make_those_of_the_whole():
    h = torch.randn(2, 3, 8, 10) * torch.arange(1, 11) + 5
    parts = [h[..., :3], h[..., 3:4], h[..., 4:]]
    found = [
        (part[0, 0].numel(), *torch.var_mean(part, dim=(2, 3), keepdim=True, correction=0)[::-1])
        for part in parts
    ]
    joined, whole = tiles.joined_statistics(found, 1e-5), InstanceNorm(3).statistics(h)
    for one, other in zip(joined, whole, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_reach_is_as_far_as_a_pixel_is_seen(picture, style, kind):
    generator = generator_of(kind)
    for norm in generator.modules():
        if isinstance(norm, InstanceNorm):  # fixed statistics: only what is near can matter
            norm.lent = (torch.zeros(1), torch.ones(1))
    far, seen = tiles.reach(generator, style), 0
    assert far > generator.stride
    for norm in generator.modules():
        if isinstance(norm, InstanceNorm):
            norm.lent = (torch.zeros(1), torch.ones(1))
    chance = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        before = generator(picture, style)
        for _ in range(24):
            y, x = (int(torch.randint(n, (1,), generator=chance)) for n in picture.shape[2:])
            poked = picture.clone()
            poked[..., y, x] += 1
            changed = (generator(poked, style) - before).abs().amax(dim=(0, 1)).nonzero()
            distance = (changed - torch.tensor([y, x])).abs().max().item()
            assert distance <= far + generator.stride - 1
            seen = max(seen, distance)
    assert seen > far - 2 * generator.stride  # and hardly further


def test_a_generator_that_changes_nothing_reaches_nowhere(style):
    assert tiles.reach(build(CONFIG)["generator"], style) == 0


def test_measuring_the_reach_leaves_global_randomness_alone(style):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    tiles.reach(build(CONFIG)["generator"], style)
    assert torch.rand(1).equal(expected)


@pytest.mark.parametrize(("length", "step", "margin"), [(100, 24, 8), (96, 24, 32), (4, 24, 8)])
def test_spans_cover_a_length_once_and_stay_within(length, step, margin):
    covered = []
    for core, window in tiles.spans(length, step, margin):
        covered += range(length)[core]
        assert window.start == max(0, core.start - margin)
        assert window.stop == min(length, core.stop + margin)
    assert covered == list(range(length))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_the_inner_part_of_a_feature_map_is_the_core(scale):
    part = tiles.Tile((slice(24, 48), slice(0, 24)), (slice(8, 64), slice(0, 40)))
    window = part.cut(torch.arange(80.0)[:, None].expand(1, 1, 80, 80))
    small = window[:, :, ::scale, ::scale]
    assert part.inner(small)[0, 0, :, 0].tolist() == list(range(24, 48, scale))
    assert part.inner(small).shape[3] == 24 // scale


def test_the_centre_of_a_picture_is_cut_square_and_resized():
    x = torch.arange(30.0).expand(1, 3, 10, 30)
    assert tiles.centre_square(x, 10).equal(x[..., 10:20])
    assert tiles.centre_square(x.transpose(2, 3), 10).equal(x.transpose(2, 3)[:, :, 10:20])
    assert tiles.centre_square(x, 4).shape == (1, 3, 4, 4)
    assert tiles.centre_square(torch.ones(1, 3, 1, 1), 16).eq(1).all()


def test_padding_repeats_the_last_row_and_column():
    x = torch.arange(6.0).reshape(1, 1, 2, 3)
    padded = tiles.pad(x, 2, 1)
    assert padded[0, 0].tolist() == [[0, 1, 2, 2], [3, 4, 5, 5], [3, 4, 5, 5], [3, 4, 5, 5]]
    assert tiles.pad(x, 0, 0) is x


def test_squares_of_a_model_of_crops_cover_the_picture():
    x = torch.arange(60.0).expand(1, 3, 40, 60)
    nine = tiles.squares(x, 10, 0.5)
    assert nine.shape == (9, 3, 10, 10)
    assert nine[0, 0, 0, 0] < 2 and nine[2, 0, 0, -1] > 57  # the first and the last column
    assert tiles.squares(x, 10, 1.0).equal(tiles.centre_square(x, 10))
    assert tiles.squares(torch.ones(1, 3, 1, 1), 8, 0.4).eq(1).all()
