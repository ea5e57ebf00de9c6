import pytest
import torch
from torch import nn

from gan_lessons.models.mlp.networks import Discriminator, Generator, build
from gan_lessons.models.mlp.recipe import MLPConfig


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def linear(network):
    return [m for m in network.modules() if isinstance(m, nn.Linear)]


def sizes(network):
    return [layer.in_features for layer in linear(network)] + [linear(network)[-1].out_features]


@pytest.mark.parametrize("data_dim", [2, 4, 64])
def test_the_first_networks_have_two_hidden_layers_and_one(data_dim):
    networks = build(MLPConfig(data_dim=data_dim))
    assert sizes(networks["generator"]) == [16, 64, 64, data_dim]
    assert sizes(networks["discriminator"]) == [data_dim, 64, 1]
    x = networks["generator"](torch.randn(5, 16))
    assert x.shape == (5, data_dim) and networks["discriminator"](x).shape == (5,)


def test_depth_and_width_are_free():
    config = MLPConfig(
        generator_width=7, generator_depth=0, discriminator_width=9, discriminator_depth=3
    )
    networks = build(config)
    assert sizes(networks["generator"]) == [16, 2]
    assert sizes(networks["discriminator"]) == [2, 9, 9, 9, 1]


@pytest.mark.parametrize(("condition", "dim"), [("one_hot", 5), ("embedding", 3)])
def test_the_class_is_appended_and_matters(condition, dim):
    config = MLPConfig(classes=5, condition=condition, embedding_dim=3)
    for network, given in ((Generator(config), 16), (Discriminator(config), 2)):
        assert sizes(network)[0] == given + dim
        x = torch.randn(1, given).expand(5, -1)
        answers = network(x, torch.arange(5)).view(5, -1)
        assert len({tuple(row) for row in answers.tolist()}) == 5


def test_one_hot_says_one_class():
    condition = Generator(MLPConfig(classes=3)).condition
    told = condition(torch.tensor([[7.0]]), torch.tensor([2]))
    assert told.tolist() == [[7, 0, 0, 1]]


def test_without_classes_the_class_is_not_looked_at():
    for network, dim in ((Generator(MLPConfig()), 16), (Discriminator(MLPConfig()), 2)):
        x = torch.randn(3, dim)
        assert network(x).equal(network(x, torch.arange(3)))


def test_squashed_samples_are_images():
    x = Generator(MLPConfig(squash=True))(100 * torch.randn(50, 16))
    assert x.abs().max() <= 1 and x.abs().max() > 0.9


def test_spectral_norm_makes_every_layer_one_lipschitz():
    network = Discriminator(MLPConfig(spectral=True, discriminator_depth=2))
    for _ in range(50):  # each pass is one turn of the power iteration
        network(torch.randn(2, 2))
    for layer in linear(network):
        largest = torch.linalg.matrix_norm(layer.weight.detach(), 2).item()
        assert largest == pytest.approx(1, rel=1e-3)
    x, y = torch.randn(2, 100, 2)
    moved = (network(x) - network(y)).abs() / (x - y).norm(dim=1)
    assert moved.max() <= 1.001


@pytest.mark.parametrize(
    "wrong",
    [
        {"data_dim": 0}, {"latent_dim": -1}, {"generator_depth": -1}, {"classes": -2},
        {"condition": "sum"}, {"discriminator_width": 0}, {"embedding_dim": 0},
    ],
)  # fmt: skip
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"model.{next(iter(wrong))}"):
        MLPConfig(**wrong)
