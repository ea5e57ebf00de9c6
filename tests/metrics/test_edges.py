import pytest
import torch

from gan_lessons.metrics.edges import edge_f1, edges, shared_edges


def blocks(seed, side=96):
    """Grey rectangles on each other: edges everywhere, none of them in common."""
    chance = torch.Generator().manual_seed(seed)
    x = torch.zeros(1, 3, side, side)
    for _ in range(24):
        top, left, height, width = (torch.rand(4, generator=chance) * side / 2).long().tolist()
        top, left = 2 * top, 2 * left
        x[..., top : top + height, left : left + width] = torch.rand(1, generator=chance) * 2 - 1
    return x


def test_a_picture_shares_all_edges_with_itself_in_other_contrast_and_in_the_negative():
    x = blocks(0)
    assert edge_f1(x, x) == 1 and edge_f1(x, x / 2 + 0.3) > 0.99 and edge_f1(x, -x) > 0.99


def test_pictures_of_other_things_cross_by_chance():
    found = [edge_f1(blocks(i), blocks(i + 100)).item() for i in range(5)]
    spread_at_random = [
        shared_edges(*(torch.rand(2, 1, 96, 96) < 0.05).unbind(0)).item() for _ in range(5)
    ]
    assert sum(found) / 5 < 0.45
    assert sum(spread_at_random) / 5 == pytest.approx(1 - 0.95**25, abs=0.05)  # 5 by 5 pixels


def test_an_edge_may_move_by_the_tolerance_and_no_further():
    x = torch.ones(1, 3, 40, 40)
    x[..., 20:] = -1
    for shift, wanted in ((0, 1), (2, 1), (3, 0), (6, 0)):
        y = torch.ones(1, 3, 40, 40)
        y[..., 20 + shift :] = -1
        assert edge_f1(x, y) == wanted


def test_an_edge_is_thin_and_lies_where_grey_levels_change():
    x = torch.ones(1, 3, 40, 40)
    x[..., 20:] = -1
    (found,) = edges(x)
    rows = found[4:-4]
    assert (rows.sum(dim=1) == 1).all() and rows[:, 19:21].any(dim=1).all()


def test_half_of_the_edges_found_again_counts_between():
    a, b = torch.zeros(2, 1, 20, 20, dtype=torch.bool).unbind(0)
    a[:, 5], b[:, 5], b[:, 15] = True, True, True
    assert shared_edges(a, b) == pytest.approx(2 / 3)  # precision 1/2, recall 1
    assert shared_edges(b, a) == shared_edges(a, b)


def test_pictures_without_edges():
    flat = torch.zeros(1, 3, 32, 32)
    noise = 0.004 * torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert not edges(flat + noise).any()
    assert edge_f1(flat, flat + 0.5) == 1 and edge_f1(flat, blocks(0, 32)) == 0


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="of a size are compared"):
        edge_f1(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 9))
