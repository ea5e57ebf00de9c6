import pytest
import torch

from gan_lessons.augment import (
    BRIGHTNESS,
    CUTOUT,
    DESTROYED,
    NUMBERS,
    SHIFT,
    augment,
    destroy,
    displace,
    smooth_over,
    turn,
)
from gan_lessons.images.resize import resize

KINDS = ("brightness", "shift", "cutout")


@pytest.fixture
def pictures():
    return torch.rand(6, 3, 16, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture
def uniform():
    return torch.rand(6, NUMBERS, generator=torch.Generator().manual_seed(1))


def test_without_kinds_nothing_happens(pictures, uniform):
    assert augment(pictures, uniform, ()).equal(pictures)


@pytest.mark.parametrize("kinds", [("shift",), ("brightness",), ("shift", "brightness")])
def test_the_middle_of_the_numbers_leaves_a_picture_alone(pictures, kinds):
    middle = torch.full((6, NUMBERS), 0.5)
    assert augment(pictures, middle, kinds).equal(pictures)


def test_brightness_adds_one_number_to_each_picture(pictures, uniform):
    change = augment(pictures, uniform, ("brightness",)) - pictures
    expected = (2 * uniform[:, 0] - 1) * BRIGHTNESS
    torch.testing.assert_close(change, expected[:, None, None, None].expand_as(change))
    assert change.amax() - change.amin() > BRIGHTNESS / 2


def test_shift_moves_and_repeats_the_border(pictures, uniform):
    moved = augment(pictures, uniform, ("shift",))
    seen = set()
    for picture, result, (v, u) in zip(pictures, moved, uniform[:, 1:3].tolist(), strict=True):
        down, right = round((2 * v - 1) * 16 * SHIFT), round((2 * u - 1) * 24 * SHIFT)
        seen.add((down, right))
        for y in range(16):
            for x in range(24):
                source = picture[:, min(max(y + down, 0), 15), min(max(x + right, 0), 23)]
                assert result[:, y, x].equal(source)
    assert len(seen) > 3


def test_shift_reaches_an_eighth_and_no_further():
    ramp = torch.arange(32.0).expand(1, 3, 32, 32)
    for number, offset in ((0.0, -4), (1 - 1e-7, 4)):
        moved = augment(ramp, torch.full((1, NUMBERS), number), ("shift",))
        assert moved[0, 0, 16, 16] == 16 + offset


def test_cutout_greys_one_square(pictures, uniform):
    bright = pictures.abs() + 1
    cut = augment(bright, uniform, ("cutout",))
    hole = cut[:, 0] == 0
    assert cut.equal(torch.where(hole[:, None], 0.0, bright))
    for one, (v, u) in zip(hole, uniform[:, 3:5].tolist(), strict=True):
        rows = one.any(dim=1).nonzero().flatten().tolist()
        columns = one.any(dim=0).nonzero().flatten().tolist()
        assert rows == [y for y in range(16) if abs(y - v * 16) <= 16 * CUTOUT / 2]
        assert columns == [x for x in range(24) if abs(x - u * 24) <= 24 * CUTOUT / 2]
        assert one.sum() == len(rows) * len(columns)


@pytest.mark.parametrize("kinds", [(kind,) for kind in KINDS] + [KINDS])
def test_gradients_pass_as_finite_differences_say(uniform, kinds):
    x = torch.rand(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: augment(x, uniform[:2], kinds), x)


def test_gradients_of_gradients_pass(pictures, uniform):
    # R1 goes through the discriminator at augmented images; the augmentation must not cut it.
    x = pictures.clone().requires_grad_()
    (slope,) = torch.autograd.grad(augment(x, uniform, KINDS).square().sum(), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x)
    assert curvature.abs().sum() > 0


def test_each_picture_depends_on_its_own_numbers_only(pictures, uniform):
    together = augment(pictures, uniform, KINDS)
    alone = [augment(pictures[i : i + 1], uniform[i : i + 1], KINDS) for i in range(6)]
    assert together.equal(torch.cat(alone))


def test_the_number_format_is_kept(pictures, uniform):
    assert augment(pictures.bfloat16(), uniform, KINDS).dtype == torch.bfloat16


def test_resize_leaves_a_fitting_picture_alone(pictures):
    square = pictures[..., :16]
    assert resize(square, 16) is square


def test_resize_averages_before_it_drops_pixels():
    board = (torch.arange(32)[:, None] + torch.arange(32)[None]) % 2 * 2.0 - 1
    small = resize(board.expand(1, 3, 32, 32), 8)
    assert small.shape == (1, 3, 8, 8)
    assert small.abs().max() < 0.1


# What takes a style away


@pytest.fixture
def drawing():
    """A red disc with a dark outline and a green leaf, on white paper."""
    y, x = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    away = ((y - 16) ** 2 + (x - 16) ** 2).float().sqrt()
    picture = torch.ones(1, 3, 32, 32)
    for inside, colour in (
        (away < 12, (-1.0, -1.0, -1.0)),
        (away < 10, (0.9, -0.8, -0.7)),
        ((y < 14) & (away < 6), (-0.6, 0.7, -0.8)),
    ):
        picture[0, :, inside] = torch.tensor(colour)[:, None]
    return picture


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_destroying_leaves_paper_white_and_stays_in_range(drawing, seed, lines):
    u = torch.rand(1, DESTROYED, generator=torch.Generator().manual_seed(seed))
    found = destroy(drawing, u, lines=lines)
    assert found.abs().max() <= 1
    corner = found[:, :, :2, :2]  # farther from the disc than lines and blur reach
    assert corner.min() > 0.95
    assert found.equal(destroy(drawing, u, lines=lines))


def test_destroying_takes_hues_away_and_leaves_things_where_they_are(drawing):
    u = torch.full((1, DESTROYED), 0.5)
    found = destroy(drawing, u, lines=False)
    inside = (drawing < 0.9).any(dim=1, keepdim=True).expand_as(drawing)
    assert (found - drawing)[inside].abs().mean() > 0.2
    assert found[~inside].min() > 0.95
    # What was of one colour still is.
    disc = found[0, :, 24, 14:18]
    assert disc.std(dim=1).max() < 1e-5


def test_thin_lines_vanish_or_edges_get_lines(drawing):
    u = torch.full((2, DESTROYED), 0.5)
    u[:, 1:3], u[0, 4], u[1, 4] = 0.6, 0.0, 1.0
    both = drawing.expand(2, -1, -1, -1)
    thin, drawn = destroy(both, u).split(1)
    plain = destroy(drawing, u[:1], lines=False)
    assert thin.mean() > plain.mean() > drawn.mean()


def test_gradients_pass_through_destruction(drawing):
    x = drawing.clone().requires_grad_()
    destroy(
        x, torch.rand(1, DESTROYED, generator=torch.Generator().manual_seed(0))
    ).sum().backward()
    assert x.grad.isfinite().all()
    assert x.grad.abs().max() > 0


def test_a_full_turn_changes_nothing_and_grey_never_turns():
    x = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    one = torch.ones(2)
    torch.testing.assert_close(turn(x, 2 * torch.pi * one, one), x, atol=1e-5, rtol=0)
    grey = x.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    torch.testing.assert_close(turn(grey, one, 0.3 * one), grey, atol=1e-5, rtol=0)
    torch.testing.assert_close(turn(x, one, 0 * one), grey, atol=1e-5, rtol=0)


def test_displacing_mirrors_half_and_keeps_white_paper(drawing):
    u = torch.tensor([[0.9, 0.5, 0.5, 0.5], [0.1, 0.5, 0.5, 0.5], [0.9, 1.0, 0.9, 0.1]])
    same, mirrored, moved = displace(drawing.expand(3, -1, -1, -1), u).split(1)
    torch.testing.assert_close(same, drawing, atol=1e-4, rtol=0)
    torch.testing.assert_close(mirrored, drawing.flip(3), atol=1e-4, rtol=0)
    assert (moved - drawing).abs().max() > 0.5
    assert moved[:, :, :, -1].min() > 0.99


def test_a_picture_that_fills_its_square_is_mirrored_beyond_its_border():
    x = torch.linspace(-1, 0.5, 32).expand(1, 3, 32, 32)
    u = torch.tensor([[0.9, 1.0, 0.9, 0.1]])  # smaller, and moved
    moved = displace(x, u, on_white=False)
    assert moved.max() <= 0.5 + 1e-5  # no white came in
    assert displace(x, u).max() > 0.9


@pytest.fixture
def strokes():
    """Coarse squares of two colours, and over them a fine weave: a painting, so to say."""
    rows = torch.arange(64)
    coarse = ((rows // 32)[:, None] ^ (rows // 32)[None]).float()
    fine = ((rows // 2)[:, None] + (rows // 2)[None]) % 2
    colours = torch.tensor([0.5, -0.2, -0.4])[:, None, None] * (2 * coarse - 1)
    return (colours + 0.3 * (fine - 0.5)).clamp(-1, 1)[None]


def roughness(x):
    return (x[..., 1:] - x[..., :-1]).abs().mean()


@pytest.mark.parametrize("fineness", [0.0, 0.5, 0.99])
def test_smoothing_over_takes_strokes_and_hues_and_leaves_what_is_shown(strokes, fineness):
    u = torch.full((1, DESTROYED), 0.5)
    u[:, 5] = fineness
    found = smooth_over(strokes, u)
    assert found.abs().max() <= 1
    assert roughness(found) < 0.5 * roughness(strokes)
    # The two colours are still two, but not those.
    one, other = found[0, :, 8:24, 8:24].mean(dim=(1, 2)), found[0, :, 8:24, 40:56].mean(dim=(1, 2))
    assert (one - other).norm() > 0.3
    assert (one - strokes[0, :, 8:24, 8:24].mean(dim=(1, 2))).norm() > 0.3


def test_smoothing_goes_farther_the_larger_its_number(strokes):
    u = torch.full((3, DESTROYED), 0.5)
    u[:, 5] = torch.tensor([0.0, 0.5, 0.99])
    little, more, most = (roughness(x) for x in smooth_over(strokes.expand(3, -1, -1, -1), u))
    assert little > more > most


def test_gradients_pass_through_smoothing(strokes):
    x = strokes.clone().requires_grad_()
    smooth_over(x, torch.full((1, DESTROYED), 0.4)).sum().backward()
    assert x.grad.isfinite().all() and x.grad.abs().max() > 0
