import pytest
import torch

from gan_lessons.metrics.linear_judge import (
    RIDGE,
    judge_of_content,
    judge_of_styles,
    least_squares,
)


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_matrix_solves_its_normal_equations():
    x, y = torch.randn(12, 40, generator=chance()).double(), torch.arange(12) % 3
    mean, w = least_squares(x, y, 3)
    centred = x - x.mean(dim=0)
    wanted = torch.nn.functional.one_hot(y, 3).double()
    weight = RIDGE * centred.square().sum(dim=1).mean()
    left = centred.T @ (centred @ w - (wanted - wanted.mean(dim=0))) + weight * w
    assert left.abs().max() < 1e-9
    torch.testing.assert_close(mean, x.mean(dim=0))


def gratings(seed, count=8, size=32):
    """Shapes at random places, filled with one of three hatchings: style and content apart."""
    random, pictures, styles, shapes = chance(seed), [], [], []
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    for _ in range(count):
        for style, period in enumerate((3, 6, 12)):
            for shape in range(2):
                down, right = torch.randint(12, 20, (2,), generator=random)
                near = (y - down).abs(), (x - right).abs()
                inside = near[0].maximum(near[1]) < 9 if shape else near[0].minimum(near[1]) < 3
                filled = torch.where(x % period < period / 2, 20, 200)
                pictures.append(torch.where(inside, filled, 255).expand(3, -1, -1))
                styles.append(style)
                shapes.append(shape)
    return torch.stack(pictures).byte(), torch.tensor(styles), torch.tensor(shapes)


def test_styles_are_judged_whatever_is_drawn_and_contents_however():
    x, style, shape = gratings(seed=0)
    new, new_style, new_shape = gratings(seed=1)
    styles = judge_of_styles((x, style), (new, new_style), ("fine", "middle", "coarse"))
    assert styles.accuracy > 0.95
    assert sum(map(sum, styles.confusion)) == len(new) and styles.confusion[0][0] >= 15
    assert styles.share(new[new_style == 1], "middle") > 0.9
    assert styles.share(new[new_style == 1], "coarse") < 0.1
    contents = judge_of_content((x, shape), (new, new_shape), ("cross", "square"))
    assert contents.accuracy > 0.95
    as_float = new.float() / 127.5 - 1
    assert contents.share(as_float[new_shape == 0], "cross") == pytest.approx(
        contents.share(new[new_shape == 0], "cross")
    )


def test_a_judge_of_noise_is_no_better_than_chance():
    x = torch.randint(0, 256, (60, 3, 32, 32), generator=chance(), dtype=torch.uint8)
    y = torch.randint(0, 2, (120,), generator=chance(1))
    new = torch.randint(0, 256, (60, 3, 32, 32), generator=chance(2), dtype=torch.uint8)
    found = judge_of_styles((x, y[:60]), (new, y[60:]), ("a", "b"))
    assert 0.25 < found.accuracy < 0.75


def test_the_same_pictures_give_the_same_judge():
    x, style, _ = gratings(seed=0, count=2)
    one, other = (judge_of_styles((x, style), (x, style), "abc") for _ in range(2))
    assert torch.equal(one.network.weight, other.network.weight)


def test_missing_pictures_are_named():
    x, style, _ = gratings(seed=0, count=1)
    with pytest.raises(ValueError, match="pictures of ink, got none"):
        judge_of_styles((x, style), (x, style), ("a", "b", "c", "ink"))
    with pytest.raises(ValueError, match="held-out pictures"):
        judge_of_content((x, style), (x[:0], style[:0]), "abc")
