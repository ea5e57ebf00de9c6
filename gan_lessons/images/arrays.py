"""Arrays and tensors as pictures: what they have to look like, and one sentence if they do not."""

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_lessons.images.pixels import to_uint8

_ADVICE = (
    "give a numpy array (H, W, 3), uint8 or float in [0, 1], or a torch tensor (3, H, W), uint8 or "
    "float in [-1, 1]"
)
_ROUNDING = 1e-3  # how far beyond its range a float may lie that came out of other sums


def is_array(source: Any) -> bool:
    """Whether something is a numpy array or a torch tensor."""
    return isinstance(source, np.ndarray | Tensor)


def array_to_image(array: np.ndarray | Tensor) -> Image.Image:
    """Take one picture out of an array, rounded to 8 bits as every picture is.

    Args:
        array: numpy `(H, W, 3)`, or `(H, W)` for grey, uint8 or float in [0, 1]; or torch
            `(3, H, W)`, or `(1, H, W)` for grey, uint8 or float in [-1, 1].

    Returns:
        An RGB image.

    Raises:
        ValueError: for another shape, kind of number, or range, or for numbers that are not finite.

    >>> array_to_image(np.full((2, 4, 3), 0.2)).getpixel((0, 0))
    (51, 51, 51)
    >>> array_to_image(torch.full((3, 2, 4), -0.6)).size
    (4, 2)
    """
    pixels = _from_tensor(array) if isinstance(array, Tensor) else _from_numpy(array)
    return Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")


def _from_numpy(array: np.ndarray) -> np.ndarray:
    grey = array.ndim == 2
    if not (grey or (array.ndim == 3 and array.shape[2] == 3)) or 0 in array.shape:
        raise ValueError(f"no picture: a numpy array of shape {array.shape}; {_ADVICE}")
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"no picture: numbers of type {array.dtype}; {_ADVICE}")
    _check_range(float(array.min()), float(array.max()), 0)
    return (array.clip(0, 1).astype(np.float64) * 255).round().astype(np.uint8)


def _from_tensor(tensor: Tensor) -> np.ndarray:
    if tensor.ndim != 3 or tensor.shape[0] not in (1, 3) or 0 in tensor.shape:
        raise ValueError(f"no picture: a tensor of shape {tuple(tensor.shape)}; {_ADVICE}")
    tensor = tensor.detach().cpu()
    if tensor.dtype != torch.uint8:
        if not tensor.is_floating_point():
            raise ValueError(f"no picture: numbers of type {tensor.dtype}; {_ADVICE}")
        _check_range(float(tensor.min()), float(tensor.max()), -1)
    return to_uint8(tensor.expand(3, -1, -1)).permute(1, 2, 0).numpy()


def _check_range(least: float, most: float, low: int) -> None:
    """Refuse what lies elsewhere; comparisons with NaN are false, so it is refused, too."""
    if not (low - _ROUNDING <= least and most <= 1 + _ROUNDING):
        raise ValueError(f"no picture: numbers from {least:g} to {most:g}; {_ADVICE}")
