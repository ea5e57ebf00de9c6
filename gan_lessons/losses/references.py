"""What makes references count and draws vary as references do; each loss is a scalar mean."""

import torch
from torch import Tensor
from torch.nn import functional as F

SHARPNESS = 4.0  # of the softmax over distances in units of their deviation
STILL = 0.05  # added to deviations, so that what hardly varies does not decide


def statistics(maps: list[Tensor]) -> Tensor:
    """Mean and standard deviation of every channel: what a style leaves wherever things stand.

    Args:
        maps: `(N, C, H, W)` each, of several layers.

    Returns:
        `(N, D)`, D twice the sum of the channels, in float32.

    Example:
        >>> statistics([torch.tensor([[[[1.0, 3.0]]]])]).round(decimals=2).tolist()
        [[2.0, 1.0]]
    """
    found = []
    for h in maps:
        variance, mean = torch.var_mean(h.float(), dim=(2, 3), correction=0)
        found += [mean, (variance + 1e-6).sqrt()]
    return torch.cat(found, dim=1)


def manner(maps: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """How far results are from having the statistics of their references.

    Mean of every channel and covariance of every two, wherever things stand (Gatys et al. 2016,
    section 2.2; with the mean taken out first, so that the two say different things), as root mean
    squared differences in units of the reference's own, averaged over the layers.

    Args:
        maps: of results, `(N, C, H, W)` each, of several layers.
        wanted: of their references, `(N, C, H', W')` each.

    Returns:
        Scalar, 0 where all statistics agree.

    Example:
        >>> x = torch.tensor([[[[1.0, 3.0]]]])
        >>> manner([x], [x.flip(3)]).item()
        0.0
    """
    parts = []
    for h, other in zip(maps, wanted, strict=True):
        mean, spread = moments(h)
        with torch.no_grad():
            mean_wanted, spread_wanted = moments(other)
        for found, real in ((mean, mean_wanted), (spread, spread_wanted)):
            away = (found - real).square().flatten(1).sum(dim=1)
            size = real.square().flatten(1).sum(dim=1)
            parts.append((away / (size + STILL) + 1e-6).sqrt().mean())
    return torch.stack(parts).mean() - 1e-3


def moments(h: Tensor) -> tuple[Tensor, Tensor]:
    """Mean `(N, C)` and covariance `(N, C, C)` of the channels of maps `(N, C, H, W)`."""
    h = h.float().flatten(2)
    mean = h.mean(dim=2)
    centred = h - mean[:, :, None]
    return mean, centred @ centred.transpose(1, 2) / h.shape[2]


def contrast(found: Tensor, real: Tensor, y: Tensor, own: Tensor) -> Tensor:
    """A result must be nearer to its own reference than to other pictures of its style.

    -log exp(-b d(r, own)) / sum_j exp(-b d(r, j)) (van den Oord et al. 2018, equation 4), d the
    mean squared difference of statistics in units of their deviation within the style, and j over
    the real pictures of that style.

    Args:
        found: statistics of results, `(N, D)`.
        real: statistics of real pictures, `(M, D)`.
        y: their styles, int64 `(M,)`.
        own: which of them was each result's reference, int64 `(N,)`.

    Returns:
        Scalar; where nothing can be told apart the logarithm of how many have the style.

    Example:
        >>> real, y = torch.tensor([[0.0] * 3, [9.0] * 3, [4.0] * 3]), torch.tensor([0, 0, 1])
        >>> round(contrast(real[:1], real, y, torch.tensor([0])).item(), 4)
        0.0
        >>> round(contrast(real[:2].mean(dim=0)[None], real, y, torch.tensor([0])).item(), 4)
        0.6931
    """
    same = y[own][:, None] == y  # (N, M)
    share = same.to(real.dtype) / same.sum(dim=1, keepdim=True)
    mean = share @ real
    deviation = (share @ real.square() - mean.square()).clamp(min=0).sqrt()
    away = (found[:, None] - real) / (deviation + STILL)[:, None]
    logits = -SHARPNESS * away.square().mean(dim=2)
    return F.cross_entropy(logits.masked_fill(~same, float("-inf")), own)


def own_hand(s: Tensor, s2: Tensor, temperature: float) -> Tensor:
    """Two codes of one hand must be nearer to each other than to those of other hands.

    -log exp(cos(s_i, s2_i) / tau) / sum_j exp(cos(s_i, s2_j) / tau) (van den Oord et al. 2018,
    equation 4), both ways.

    Args:
        s: `(N, S)`, read off one picture of each hand.
        s2: `(N, S)`, read off another.
        temperature: tau.

    Returns:
        Scalar; log N where all codes are alike.

    Example:
        >>> round(own_hand(torch.ones(4, 2), torch.ones(4, 2), 0.2).item(), 4)
        1.3863
    """
    cosines = F.normalize(s.float(), dim=1) @ F.normalize(s2.float(), dim=1).T
    own = torch.arange(len(s), device=s.device)
    logits = cosines / temperature
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def energy_score(drawn: Tensor, real: Tensor) -> Tensor:
    """How far drawn codes are from being spread as real ones are.

    E|a - s| - E|a - a'| / 2 over draws a, a' and a real code s (Gneiting and Raftery 2007,
    equation 22). Only draws of the very distribution of s minimise its mean: draws that are all
    alike lose the second term, wild ones the first.

    Args:
        drawn: K draws for each real code, `(N, K, S)`, K at least 2.
        real: `(N, S)`; no gradient flows into it.

    Returns:
        Scalar.

    Example:
        >>> coins = torch.tensor([[[0.0], [1.0]]]).expand(2, -1, -1)
        >>> round(energy_score(coins, torch.tensor([[0.0], [1.0]])).item(), 4)
        0.0
    """
    k = drawn.shape[1]
    away = (drawn - real.detach()[:, None]).square().sum(dim=2).add(1e-12).sqrt().mean()
    apart = torch.cdist(drawn, drawn).sum(dim=(1, 2)).mean() / (k * (k - 1))
    return away - apart / 2
