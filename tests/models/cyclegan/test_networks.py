import pytest
import torch

from gan_lessons.models.cyclegan.networks import Generator, ImageBuffer, build
from gan_lessons.models.cyclegan.recipe import CycleGANConfig


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def test_the_papers_shapes_have_the_usual_number_of_parameters():
    with torch.device("meta"):
        networks = build(CycleGANConfig())
    # c7s1-64, d128, d256, nine R256, u128, u64, c7s1-3
    kernels = 49 * 3 * 64 * 2 + 9 * 2 * (64 * 128 + 128 * 256) + 9 * 2 * 9 * 256**2
    norms = 2 * (64 + 128 + 256 + 9 * 2 * 256 + 128 + 64)
    for name in ("a_to_b", "b_to_a"):
        assert parameters(networks[name]) == kernels + norms + 3
        # Without learnt scales, and with biases that the norm takes away again, as published.
        assert round((kernels + norms / 2 + 3) / 1e6, 3) == 11.378
    judge = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 2 * (128 + 256 + 512) + 65
    assert parameters(networks["critic_a"]) == parameters(networks["critic_b"]) == judge


@pytest.mark.parametrize(("halvings", "blocks"), [(2, 1), (1, 0), (0, 2)])
def test_images_keep_their_size(halvings, blocks):
    generator = Generator(CycleGANConfig(width=4, halvings=halvings, blocks=blocks))
    x = torch.rand(2, 3, 16, 24) * 2 - 1
    y = generator(x)
    assert y.shape == x.shape and y.abs().max() <= 1 and generator.stride == 2**halvings


def test_blocks_add_to_what_they_are_given():
    generator = Generator(CycleGANConfig(width=4, blocks=3))
    h = torch.randn(2, 16, 8, 8)
    (block, *_) = generator.transform
    torch.testing.assert_close(block(h), h + block.body(h))
    assert block.body(h).min() < 0  # no bend after the second convolution


# The buffer


def numbered(*values):
    return torch.tensor(values, dtype=torch.float32)[:, None, None, None].expand(-1, 1, 2, 2)


def hand_in(buffer, values, uniform):
    return buffer(numbered(*values), torch.tensor(uniform))[:, 0, 0, 0].tolist()


def test_a_buffer_fills_up_and_then_exchanges_as_the_numbers_say():
    buffer = ImageBuffer(3, (1, 2, 2))
    assert hand_in(buffer, [1, 2], [[0.1, 0.9], [0.1, 0.9]]) == [1, 2]  # there is room
    # The third still finds room; 4 goes in for what is at place 2; 5 is shown and forgotten.
    said = [[0.1, 0.0], [0.49, 0.7], [0.51, 0.7]]
    assert hand_in(buffer, [3, 4, 5], said) == [3, 3, 5]
    assert hand_in(buffer, [6, 7], [[0.0, 0.0], [0.0, 0.99]]) == [1, 4]
    assert buffer.images[:, 0, 0, 0].tolist() == [6, 2, 7]
    assert buffer.seen == 7


def test_a_buffer_is_a_function_of_what_it_keeps():
    uniform = torch.rand(40, 2)
    one, other = ImageBuffer(5, (1, 2, 2)), ImageBuffer(5, (1, 2, 2))
    x = torch.rand(40, 1, 2, 2)
    whole = one(x, uniform)
    first = other(x[:17], uniform[:17])
    resumed = ImageBuffer(5, (1, 2, 2))
    resumed.load_state_dict(other.state_dict())
    assert torch.cat([first, resumed(x[17:], uniform[17:])]).equal(whole)
    assert resumed.images.equal(one.images) and not whole.equal(x)


def test_about_half_of_what_is_shown_is_old():
    buffer, x = ImageBuffer(10, (1, 1, 1)), torch.arange(2000.0).view(-1, 1, 1, 1)
    shown = buffer(x, torch.rand(2000, 2))
    assert (shown != x).float().mean().item() == pytest.approx(0.5, abs=0.05)


def test_no_gradient_comes_through_and_no_place_means_no_change():
    x = torch.rand(3, 1, 2, 2, requires_grad=True)
    assert not ImageBuffer(2, (1, 2, 2))(x, torch.rand(3, 2)).requires_grad
    assert ImageBuffer(0, (1, 2, 2))(x.detach(), torch.rand(3, 2)).equal(x)


@pytest.mark.parametrize(
    "wrong", [{"size": 0}, {"width": 0}, {"blocks": -1}, {"buffer": -1}, {"critic_depth": 0}]
)
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"model.{next(iter(wrong))}"):
        CycleGANConfig(**wrong)
