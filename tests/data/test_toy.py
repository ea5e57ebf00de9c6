import math

import pytest
import torch

from gan_lessons.data.toy import Mixture, digits, ring


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_points_lie_about_their_centres():
    mixture = ring(8, radius=2.0, std=0.1)
    points, modes = mixture.sample(40_000, seeded())
    assert torch.bincount(modes).min() > 4500
    for mode, centre in enumerate(mixture.centres):
        own = points[modes == mode]
        torch.testing.assert_close(own.mean(0), centre, atol=0.01, rtol=0)
        torch.testing.assert_close(own.std(0), torch.full((2,), 0.1), atol=0.01, rtol=0)


def test_sampling_depends_on_the_generator_alone():
    one, other = ring().sample(10, seeded(1)), ring().sample(10, seeded(1))
    assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])
    assert not torch.equal(one[0], ring().sample(10, seeded(2))[0])


def test_dropped_modes_are_counted():
    mixture = ring(8, std=0.1)
    points = torch.cat([mixture.centres[:3], mixture.centres[:1], torch.zeros(5, 2)])
    assert mixture.reached(points).tolist() == [2, 1, 1, 0, 0, 0, 0, 0]


def test_nearly_all_of_its_own_points_reach_a_mode():
    mixture = ring(8)
    points, modes = mixture.sample(5000, seeded())
    reached = mixture.reached(points)
    assert (reached <= torch.bincount(modes, minlength=8)).all()
    # Beyond three widths lies exp(-9/2) of a Gaussian in the plane.
    assert abs(1 - reached.sum().item() / 5000 - math.exp(-4.5)) < 0.005


@pytest.mark.parametrize(
    "make",
    [
        lambda: ring(0),
        lambda: ring(std=0.0),
        lambda: Mixture(torch.zeros(3), 1.0),
        lambda: digits("exam"),
    ],
)
def test_impossible_sets_are_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


def test_digits_are_split_without_overlap():
    images, classes = digits()
    assert images.shape == (1797, 1, 8, 8) and images.min() == -1 and images.max() == 1
    parts = {split: digits(split) for split in ("train", "valid", "test")}
    assert [len(parts[s][1]) for s in ("train", "valid", "test")] == [1527, 90, 180]
    together = torch.cat([part[0] for part in parts.values()]).flatten(1)
    assert sorted(together.tolist()) == sorted(images.flatten(1).tolist())
    for split, (_, labels) in parts.items():
        share = torch.bincount(labels, minlength=10) / len(labels)
        assert share.min() > 0.03, split
    assert torch.equal(classes.unique(), torch.arange(10))


def test_digits_can_be_enlarged():
    small, large = digits("test")[0], digits("test", size=16)[0]
    assert large.shape == (180, 1, 16, 16)
    back = torch.nn.functional.avg_pool2d(large, 2)
    assert (back - small).abs().mean() < 0.15
