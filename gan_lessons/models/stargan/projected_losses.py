"""The two sides of a projected discriminator's game, summed over its maps.

Sauer et al. 2021, equation 4, with the non-saturating losses, and for several domains: every real
image is also a negative of each domain but its own.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons import losses

Maps = list[Tensor]  # (N, domains, h, w) each


def discriminator_loss(maps: Maps, y: Tensor, y_fake: Tensor) -> Tensor:
    """Tell real images of a domain from generated ones, and from real ones of other domains.

    Args:
        maps: logits of N real images and, after them, M generated ones.
        y: `(N,)` int64, the domains of the real ones.
        y_fake: `(M,)` int64, those that the generated ones claim.

    Returns:
        Scalar; 12 log 2 for four maps where every logit is 0.
    """
    parts = []
    for logits in maps:
        real, fake = logits[: len(y)], logits[len(y) :]
        told = losses.nonsaturating_d(of_domain(real, y), of_domain(fake, y_fake))
        parts.append(told + mistaken(real, y))
    return torch.stack(parts).sum()


def generator_loss(maps: Maps, y: Tensor) -> Tensor:
    """Pass for a real image of a domain on every map.

    Args:
        maps: logits of N generated images.
        y: `(N,)` int64, the domains that they claim.

    Returns:
        Scalar; 4 log 2 for four maps where every logit is 0.
    """
    return torch.stack([losses.nonsaturating_g(of_domain(logits, y)) for logits in maps]).sum()


def of_domain(logits: Tensor, y: Tensor) -> Tensor:
    """What is said of one domain each: `(N, K, h, w)` and `(N,)` to `(N, h, w)`, in float32."""
    return logits.take_along_dim(y[:, None, None, None], dim=1)[:, 0].float()


def mistaken(logits: Tensor, y: Tensor) -> Tensor:
    """Real images as negatives of every domain but their own.

    The mean of softplus(D(x, k)) over all k != y (Reed et al. 2016, section 4.1).

    Args:
        logits: `(N, K, h, w)`, of K domains.
        y: `(N,)` int64, the true domains.

    Returns:
        Scalar; log 2 where every logit is 0.

    Example:
        >>> logits = torch.zeros(1, 3, 2, 2)
        >>> logits[0, 1] = 9.0  # of its own domain, so it counts nothing
        >>> round(mistaken(logits, torch.tensor([1])).item(), 4)
        0.6931
    """
    domains = logits.shape[1]
    wrong = torch.arange(domains, device=y.device) != y[:, None]
    said = F.softplus(logits.float()).mean(dim=(2, 3))
    return (said * wrong).sum() / (len(y) * (domains - 1))
