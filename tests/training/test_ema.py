import pytest
import torch
from torch import nn

from gan_lessons.training import ema


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()


def test_the_average_follows_its_formula(network):
    average = ema.averaged_copy(network)
    expected = {name: value.clone() for name, value in network.named_parameters()}
    for step in range(5):
        with torch.no_grad():
            for value in network.parameters():
                value += torch.randn_like(value)
        ema.update(average, network, decay := 0.5 + step / 10)
        for name, value in network.named_parameters():
            expected[name] = decay * expected[name] + (1 - decay) * value.detach()
    for name, value in average.named_parameters():
        torch.testing.assert_close(value, expected[name], rtol=1e-12, atol=1e-12)


def test_the_copy_is_equal_frozen_and_apart(network):
    average = ema.averaged_copy(network)
    assert all(a.equal(b) for a, b in zip(average.parameters(), network.parameters(), strict=True))
    assert not any(value.requires_grad for value in average.parameters())
    assert not average.training and network.training
    with torch.no_grad():
        network[0].weight.add_(1)
    assert not average[0].weight.equal(network[0].weight)


def test_a_decay_of_zero_copies_and_one_keeps(network):
    average = ema.averaged_copy(network)
    before = average[0].weight.clone()
    with torch.no_grad():
        network[0].weight.add_(1)
    ema.update(average, network, 1.0)
    assert average[0].weight.equal(before)
    ema.update(average, network, 0.0)
    assert average[0].weight.equal(network[0].weight)


def test_buffers_are_copied_not_averaged(network):
    average = ema.averaged_copy(network)
    network(torch.randn(8, 3).double())  # moves the running statistics
    ema.update(average, network, 0.9)
    for mean, value in zip(average.buffers(), network.buffers(), strict=True):
        assert mean.equal(value)
    assert average[1].num_batches_tracked == 1


def test_the_average_of_a_still_network_stays(network):
    average = ema.averaged_copy(network)
    for _ in range(100):
        ema.update(average, network, 0.99)
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(mean, value, rtol=1e-12, atol=1e-12)
