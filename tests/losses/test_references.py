import math

import pytest
import torch

from gan_lessons.losses import references


def test_statistics_do_not_hang_on_where_things_stand():
    h = torch.rand(2, 5, 8, 8)
    moved = h.roll((3, 2), dims=(2, 3)).flip(3)
    torch.testing.assert_close(references.statistics([h]), references.statistics([moved]))
    assert references.statistics([h, h[:, :2]]).shape == (2, 14)


def test_statistics_of_a_flat_map_have_a_gradient():
    h = torch.ones(1, 3, 4, 4, requires_grad=True)
    references.statistics([h]).sum().backward()
    assert h.grad.isfinite().all()


def test_manner_is_blind_to_places_and_sees_levels_and_how_channels_go_together():
    h = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0)) + 1
    moved = h.roll((3, 2), dims=(2, 3)).flip(3)
    assert references.manner([h], [moved]).item() == pytest.approx(0, abs=1e-5)
    lifted, alone = h + 1, torch.stack([c.roll(i, 1) for i, c in enumerate(h.unbind(1))], 1)
    mixed = torch.cat([h[:, :2], h[:, :1] * 0.9 + h[:, 3:] * 0.1, h[:, 3:]], dim=1)
    assert references.manner([lifted], [h]) > 0.2
    assert references.manner([alone], [h]) < 0.2 < references.manner([mixed], [h])


def test_manner_is_learned_from_what_is_flat():
    h = torch.zeros(1, 3, 4, 4, requires_grad=True)
    references.manner([h], [torch.rand(1, 3, 4, 4)]).backward()
    assert h.grad.isfinite().all()


@pytest.fixture
def real():
    """Four pictures of one style and two of another that lie between them."""
    return torch.tensor([[0.0, 0], [8, 0], [0, 8], [8, 8], [4, 4], [4, 4]]), torch.tensor(
        [0, 0, 0, 0, 1, 1]
    )


@pytest.mark.parametrize("own", range(4))
def test_a_result_like_its_reference_costs_less_than_one_like_another(real, own):
    statistics, y = real
    chosen = torch.tensor([own])
    costs = [
        references.contrast(statistics[k : k + 1], statistics, y, chosen).item() for k in range(4)
    ]
    assert min(range(4), key=costs.__getitem__) == own


def test_a_result_amid_all_costs_the_logarithm_of_how_many_have_the_style(real):
    statistics, y = real
    middle = statistics[:4].mean(dim=0, keepdim=True)
    cost = references.contrast(middle, statistics, y, torch.tensor([2]))
    assert cost.item() == pytest.approx(math.log(4), abs=1e-5)


def test_pictures_of_other_styles_do_not_count(real):
    statistics, y = real
    found, own = torch.tensor([[1.0, 2.0]]), torch.tensor([0])
    alone = references.contrast(found, statistics[:4], y[:4], own)
    assert references.contrast(found, statistics, y, own).item() == pytest.approx(alone.item())


def test_a_style_without_any_variation_gives_a_number():
    same = torch.ones(3, 2, requires_grad=True)
    cost = references.contrast(
        same, same.detach(), torch.zeros(3, dtype=torch.long), torch.tensor([0, 1, 2])
    )
    cost.backward()
    assert cost.item() == pytest.approx(math.log(3), abs=1e-5)
    assert same.grad.isfinite().all()


def score(scale, shift=0.0):
    """The mean score of draws with a scale and a shift, for real codes with scale 1."""
    random = torch.Generator().manual_seed(0)
    real = torch.randn(4000, 3, generator=random)
    drawn = scale * torch.randn(4000, 8, 3, generator=random) + shift
    return references.energy_score(drawn, real).item()


@pytest.mark.parametrize("wrong", [0.0, 0.4, 0.7, 1.4, 2.5])
def test_draws_that_are_too_much_alike_or_too_wild_score_worse_than_right_ones(wrong):
    assert score(wrong) > score(1.0) + 0.02


def test_draws_of_another_place_score_worse():
    assert score(1.0, shift=0.5) > score(1.0) + 0.02


def test_no_gradient_flows_into_real_codes():
    real, drawn = torch.ones(2, 3, requires_grad=True), torch.zeros(2, 4, 3, requires_grad=True)
    references.energy_score(drawn, real).backward()
    assert real.grad is None
    assert drawn.grad.isfinite().all()
