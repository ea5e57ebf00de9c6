from dataclasses import replace

import pytest
import torch

from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.projected import CHANNELS, FrozenFeatures, ProjectedDiscriminator
from gan_lessons.models.stargan.recipe import ModelConfig

SMALL = ModelConfig(
    size=32, domains=3, width=5, max_width=9, bottleneck=8, blocks=1, critic_width=3,
    critic_max_width=7, encoder_width=7, encoder_max_width=11, style_dim=6, latent_dim=4,
    mapping_width=13, projected=6,
)  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def judge():
    return ProjectedDiscriminator(SMALL)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_every_domain_and_place_gets_a_logit(judge, size):
    maps = judge(torch.randn(2, 3, size, size))
    sides = (size // 4, size // 4, size // 8, size // 16)  # the finest map is halved
    assert [tuple(m.shape) for m in maps] == [(2, 3, side, side) for side in sides]


def test_the_maps_lie_around_nought_and_one_on_emoji():
    from gan_lessons.data.load import load_dataset

    images = load_dataset("emoji_styles").images[::200].float() / 127.5 - 1
    for channels, h in zip(CHANNELS, FrozenFeatures()(images), strict=True):
        assert h.shape[1] == channels
        assert abs(h.mean()) < 0.3 and 0.7 < h.std() < 1.6


def test_features_tell_what_is_drawn_rather_than_where_exactly():
    from gan_lessons.data.load import load_dataset

    images = load_dataset("emoji_styles").images[::700].float() / 127.5 - 1
    last = FrozenFeatures()(torch.cat([images, images.roll(2, dims=3)]))[-1].mean(dim=(2, 3))
    still, moved = last.chunk(2)
    assert torch.cdist(still, moved).argmin(dim=1).tolist() == list(range(len(images)))


def test_what_is_frozen_is_neither_trained_nor_stored(judge):
    judge.requires_grad_(True)  # as the training loop does before each phase
    named = [name for name, _ in judge.named_parameters()]
    assert named and all(name.startswith("heads.") for name in named)
    assert all(name.startswith("heads.") for name in judge.state_dict())
    before = {name: value.clone() for name, value in judge.features.named_buffers()}
    optimiser = torch.optim.SGD(judge.parameters(), lr=1.0)
    sum(m.mean() for m in judge(torch.randn(2, 3, 32, 32))).backward()
    optimiser.step()
    assert all(value.equal(before[name]) for name, value in judge.features.named_buffers())


def test_gradients_reach_the_picture_through_every_map(judge):
    for number in range(len(CHANNELS)):
        x = torch.randn(1, 3, 32, 32, requires_grad=True)
        judge(x)[number].mean().backward()
        assert x.grad.isfinite().all() and x.grad.abs().sum() > 0


def test_strided_depthwise_filters_are_exact_in_mixed_precision(judge):
    strided = [b.depth for b in judge.features.blocks if b.depth.stride == 2]
    assert len(strided) == 3
    for conv in strided:
        x = torch.randn(2, conv.groups, 8, 8, dtype=torch.bfloat16).requires_grad_()
        exact = conv(x.float())
        with torch.autocast("cpu", torch.bfloat16):
            y = conv(x)
        assert y.dtype == torch.bfloat16
        torch.testing.assert_close(y, exact.bfloat16())


def test_the_heads_hold_the_lipschitz_bound(judge):
    for _ in range(30):  # the bound is approached by one power iteration a pass
        judge(torch.randn(1, 3, 16, 16))
    for head in judge.heads:
        for layer in (head[0], head[2], head[4]):
            largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item()
            assert largest == pytest.approx(1, abs=0.05)


def test_a_recipe_without_one_builds_none():
    assert "projected" in build(SMALL)
    plain, both = build(replace(SMALL, projected=0)), build(SMALL)
    assert set(both) - set(plain) == {"projected"}
    for name, network in plain.items():  # and it changes nothing about the others
        theirs = both[name].state_dict()
        assert all(value.equal(theirs[key]) for key, value in network.state_dict().items())
