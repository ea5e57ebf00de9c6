import pytest
import torch

from gan_lessons.metrics.features import feature_network
from gan_lessons.models.adain.networks import adain, build, statistics
from gan_lessons.models.adain.recipe import AdaINConfig
from gan_lessons.models.mobilenet import CHANNELS, HALVINGS, Encoder


def pictures(count=2, size=32, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, size, size, generator=random) * 2 - 1


def test_statistics_are_taken_over():
    x, y = pictures(), 3 * pictures(size=16, seed=1) + 5
    for found, wanted in zip(statistics(adain(x, y)), statistics(y), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(adain(x, x), x)


def test_encoder_is_the_network_that_figures_are_measured_with():
    x = pictures(size=96)  # the size that figures take
    network = feature_network()
    h, wanted = network.preprocess(x), {}
    for number, layer in enumerate(network.layers):
        wanted[number] = h = layer(h)
    for tap, found in zip(CHANNELS, Encoder(tuple(CHANNELS))(x), strict=True):
        torch.testing.assert_close(found, wanted[tap], rtol=1e-4, atol=1e-5)
        assert found.shape[1:] == (CHANNELS[tap], *[96 // 2 ** HALVINGS[tap]] * 2)


@pytest.mark.parametrize(("block", "enlarge"), [(1, 2), (3, 1), (3, 2), (6, 2)])
def test_pictures_keep_their_size_and_only_the_decoder_learns(block, enlarge):
    network = build(AdaINConfig(block, enlarge, width=16))["transfer"]
    assert network(pictures(), pictures(size=64, seed=1)).shape == (2, 3, 32, 32)
    assert all(name.startswith("decoder.") for name, _ in network.named_parameters())
    assert all(name.startswith("decoder.") for name in network.state_dict())


def test_amount_goes_from_the_content_to_the_style():
    network = build(AdaINConfig(width=16))["transfer"]
    x, x_ref = pictures(), pictures(seed=1)
    torch.testing.assert_close(network(x, x_ref, amount=0.0), network(x, x, amount=1.0))
    assert not network(x, x_ref).equal(network(x, x_ref, amount=0.5))


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ({"block": 2}, "one of 0, 1, 3"),
        ({"enlarge": 3}, "1 or 2"),
        ({"width": 4}, "model.width must lie in 8"),
    ],
)
def test_impossible_shapes_are_refused(shape, sentence):
    with pytest.raises(ValueError, match=sentence):
        AdaINConfig(**shape)


@pytest.mark.parametrize(("block", "enlarge"), [(3, 2), (3, 1), (6, 2)])
def test_white_paper_has_no_frame_where_its_rim_is_mirrored(block, enlarge):
    """MobileNetV2 takes what is outside for grey; nothing of that is left in the map."""
    white = torch.ones(1, 3, 64, 64)
    plain, mirrored = (
        build(AdaINConfig(block, enlarge, width=16, mirror=mirror))["transfer"].encode(white)
        for mirror in (0, 16)
    )
    for framed, even in zip(plain, mirrored, strict=True):
        assert even.shape == framed.shape
        assert (even - even.mean(dim=(2, 3), keepdim=True)).abs().max() < 1e-3
    assert (plain[-1] - plain[-1].mean(dim=(2, 3), keepdim=True)).abs().max() > 0.1


def test_a_mirrored_rim_changes_nothing_in_the_middle():
    x = pictures(size=64)
    plain, mirrored = (
        build(AdaINConfig(width=16, mirror=mirror))["transfer"].encode(x)[-1] for mirror in (0, 8)
    )
    torch.testing.assert_close(mirrored[:, :, 8:-8, 8:-8], plain[:, :, 8:-8, 8:-8])
    with pytest.raises(ValueError, match="a multiple of 4, got 3"):
        AdaINConfig(mirror=3)
