import doctest

import pytest
import torch

from gan_lessons.models.vae import networks as vae
from gan_lessons.models.vae.networks import build, reparameterise
from gan_lessons.models.vae.recipe import VAEConfig

SMALL = VAEConfig(size=16, width=4, max_width=6, latent_dim=5)


def test_examples_hold():
    result = doctest.testmod(vae)
    assert result.attempted >= 2 and result.failed == 0


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (16, 3), (64, 3)])
def test_images_go_in_and_come_out(size, channels):
    networks = build(VAEConfig(size=size, channels=channels, width=4, max_width=6, latent_dim=5))
    x = torch.rand(2, channels, size, size) * 2 - 1
    mean, log_variance = networks["encoder"](x)
    assert mean.shape == log_variance.shape == (2, 5)
    decoded = networks["decoder"](mean)
    assert decoded.shape == x.shape and decoded.abs().max() <= 1


def test_the_image_shrinks_to_four_pixels_while_channels_double():
    assert VAEConfig(size=64, width=32, max_width=256).widths == [32, 64, 128, 256]
    assert VAEConfig(size=64, width=32, max_width=100).widths == [32, 64, 100, 100]
    network, seen = build(SMALL)["encoder"], []
    for layer in network.layers:
        layer.register_forward_hook(lambda layer, given, made: seen.append(tuple(made.shape[1:])))
    network(torch.zeros(1, 3, 16, 16))
    assert seen[-3] == (6, 4, 4) and seen[-1] == (10,)


@pytest.mark.parametrize("depth", [1, 3])
def test_vectors_go_in_and_come_out(depth):
    networks = build(VAEConfig(kind="dense", data_dim=7, width=6, depth=depth, latent_dim=2))
    mean, _ = networks["encoder"](torch.randn(3, 7))
    assert mean.shape == (3, 2) and networks["decoder"](mean).shape == (3, 7)
    for network in networks.values():
        linear = [m for m in network.modules() if isinstance(m, torch.nn.Linear)]
        assert len(linear) == depth + 1


def test_draws_have_the_mean_and_the_variance_asked_for():
    noise = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0))
    mean, log_variance = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, -3.0]])
    z = reparameterise(mean, log_variance, noise)
    torch.testing.assert_close(z.mean(0), mean[0], atol=0.01, rtol=0)
    torch.testing.assert_close(z.var(0), log_variance[0].exp(), atol=0, rtol=0.02)


def test_gradients_pass_through_a_draw():
    mean, log_variance = (torch.zeros(1, 1, requires_grad=True) for _ in range(2))
    reparameterise(mean, log_variance, torch.tensor([[3.0]])).sum().backward()
    assert mean.grad.item() == 1 and log_variance.grad.item() == pytest.approx(1.5)


@pytest.mark.parametrize(
    "wrong", [{"kind": "mlp"}, {"size": 12}, {"size": 4}, {"latent_dim": 0}, {"depth": 0}]
)
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"model.{next(iter(wrong))}"):
        VAEConfig(**wrong)
