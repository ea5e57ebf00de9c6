"""Is it that style? A classifier trained on real pictures judges."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from gan_lessons.files import share
from gan_lessons.images.resize import resize
from gan_lessons.metrics.features import as_float, at_once, exact
from gan_lessons.models.classifier.networks import StyleClassifier
from gan_lessons.models.mobilenet import fused
from gan_lessons.text import read_json
from gan_lessons.training.classifier import FORMAT, NAME


@dataclass(frozen=True)
class Judge:
    """A trained style classifier and what it is worth."""

    network: nn.Module
    styles: tuple[str, ...]
    size: int  # pixels a side that it was trained at
    accuracy: float  # on real test pictures
    confusion: list[list[int]]  # rows true, columns as judged

    @torch.inference_mode()
    def logits(self, x: Tensor, *, batch: int = 0) -> Tensor:
        """Judge pictures.

        Args:
            x: `(N, 3, H, W)`, in [-1, 1] or uint8.
            batch: pictures in one pass; 0: what suits the device.

        Returns:
            `(N, styles)` on the classifier's device.
        """
        device = next(self.network.parameters()).device
        parts = x.split(batch or at_once(device))
        with exact(device):
            return torch.cat([self.one_pass(part.to(device)) for part in parts])

    def one_pass(self, x: Tensor) -> Tensor:
        """Logits of as many pictures as fit."""
        x = resize(as_float(x).float(), self.size)
        return self.network(x.contiguous(memory_format=torch.channels_last))

    def share(self, x: Tensor, style: str) -> float:
        """Share of pictures that are taken for a style.

        Args:
            x: `(N, 3, H, W)`, in [-1, 1] or uint8.
            style: the style that they should have.

        Returns:
            Between 0 and 1.

        Raises:
            ValueError: if the classifier does not know the style.
        """
        if style not in self.styles:
            raise ValueError(f"the classifier knows {', '.join(self.styles)}, not {style!r}")
        judged = self.logits(x).argmax(dim=1)
        return (judged == self.styles.index(style)).float().mean().item()


@cache
def judge(folder: Path | None = None, device: str = "cpu") -> Judge:
    """The classifier that comes with the course, or one in a folder of your own.

    Args:
        folder: where `training.classifier.run` wrote it.
        device: where to judge.

    Returns:
        The classifier, on the device.

    Raises:
        ValueError: if the files are missing or damaged.
    """
    folder = folder or share("data", "features")
    try:
        known = read_json(folder / f"{NAME}.json")
        network = StyleClassifier(len(known["styles"]))
        weights = {k: v.float() for k, v in load_file(folder / f"{NAME}.safetensors").items()}
        missing, unknown = network.load_state_dict(weights, strict=False)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError):
        raise ValueError(f"{folder} holds no readable style classifier") from None
    if known.get("format") != FORMAT or unknown or any("num_batches" not in k for k in missing):
        raise ValueError(f"{folder} holds another kind of classifier, or a damaged one")
    network = fused(network.eval()).to(device, memory_format=torch.channels_last)
    return Judge(
        network.requires_grad_(False),
        tuple(known["styles"]),
        known["size"],
        known["accuracy"],
        known["confusion"],
    )
