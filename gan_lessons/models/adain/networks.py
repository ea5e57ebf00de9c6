"""Style transfer by statistics (Huang and Belongie 2017): a frozen encoder, AdaIN, a decoder.

Three changes against the paper. The encoder is the bundled MobileNetV2 in place of VGG, which no
package ships. And it looks at the picture enlarged, because emoji are small: at 64 pixels, doubled,
the map that the style is moved on is 32 pixels wide. And where the recipe says so, it looks at the
picture with a mirrored rim: MobileNetV2 takes what is outside for grey, so that white paper has an
edge all around, which AdaIN would stretch and shift into a coloured frame.
"""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import SLOPE, InstanceNorm, double, networks_from_seed
from gan_lessons.models.adain.recipe import AdaINConfig
from gan_lessons.models.mobilenet import CHANNELS, Encoder


def statistics(h: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel over the picture, `(N, C, 1, 1)` each.

    Args:
        h: `(N, C, H, W)`.
    """
    variance, mean = torch.var_mean(h.float(), dim=(2, 3), keepdim=True, correction=0)
    return mean, (variance + 1e-5).sqrt()


def adain(content: Tensor, style: Tensor) -> Tensor:
    """Give one map the statistics of another.

    sigma(y) (x - mu(x)) / sigma(x) + mu(y) (Huang and Belongie 2017, equation 8).

    Args:
        content: x, `(N, C, H, W)`.
        style: y, `(N, C, H', W')`.

    Returns:
        `(N, C, H, W)`.

    Example:
        >>> adain(torch.tensor([[[[0.0, 2.0]]]]), torch.tensor([[[[7.0, 9.0]]]])).round().tolist()
        [[[[7.0, 9.0]]]]
    """
    (mean, scale), (wanted_mean, wanted_scale) = statistics(content), statistics(style)
    return ((content - mean) / scale * wanted_scale + wanted_mean).to(content.dtype)


def conv(before: int, after: int) -> nn.Conv2d:
    """3x3 over a mirrored border, without a norm: that would wash out the style again."""
    layer = nn.Conv2d(before, after, 3, padding=1, padding_mode="reflect")
    nn.init.kaiming_normal_(layer.weight, a=SLOPE)
    nn.init.zeros_(layer.bias)
    return layer


class Decoder(nn.Module):
    """From a map of the encoder to a picture."""

    def __init__(self, config: AdaINConfig):
        super().__init__()
        widths = [config.width // 2**i for i in range(config.doublings + 1)]
        rows = [(CHANNELS[config.block], widths[0]), *[(widths[0],) * 2] * (config.layers - 1)]
        self.first = nn.ModuleList(conv(*row) for row in rows)
        pairs = zip(widths[:-1], widths[1:], strict=True)
        self.up = nn.ModuleList(nn.ModuleList([conv(a, b), conv(b, b)]) for a, b in pairs)
        self.to_rgb = conv(widths[-1], 3)

    def forward(self, h: Tensor) -> Tensor:
        """Draw: `(N, C, H, W)` to `(N, 3, H', W')`, about [-1, 1]."""
        for layer in self.first:
            h = F.leaky_relu(layer(h), SLOPE)
        for before, after in self.up:
            h = F.leaky_relu(before(double(h)), SLOPE)
            h = F.leaky_relu(after(h), SLOPE)
        return self.to_rgb(h)


class Transfer(nn.Module):
    """Encoder, AdaIN and decoder."""

    def __init__(self, config: AdaINConfig):
        super().__init__()
        self.enlarge, self.mirror = config.enlarge, config.mirror
        self.encoder = Encoder(config.taps)
        self.decoder = Decoder(config)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Maps of all taps, the block's last: `(N, 3, H, W)` to `(N, C, H', W')` each."""
        if self.mirror:
            mode = "reflect" if self.mirror < min(x.shape[2:]) else "replicate"  # a tiny picture
            x = F.pad(x, (self.mirror,) * 4, mode=mode)
        if self.enlarge == 2:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        maps = []
        for h in self.encoder(x):
            rim = self.mirror * self.enlarge * h.shape[2] // x.shape[2]  # in positions of the map
            maps.append(h[:, :, rim : h.shape[2] - rim, rim : h.shape[3] - rim])
        return maps

    def forward(self, x: Tensor, x_ref: Tensor, amount: float = 1.0) -> Tensor:
        """Redraw pictures in the statistics of others.

        Args:
            x: `(N, 3, H, W)` in [-1, 1], content; H and W multiples of 8.
            x_ref: `(N, 3, H', W')`, style.
            amount: from 0, the content as the decoder knows it, to 1 (section 6.2 of the paper).

        Returns:
            `(N, 3, H, W)` in [-1, 1].
        """
        h = self.encode(x)[-1]
        moved = adain(h, self.encode(x_ref)[-1])
        return self.decoder(h + amount * (moved - h)).clamp(-1, 1)


class Redraw(nn.Module):
    """Pictures in given statistics: AdaIN as a generator that takes a style code.

    A code is the mean and the standard deviation of every channel of a reference's map.

    Args:
        transfer: what was trained.
    """

    stride = 8  # H and W have to be multiples of it
    least = 16  # and as large, since every convolution mirrors its border

    def __init__(self, transfer: Transfer):
        super().__init__()
        self.transfer = transfer
        channels = CHANNELS[transfer.encoder.taps[-1]]
        self.style_dim = 2 * channels
        self.normalise = InstanceNorm(channels)  # tiles can share it

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Restyle: `(N, 3, H, W)` and `(N, 2 C)` to `(N, 3, H, W)` in [-1, 1]."""
        mean, scale = s[:, :, None, None].chunk(2, dim=1)
        h = self.normalise(self.transfer.encode(x)[-1])
        return self.transfer.decoder((h * scale + mean).to(x.dtype)).clamp(-1, 1)


class Statistics(nn.Module):
    """The style code of references: the statistics that `Redraw` gives to pictures.

    Args:
        transfer: what was trained.
    """

    def __init__(self, transfer: Transfer):
        super().__init__()
        self.transfer = transfer

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Read: `(N, 3, H, W)` in [-1, 1] to `(N, 2 C)`, whatever `y` calls their style."""
        return torch.cat(statistics(self.transfer.encode(x)[-1]), dim=1).flatten(1)


def build(config: AdaINConfig, seed: int = 0, names: Collection[str] = ()) -> dict[str, nn.Module]:
    """The networks, initialised from a seed without touching global randomness.

    Args:
        config: their shape.
        seed: of the decoder's initial weights.
        names: of the networks that are wanted; there is only one.

    Returns:
        "transfer", on the CPU; of its weights the decoder's alone are parameters.
    """
    return networks_from_seed({"transfer": lambda: Transfer(config)}, seed)
