"""How far a model has moved pictures, and below what it still hands back its source."""

from torch import Tensor

STILL = 0.02  # mean change of a pixel in [-1, 1] below which nobody sees any: 2.5 of 255 levels
UNMOVED = "has not moved from its source yet: what it returns is the picture that it was given"


def movement(x: Tensor, x_fake: Tensor) -> float:
    """Mean change of a pixel.

    Args:
        x: sources `(N, 3, H, W)` in [-1, 1].
        x_fake: what a model made of them, likewise.

    Returns:
        Between 0 and 2.

    Example:
        >>> import torch
        >>> movement(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), -0.5))
        0.5
    """
    return (x_fake - x).abs().mean().item()
