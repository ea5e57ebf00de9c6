"""The game of a GAN: its loss families, penalties, and how often each side moves."""

import math
from dataclasses import dataclass

from gan_lessons import losses
from gan_lessons.config import require, within

FAMILIES = {  # losses of discriminator and generator
    "minimax": (losses.nonsaturating_d, losses.minimax_g),
    "nonsaturating": (losses.nonsaturating_d, losses.nonsaturating_g),
    "least_squares": (losses.least_squares_d, losses.least_squares_g),
    "hinge": (losses.hinge_d, losses.hinge_g),
    "wasserstein": (losses.wasserstein_d, losses.wasserstein_g),
    "relativistic": (losses.relativistic_d, losses.relativistic_g),
}
# The relativistic game compares with real samples in G's turn too.
GAMES = tuple(name for name in FAMILIES if name != "relativistic")


@dataclass(frozen=True)
class GANLoss:
    """The game, its penalties, and how often each side moves."""

    family: str = "nonsaturating"
    r1: float = 0.0  # gamma of the penalty at real samples (Mescheder et al. 2018)
    r2: float = 0.0  # the same at generated ones; both for R3GAN (Huang et al. 2024)
    gp: float = 0.0  # lambda of WGAN-GP, 10 in the paper (Gulrajani et al. 2017)
    penalty_interval: int = 1  # penalties every so many steps, weighted up by as much
    critic_steps: int = 1  # updates of D for each of G; a step is then one update of D
    augment: str = ""  # of images before D: any of brightness,shift,cutout

    def __post_init__(self):
        known = ", ".join(FAMILIES)
        require(self.family in FAMILIES, f"loss.family: {known}; got {self.family!r}")
        within(self, "loss", "r1", "r2", "gp", least=0, most=math.inf)
        within(self, "loss", "penalty_interval", "critic_steps", most=math.inf)
        unknown = set(self.augmentations) - {"shift", "brightness", "cutout"}
        require(not unknown, f"loss.augment: unknown {sorted(unknown)}")

    @property
    def augmentations(self) -> tuple[str, ...]:
        """The names in `augment`, in order."""
        return tuple(part for part in self.augment.split(",") if part)
