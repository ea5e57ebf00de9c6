import pytest
import torch
from torch.nn import functional as F

from gan_lessons.data.letters import plain_alphabet
from gan_lessons.models.stargan.strokes import CUT, LEAST, MOST, Strokes


@pytest.fixture(scope="module")
def strokes():
    return Strokes()


@pytest.fixture(scope="module")
def letters():
    return {name: x[None].float() / 127.5 - 1 for name, x in plain_alphabet().items()}


def bolder(x, pixels):
    return -F.max_pool2d(-x, 2 * pixels + 1, stride=1, padding=pixels)


def bar(height, width, serif=0):
    x = torch.ones(1, 3, 64, 64)
    left = 32 - width // 2
    x[:, :, 12 : 12 + height, left : left + width] = -1
    if serif:
        for row in (12, 10 + height):
            x[:, :, row : row + 2, left - serif : left + width + serif] = -1
    return x


@pytest.mark.parametrize("width", [3, 6, 12, 20])
def test_a_bar_of_any_weight_is_one_line(strokes, width):
    found = strokes(bar(44, width))[0, 0]
    across = found[28:40]
    assert (across.amax(dim=1) == 1).all()
    assert ((across > 0).sum(dim=1) <= 5).all()


def test_nothing_is_left_of_serifs_where_most_is_cut(strokes):
    both = torch.cat([bar(44, 6), bar(44, 6, serif=5)])
    plain, serif = strokes(both, torch.tensor([MOST, MOST]))[:, 0]
    columns = (serif.amax(dim=0) > 0).nonzero().flatten()
    assert columns[-1] - columns[0] <= 5  # 16 pixels wide before
    assert (plain - serif)[24:44].abs().max() == 0


def test_each_letter_is_cut_by_its_own_number(strokes):
    x = torch.cat([bar(44, 3)] * 2)
    short, long = (strokes(x, torch.tensor([MOST, LEAST])) > 0).sum(dim=(1, 2, 3)).tolist()
    assert long - short == 5 * 2 * (MOST - LEAST)


def test_bold_and_light_leave_nearly_the_same_path(strokes, letters):
    near = torch.cat([strokes(letters[name]) for name in "HOSEX"])
    bold = torch.cat([strokes(bolder(letters[name], 2)) for name in "HOSEX"])
    other = torch.cat([strokes(letters[name]) for name in "XHOSE"])
    around = F.max_pool2d(bold, 3, stride=1, padding=1) > 0
    kept, chance = ((x * around).sum() / x.sum() for x in (near, other))
    assert kept > 0.85
    assert chance < 0.7


def test_closed_lines_stay_closed(strokes, letters):
    path = strokes(letters["O"])[0, 0] > 0
    outside = torch.zeros(64, 64, dtype=torch.bool)
    outside[0] = True
    for _ in range(200):  # what can be reached from the border without crossing a line
        grown = F.max_pool2d(outside[None].float(), 3, stride=1, padding=1)[0] > 0
        outside = grown & ~path
    assert not outside[32, 32]
    assert outside[5, 5]


def test_loose_ends_are_cut_by_as_much_as_is_said(strokes):
    rows = (strokes(bar(44, 3))[0, 0].amax(dim=1) == 1).nonzero().flatten()
    shorter = 44 - (rows[-1] - rows[0] + 1).item()
    assert 2 * CUT - 2 <= shorter <= 2 * CUT + 4


def test_blank_paper_and_all_ink_have_no_stroke_to_speak_of(strokes):
    assert strokes(torch.ones(1, 3, 64, 64)).max() == 0
    assert strokes(-torch.ones(1, 3, 64, 64)).isfinite().all()
