"""Do draws differ, and by more than their palette?"""

import torch
from torch import Tensor

LEVELS = 5  # of each channel, for the bins of a colour histogram
SMOOTH, ROUNDS = 0.01, 100  # of the transport: entropy weight for colours in [0, 1], iterations


def diversity(features: Tensor) -> Tensor:
    """Mean perceptual distance of all pairs of K draws.

    The mean of ||f_i - f_j||^2 over all pairs is 2 / (K - 1) times the sum of ||f_i - mean||^2,
    which takes K differences instead of K (K - 1) / 2.

    Args:
        features: perceptual features `(N, K, D)`, K draws of each of N sources.

    Returns:
        `(N,)`.

    Raises:
        ValueError: for fewer than 2 draws.
    """
    draws = features.shape[1]
    if draws < 2:
        raise ValueError(f"diversity needs 2 draws or more, got {draws}")
    own = [(one - one.mean(dim=0)).square().sum() for one in features]
    return torch.stack(own) * 2 / (draws - 1)


def same_palette(x: Tensor) -> Tensor:
    """Give all draws the colours of the first.

    The three-dimensional colour histogram of each draw is moved onto that of the first by optimal
    transport (Cuturi 2013, algorithm 1), and every pixel moves with its bin. What remains different
    afterwards is drawn differently.

    Args:
        x: `(K, 3, H, W)` in [-1, 1].

    Returns:
        `(K, 3, H, W)` in [-1, 1]; the first is unchanged.
    """
    return same_palettes(x[None])[0]


def same_palettes(x: Tensor) -> Tensor:
    """What `same_palette` does, for several sources at a time, which a GPU likes better.

    Args:
        x: `(N, K, 3, H, W)` in [-1, 1], K draws of each of N sources.

    Returns:
        `(N, K, 3, H, W)` in [-1, 1]; the first of each is unchanged.
    """
    count, draws = x.shape[:2]
    pixels = ((x.double() + 1) / 2).clamp(0, 1).flatten(3).transpose(2, 3)  # (N, K, P, 3)
    bins, *found = (t.unflatten(0, (count, draws)) for t in histogram(pixels.flatten(0, 1)))
    mass, colours = (t[:, 1:].flatten(0, 1) for t in found)
    firsts = [t[:, :1].expand_as(t[:, 1:]).flatten(0, 1) for t in found]
    # Smoothing draws colours together; moving a histogram onto itself shows by how much.
    mass_to, colours_to = (torch.cat(pair) for pair in zip(firsts, (mass, colours), strict=True))
    twice = (mass.repeat(2, 1), colours.repeat(2, 1, 1))
    target, still = transport(*twice, mass_to, colours_to).chunk(2)
    where = bins[:, 1:].flatten(0, 1)[:, :, None].expand(-1, -1, 3)
    move = (target - still).gather(1, where).unflatten(0, (count, draws - 1))
    moved = torch.cat([pixels[:, :1], (pixels[:, 1:] + move).clamp(0, 1)], dim=1)
    return (moved.transpose(2, 3).reshape(x.shape) * 2 - 1).to(x.dtype)


def histogram(pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Colour histograms over the bins that at least one of the pictures uses.

    Args:
        pixels: `(K, P, 3)` in [0, 1], float64.

    Returns:
        The bin of each pixel `(K, P)`, mass of each bin `(K, B)`, mean colour of each `(K, B, 3)`.
    """
    steps = torch.tensor([LEVELS**2, LEVELS, 1], device=pixels.device)
    bins = ((pixels * LEVELS).long().clamp(max=LEVELS - 1) * steps).sum(dim=2)
    count = torch.zeros(len(pixels), LEVELS**3, dtype=pixels.dtype, device=pixels.device)
    count.scatter_add_(1, bins, torch.ones_like(bins, dtype=pixels.dtype))
    total = torch.zeros(*count.shape, 3, dtype=pixels.dtype, device=pixels.device)
    total.scatter_add_(1, bins[:, :, None].expand(-1, -1, 3), pixels)
    used = count.any(dim=0)
    bins, count, total = (used.cumsum(0) - 1)[bins], count[:, used], total[:, used]
    return bins, count / pixels.shape[1], total / count.clamp(min=1)[:, :, None]


def transport(mass: Tensor, colours: Tensor, mass_to: Tensor, colours_to: Tensor) -> Tensor:
    """Where each colour goes when one histogram is moved onto another at least cost.

    Args:
        mass: `(K, B)`.
        colours: `(K, B, 3)`.
        mass_to: `(K, B)`.
        colours_to: `(K, B, 3)`.

    Returns:
        `(K, B, 3)`, for each colour the mean of those that it goes to.
    """
    cost = torch.cdist(colours, colours_to).square()
    kernel = torch.exp(-cost / SMOOTH).clamp(min=1e-300) * (mass_to > 0)[:, None]
    v = torch.ones_like(mass)
    for _ in range(ROUNDS):
        u = mass / (kernel @ v[:, :, None])[:, :, 0].clamp(min=1e-300)
        v = mass_to / (kernel.transpose(1, 2) @ u[:, :, None])[:, :, 0].clamp(min=1e-300)
    plan = kernel * v[:, None]
    share = plan / plan.sum(dim=2, keepdim=True).clamp(min=1e-300)
    return share @ colours_to
