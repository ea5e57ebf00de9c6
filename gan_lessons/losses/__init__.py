"""Losses as pure functions; each returns a scalar mean."""

from gan_lessons.losses.adversarial import (
    hinge_d,
    hinge_g,
    least_squares_d,
    least_squares_g,
    minimax_g,
    mismatched,
    nonsaturating_d,
    nonsaturating_g,
    relativistic_d,
    relativistic_g,
    wasserstein_d,
    wasserstein_g,
)
from gan_lessons.losses.penalties import between, r1_penalty, r2_penalty, wgan_gp

__all__ = [
    "between",
    "hinge_d",
    "hinge_g",
    "least_squares_d",
    "least_squares_g",
    "minimax_g",
    "mismatched",
    "nonsaturating_d",
    "nonsaturating_g",
    "r1_penalty",
    "r2_penalty",
    "relativistic_d",
    "relativistic_g",
    "wasserstein_d",
    "wasserstein_g",
    "wgan_gp",
]
