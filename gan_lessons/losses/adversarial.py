"""Adversarial losses as pure functions of logits; each returns a scalar mean.

The names end in `_d` for what the discriminator minimises and in `_g` for what the generator does.
Shapes: logits `(N,)`, samples `(N, ...)`, pictures in [-1, 1]. What a result must keep or resemble
is measured in `losses.images`.
"""

import torch  # noqa: F401, the examples need it
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


def minimax_g(fake: Tensor) -> Tensor:
    """Generator's loss of the game taken literally, E[log(1 - sigmoid(D(G(z))))].

    Goodfellow et al. 2014, equation 1. On logits it is -softplus(D(G(z))).

    Args:
        fake: `(N,)` logits of generated samples.

    Returns:
        Scalar, negative; its gradient vanishes where the discriminator is sure: it saturates.

    Example:
        >>> round(minimax_g(torch.zeros(4)).item(), 4)
        -0.6931
    """
    return -F.softplus(fake).mean()


def least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    """Discriminator's least squares, E[(D(x) - 1)^2] / 2 + E[D(G(z))^2] / 2.

    Mao et al. 2017, equation 9: 1 stands for real and 0 for generated.

    Args:
        real: `(N,)` outputs on real samples.
        fake: `(N,)` outputs on generated samples.

    Returns:
        Scalar; 0 where every sample is told right.

    Example:
        >>> least_squares_d(torch.zeros(4), torch.ones(4)).item()
        1.0
    """
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def least_squares_g(fake: Tensor) -> Tensor:
    """Generator's least squares, E[(D(G(z)) - 1)^2] / 2 (the same equation).

    Args:
        fake: `(N,)` outputs on generated samples.

    Returns:
        Scalar; it also pulls back what is judged more than real.

    Example:
        >>> least_squares_g(torch.tensor([1.0, 3.0])).item()
        1.0
    """
    return (fake - 1).square().mean() / 2


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """Discriminator's hinge, E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))].

    Lim and Ye 2017, section 3; Miyato et al. 2018, equation 16.

    Args:
        real: `(N,)` outputs on real samples.
        fake: `(N,)` outputs on generated samples.

    Returns:
        Scalar; samples beyond the margin of 1 on their side count nothing.

    Example:
        >>> hinge_d(torch.tensor([0.0, 5.0]), torch.tensor([-5.0, 1.0])).item()
        1.5
    """
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_g(fake: Tensor) -> Tensor:
    """Generator's side of the hinge, -E[D(G(z))]: no margin (Miyato et al. 2018, equation 17).

    Args:
        fake: `(N,)` outputs on generated samples.

    Returns:
        Scalar.

    Example:
        >>> hinge_g(torch.tensor([1.0, 2.0])).item()
        -1.5
    """
    return -fake.mean()


def wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    """Critic's loss, E[D(G(z))] - E[D(x)] (Arjovsky et al. 2017, equation 2).

    Its negative estimates the earth mover's distance as long as D is 1-Lipschitz, which a penalty
    or spectral norm has to see to.

    Args:
        real: `(N,)` outputs on real samples.
        fake: `(N,)` outputs on generated samples.

    Returns:
        Scalar; only differences of outputs matter.

    Example:
        >>> wasserstein_d(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 2.0])).item()
        -2.5
    """
    return fake.mean() - real.mean()


def wasserstein_g(fake: Tensor) -> Tensor:
    """Generator's loss, -E[D(G(z))] (Arjovsky et al. 2017, algorithm 1).

    Args:
        fake: `(N,)` outputs on generated samples.

    Returns:
        Scalar.

    Example:
        >>> wasserstein_g(torch.tensor([1.0, 2.0])).item()
        -1.5
    """
    return -fake.mean()


def relativistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """Discriminator's loss on pairs, E[softplus(D(G(z)) - D(x))].

    Jolicoeur-Martineau 2018, section 4.1; Huang et al. 2024, equation 2. Each generated sample is
    judged against a real one, not against a threshold, so that no whole mode can be given up.

    Args:
        real: `(N,)` logits of real samples.
        fake: `(N,)` logits of as many generated samples.

    Returns:
        Scalar; log 2 where the two kinds look alike.

    Example:
        >>> round(relativistic_d(torch.full((4,), 7.0), torch.full((4,), 7.0)).item(), 4)
        0.6931
    """
    return F.softplus(fake - real).mean()


def relativistic_g(real: Tensor, fake: Tensor) -> Tensor:
    """Generator's loss on pairs, E[softplus(D(x) - D(G(z)))]: the roles exchanged.

    Args:
        real: `(N,)` logits of real samples.
        fake: `(N,)` logits of as many generated samples.

    Returns:
        Scalar.

    Example:
        >>> round(relativistic_g(torch.zeros(4), torch.full((4,), 40.0)).item(), 4)
        0.0
    """
    return F.softplus(real - fake).mean()
