"""From a picture to its result and beyond, and from one style code to another."""

import torch
from torch import Tensor

STRONGEST = 1.5  # strength 1 is the model's own result; beyond, its change is exaggerated
ENOUGH = 2**28  # pixels of all results of one call, which hold some 4 GB of memory


def blend(x: Tensor, result: Tensor, strength: float) -> Tensor:
    """Go some way from a picture to its result, and beyond.

    x + strength (result - x), cut to [-1, 1]: 0 is the picture itself, 1 the model's own result,
    1.5 exaggerates what the model changed. It is the strength of the command, the explorer and the
    exported page. The way lies between pictures and not between style codes, because nobody knows
    the code of a source that comes from anywhere; between the codes of two styles lead walks.

    Args:
        x: `(1, 3, H, W)` or `(N, 3, H, W)` in [-1, 1].
        result: `(N, 3, H, W)` in [-1, 1].
        strength: 0 to 1.5.

    Returns:
        `(N, 3, H, W)` in [-1, 1]; with a strength of 1 `result` itself, bit for bit.

    Raises:
        ValueError: for another strength.

    >>> blend(torch.zeros(1, 3, 1, 1), torch.full((1, 3, 1, 1), 0.8), 1.5).max().item()
    1.0
    """
    check_strength(strength)
    if strength == 1:
        return result
    return torch.lerp(x.expand_as(result), result, strength).clamp(-1, 1)


def check_strength(strength: float) -> None:
    """Refuse a strength that :func:`blend` does not know."""
    if not 0 <= strength <= STRONGEST:  # false of NaN, too
        raise ValueError(f"strength lies in 0..{STRONGEST:g}, got {strength:g}")


def between(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """Style codes on the straight way from one to another.

    Args:
        start: `(1, style_dim)`.
        end: likewise.
        steps: how many, both ends included.

    Returns:
        `(steps, style_dim)`.

    Raises:
        ValueError: for fewer than 2 steps.
    """
    if steps < 2:
        raise ValueError(f"a walk needs 2 steps or more, got {steps}")
    share_of_end = torch.linspace(0, 1, steps, device=start.device)[:, None]
    return torch.lerp(start, end, share_of_end)


def farthest(x: Tensor, results: Tensor) -> int:
    """Which of many results changed their picture most: the one to show it in first.

    Args:
        x: `(1, 3, H, W)` in [-1, 1].
        results: `(N, 3, H, W)`, of N styles.

    Returns:
        A number below N.
    """
    return int((results - x).abs().mean(dim=(1, 2, 3)).argmax())


def check_room(count: int, pixels: int) -> None:
    """Refuse what would fill the memory before anything is made."""
    if count * pixels > ENOUGH:
        raise ValueError(
            f"{count:,} results of {pixels:,} pixels do not fit into memory together; ask for at "
            f"most {max(1, ENOUGH // pixels):,} at a time, or for smaller ones"
        )
