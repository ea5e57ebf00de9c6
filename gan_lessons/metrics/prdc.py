"""Fidelity and variety apart: precision, recall, density and coverage of a set of pictures.

Each set is taken for the union of balls around its features, with radii up to the k-th nearest
neighbour (Kynkäänniemi et al. 2019, section 3; Naeem et al. 2020, section 3).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

NEIGHBOURS = 5
FAST = "use_mm_for_euclid_dist"


@dataclass(frozen=True)
class Manifold:
    """What `compare` finds."""

    precision: float  # share of fakes inside some real ball
    recall: float  # share of reals inside some fake ball
    density: float  # real balls that a fake lies in, over k; may exceed 1
    coverage: float  # share of real balls with a fake inside


def compare(
    real: Tensor,
    fake: Tensor,
    *,
    neighbours: int = NEIGHBOURS,
    around_real: Tensor | None = None,
) -> Manifold:
    """Precision, recall, density and coverage.

    Args:
        real: `(N, D)`.
        fake: `(M, D)`.
        neighbours: k.
        around_real: what `radii` found for the real set, where it is known already.

    Returns:
        The four figures.

    Raises:
        ValueError: if a set has no k-th neighbour.
    """
    if min(len(real), len(fake)) <= neighbours:
        raise ValueError(
            f"{neighbours} neighbours need more than as many pictures, "
            f"got {len(real)} and {len(fake)}"
        )
    if around_real is None:
        around_real = radii(real, neighbours)
    around_fake = radii(fake, neighbours)
    apart = torch.cdist(real.double(), fake.double(), compute_mode=FAST)
    inside = apart < around_real[:, None]
    return Manifold(
        precision=inside.any(dim=0).double().mean().item(),
        recall=(apart < around_fake).any(dim=1).double().mean().item(),
        density=inside.double().sum(dim=0).mean().item() / neighbours,
        coverage=inside.any(dim=1).double().mean().item(),
    )


def radii(x: Tensor, neighbours: int = NEIGHBOURS) -> Tensor:
    """Distance of each row to its k-th nearest other: `(N, D)` to `(N,)`, float64."""
    apart = torch.cdist(x.double(), x.double(), compute_mode=FAST)
    return apart.kthvalue(neighbours + 1, dim=1).values  # the nearest of all is the row itself
