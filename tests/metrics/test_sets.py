"""Distances of sets, against closed forms."""

import pytest
import torch

from gan_lessons.metrics import prdc
from gan_lessons.metrics.frechet import frechet_distance, kernel_distance, standard


def normal(count: int, width: int = 4, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=random, dtype=torch.float64)


def whitened(count: int, width: int = 4, seed: int = 0) -> torch.Tensor:
    """Rows whose sample mean is 0 and whose sample covariance is 1, exactly."""
    x = normal(count, width, seed)
    x = x - x.mean(dim=0)
    return x @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T


def test_frechet_of_a_set_to_itself_is_zero():
    x = normal(50)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-6)


def test_frechet_of_a_shift_is_its_squared_length():
    x = whitened(200)
    shift = torch.tensor([1.0, -2.0, 0.5, 0.0], dtype=torch.float64)
    assert frechet_distance(x, whitened(90, seed=1) + shift) == pytest.approx(5.25, rel=1e-6)


def test_frechet_of_scaled_normals_is_the_closed_form():
    x, scales = whitened(200), torch.tensor([1.0, 2.0, 3.0, 0.5], dtype=torch.float64)
    wanted = (scales - 1).square().sum().item()  # (sigma_1 - sigma_2)^2 in each direction
    assert frechet_distance(x, whitened(80, seed=2) * scales) == pytest.approx(wanted, rel=1e-6)


def test_frechet_does_not_change_when_both_sets_turn():
    x, y = normal(60), normal(70, seed=3) * 2 + 1
    turn, _ = torch.linalg.qr(normal(4, seed=4))
    assert frechet_distance(x @ turn, y @ turn) == pytest.approx(frechet_distance(x, y), rel=1e-6)


def by_hand(x: torch.Tensor, y: torch.Tensor) -> float:
    """The unbiased estimate over whole sets, written as sums."""

    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    n, m = len(x), len(y)
    within_x, within_y = kernel(x, x), kernel(y, y)
    return (
        (within_x.sum() - within_x.trace()) / (n * (n - 1))
        + (within_y.sum() - within_y.trace()) / (m * (m - 1))
        - 2 * kernel(x, y).mean()
    ).item()


def test_kernel_distance_is_the_unbiased_estimate():
    x, y = normal(40), normal(40, seed=5) + 1
    mean, spread = kernel_distance(x, y, subsets=3, subset=40)
    assert mean == pytest.approx(by_hand(x, y), rel=1e-6)
    assert spread == pytest.approx(0, abs=1e-9)  # every subset is the whole set


def test_kernel_distance_of_one_distribution_averages_to_zero():
    values = [
        kernel_distance(normal(60, seed=2 * s), normal(60, seed=2 * s + 1), subsets=1, subset=60)[0]
        for s in range(30)
    ]
    values = torch.tensor(values)
    assert values.min() < 0 < values.max()
    assert abs(values.mean()) < 3 * values.std() / 30**0.5


def test_kernel_distance_of_shifted_normals_is_its_expectation():
    # For one dimension, E k(x, y) with x ~ N(0, 1), y ~ N(m, 1) is E (x y + 1)^3
    # = 1 + 3 E x^2 y^2 = 1 + 3 (1 + m^2), and within N(m, 1): 1 + 3 m^2 + 3 (1 + m^2)^2 +
    # (m^3 + 3 m)^2; within N(0, 1): 4.
    m = 0.8
    within = 1 + 3 * m**2 + 3 * (1 + m**2) ** 2 + (m**3 + 3 * m) ** 2
    wanted = 4 + within - 2 * (1 + 3 * (1 + m**2))
    x, y = normal(3000, 1), normal(3000, 1, seed=6) + m
    assert kernel_distance(x, y, subsets=1, subset=3000)[0] == pytest.approx(wanted, rel=0.15)


def test_kernel_distance_does_not_change_when_both_sets_turn_or_change_places():
    x, y = normal(40), normal(40, seed=5) * 0.5 + 1
    turn, _ = torch.linalg.qr(normal(4, seed=4))
    whole = {"subsets": 1, "subset": 40}
    found = kernel_distance(x, y, **whole)[0]
    assert kernel_distance(x @ turn, y @ turn, **whole)[0] == pytest.approx(found, rel=1e-6)
    assert kernel_distance(y, x.flip(0), **whole)[0] == pytest.approx(found, rel=1e-6)


def test_kernel_distance_leaves_randomness_alone_and_follows_its_seed():
    x, y = normal(40), normal(40, seed=7) + 0.5
    before = torch.random.get_rng_state()
    first = kernel_distance(x, y, subset=10, seed=1)
    assert torch.equal(before, torch.random.get_rng_state())
    assert first == kernel_distance(x, y, subset=10, seed=1)
    assert first != kernel_distance(x, y, subset=10, seed=2)
    assert first[1] > 0


def test_too_few_and_unequal_features_are_refused():
    for measure in (frechet_distance, kernel_distance):
        with pytest.raises(ValueError, match="2 pictures or more"):
            measure(normal(1), normal(5))
        with pytest.raises(ValueError, match="two sets of features"):
            measure(normal(5), normal(5, width=3))


def test_standard_metrics_are_named_or_refused():
    with pytest.raises(ValueError, match="fid, kid, lpips"):
        standard("inception")


def test_manifolds_of_a_set_and_itself():
    x = normal(60)
    found = prdc.compare(x, x)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(1, abs=0.3)


def test_manifolds_of_distant_sets():
    found = prdc.compare(normal(60), normal(50, seed=1) + 100)
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_manifolds_do_not_change_when_both_sets_turn_move_and_grow():
    real, fake = normal(60), normal(50, seed=1) * 0.7 + 0.4
    turn, _ = torch.linalg.qr(normal(4, seed=4))
    found = prdc.compare(real, fake)
    assert 0 < found.recall < found.precision
    assert prdc.compare(3 * real @ turn + 7, 3 * fake.flip(0) @ turn + 7) == found


def test_collapse_is_precise_and_covers_nothing():
    real = normal(200)
    found = prdc.compare(real, real[:1] * 0 + 1e-3 * normal(50, seed=2))
    assert found.precision == 1
    assert found.recall == 0
    assert found.coverage < 0.2


def test_manifolds_agree_with_the_authors_package(capsys):
    reference = pytest.importorskip("prdc", reason="in the extra `test`")
    real, fake = normal(80), normal(70, seed=1) * 0.8 + 0.3
    wanted = reference.compute_prdc(real.numpy(), fake.numpy(), nearest_k=5)
    capsys.readouterr()  # it prints
    found = prdc.compare(real, fake, around_real=prdc.radii(real))
    for name, value in wanted.items():
        assert getattr(found, name) == pytest.approx(float(value), abs=1e-9)


def test_too_few_neighbours_are_refused():
    with pytest.raises(ValueError, match="5 neighbours"):
        prdc.compare(normal(5), normal(60))
