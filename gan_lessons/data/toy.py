"""Small sets on which every claim can be checked: mixtures in the plane, and digits of 8 by 8.

Of a mixture everything is known: its modes, and so how many of them a generator has reached.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

DIGIT_SIZE, DIGIT_CLASSES = 8, 10


@dataclass(frozen=True)
class Mixture:
    """Gaussians of one width in the plane, each as likely as the others.

    The density is p(x) = 1/K Σ_k N(x; c_k, σ²I).

    Args:
        centres: `(K, 2)`, the means.
        std: the width σ, the same in all directions.
    """

    centres: Tensor
    std: float

    def __post_init__(self):
        if self.centres.ndim != 2 or self.centres.shape[1] != 2 or len(self.centres) == 0:
            raise ValueError(f"centres of shape (K, 2) expected, got {tuple(self.centres.shape)}")
        if not self.std > 0:
            raise ValueError(f"a width above 0 expected, got {self.std}")

    def sample(self, count: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Draw points and say which Gaussian each is from.

        Args:
            count: how many.
            generator: source of randomness.

        Returns:
            Points `(count, 2)` and modes `(count,)`, int64 below K.
        """
        modes = torch.randint(len(self.centres), (count,), generator=generator)
        noise = torch.randn(count, 2, generator=generator)
        return self.centres[modes] + self.std * noise, modes

    def reached(self, points: Tensor, within: float = 3.0) -> Tensor:
        """How many points lie near each mode; a mode with none is one that was dropped.

        Args:
            points: `(N, 2)`.
            within: how many widths from its centre a point may be to count.

        Returns:
            `(K,)`, int64. Points far from every mode are counted nowhere.
        """
        distance, nearest = torch.cdist(points, self.centres).min(dim=1)
        near = nearest[distance <= within * self.std]
        return torch.bincount(near, minlength=len(self.centres))


def ring(modes: int = 8, radius: float = 2.0, std: float = 0.1) -> Mixture:
    """Gaussians evenly on a circle, the usual test for mode collapse.

    >>> ring(4).centres.round(decimals=3).abs().sum(1).tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    angles = torch.arange(modes) * (2 * math.pi / max(modes, 1))
    return Mixture(radius * torch.stack([angles.cos(), angles.sin()], dim=1), std)


def digits(split: str | None = None, size: int = DIGIT_SIZE) -> tuple[Tensor, Tensor]:
    """Scikit-learn's 1,797 handwritten digits.

    The images are shuffled once and for all; 180 are for testing and 90 for choosing.

    Args:
        split: "train", "valid", "test", or None for all.
        size: side in pixels; 8 is how they come, and other sizes are interpolated.

    Returns:
        Images `(N, 1, size, size)` in [-1, 1], ink is 1; and classes `(N,)`, int64 from 0 to 9.

    Raises:
        ValueError: for another split.
    """
    from sklearn.datasets import load_digits

    parts = {
        None: slice(None),
        "test": slice(0, 180),
        "valid": slice(180, 270),
        "train": slice(270, None),
    }
    if split not in parts:
        raise ValueError(f"split train, valid or test expected, got {split!r}")
    data = load_digits()
    # The images come in the order in which ten writers wrote 0 to 9 again and again.
    shuffled = torch.randperm(len(data.target), generator=torch.Generator().manual_seed(0))
    kept = shuffled[parts[split]]
    images = torch.from_numpy(data.images).float()[kept, None] / 8 - 1
    if size != DIGIT_SIZE:
        images = torch.nn.functional.interpolate(
            images, size=(size, size), mode="bilinear", align_corners=False, antialias=True
        )
    return images, torch.from_numpy(data.target).long()[kept]
