"""A small network that tells styles apart."""

from collections.abc import Collection

import torch
from torch import Tensor, nn

from gan_lessons.layers import networks_from_seed
from gan_lessons.models.classifier.recipe import JudgeConfig

WIDTHS = (24, 48, 80, 96)


def conv(before: int, after: int, stride: int) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


class StyleClassifier(nn.Module):
    """Pictures to logits over styles.

    Four times two convolutions that halve the picture, then the mean over positions: a style is the
    same wherever one looks.

    Args:
        styles: how many there are.
        widths: channels after each halving.
    """

    def __init__(self, styles: int, widths: tuple[int, ...] = WIDTHS):
        super().__init__()
        layers = []
        for before, after in zip((3, *widths), widths):
            layers += [conv(before, after, 2), conv(after, after, 1)]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], styles)

    def forward(self, x: Tensor) -> Tensor:
        """Judge.

        Args:
            x: `(N, 3, H, W)` in [-1, 1], 16 pixels a side or more.

        Returns:
            `(N, styles)`, logits.
        """
        return self.head(self.layers(x).mean(dim=(2, 3)))


def build(config: JudgeConfig, seed: int = 0, names: Collection[str] = ()) -> dict[str, nn.Module]:
    """The network, initialised from a seed without touching global randomness.

    Args:
        config: number of styles.
        seed: of the initial weights.
        names: of the networks that are wanted; there is only one.

    Returns:
        "classifier", on the CPU.
    """
    makers = {"classifier": lambda: StyleClassifier(config.domains, WIDTHS)}
    return networks_from_seed(makers, seed)


@torch.inference_mode()
def confusion(network: nn.Module, images: Tensor, labels: Tensor, styles: int) -> Tensor:
    """Which style is taken for which.

    Args:
        network: pictures to logits.
        images: uint8 `(N, 3, H, W)`.
        labels: `(N,)`.
        styles: how many there are.

    Returns:
        Counts `(styles, styles)`: rows true, columns as judged.
    """
    device = next(network.parameters()).device
    judged = []
    for part in images.split(256):
        x = part.to(device).float() / 127.5 - 1
        judged.append(network(x).argmax(dim=1).cpu())
    pairs = labels.cpu() * styles + torch.cat(judged)
    return torch.bincount(pairs, minlength=styles**2).view(styles, styles)
