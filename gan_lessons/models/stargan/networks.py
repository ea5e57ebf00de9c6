"""The four networks of StarGAN v2 (Choi et al. 2020, appendix B).

Generator, mapping network, style encoder and discriminator, at any power-of-two size and any
width; `ModelConfig.paper()` gives exactly the published shapes.
"""

import math
from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import SLOPE, AdaINResBlk, DomainLinear, InstanceNorm, ResBlk
from gan_lessons.models.stargan import painting, parts, repainting
from gan_lessons.models.stargan.mapping import MappingNetwork
from gan_lessons.models.stargan.modulated import ModulatedGenerator
from gan_lessons.models.stargan.outlines import HandEncoder, OutlineGenerator
from gan_lessons.models.stargan.projected import LetterReader, ProjectedDiscriminator
from gan_lessons.models.stargan.recipe import ModelConfig
from gan_lessons.models.stargan.trunk import Trunk, widths


class Generator(nn.Module):
    """Translate an image into the style that a code asks for: (x, s) to an image.

    Instance-normalised residual blocks down, AdaIN residual blocks up (Table 5 of the paper).
    `ModulatedGenerator` is our variation on it.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        halvings = int(math.log2(config.size // config.bottleneck))
        channels = widths(config.width, config.max_width, halvings)
        inner = channels[-1]
        self.stride, self.style_dim = 2**halvings, config.style_dim
        self.from_rgb = nn.Conv2d(3, channels[0], 3, padding=1)
        down = [
            ResBlk(a, b, normalize=True, downsample=True)
            for a, b in zip(channels[:-1], channels[1:], strict=True)
        ]
        middle = [ResBlk(inner, inner, normalize=True) for _ in range(config.blocks)]
        self.encode = nn.ModuleList([*down, *middle])
        style = config.style_dim
        styled = [AdaINResBlk(inner, inner, style) for _ in range(config.blocks)]
        up = [
            AdaINResBlk(b, a, style, upsample=True)
            for a, b in zip(channels[-2::-1], channels[:0:-1], strict=True)
        ]
        self.decode = nn.ModuleList([*styled, *up])
        self.norm = InstanceNorm(channels[0], affine=True)
        self.to_rgb = nn.Conv2d(channels[0], 3, 1)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Restyle.

        Args:
            x: `(N, 3, H, W)` in [-1, 1]; H and W multiples of `stride`.
            s: `(N, style_dim)`.

        Returns:
            `(N, 3, H, W)`, near [-1, 1] once trained; not clamped.
        """
        h = self.from_rgb(x)
        for block in self.encode:
            h = block(h)
        for block in self.decode:
            h = block(h, s)
        return self.to_rgb(F.leaky_relu(self.norm(h), SLOPE))


class StyleEncoder(nn.Module):
    """Read the style code off a reference image, as its domain sees it (Table 7)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.trunk = Trunk(
            config.size, config.encoder_width, config.encoder_max_width, config.stem_stride
        )
        self.heads = DomainLinear(config.domains, self.trunk.out_dim, config.style_dim)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Encode.

        Args:
            x: `(N, 3, size, size)` in [-1, 1].
            y: `(N,)` int64, the domain of each image.

        Returns:
            `(N, style_dim)`.
        """
        return self.heads(self.trunk(x), y)


class Discriminator(nn.Module):
    """Judge whether an image is a real one of a domain; one branch a domain (Table 8)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.trunk = Trunk(
            config.size, config.critic_width, config.critic_max_width, config.stem_stride
        )
        self.heads = DomainLinear(config.domains, self.trunk.out_dim, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Judge.

        Args:
            x: `(N, 3, size, size)` in [-1, 1].
            y: `(N,)` int64, the domain each image claims, or `(N, K)`, several claims each, which
                cost no more than one.

        Returns:
            Logits in the shape of `y`; positive means real.
        """
        h = self.trunk(x)
        claims = y.numel() // len(y)
        return self.heads(h.repeat_interleave(claims, dim=0), y.flatten()).view(y.shape)


def build(config: ModelConfig, seed: int = 0, names: Collection[str] = ()) -> dict[str, nn.Module]:
    """The networks, initialised from a seed without touching global randomness.

    Args:
        config: their shapes.
        seed: of the initial weights.
        names: of the networks that are wanted; empty: all.

    Returns:
        "generator", "mapping_network", "style_encoder", "discriminator", each on the CPU, and
        "projected" and "reader", where the recipe asks for a second discriminator and for a
        classifier of letters.
    """
    generator, encoder, mapping = {
        "adain": (Generator, StyleEncoder, MappingNetwork),
        "modulated": (ModulatedGenerator, StyleEncoder, MappingNetwork),
        "parts": (parts.PartsGenerator, parts.PartsEncoder, MappingNetwork),
        "repainting": (
            repainting.RepaintingGenerator,
            repainting.RepaintingEncoder,
            repainting.RepaintingMapping,
        ),
        "painting": (painting.PaintingGenerator, painting.PaintingEncoder, MappingNetwork),
        "outlines": (OutlineGenerator, HandEncoder, MappingNetwork),
    }[config.generator]
    kinds = {
        "generator": generator,
        "mapping_network": mapping,
        "style_encoder": encoder,
        "discriminator": Discriminator,
    }
    wanted = names or (*kinds, "projected", "reader")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = {name: kind(config) for name, kind in kinds.items() if name in wanted}
        for network in networks.values():
            network.apply(he_init)
        if config.projected and "projected" in wanted:
            networks["projected"] = ProjectedDiscriminator(config)
        if config.reader and "reader" in wanted:
            networks["reader"] = LetterReader(config)
        if config.paints and {"generator", "style_encoder"} <= networks.keys():
            parts.begin(networks)
        starting = config.paints or config.generator in ("modulated", "painting")
        if starting and "generator" in networks:
            nn.init.zeros_(networks["generator"].to_rgb.weight)  # training starts at G(x, s) = x
    return networks


def he_init(module: nn.Module) -> None:
    """Kaiming-normal weights and zero biases for plain convolutions and linear layers."""
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(module.weight, a=SLOPE)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
