"""How different two pictures look: distances of perceptual features."""

import torch
from torch import Tensor

from gan_lessons.metrics.features import perceive


def distance(x: Tensor, y: Tensor, *, device: str = "cpu") -> Tensor:
    """Perceptual distance of pictures, one by one; zero for equal ones, symmetric.

    d(x, y) = sum over maps, mean over positions of ||f(x) - f(y)||^2 with f unit-normalised over
    channels (Zhang et al. 2018, equation 1, all weights one).

    Args:
        x: `(N, 3, H, W)`, in [-1, 1] or uint8.
        y: likewise; sizes may differ from those of `x`.
        device: where to compute.

    Returns:
        `(N,)`, between 0 and 20.
    """
    return apart(perceive(x, device=device), perceive(y, device=device))


def apart(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances of features, one by one: `(..., D)` and `(..., D)` to `(...)`."""
    return (a - b).square().sum(dim=-1)


def between(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances of features, each with each.

    Args:
        a: `(N, D)`.
        b: `(M, D)`, possibly in half precision; computed in float32.

    Returns:
        `(N, M)`, never negative.
    """
    squares = b.float().square().sum(dim=1)
    products = torch.cat([a @ part.float().T for part in b.split(256)], dim=1)
    return (a.square().sum(dim=1, keepdim=True) + squares - 2 * products).clamp(min=0)


def nearest(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """For each row the nearest of others.

    Args:
        a: `(N, D)`.
        b: `(M, D)`.

    Returns:
        Distances `(N,)` and positions in `b`, int64 `(N,)`.
    """
    found = between(a, b).min(dim=1)
    return found.values, found.indices
