import pytest
import torch

from gan_lessons.images.movement import STILL, movement


def pictures(seed=0):
    return torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) * 1.6 - 0.8


def test_a_copy_and_a_copy_with_unseen_noise_have_not_moved():
    x = pictures()
    assert movement(x, x) == 0
    noisy = x + 0.01 * torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    assert movement(x, noisy) < STILL


def test_another_picture_and_another_brightness_have():
    x = pictures()
    assert movement(x, pictures(1)) > STILL
    assert movement(x, x + 2 * STILL) == pytest.approx(2 * STILL)
    assert movement(x, x - 2 * STILL) == pytest.approx(2 * STILL)
    assert movement(x, -x) == pytest.approx(2 * x.abs().mean().item())
