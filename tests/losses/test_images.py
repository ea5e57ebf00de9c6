import doctest
import math

import pytest
import torch

from gan_lessons.losses import images


def test_examples_hold():
    result = doctest.testmod(images)
    assert result.attempted >= 10 and result.failed == 0


@pytest.mark.parametrize(
    "loss",
    [
        images.style_reconstruction,
        images.cycle_consistency,
        images.diversity,
        images.identity,
        images.l1,
    ],
)
def test_distances_are_mean_absolute_differences(loss):
    a = torch.tensor([[[[1.0, -2.0]]], [[[0.5, 0.0]]]])
    b = torch.tensor([[[[0.0, 2.0]]], [[[0.5, -1.0]]]])
    assert loss(a, b).item() == pytest.approx((1 + 4 + 0 + 1) / 4)
    assert loss(a, a).item() == 0


def test_diversity_pulls_on_its_first_argument_only():
    a = torch.tensor([1.0, -1.0], requires_grad=True)
    b = torch.tensor([0.0, 0.0], requires_grad=True)
    images.diversity(a, b).backward()
    assert a.grad.tolist() == [0.5, -0.5] and b.grad is None


def test_a_gram_matrix_forgets_where_and_does_not_forget_how_much():
    chance = torch.Generator().manual_seed(0)
    h = torch.randn(2, 5, 6, 7, generator=chance)
    moved = h.flatten(2)[:, :, torch.randperm(42, generator=chance)].view_as(h)
    by_hand = torch.einsum("nchw,ndhw->ncd", h, h) / 42
    torch.testing.assert_close(images.gram(h), by_hand)
    torch.testing.assert_close(images.gram(moved), by_hand)
    # A larger picture of the same statistics has the same matrix; twice the map, four times it.
    torch.testing.assert_close(images.gram(h.repeat(1, 1, 2, 3)), by_hand)
    torch.testing.assert_close(images.gram(2 * h), 4 * by_hand)


def test_patch_nce_is_its_equation_place_by_place():
    chance = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 2, 5, 3, generator=chance, dtype=torch.float64).unbind(0)
    total = 0
    for n in range(2):
        for p in range(5):
            cosines = [
                (q[n, p] @ k[n, r] / (q[n, p].norm() * k[n, r].norm())).item() for r in range(5)
            ]
            shares = [math.exp(c / 0.2) for c in cosines]
            total -= math.log(shares[p] / sum(shares))
    assert images.patch_nce(q, k, 0.2).item() == pytest.approx(total / 10, rel=1e-9)


def test_patch_nce_rewards_the_same_place_and_no_other():
    places = torch.eye(6)[None]
    right = images.patch_nce(places, places).item()
    wrong = images.patch_nce(places, places.roll(1, dims=1)).item()
    assert right == pytest.approx(math.log(1 + 5 * math.exp(-1 / 0.07)), abs=1e-6)
    assert wrong == pytest.approx(right + 1 / 0.07, rel=1e-5)


def test_patch_nce_pulls_on_the_result_only():
    q, k = (torch.randn(1, 4, 3, requires_grad=True) for _ in range(2))
    images.patch_nce(q, k).backward()
    assert q.grad.any() and k.grad is None


def test_gaussian_nll_is_the_density_of_a_normal_without_its_constant():
    chance = torch.Generator().manual_seed(0)
    x, rec = torch.randn(2, 4, 3, 2, 2, generator=chance, dtype=torch.float64)
    density = torch.distributions.Normal(rec, 0.3).log_prob(x).sum(dim=(1, 2, 3)).mean()
    constant = 12 * math.log(0.3 * math.sqrt(2 * math.pi))
    expected = -density.item() - constant
    assert images.gaussian_nll(rec, x, 0.3).item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("mean", "log_variance"), [(0, 0), (1.5, 0), (-0.7, -2.0), (0.3, 1.2)])
def test_kl_is_the_integral(mean, log_variance):
    # q log(q / p) over the line, by the trapezoidal rule: exact to ten digits for such bells.
    x = torch.linspace(-30, 30, 200_001, dtype=torch.float64)
    variance = math.exp(log_variance)
    log_q = -((x - mean) ** 2) / (2 * variance) - math.log(2 * math.pi * variance) / 2
    log_p = -(x**2) / 2 - math.log(2 * math.pi) / 2
    integral = torch.trapezoid(log_q.exp() * (log_q - log_p), x).item()
    given = torch.tensor([[mean]], dtype=torch.float64), torch.tensor([[log_variance]])
    assert images.kl_to_normal(*given).item() == pytest.approx(integral, abs=1e-6)


def test_kl_adds_up_over_dimensions_and_is_averaged_over_images():
    mean, log_variance = torch.randn(3, 4), torch.randn(3, 4)
    single = [
        images.kl_to_normal(mean[n : n + 1, d : d + 1], log_variance[n : n + 1, d : d + 1])
        for n in range(3)
        for d in range(4)
    ]
    whole = images.kl_to_normal(mean, log_variance).item()
    assert whole == pytest.approx(sum(single).item() / 3, rel=1e-5)
