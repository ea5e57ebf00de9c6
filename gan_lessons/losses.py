"""Losses as pure functions of logits, images and codes; each returns a scalar mean.

Shapes: logits `(N,)`, images `(N, 3, H, W)` in [-1, 1], style codes `(N, S)`.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def nonsaturating_d(real: Tensor, fake: Tensor) -> Tensor:
    """Discriminator's loss of the original game (Goodfellow et al. 2014, equation 1).

    E[softplus(-D(x))] + E[softplus(D(G(z)))], which is -log D - log(1 - D) on logits.

    Args:
        real: `(N,)` logits of real images.
        fake: `(N,)` logits of generated images.

    Returns:
        Scalar; 2 log 2 where every logit is 0.

    Example:
        >>> round(nonsaturating_d(torch.zeros(4), torch.zeros(4)).item(), 4)
        1.3863
    """
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def mismatched(logits: Tensor, false_claim: Tensor) -> Tensor:
    """Real images that claim a style they do not have, as further negatives of D.

    E[softplus(D(x, y')) [y' != y]] (Reed et al. 2016, section 4.1). Without it a discriminator
    busy with the generator's artefacts forgets what tells the styles apart.

    Args:
        logits: `(N,)`, of real images under the claimed style.
        false_claim: `(N,)` bool; a claim that happens to be true counts as 0. The mean is over
            all samples nevertheless, so that micro-batches add up to the batch.

    Returns:
        Scalar; 0 where every claim is true.

    Example:
        >>> logits, false_claim = torch.tensor([0.0, 9.0]), torch.tensor([True, False])
        >>> round(mismatched(logits, false_claim).item(), 4)
        0.3466
    """
    return (F.softplus(logits) * false_claim).mean()


def nonsaturating_g(fake: Tensor) -> Tensor:
    """Generator's non-saturating loss, E[softplus(-D(G(z)))] (the same paper, section 3).

    Args:
        fake: `(N,)` logits of generated images.

    Returns:
        Scalar; its gradient does not vanish where the discriminator is sure.

    Example:
        >>> round(nonsaturating_g(torch.zeros(4)).item(), 4)
        0.6931
    """
    return F.softplus(-fake).mean()


def r1_penalty(logits: Tensor, x_real: Tensor) -> Tensor:
    """Squared gradient norm on real images, E[|dD/dx|^2] / 2 (Mescheder et al. 2018, eq. 9).

    Args:
        logits: `(N,)`, the discriminator's output on `x_real`.
        x_real: `(N, 3, H, W)` with `requires_grad`.

    Returns:
        Scalar, differentiable in the discriminator's weights; multiply by gamma.

    Raises:
        ValueError: if `x_real` takes no gradient.

    Example:
        >>> x = torch.ones(2, 3, 4, 4, requires_grad=True)
        >>> r1_penalty(x.sum(dim=(1, 2, 3)), x).item()  # 48 ones, squared, halved
        24.0
    """
    if not x_real.requires_grad:
        raise ValueError("the R1 penalty needs x_real.requires_grad_() before the forward pass")
    (gradient,) = torch.autograd.grad(logits.sum(), x_real, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean() / 2


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
