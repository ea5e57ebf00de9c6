"""What a result must keep or resemble, as pure functions; each loss is a scalar mean.

Shapes: images `(N, C, H, W)` in [-1, 1], style codes and latents `(N, S)`.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def style_reconstruction(s_pred: Tensor, s_trg: Tensor) -> Tensor:
    """Mean |E(x_fake) - s|: the code must be legible in the result (StarGAN v2, equation 2).

    Args:
        s_pred: `(N, S)`, read off the generated image.
        s_trg: `(N, S)`, the code it was made with.

    Returns:
        Scalar.

    Example:
        >>> style_reconstruction(torch.zeros(2, 4), torch.ones(2, 4)).item()
        1.0
    """
    return (s_pred - s_trg).abs().mean()


def cycle_consistency(x_rec: Tensor, x_real: Tensor) -> Tensor:
    """Mean |x - G(x_fake, E(x))|: the way back keeps the content (StarGAN v2, equation 4).

    Args:
        x_rec: `(N, 3, H, W)`, translated there and back.
        x_real: `(N, 3, H, W)`, the source.

    Returns:
        Scalar.

    Example:
        >>> cycle_consistency(torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)).item()
        1.0
    """
    return (x_rec - x_real).abs().mean()


def diversity(x_fake: Tensor, x_fake2: Tensor) -> Tensor:
    """Mean |x1 - x2| of two styles of one source; to be maximised (StarGAN v2, equation 3).

    Args:
        x_fake: `(N, 3, H, W)` with one style code.
        x_fake2: `(N, 3, H, W)` with another, detached.

    Returns:
        Scalar; the objective subtracts it.

    Example:
        >>> diversity(torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)).item()
        1.0
    """
    return (x_fake - x_fake2.detach()).abs().mean()


def gram(h: Tensor) -> Tensor:
    """How strongly each two channels of a map show together, wherever that is.

    G_ij = sum_p h_ip h_jp / P over the P places of a picture (Gatys et al. 2016, equation 3, there
    without the 1 / P).

    Args:
        h: `(N, C, H, W)`.

    Returns:
        `(N, C, C)`, symmetric.

    Example:
        >>> gram(torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]])).tolist()
        [[[5.0, 1.0], [1.0, 2.0]]]
    """
    h = h.flatten(2)
    return h @ h.mT / h.shape[2]


def identity(x_same: Tensor, x_real: Tensor) -> Tensor:
    """Mean |G(y) - y| for y already in the wanted style (Zhu et al. 2017, section 5.2).

    Args:
        x_same: `(N, C, H, W)`, an image of the target domain put through the generator.
        x_real: `(N, C, H, W)`, that image.

    Returns:
        Scalar; it keeps palettes that the cycle alone would let drift.

    Example:
        >>> identity(torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)).item()
        1.0
    """
    return (x_same - x_real).abs().mean()


def l1(x_fake: Tensor, x_trg: Tensor) -> Tensor:
    """Mean |G(x) - y| to the true answer (Isola et al. 2017, equation 3).

    Args:
        x_fake: `(N, ...)`, the result.
        x_trg: `(N, ...)`, what it should have been.

    Returns:
        Scalar; the median of all plausible answers minimises it, where L2 asks for their mean.

    Example:
        >>> l1(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 3.0])).item()
        1.5
    """
    return (x_fake - x_trg).abs().mean()


def patch_nce(queries: Tensor, keys: Tensor, temperature: float = 0.07) -> Tensor:
    """A patch of the result must be nearest to the same patch of the source.

    -log exp(q_p . k_p / tau) / sum_r exp(q_p . k_r / tau), the mean over all places p, with q and k
    of unit length and r over the places of the same image (Park et al. 2020, equations 2 and 3).

    Args:
        queries: `(N, P, C)`, features of P places in the result.
        keys: `(N, P, C)`, features of the same places in the source; no gradient flows into them.
        temperature: tau.

    Returns:
        Scalar; log P where nothing can be told apart.

    Example:
        >>> same = torch.ones(1, 8, 5)
        >>> round(patch_nce(same, same).item(), 4)
        2.0794
    """
    q, k = F.normalize(queries, dim=2), F.normalize(keys.detach(), dim=2)
    logits = q @ k.transpose(1, 2) / temperature  # (N, P, P), the right ones on the diagonal
    n, places = logits.shape[:2]
    right = torch.arange(places, device=logits.device).expand(n, places)
    return F.cross_entropy(logits.transpose(1, 2), right)


def gaussian_nll(x_rec: Tensor, x: Tensor, sigma: float) -> Tensor:
    """-log p(x | z) of a decoder with fixed width, without its constant, in nats an image.

    sum |x - x_rec|^2 / (2 sigma^2), batch mean (Kingma and Welling 2014, appendix C.2).

    Args:
        x_rec: `(N, ...)`, the decoder's mean.
        x: `(N, ...)`, the image.
        sigma: standard deviation of every value.

    Returns:
        Scalar.

    Example:
        >>> gaussian_nll(torch.zeros(2, 3, 4), torch.ones(2, 3, 4), sigma=0.5).item()
        24.0
    """
    return (x - x_rec).square().flatten(1).sum(1).mean() / (2 * sigma**2)


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL divergence of N(mean, variance) from N(0, I), in nats an image.

    sum (mean^2 + variance - log variance - 1) / 2, the mean over the batch (Kingma and Welling
    2014, appendix B).

    Args:
        mean: `(N, Z)`.
        log_variance: `(N, Z)`.

    Returns:
        Scalar; 0 where the posterior is the prior.

    Example:
        >>> kl_to_normal(torch.full((2, 3), 2.0), torch.zeros(2, 3)).item()
        6.0
    """
    return (mean.square() + log_variance.exp() - log_variance - 1).sum(1).mean() / 2
