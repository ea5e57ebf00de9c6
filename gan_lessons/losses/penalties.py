"""Penalties on the discriminator's gradient (R1, R2, WGAN-GP); each returns a scalar mean."""

import torch
from torch import Tensor


def r1_penalty(logits: Tensor, x_real: Tensor) -> Tensor:
    """Squared gradient norm on real images, E[|dD/dx|^2] / 2 (Mescheder et al. 2018, eq. 9).

    Args:
        logits: `(N,)`, the discriminator's output on `x_real`.
        x_real: `(N, ...)` with `requires_grad`.

    Returns:
        Scalar, differentiable in the discriminator's weights; multiply by gamma.

    Raises:
        ValueError: if `x_real` takes no gradient.

    Example:
        >>> x = torch.ones(2, 3, 4, 4, requires_grad=True)
        >>> r1_penalty(x.sum(dim=(1, 2, 3)), x).item()  # 48 ones, squared, halved
        24.0
    """
    return _slopes(logits, x_real, "R1", "x_real").square().sum(1).mean() / 2


def r2_penalty(logits: Tensor, x_fake: Tensor) -> Tensor:
    """The same on generated images, E[|dD/dx|^2] / 2 (Mescheder et al. 2018, eq. 10).

    Args:
        logits: `(N,)`, the discriminator's output on `x_fake`.
        x_fake: `(N, ...)` with `requires_grad`, cut off from the generator.

    Returns:
        Scalar, differentiable in the discriminator's weights; multiply by gamma.

    Raises:
        ValueError: if `x_fake` takes no gradient.

    Example:
        >>> x = torch.zeros(2, 5, requires_grad=True)
        >>> r2_penalty((3 * x).sum(dim=1), x).item()  # five threes, squared, halved
        22.5
    """
    return _slopes(logits, x_fake, "R2", "x_fake").square().sum(1).mean() / 2


def between(x_real: Tensor, x_fake: Tensor, uniform: Tensor) -> Tensor:
    """Random points on the lines from real to generated samples, for the WGAN-GP penalty.

    Args:
        x_real: `(N, ...)`.
        x_fake: `(N, ...)`, of the same shape.
        uniform: `(N,)` in [0, 1); where on its line each point lies.

    Returns:
        `(N, ...)` with `requires_grad`, cut off from both.

    Example:
        >>> between(torch.ones(1, 2), torch.zeros(1, 2), torch.tensor([0.25])).tolist()
        [[0.75, 0.75]]
    """
    share = uniform.view(-1, *[1] * (x_real.ndim - 1)).to(x_real.dtype)
    return torch.lerp(x_real, x_fake, share).detach().requires_grad_()


def wgan_gp(logits: Tensor, x_mid: Tensor) -> Tensor:
    """Distance of the slopes from 1, E[(|dD/dx| - 1)^2] (Gulrajani et al. 2017, equation 3).

    Args:
        logits: `(N,)`, the critic's output on `x_mid`.
        x_mid: `(N, ...)` from `between`.

    Returns:
        Scalar, differentiable in the critic's weights; multiply by lambda, 10 in the paper.

    Raises:
        ValueError: if `x_mid` takes no gradient.

    Example:
        >>> x = torch.zeros(2, 4, requires_grad=True)
        >>> wgan_gp((1.5 * x).sum(dim=1), x).item()  # slope 3, so (3 - 1) squared
        4.0
    """
    slopes = _slopes(logits, x_mid, "WGAN-GP", "x_mid")
    # The root has no slope at 0, and a critic that is flat somewhere must not end in NaN.
    return ((slopes.square().sum(1) + 1e-16).sqrt() - 1).square().mean()


def _slopes(logits: Tensor, x: Tensor, penalty: str, name: str) -> Tensor:
    """Gradient of each logit in its own sample, `(N, D)`, itself differentiable."""
    if not x.requires_grad:
        raise ValueError(
            f"the {penalty} penalty needs {name}.requires_grad_() before the forward pass"
        )
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return gradient.flatten(1)
