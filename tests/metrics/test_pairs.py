"""Figures against the truth, diversity and memorisation, on cases with known answers."""

import pytest
import torch

from gan_lessons.metrics.diversity import diversity, same_palette
from gan_lessons.metrics.features import embed
from gan_lessons.metrics.memorisation import memorisation, usual_distance
from gan_lessons.metrics.paired import content, psnr, ssim, truth
from gan_lessons.metrics.perceptual import apart


def picture(shape: str, ink: tuple[float, ...], paper: tuple[float, ...] = (1, 1, 1)):
    y, x = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    inside = {
        "disc": (y - 32) ** 2 + (x - 32) ** 2 < 300,
        "bar": (x - 32).abs() < 5,
        "cross": ((x - 32).abs() < 5) | ((y - 32).abs() < 5),
    }[shape]
    ink, paper = (torch.tensor(colour)[:, None, None].float() for colour in (ink, paper))
    return torch.where(inside, ink, paper)


RED, BLUE, GREEN = (0.8, -0.8, -0.7), (-0.8, -0.6, 0.8), (-0.7, 0.5, -0.8)


def test_truth_of_the_true_drawing_is_zero():
    real = torch.randn(3, 8)
    mean, best = truth(real[:, None].expand(-1, 4, -1), real)
    assert torch.equal(mean, torch.zeros(3)) and torch.equal(best, torch.zeros(3))


def test_truth_is_mean_and_least_of_the_draws():
    real = torch.zeros(1, 2)
    fake = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]])
    mean, best = truth(fake, real)
    assert mean.item() == pytest.approx((1 + 4 + 9) / 3)
    assert best.item() == 1


def test_content_of_true_drawings_is_one():
    gallery = torch.randn(6, 8)
    names = list("abcdef")
    assert content(gallery[:, None], gallery, names, names).tolist() == [1] * 6


def test_truth_and_content_do_not_change_when_all_features_turn():
    random = torch.Generator().manual_seed(0)
    real = torch.randn(6, 8, generator=random)
    fake = real[:, None] + 1.5 * torch.randn(6, 3, 8, generator=random)
    turn, _ = torch.linalg.qr(torch.randn(8, 8, generator=random))
    for one, other in zip(truth(fake, real), truth(fake @ turn, real @ turn)):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=0)
    names = list("abcdef")
    found = content(fake, real, names, names)
    assert 0 < found.mean() < 1
    assert content(fake @ turn, real @ turn, names, names).equal(found)


def test_content_accepts_the_group_and_nothing_else():
    gallery = torch.eye(3)
    groups = ["person", "person", "ball"]
    fake = torch.stack([gallery[1], gallery[2]])[None]  # a sibling, then the ball
    assert content(fake, gallery, groups, ["person"]).tolist() == [0.5]
    assert content(fake, gallery, groups, ["ball"]).tolist() == [0.5]
    with pytest.raises(ValueError, match="no true drawing"):
        content(fake, gallery, groups, ["cat"])


def test_diversity_of_equal_draws_is_zero():
    features = embed(picture("disc", RED)[None])[0].expand(3, -1)[None]
    assert diversity(features).item() == pytest.approx(0, abs=1e-4)
    with pytest.raises(ValueError, match="2 draws"):
        diversity(features[:, :1])


def test_diversity_is_the_mean_over_pairs():
    draws = torch.tensor([[[0.0], [1.0], [3.0]]])
    assert diversity(draws).item() == pytest.approx((1 + 9 + 4) / 3)


def test_diversity_is_the_mean_distance_of_all_pairs():
    draws = torch.randn(2, 5, 30, generator=torch.Generator().manual_seed(0))
    pairs = [(i, j) for i in range(5) for j in range(i)]
    wanted = torch.stack([apart(draws[:, i], draws[:, j]) for i, j in pairs]).mean(dim=0)
    torch.testing.assert_close(diversity(draws), wanted)


def test_recoloured_copies_are_one_drawing():
    draws = torch.stack([picture("cross", ink) for ink in (RED, BLUE, GREEN)])
    before, after = (diversity(embed(x)[0][None]).item() for x in (draws, same_palette(draws)))
    assert before > 0.3
    assert after < 0.02 * before


def test_different_drawings_stay_different():
    draws = torch.stack([picture(shape, RED) for shape in ("disc", "bar", "cross")])
    before, after = (diversity(embed(x)[0][None]).item() for x in (draws, same_palette(draws)))
    assert after > 0.7 * before


def test_matching_keeps_the_first_and_equal_draws():
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    draws = torch.cat([x, x, picture("disc", BLUE)[None, :, ::2, ::2]])
    matched = same_palette(draws)
    torch.testing.assert_close(matched[:2], draws[:2], atol=1e-5, rtol=0)
    assert matched.shape == draws.shape and matched.abs().max() <= 1
    assert (matched[2] - draws[2]).abs().max() > 0.1


def test_matching_moves_the_mean_colour():
    draws = torch.stack([picture("disc", RED), picture("bar", BLUE, GREEN)])
    matched = same_palette(draws).mean(dim=(2, 3))
    torch.testing.assert_close(matched[1], matched[0], atol=0.03, rtol=0)


def test_copies_of_training_pictures_are_found():
    random = torch.Generator().manual_seed(0)
    train, held_out = (torch.randn(20, 16, generator=random) for _ in range(2))
    usual = usual_distance(held_out, train)
    assert memorisation(train, train, usual) < 0.05
    fresh = torch.randn(40, 16, generator=random)
    assert memorisation(fresh, train, usual) == pytest.approx(1, abs=0.2)
    assert memorisation(held_out, train, usual) == 1
    with pytest.raises(ValueError, match="split the set"):
        usual_distance(train[:5], train)


def test_signal_to_noise_of_known_errors():
    x = torch.zeros(3, 3, 4, 4)
    y = torch.stack([torch.full((3, 4, 4), error) for error in (2.0, 0.2, 0.02)])
    assert psnr(x, y).tolist() == pytest.approx([0, 20, 40], abs=1e-4)
    assert psnr(x, x).isinf().all()


def test_structural_similarity_tells_order_from_noise():
    disc = picture("disc", RED)[None]
    noise = torch.randn(disc.shape, generator=torch.Generator().manual_seed(0))
    slightly, strongly = (ssim((disc + s * noise).clamp(-1, 1), disc) for s in (0.05, 0.5))
    assert ssim(disc, disc).item() == pytest.approx(1, abs=1e-3)
    assert 1 > slightly.item() > strongly.item() > 0
    # One window and constant images: (2ab + c) / (a^2 + b^2 + c) with c = (0.01 * 2)^2.
    flat = ssim(torch.full((1, 1, 11, 11), 0.5), torch.full((1, 1, 11, 11), 0.3)).item()
    assert flat == pytest.approx((0.3 + 4e-4) / (0.34 + 4e-4), rel=1e-4)
    both = ssim(torch.cat([disc, disc]), torch.cat([disc, picture("bar", BLUE)[None]]))
    assert both.shape == (2,) and both[0] > both[1]
