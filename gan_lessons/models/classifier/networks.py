"""A small network that tells styles apart."""

from torch import Tensor, nn

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
