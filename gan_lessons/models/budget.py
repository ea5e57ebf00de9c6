"""A bound on what building a network may take, for shapes that come from a file."""

from typing import Any

import torch  # noqa: F401, the example needs it
from torch import Tensor
from torch.overrides import TorchFunctionMode

SPARE = 2**26  # numbers beyond those of the file, 256 MiB in float32


class TooLarge(ValueError):
    """More numbers were asked for than there can be a use for."""


class Budget(TorchFunctionMode):
    """Count the numbers of all tensors that are made, and stop at a bound.

    A `config.json` may ask for any number of layers of any width. Its weights lie beside it, so
    what is much larger than they are cannot fit, and is not built to find that out.

    Args:
        numbers: that the stored weights have.

    Example:
        >>> with Budget(100):
        ...     layer = torch.nn.Linear(8, 8)
    """

    def __init__(self, numbers: int):
        super().__init__()
        self.left = numbers + SPARE

    def __torch_function__(self, func, types, args=(), kwargs=None) -> Any:
        """Call a function of PyTorch and count what it gives, before anything fills it."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        given = (*args, *kwargs.values())
        if isinstance(result, Tensor) and not any(isinstance(each, Tensor) for each in given):
            self.left -= result.numel()
            if self.left < 0:
                raise TooLarge("its shapes ask for far more numbers than its weights have")
        return result
