"""For letters: a generator that draws outlines anew, and an encoder that reads off a hand.

x + g(x, s) cannot move an outline: it would have to take the old one away exactly. So nothing of
the source is left but the path of its strokes, and all ink is drawn by the code.
"""

import torch
from torch import Tensor, nn

from gan_lessons.models.stargan.modulated import ModulatedGenerator
from gan_lessons.models.stargan.recipe import ModelConfig
from gan_lessons.models.stargan.strokes import Strokes
from gan_lessons.models.stargan.trunk import Trunk


class OutlineGenerator(ModulatedGenerator):
    """Draw letters along their strokes, in the hand of a code."""

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        self.strokes = Strokes()
        self.to_ink = nn.Conv2d(self.to_rgb.in_channels, 1, 3, padding=1)
        del self.to_rgb

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Restyle.

        Args:
            x: `(N, 3, H, W)` in [-1, 1], dark letters on white; H and W multiples of `stride`.
            s: `(N, style_dim)`.

        Returns:
            `(N, 3, H, W)` in (-1, 1), grey.
        """
        return paper(self.ink(self.strokes(x), s)).to(x.dtype)

    def ink(self, strokes: Tensor, s: Tensor) -> Tensor:
        """Logits of ink, `(N, 1, H, W)`, from strokes `(N, 1, H, W)` in [0, 1]."""
        return self.to_ink(self.finest(1 - 2 * strokes.expand(-1, 3, -1, -1), s)).float()


def paper(ink: Tensor) -> Tensor:
    """Grey pictures `(N, 3, H, W)` in (-1, 1) from logits of ink `(N, 1, H, W)`."""
    return (1 - 2 * ink.sigmoid()).expand(-1, 3, -1, -1)


class HandEncoder(nn.Module):
    """Read the hand off a letter; in which domain it stands is not asked.

    A code has length sqrt(S) whatever the letter, so that codes can neither shrink nor burst.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.trunk = Trunk(
            config.size, config.encoder_width, config.encoder_max_width, config.stem_stride
        )
        self.to_code = nn.Linear(self.trunk.out_dim, config.style_dim)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Encode.

        Args:
            x: `(N, 3, size, size)` in [-1, 1].
            y: `(N,)` int64, the domain of each image; not used.

        Returns:
            `(N, style_dim)`.
        """
        s = self.to_code(self.trunk(x)).float()
        return s * torch.rsqrt(s.square().mean(dim=1, keepdim=True) + 1e-6)
