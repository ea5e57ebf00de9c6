import pytest
import torch

from gan_lessons.evaluation import baselines


@pytest.fixture
def x():
    return torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 1.8 - 0.9


def test_copying_gives_the_source(x):
    assert torch.equal(baselines.copy(x), x)
    assert baselines.copy(x) is not x


def test_colours_survive_the_way_there_and_back(x):
    torch.testing.assert_close(
        baselines.correlate(baselines.decorrelate(x)), x, atol=1e-2, rtol=1e-2
    )


def test_grey_has_no_colour():
    grey = torch.full((1, 3, 2, 2), 0.2)
    luminance, *colours = baselines.decorrelate(grey)[0]
    assert torch.stack(colours).abs().max() < 0.02
    assert luminance.abs().min() > 0.1


def test_transfer_to_ones_own_palette_changes_nothing(x):
    one = x[:1]
    moved = baselines.colour_transfer(one, baselines.palette(one))
    torch.testing.assert_close(moved, one, atol=1e-2, rtol=1e-2)


def test_transfer_reaches_mean_and_deviation(x):
    wanted = baselines.palette(x[1:] * 0.4)
    lab = baselines.decorrelate(baselines.colour_transfer(x[:1] * 0.3, wanted))
    torch.testing.assert_close(lab.mean(dim=(0, 2, 3)), wanted.mean, atol=0.02, rtol=0.02)
    torch.testing.assert_close(
        lab.flatten(2).std(dim=2, correction=0)[0], wanted.std, atol=0.02, rtol=0.1
    )


def test_palette_of_a_style_is_the_mean_of_its_pictures(x):
    both = baselines.palette(x[:2])
    one, two = baselines.palette(x[:1]), baselines.palette(x[1:2])
    torch.testing.assert_close(both.mean, (one.mean + two.mean) / 2)
    torch.testing.assert_close(both.std, (one.std + two.std) / 2)


def test_white_paper_neither_counts_nor_changes(x):
    framed = torch.ones(1, 3, 24, 24)
    framed[:, :, 4:20, 4:20] = x[:1]
    wanted = baselines.palette(x[1:])
    inside = baselines.colour_transfer(framed, wanted)
    torch.testing.assert_close(
        inside[:, :, 4:20, 4:20], baselines.colour_transfer(x[:1], wanted), atol=1e-4, rtol=1e-4
    )
    assert (inside[:, :, :4] == 1).all()
    torch.testing.assert_close(baselines.palette(framed).mean, baselines.palette(x[:1]).mean)
    blank = torch.ones(1, 3, 8, 8)
    assert torch.equal(baselines.colour_transfer(blank, wanted), blank)
    white_too = torch.cat([framed, torch.ones_like(framed)])
    torch.testing.assert_close(baselines.palette(white_too).std, baselines.palette(framed).std)


def test_noise_is_not_blown_up_to_colour(x):
    nearly_grey = torch.full((1, 3, 16, 16), -0.5) + 1e-3 * x[:1]
    moved = baselines.colour_transfer(nearly_grey, baselines.palette(x))
    assert moved.std(dim=(2, 3)).max() < 20 * nearly_grey.std(dim=(2, 3)).max()


def test_nearest_picture_is_the_one_at_least_distance(x):
    distances = torch.tensor([[3.0, 1.0, 2.0], [0.5, 4.0, 4.0]])
    assert torch.equal(baselines.nearest_image(distances, x), x[[1, 0]])
