"""Damage with known effects, and a search whose answer is known."""

import pytest
import torch

from gan_lessons.course import repair
from gan_lessons.course.repair import KINDS, blur, coarsen, damage, invert, mixture


def images(n=4, size=32):
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_its_operation_but_for_the_noise(kind):
    x = images()
    damaged = damage(x, kind, seed=3)
    assert damaged.images.shape == x.shape and not damaged.images.equal(x)
    assert damage(x, kind, seed=3).images.equal(damaged.images)
    left = damaged.images - damaged.operation(x)
    if kind == "noise":
        assert left.std().item() == pytest.approx(repair.NOISE, rel=0.05)
        assert abs(left.mean().item()) < 0.02
    else:
        assert left.abs().max() == 0


def test_no_damage_changes_nothing():
    x = images()
    assert damage(x, "none").images.equal(x) and damage(x, "none").operation(x).equal(x)


def test_unknown_damage_is_refused():
    with pytest.raises(ValueError, match="no damage 'rain'; use none, noise, blur"):
        damage(images(), "rain")


def test_a_hole_is_one_grey_square_elsewhere_in_each_picture():
    x = images(n=20) * 0.4 + 0.6  # nowhere grey
    grey = damage(x, "hole").images.eq(0).all(dim=1)  # (N, H, W)
    assert grey.flatten(1).sum(dim=1).tolist() == [12 * 12] * 20
    assert all(mask.any(dim=0).sum() == 12 and mask.any(dim=1).sum() == 12 for mask in grey)
    assert len({tuple(mask.flatten().nonzero()[0].tolist()) for mask in grey}) > 10
    assert damage(x, "hole", seed=1).images.eq(0).all(dim=1).ne(grey).any()


def test_blur_keeps_what_is_flat_and_spreads_a_point_as_a_gaussian():
    assert torch.allclose(blur(torch.full((1, 3, 16, 16), 0.3)), torch.tensor(0.3))
    point = torch.zeros(1, 1, 33, 33)
    point[0, 0, 16, 16] = 1
    seen = blur(point)[0, 0]
    assert seen.sum().item() == pytest.approx(1, abs=1e-5)
    variance = (seen.sum(dim=0) * (torch.arange(33) - 16) ** 2).sum().item()
    assert variance == pytest.approx(repair.BLUR**2, rel=0.05)  # a little is cut off


def test_low_resolution_is_the_mean_of_squares():
    x = images(n=1)
    seen = coarsen(x)
    assert torch.allclose(seen[0, 0, :4, 4:8], x[0, 0, :4, 4:8].mean())
    assert torch.allclose(coarsen(seen), seen, atol=1e-6)


def test_mixture_has_every_kind_in_turn():
    x = images(n=8)
    mixed = mixture(x, seed=5)
    for k, kind in enumerate(KINDS):
        assert mixed[k::4].equal(damage(x[k::4], kind, seed=5).images)


def test_search_finds_the_most_probable_latent():
    # With a linear generator x = W z and A = 1 the answer is (W'W + sigma^2)^-1 W' y.
    weights = torch.randn(48, 5, generator=torch.Generator().manual_seed(1)) * 0.3
    y, sigma = images(n=3, size=4), 0.5

    def generator(z):
        return (z @ weights.T).view(-1, 3, 4, 4)

    damaged = repair.Damaged(y, lambda clean: clean)
    z = invert(generator, damaged, latent_dim=5, sigma=sigma, steps=600)
    normal = weights.T @ weights + sigma**2 * torch.eye(5)
    expected = torch.linalg.solve(normal, weights.T @ y.flatten(1).T).T
    assert torch.allclose(z, expected, atol=5e-3)


def test_search_looks_through_the_damage():
    # Half of each picture is gone; what is left decides the latent, which gives back the rest.
    weights = torch.randn(48, 3, generator=torch.Generator().manual_seed(2))

    def generator(z):
        return (z @ weights.T).view(-1, 3, 4, 4)

    truth = torch.randn(4, 3, generator=torch.Generator().manual_seed(3))
    keep = torch.ones(1, 1, 4, 4)
    keep[..., :2] = 0
    damaged = repair.Damaged(generator(truth) * keep, lambda clean: clean * keep)
    z = invert(generator, damaged, latent_dim=3, sigma=0.05, steps=400)
    assert torch.allclose(z, truth, atol=0.05)


def test_search_leaves_the_generator_alone():
    generator = torch.nn.Sequential(torch.nn.Linear(4, 48), torch.nn.Unflatten(1, (3, 4, 4)))
    before = [p.clone() for p in generator.parameters()]
    z = invert(generator, damage(images(n=2, size=4), "none"), latent_dim=4, steps=3)
    assert z.shape == (2, 4) and not z.requires_grad
    assert all(p.equal(q) for p, q in zip(generator.parameters(), before, strict=True))
    assert all(p.requires_grad and p.grad is None for p in generator.parameters())


def test_each_picture_starts_from_its_own_best_latent():
    def generator(z):
        return z[:, :, None, None].expand(-1, -1, 2, 2)

    y = torch.tensor([[1.0, 0.0, -1.0], [-1.0, 1.0, 0.5]])[:, :, None, None].expand(-1, -1, 2, 2)
    damaged = repair.Damaged(y, lambda clean: clean)
    start = repair.best_start(generator, damaged, latent_dim=3, seed=0)
    far = (start - y[:, :, 0, 0]).norm(dim=1)
    assert (far < 1).all() and not start[0].equal(start[1])
