"""Is it that style? A classifier trained on real pictures judges."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_lessons.files import share
from gan_lessons.images.resize import resize
from gan_lessons.metrics.features import as_float, at_once, exact
from gan_lessons.models import store
from gan_lessons.models.mobilenet import fused


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
        folder: of a run of `gan-lessons train --model classifier`.
        device: where to judge.

    Returns:
        The classifier, on the device.

    Raises:
        ValueError: if the files are missing or damaged.
    """
    folder = folder or share("data", "features", "style_classifier")
    known = store.describe(folder)
    if known.architecture != "classifier":
        kind = known.architecture
        raise ValueError(f"{folder} holds no style classifier but a model of the kind {kind}")
    network = store.read_networks(folder, known, ("classifier",))["classifier"]
    network = fused(network.eval()).to(device, memory_format=torch.channels_last)
    return Judge(
        network.requires_grad_(False),
        known.styles,
        known.recipe.data.size,
        known.run.get("accuracy", float("nan")),
        known.run.get("confusion", []),
    )
