import doctest
import math

import pytest
import torch
from torch.nn import functional as F

from gan_lessons import losses
from gan_lessons.losses import adversarial, penalties

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
    results = [doctest.testmod(module) for module in (adversarial, penalties)]
    assert sum(each.attempted for each in results) >= 16
    assert not any(each.failed for each in results)


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


def slopes_of(critic, x):
    """Gradients of the critic in every value of x, `(N, 48)`, by central differences."""
    step, slopes = 1e-5, torch.zeros_like(x)
    for place in range(48):
        poke = torch.zeros(1, 48, dtype=torch.float64)
        poke[0, place] = step
        poke = poke.reshape(1, 3, 4, 4)
        rise = critic(x + poke) - critic(x - poke)
        slopes.flatten(1)[:, place] = rise.detach() / (2 * step)
    return slopes.flatten(1)


PENALTIES = {  # what each is, of the squared slopes
    losses.r1_penalty: lambda squares: squares.mean() / 2,
    losses.r2_penalty: lambda squares: squares.mean() / 2,
    losses.wgan_gp: lambda squares: (squares.sqrt() - 1).square().mean(),
}


@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties_are_functions_of_the_slope_by_finite_differences(penalty, critic, pictures):
    expected = PENALTIES[penalty](slopes_of(critic, pictures).square().sum(dim=1)).item()
    x = pictures.clone().requires_grad_()
    assert penalty(critic(x), x).item() == pytest.approx(expected, rel=1e-7)
    assert expected > 1e-4


@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties_pull_on_the_weights_as_finite_differences_say(penalty, critic, pictures):
    def value():
        x = pictures.clone().requires_grad_()
        return penalty(critic(x), x)

    for weight, pull in zip(
        critic.weights, torch.autograd.grad(value(), critic.weights), strict=True
    ):
        step, place = 1e-4, weight.numel() // 2
        flat = weight.detach().view(-1)  # shares memory with the weight
        values = []
        for sign in (1, -1):
            flat[place] += sign * step
            values.append(value().item())
            flat[place] -= sign * step
        slope = (values[0] - values[1]) / (2 * step)
        assert pull.flatten()[place].item() == pytest.approx(slope, rel=1e-5)
        assert abs(slope) > 1e-4


@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties_need_a_gradient_in_x(penalty):
    x = torch.ones(2, 3, 4, 4)
    with pytest.raises(ValueError, match="requires_grad_"):
        penalty(x.sum(dim=(1, 2, 3)), x)


@pytest.mark.parametrize(("slope", "expected"), [(0.0, 1.0), (0.25, 0.5625), (1.0, 0), (3.0, 4.0)])
def test_wgan_gp_wants_a_slope_of_one_and_survives_a_flat_critic(slope, expected):
    weight = torch.tensor([slope, 0.0], requires_grad=True)
    x = torch.rand(5, 2, requires_grad=True)
    penalty = losses.wgan_gp(x @ weight, x)
    assert penalty.item() == pytest.approx(expected, abs=1e-6)
    penalty.backward()
    assert weight.grad.tolist() == pytest.approx([2 * (slope - 1) if slope else 0, 0], abs=1e-5)


def test_points_between_lie_where_the_number_says():
    real, fake = torch.rand(3, 1, 2, 2), torch.rand(3, 1, 2, 2, requires_grad=True)
    x = losses.between(real, fake, torch.tensor([0.0, 0.3, 1.0]))
    torch.testing.assert_close(x[1], 0.7 * real[1] + 0.3 * fake[1])
    assert x[0].equal(real[0]) and x[2].equal(fake[2])
    assert x.is_leaf and x.requires_grad  # nothing of the penalty reaches the generator


# The families, against numbers worked out by hand


def mean(values):
    return sum(values) / len(values)


CLOSED = {
    "least_squares": (
        mean([(r - 1) ** 2 for r in REAL]) / 2 + mean([f**2 for f in FAKE]) / 2,
        mean([(f - 1) ** 2 for f in FAKE]) / 2,
    ),
    "hinge": (
        mean([max(0, 1 - r) for r in REAL]) + mean([max(0, 1 + f) for f in FAKE]),
        -mean(FAKE),
    ),
    "wasserstein": (mean(FAKE) - mean(REAL), -mean(FAKE)),
    "relativistic": (
        mean([softplus(f - r) for r, f in zip(REAL, FAKE)]),
        mean([softplus(r - f) for r, f in zip(REAL, FAKE)]),
    ),
    "minimax": (None, mean([math.log(1 - 1 / (1 + math.exp(-f))) for f in FAKE])),
}


@pytest.mark.parametrize("family", CLOSED)
def test_families_are_their_closed_forms(family):
    for_d, for_g = CLOSED[family]
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    if for_d is not None:  # the minimax game shares its discriminator
        assert getattr(losses, f"{family}_d")(real, fake).item() == pytest.approx(for_d, rel=1e-6)
    given = (real, fake) if family == "relativistic" else (fake,)
    assert getattr(losses, f"{family}_g")(*given).item() == pytest.approx(for_g, rel=1e-6)


@pytest.mark.parametrize("family", [*CLOSED, "nonsaturating"])
def test_losses_pull_the_two_players_apart(family):
    real, fake = (torch.zeros(2, requires_grad=True) for _ in range(2))
    for_d = getattr(losses, "nonsaturating_d" if family == "minimax" else f"{family}_d")
    for_d(real, fake).backward()
    if family == "least_squares":  # 0 is right for generated samples already
        assert (fake.grad == 0).all()
    else:
        assert (fake.grad > 0).all()  # D lowers what it says of generated samples
    assert (real.grad < 0).all()
    fake.grad = None
    for_g = getattr(losses, f"{family}_g")
    (for_g(real.detach(), fake) if family == "relativistic" else for_g(fake)).backward()
    assert (fake.grad < 0).all()  # G raises it


def test_the_minimax_loss_saturates_where_the_other_does_not():
    sure = torch.tensor([-12.0], requires_grad=True)
    (minimax,) = torch.autograd.grad(losses.minimax_g(sure), sure)
    (other,) = torch.autograd.grad(losses.nonsaturating_g(sure), sure)
    # sigmoid(-12) and 1 - sigmoid(-12): the two slopes always add up to one
    assert minimax.item() == pytest.approx(-1 / (1 + math.exp(12)), rel=1e-4)
    assert other.item() == pytest.approx(-1 + 1 / (1 + math.exp(12)), rel=1e-6)


def test_only_differences_count_in_pairs_and_for_a_critic():
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    for loss in (losses.wasserstein_d, losses.relativistic_d, losses.relativistic_g):
        assert loss(real + 9, fake + 9).item() == pytest.approx(loss(real, fake).item(), rel=1e-5)
