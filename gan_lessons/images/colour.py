"""Colours as the eye weighs them, and their statistics where something is drawn."""

import torch
from torch import Tensor

# Cone responses of sRGB, decorrelated in logarithms (Reinhard et al. 2001, equations 4 and 6).
_LMS = torch.tensor([[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]])
_MIX = torch.diag(torch.tensor([3.0, 6.0, 2.0]).rsqrt()) @ torch.tensor(
    [[1.0, 1, 1], [1, 1, -2], [1, -1, 0]]
)
_DARKEST = 1 / 255  # before a logarithm
WHITE = 1 - 16 / 255  # a pixel with all channels above is paper


def visible(x: Tensor) -> Tensor:
    """What is not white paper: `(N, 3, H, W)` to bool `(N, 1, H, W)`."""
    return x.amin(dim=1, keepdim=True) < WHITE


def statistics(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and standard deviation of each picture's visible pixels, and whether it has any.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].

    Returns:
        `(N, 3)`, `(N, 3)` and bool `(N,)`, for the channels l, alpha, beta.
    """
    seen = visible(x).to(x.dtype)
    count = seen.sum(dim=(2, 3)).clamp(min=1)
    lab = decorrelate(x)
    mean = (lab * seen).sum(dim=(2, 3)) / count
    apart = (lab - mean[:, :, None, None]).square() * seen
    return mean, (apart.sum(dim=(2, 3)) / count).sqrt(), seen.flatten(1).any(dim=1)


def decorrelate(x: Tensor) -> Tensor:
    """SRGB in [-1, 1] to the channels l, alpha, beta: `(N, 3, H, W)` both."""
    rgb = ((x + 1) / 2).clamp(0, 1)
    lms = torch.einsum("ij,njhw->nihw", _LMS.to(x), rgb).clamp(min=_DARKEST).log10()
    return torch.einsum("ij,njhw->nihw", _MIX.to(x), lms)


def correlate(lab: Tensor) -> Tensor:
    """The inverse of `decorrelate`, clamped to [-1, 1]."""
    lms = 10 ** torch.einsum("ij,njhw->nihw", torch.linalg.inv(_MIX).to(lab), lab)
    rgb = torch.einsum("ij,njhw->nihw", torch.linalg.inv(_LMS).to(lab), lms)
    return (rgb * 2 - 1).clamp(-1, 1)
