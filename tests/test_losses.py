import doctest
import math

import pytest
import torch
from torch.nn import functional as F

from gan_lessons import losses

REAL, FAKE = [-3.0, 0.5, 2.0], [1.5, -0.25, 4.0]


def softplus(value: float) -> float:
    return math.log1p(math.exp(value))


@pytest.fixture
def critic():
    """A smooth discriminator with curvature everywhere, in float64."""
    generator = torch.Generator().manual_seed(1)
    first, second, third = (
        (torch.randn(shape, generator=generator, dtype=torch.float64) / 4).requires_grad_()
        for shape in ((4, 3, 3, 3), (5, 4 * 16), (5,))
    )

    def judge(x):
        h = torch.tanh(F.conv2d(x, first, padding=1)).flatten(1)
        return torch.tanh(h @ second.T) @ third

    judge.weights = (first, second, third)
    return judge


@pytest.fixture
def pictures():
    generator = torch.Generator().manual_seed(2)
    return torch.rand(2, 3, 4, 4, generator=generator, dtype=torch.float64) * 2 - 1


def test_examples_hold():
    result = doctest.testmod(losses)
    assert result.attempted >= 7 and result.failed == 0


def test_discriminator_loss_is_its_closed_form():
    expected = sum(map(softplus, [-r for r in REAL])) / 3 + sum(map(softplus, FAKE)) / 3
    loss = losses.nonsaturating_d(torch.tensor(REAL), torch.tensor(FAKE))
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_generator_loss_is_its_closed_form():
    expected = sum(map(softplus, [-f for f in FAKE])) / 3
    assert losses.nonsaturating_g(torch.tensor(FAKE)).item() == pytest.approx(expected, rel=1e-6)


def test_mismatched_images_are_fakes_where_the_claim_is_false():
    logits = torch.tensor(FAKE, requires_grad=True)
    loss = losses.mismatched(logits, torch.tensor([True, False, True]))
    assert loss.item() == pytest.approx((softplus(FAKE[0]) + softplus(FAKE[2])) / 3, rel=1e-6)
    loss.backward()
    assert logits.grad[1] == 0 and logits.grad[[0, 2]].gt(0.1).all()
    assert losses.mismatched(torch.tensor(FAKE), torch.zeros(3, dtype=torch.bool)).item() == 0


def test_discriminator_loss_is_cross_entropy_on_logits():
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    entropy = F.binary_cross_entropy_with_logits(real, torch.ones(3))
    entropy += F.binary_cross_entropy_with_logits(fake, torch.zeros(3))
    assert losses.nonsaturating_d(real, fake).item() == pytest.approx(entropy.item(), rel=1e-6)


def test_the_best_discriminator_costs_log_four_less_the_divergence():
    # D* = p / (p + q) on two outcomes, p = (3/4, 1/4), q = (1/4, 3/4): loss = log 4 - 2 JSD.
    p, q = torch.tensor([0.75, 0.25]), torch.tensor([0.25, 0.75])
    logits = torch.log(p / q)
    real = logits.repeat_interleave(torch.tensor([3, 1]))
    fake = logits.repeat_interleave(torch.tensor([1, 3]))
    middle = (p + q) / 2
    divergence = ((p * (p / middle).log()).sum() + (q * (q / middle).log()).sum()) / 2
    expected = math.log(4) - 2 * divergence.item()
    assert losses.nonsaturating_d(real, fake).item() == pytest.approx(expected, rel=1e-5)


def test_generator_learns_most_where_the_discriminator_is_sure():
    fake = torch.tensor([-50.0, 0.0, 50.0], requires_grad=True)
    losses.nonsaturating_g(fake).backward()
    assert fake.grad.tolist() == pytest.approx([-1 / 3, -1 / 6, 0], abs=1e-6)


def test_losses_stay_finite_for_extreme_logits():
    logits = torch.tensor([-1e4, 1e4], requires_grad=True)
    loss = losses.nonsaturating_d(logits, logits) + losses.nonsaturating_g(logits)
    loss.backward()
    assert loss.item() == pytest.approx(1.5e4)
    assert logits.grad.isfinite().all()


def test_r1_of_a_linear_discriminator_is_half_its_squared_weight():
    weight = torch.linspace(-1, 2, 48, dtype=torch.float64).reshape(3, 4, 4)
    x = torch.rand(5, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    penalty = losses.r1_penalty((x * weight).sum(dim=(1, 2, 3)) + 7, x)
    assert penalty.item() == pytest.approx(weight.square().sum().item() / 2, rel=1e-6)


def test_r1_is_the_squared_slope_by_finite_differences(critic, pictures):
    step, slopes = 1e-5, torch.zeros_like(pictures)
    for place in range(48):
        poke = torch.zeros(1, 48, dtype=torch.float64)
        poke[0, place] = step
        poke = poke.reshape(1, 3, 4, 4)
        rise = critic(pictures + poke) - critic(pictures - poke)
        slopes.flatten(1)[:, place] = rise.detach() / (2 * step)
    expected = slopes.square().sum(dim=(1, 2, 3)).mean().item() / 2
    x = pictures.clone().requires_grad_()
    assert losses.r1_penalty(critic(x), x).item() == pytest.approx(expected, rel=1e-8)


def test_r1_pulls_on_the_weights_as_finite_differences_say(critic, pictures):
    def penalty():
        x = pictures.clone().requires_grad_()
        return losses.r1_penalty(critic(x), x)

    for weight, pull in zip(
        critic.weights, torch.autograd.grad(penalty(), critic.weights), strict=True
    ):
        step, place = 1e-4, weight.numel() // 2
        flat = weight.detach().view(-1)  # shares memory with the weight
        values = []
        for sign in (1, -1):
            flat[place] += sign * step
            values.append(penalty().item())
            flat[place] -= sign * step
        slope = (values[0] - values[1]) / (2 * step)
        assert pull.flatten()[place].item() == pytest.approx(slope, rel=1e-5)
        assert abs(slope) > 1e-4


def test_r1_needs_a_gradient_in_x():
    x = torch.ones(2, 3, 4, 4)
    with pytest.raises(ValueError, match="requires_grad_"):
        losses.r1_penalty(x.sum(dim=(1, 2, 3)), x)


@pytest.mark.parametrize(
    "loss", [losses.style_reconstruction, losses.cycle_consistency, losses.diversity]
)
def test_distances_are_mean_absolute_differences(loss):
    a = torch.tensor([[[[1.0, -2.0]]], [[[0.5, 0.0]]]])
    b = torch.tensor([[[[0.0, 2.0]]], [[[0.5, -1.0]]]])
    assert loss(a, b).item() == pytest.approx((1 + 4 + 0 + 1) / 4)
    assert loss(a, a).item() == 0


def test_diversity_pulls_on_its_first_argument_only():
    a = torch.tensor([1.0, -1.0], requires_grad=True)
    b = torch.tensor([0.0, 0.0], requires_grad=True)
    losses.diversity(a, b).backward()
    assert a.grad.tolist() == [0.5, -0.5] and b.grad is None
