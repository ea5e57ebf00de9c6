"""Codes for paintings: six numbers for the palette, and a vector for all else.

Photographs and paintings have no paper and no parts that correspond. What a palette is in them can
be said in closed form: mean and spread of lightness and of two differences of colours (Reinhard et
al. 2001; as a layer, AdaIN on colours). The generator begins with a picture of that palette and
adds brushwork to it, and the encoder's vector is read off a picture whose palette was taken out, so
that each of the two says what the other cannot.

Convolutions make of an even sky an even sky, and painters do not. So the generator also sees the
grain of its source: what differs from the surroundings, however little, at one strength everywhere.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import SLOPE, DomainLinear, InstanceNorm
from gan_lessons.models.stargan.modulated import ModulatedGenerator
from gan_lessons.models.stargan.recipe import PALETTE, ModelConfig
from gan_lessons.models.stargan.trunk import widths

OPPONENTS = ((1, 1, 1), (1, 0, -1), (1, -2, 1))  # lightness, red to blue, green to magenta
NEAR = 5  # pixels a side of the surroundings that grain differs from
FAINT = 2e-5  # added to the variance of grain: about what rounding to bytes leaves
FLAT = 0.01  # added to variances: fog is not stretched to the contrast of a storm
NARROW, WIDE = -3.0, 0.0  # bounds of the logarithm of a palette's spread


class Opponents(nn.Module):
    """Colours as lightness and two differences, and back: an orthogonal basis, in float32."""

    def __init__(self):
        super().__init__()
        rows = F.normalize(torch.tensor(OPPONENTS, dtype=torch.float32), dim=1)
        self.register_buffer("rows", rows, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, 3, H, W)`, red, green and blue, to the same shape."""
        return self.mixed(x, self.rows)

    def back(self, x: Tensor) -> Tensor:
        """The way back."""
        return self.mixed(x, self.rows.T)

    @staticmethod
    def mixed(x: Tensor, rows: Tensor) -> Tensor:
        """Each row's sum of channels; not as a product of matrices, which bfloat16 would round."""
        x = x.float()
        found = [sum(row[c] * x[:, c : c + 1] for c in range(3)) for row in rows]
        return torch.cat(found, dim=1)


class PaintingGenerator(ModulatedGenerator):
    """`ModulatedGenerator` on a picture that has the palette of the code already."""

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        self.vector_dim, self.style_dim = config.style_dim, config.code_dim
        self.opponents = Opponents()
        self.norm = InstanceNorm(3, eps=FLAT)
        self.from_grain = nn.Conv2d(1, config.width, 4, stride=2, padding=1)

    def recoloured(self, x: Tensor, s: Tensor) -> Tensor:
        """Pictures with mean and spread of the code's palette.

        Args:
            x: `(N, 3, H, W)` in [-1, 1].
            s: `(N, code_dim)`.

        Returns:
            `(N, 3, H, W)`, in float32; a few colours may lie beyond [-1, 1].
        """
        mean, spread = s[:, self.vector_dim :, None, None].float().chunk(2, dim=1)
        h = self.norm(self.opponents(x)) * spread.clamp(NARROW, WIDE).exp() + mean
        return self.opponents.back(h)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Restyle.

        Args:
            x: `(N, 3, H, W)` in [-1, 1]; H and W multiples of `stride`.
            s: `(N, code_dim)`.

        Returns:
            `(N, 3, H, W)`, near [-1, 1] once trained; not clamped.
        """
        palette = self.recoloured(x, s).to(x.dtype)
        under = self.from_grain(grain(x).contiguous(memory_format=torch.channels_last))
        h = self.finest(palette, s[:, : self.vector_dim], under=under)
        return palette + self.to_rgb(h).to(x.dtype)


class PaintingEncoder(nn.Module):
    """Read off a painting, of any size, its brushwork and its palette."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.opponents = Opponents()
        self.norm = InstanceNorm(3, eps=FLAT)
        channels = widths(config.encoder_width, config.encoder_max_width, 3)
        sides = zip((3, *channels[:-1]), channels, strict=True)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in sides)
        self.squeeze = nn.Linear(2 * sum(channels), 2 * channels[-1])
        self.heads = DomainLinear(config.domains, 2 * channels[-1], config.style_dim)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Encode.

        Args:
            x: `(N, 3, H, W)` in [-1, 1]; H and W 16 or more.
            y: `(N,)` int64, the domain of each image.

        Returns:
            `(N, code_dim)`: style_dim numbers of the brushwork, mean and logarithm of the spread of
            lightness and colours.
        """
        colours = self.opponents(x)
        h, pooled = self.norm(colours).to(x.dtype), []
        for conv in self.down:
            h = F.leaky_relu(conv(h), SLOPE)
            variance, mean = torch.var_mean(h.float(), dim=(2, 3), correction=0)
            pooled += [mean, (variance + 1e-4).sqrt()]
        h = torch.cat(pooled, dim=1)
        h = F.layer_norm(h, h.shape[1:])  # nothing else holds the features down
        vector = self.heads(F.leaky_relu(self.squeeze(h), SLOPE), y)
        return torch.cat([vector.float(), palette_of(colours)], dim=1)

    def one_code(self, s: Tensor) -> Tensor:
        """One code of several squares of a picture, `(K, code_dim)` to `(1, code_dim)`.

        The palette of them all: its variance is what varies within squares and what varies from one
        to the next. Of the rest the mean.
        """
        vectors, means, spreads = s.split([s.shape[1] - PALETTE, 3, 3], dim=1)
        within = (2 * spreads).exp() - FLAT
        between = means.var(dim=0, correction=0)
        spread = (within.mean(dim=0) + between + FLAT).log() / 2
        return torch.cat([vectors.mean(dim=0), means.mean(dim=0), spread])[None]


def grain(x: Tensor) -> Tensor:
    """How lightness differs from its surroundings, at one strength everywhere.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].

    Returns:
        `(N, 1, H, W)`, of variance 1 but where a picture is even to the last bit, in float32.
    """
    light = x.float().mean(dim=1, keepdim=True)
    around = {"kernel_size": NEAR, "stride": 1, "padding": NEAR // 2, "count_include_pad": False}
    away = light - F.avg_pool2d(light, **around)
    return away * torch.rsqrt(F.avg_pool2d(away.square(), **around) + FAINT)


def palette_of(colours: Tensor) -> Tensor:
    """Mean and logarithm of the spread of three channels, `(N, 3, H, W)` to `(N, 6)`."""
    variance, mean = torch.var_mean(colours, dim=(2, 3), correction=0)
    return torch.cat([mean, (variance + FLAT).log() / 2], dim=1)
