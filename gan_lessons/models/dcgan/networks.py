"""Convolutional generator and discriminator (Radford et al. 2016), with switches for each choice.

Batch norm, residual connections, depth, how sizes are doubled and how weights start can be changed
one at a time, so that a lesson can measure what each of them does.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_lessons.layers import HALF, SLOPE, networks_from_seed
from gan_lessons.models.dcgan.recipe import DCGANConfig

WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


class Residual(nn.Module):
    """body(x) + shortcut(x), brought back to unit variance (He et al. 2016, equation 2)."""

    def __init__(self, body: nn.Module, shortcut: nn.Module):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return HALF * (self.body(x) + self.shortcut(x))


def doubling(before: int, after: int, upsample: str, *, bias: bool) -> nn.Module:
    """Twice the size, in one of three ways (Odena et al. 2016).

    - "transposed": transposed convolution, kernel 4, stride 2. Every pixel is reached by 2x2 taps,
      but neighbours by different ones.
    - "uneven": the same with kernel 3, which is no multiple of the stride: pixels are reached by 1,
      2 or 4 taps in turn, a checkerboard built in.
    - "resize": nearest neighbour, then an ordinary convolution: the same 3x3 taps for every pixel.
    """
    if upsample == "transposed":
        return nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=bias)
    if upsample == "uneven":
        return nn.ConvTranspose2d(
            before, after, 3, stride=2, padding=1, output_padding=1, bias=bias
        )
    return nn.Sequential(
        nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1, bias=bias)
    )


def bent(body: list[nn.Module], shortcut: nn.Module | None, bend: nn.Module) -> nn.Sequential:
    """The body and a bend; with a shortcut, around the body alone (He et al. 2016, figure 2)."""
    if shortcut is None:
        return nn.Sequential(*body, bend)
    return nn.Sequential(Residual(nn.Sequential(*body), shortcut), bend)


def further(channels: int, bend: nn.Module, config: DCGANConfig, *, norm: bool) -> list[nn.Module]:
    """As many blocks as the depth asks for; they change neither size nor channels."""
    blocks: list[nn.Module] = []
    for _ in range(config.depth):
        body: list[nn.Module] = [nn.Conv2d(channels, channels, 3, padding=1, bias=not norm)]
        body += [nn.BatchNorm2d(channels)] if norm else []
        blocks.append(bent(body, nn.Identity() if config.residual else None, bend))
    return blocks


def up(before: int, after: int, config: DCGANConfig) -> list[nn.Module]:
    """Double the size, normalise, and bend; then the further blocks."""
    body: list[nn.Module] = [doubling(before, after, config.upsample, bias=not config.norm)]
    body += [nn.BatchNorm2d(after)] if config.norm else []
    shortcut = None
    if config.residual:
        widen = nn.Conv2d(before, after, 1, bias=False)
        shortcut = nn.Sequential(widen, nn.Upsample(scale_factor=2))
    first = bent(body, shortcut, nn.ReLU())
    return [first, *further(after, nn.ReLU(), config, norm=config.norm)]


def down(before: int, after: int, config: DCGANConfig, *, image: bool) -> list[nn.Module]:
    """Halve the size, normalise unless it is the image, and bend; then the further blocks."""
    norm = config.norm and not config.spectral
    biased = image or not norm
    body: list[nn.Module] = [nn.Conv2d(before, after, 4, stride=2, padding=1, bias=biased)]
    body += [] if biased else [nn.BatchNorm2d(after)]
    shortcut = None
    if config.residual:
        widen = nn.Conv2d(before, after, 1, bias=False)
        shortcut = nn.Sequential(nn.AvgPool2d(2), widen)
    first = bent(body, shortcut, nn.LeakyReLU(SLOPE))
    return [first, *further(after, nn.LeakyReLU(SLOPE), config, norm=norm)]


class Generator(nn.Module):
    """Noise to an image: 4 by 4 pixels, then doubled until the size is reached."""

    def __init__(self, config: DCGANConfig):
        super().__init__()
        widths = config.widths[::-1]
        self.embedding = nn.Embedding(config.classes, config.latent_dim) if config.classes else None
        noise = config.latent_dim * (2 if config.classes else 1)
        first: list[nn.Module] = [nn.Linear(noise, widths[0] * 16, bias=not config.norm)]
        first += [nn.Unflatten(1, (widths[0], 4, 4))]
        first += [nn.BatchNorm2d(widths[0])] if config.norm else []
        blocks = [nn.Sequential(*first, nn.ReLU())]
        blocks += further(widths[0], nn.ReLU(), config, norm=config.norm)
        for before, after in zip(widths[:-1], widths[1:], strict=True):
            blocks += up(before, after, config)
        self.blocks = nn.Sequential(*blocks)
        self.to_rgb = doubling(widths[-1], config.channels, config.upsample, bias=False)
        initialise(self, config.init)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Generate.

        Args:
            z: `(N, latent_dim)`, standard normal.
            y: `(N,)` int64, the class asked for; not used where there are no classes.

        Returns:
            `(N, channels, size, size)` in [-1, 1].
        """
        if self.embedding is not None:
            z = torch.cat([z, self.embedding(y)], dim=1)
        h = self.blocks(z)  # (N, width, size/2, size/2)
        return self.to_rgb(h).tanh()


class Discriminator(nn.Module):
    """An image to one logit; positive means real.

    With classes, the logit is w.h + e(y).h: how real, and how much of that class (Miyato and Koyama
    2018, equation 4).
    """

    def __init__(self, config: DCGANConfig):
        super().__init__()
        widths = config.widths
        blocks = down(config.channels, widths[0], config, image=True)
        for before, after in zip(widths[:-1], widths[1:], strict=True):
            blocks += down(before, after, config, image=False)
        self.blocks = nn.Sequential(*blocks)
        self.to_logit = nn.Conv2d(widths[-1], 1, 4, bias=False)
        self.claim = nn.Embedding(config.classes, widths[-1]) if config.classes else None
        initialise(self, config.init)
        if config.spectral:
            for module in list(self.modules()):
                if isinstance(module, (nn.Conv2d, nn.Embedding)):
                    spectral_norm(module)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Judge.

        Args:
            x: `(N, channels, size, size)` in [-1, 1].
            y: `(N,)` int64, the class it claims; not used where there are no classes.

        Returns:
            `(N,)` logits.
        """
        h = self.blocks(x)  # (N, C, 4, 4)
        logits = self.to_logit(h).flatten()
        if self.claim is None:
            return logits
        return logits + (self.claim(y) * h.mean(dim=(2, 3))).sum(dim=1)


def initialise(network: nn.Module, how: str) -> None:
    """Fill convolutions and linear layers with normal weights of a width.

    Args:
        network: changed in place; batch norm starts as the identity in every case.
        how: "dcgan": 0.02, whatever the layer; "he": sqrt(2 / ((1 + slope^2) inputs)) (He et al.
            2015, equation 14); "xavier": sqrt(2 / (inputs + outputs)) (Glorot and Bengio 2010,
            equation 12); "pytorch": its default, left as it is.
    """
    for module in network.modules():
        if how == "pytorch" or not isinstance(module, WEIGHTED):
            continue
        inputs, outputs = fans(module)
        he, xavier = math.sqrt(2 / (1 + SLOPE**2) / inputs), math.sqrt(2 / (inputs + outputs))
        nn.init.normal_(module.weight, std={"dcgan": 0.02, "he": he, "xavier": xavier}[how])
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def fans(module: nn.Module) -> tuple[float, float]:
    """How many inputs a value sees, and how many outputs see it.

    PyTorch's own count takes a transposed convolution for a plain one and forgets the stride.

    Args:
        module: linear, convolution or transposed convolution.

    Returns:
        Inputs and outputs, away from the border.
    """
    if isinstance(module, nn.Linear):
        return module.in_features, module.out_features
    taps, skipped = math.prod(module.kernel_size), math.prod(module.stride)
    if isinstance(module, nn.ConvTranspose2d):
        return module.in_channels * taps / skipped, module.out_channels * taps
    return module.in_channels * taps, module.out_channels * taps / skipped


def build(config: DCGANConfig, seed: int = 0) -> dict[str, nn.Module]:
    """Both networks, initialised from a seed without touching global randomness.

    Args:
        config: their shapes.
        seed: of the initial weights.

    Returns:
        "generator" and "discriminator", on the CPU.
    """
    makers = {
        "generator": lambda: Generator(config),
        "discriminator": lambda: Discriminator(config),
    }
    return networks_from_seed(makers, seed)
