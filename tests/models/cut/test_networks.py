import pytest
import torch

from gan_lessons.models.cut.networks import build, compared, encoded, grid, patches
from gan_lessons.models.cut.recipe import CUTConfig


@pytest.fixture
def networks():
    return build(CUTConfig(width=4, blocks=9, critic_width=4, critic_depth=1, projected=6))


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def test_projections_of_the_papers_shapes_have_the_number_of_parameters_worked_out_by_hand():
    with torch.device("meta"):
        networks = build(CUTConfig())
    # pixels, two halvings, two blocks; each head 256 wide
    first = sum(width + 1 for width in (3, 128, 256, 256, 256)) * 256
    assert parameters(networks["projector"]) == first + 5 * 257 * 256


def test_maps_are_those_that_the_generator_goes_through(networks):
    generator, x = networks["a_to_b"], torch.rand(2, 3, 16, 24) * 2 - 1
    maps = encoded(generator, x)
    assert [tuple(h.shape[1:]) for h in maps] == [
        (3, 16, 24), (8, 8, 12), (16, 4, 6), (16, 4, 6), (16, 4, 6)
    ]  # fmt: skip
    assert maps[0].equal(x)
    h = generator.encode(x)
    assert maps[2].equal(h)
    for number, block in enumerate(generator.transform):
        h = block(h)
        if number in (0, 4):
            assert maps[3 if number == 0 else 4].equal(h)
    assert generator.to_rgb(generator.decode(h)).equal(generator(x))


@pytest.mark.parametrize(("blocks", "expected"), [(0, []), (1, [0]), (2, [0, 1]), (9, [0, 4])])
def test_the_first_and_the_middle_block_are_compared(blocks, expected):
    assert compared(blocks) == expected
    built = build(CUTConfig(width=4, blocks=blocks, halvings=1, critic_width=4, critic_depth=1))
    assert len(built["projector"].heads) == 1 + 1 + len(expected)


def test_patches_are_the_features_at_their_places():
    h = torch.arange(2 * 3 * 8 * 6.0).view(2, 3, 8, 6)
    found = patches(h, torch.tensor([[0.0, 0.0], [0.6, 0.99]]), side=2)
    assert found.shape == (2, 4, 3)
    rows, columns = [[0, 4], [2, 6]], [[0, 3], [2, 5]]
    for image in range(2):
        expected = [h[image, :, r, c] for r in rows[image] for c in columns[image]]
        assert found[image].equal(torch.stack(expected))


@pytest.mark.parametrize("side", [1, 2, 5, 16])
@pytest.mark.parametrize("length", [1, 4, 7, 16, 45])
def test_a_grid_takes_no_place_twice_and_none_outside(length, side):
    shifts = torch.tensor([0.0, 0.3, 1 - 2**-24])
    found = grid(length, shifts, side)
    assert found.shape == (3, min(side, length))
    assert found.min() >= 0 and found.max() < length
    assert (found.diff(dim=1) > 0).all()


def test_chance_reaches_every_place():
    found = grid(12, torch.linspace(0, 0.999, 50), side=4)
    assert found.unique().tolist() == list(range(12))


def test_equal_numbers_pick_equal_places_in_source_and_result(networks):
    maps = encoded(networks["a_to_b"], torch.rand(3, 3, 64, 64))
    one, other = torch.rand(2, 3, 2)
    project = networks["projector"]
    assert project(maps, one)[0].equal(project(maps, one)[0])
    assert not project(maps, one)[0].equal(project(maps, other)[0])
    assert [tuple(p.shape) for p in project(maps, one)] == [(3, 256, 6)] * 5


@pytest.mark.parametrize("wrong", [{"width": 0}, {"blocks": -1}, {"places": 1}, {"projected": 0}])
def test_impossible_shapes_are_refused(wrong):
    with pytest.raises(ValueError, match=f"model.{next(iter(wrong))}"):
        CUTConfig(**wrong)
