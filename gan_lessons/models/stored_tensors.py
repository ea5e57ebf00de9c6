"""The file of a model's weights: what its head says of them, and single tensors out of it."""

import math
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

FILE = "model.safetensors"
KINDS = ("F16", "BF16", "F32", "F64", "I64")  # of numbers
MOST = 2**30  # numbers of all networks; the paper's at 256 pixels have some 80 million

_TOO_MUCH = "{} holds more numbers than any model of this package"


def opened(folder: Path):
    """The file of weights, of which single tensors can be read."""
    path = folder / FILE
    if not path.is_file():
        raise ValueError(f"{folder} holds no weights: {FILE} is missing")
    if path.stat().st_size > 4 * MOST:
        raise ValueError(_TOO_MUCH.format(path))
    try:
        return safe_open(path, framework="pt")
    except SafetensorError:
        raise ValueError(
            f"{path} is not a safetensors file; it was not opened as anything else, and nothing "
            "in it was executed. Fetch the model again"
        ) from None


def network_tensors(folder: Path, name: str) -> dict[str, Tensor]:
    """The stored tensors of one network, in float32."""
    prefix = f"{name}."
    with opened(folder) as file:
        keys = [key for key in file.keys() if key.startswith(prefix)]  # noqa: SIM118
        return {key.removeprefix(prefix): file.get_tensor(key).float() for key in keys}


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """The shapes of tensors, by their names."""
    return {key: tuple(value.shape) for key, value in tensors.items()}


def stored_shapes(folder: Path) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shapes of the stored tensors by network, from the file's head alone.

    Raises:
        ValueError: if they are of an unknown kind, or more than any model here has: a file with
            holes in it, a few bytes on the disk, can claim any number of them.
    """
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    numbers = 0
    with opened(folder) as file:
        for key in file.keys():  # noqa: SIM118  (no dictionary)
            name, _, own = key.partition(".")
            part = file.get_slice(key)
            shape = tuple(part.get_shape())
            if part.get_dtype() not in KINDS:
                raise ValueError(f"{folder / FILE} holds numbers of a kind that is not read here")
            found.setdefault(name, {})[own] = shape
            numbers += math.prod(shape)
    if numbers > MOST:
        raise ValueError(_TOO_MUCH.format(folder / FILE))
    return found
