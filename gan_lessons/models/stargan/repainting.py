"""A generator in two passes: the first knows the styles, the second repaints by a reference.

What sets a style apart (outlines, shading, how a face is built) and what sets one picture of it
apart (its palette) pull a single network two ways: while it learned palettes it unlearned styles.
Here a trained generator whose results hardly vary makes the first pass and stays as it is;
`PartsGenerator` goes over its result. A code begins with the shares of the styles, which choose the
first pass, so a walk between styles is still a straight line.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.models.stargan.mapping import MappingNetwork
from gan_lessons.models.stargan.modulated import ModulatedGenerator
from gan_lessons.models.stargan.parts import PartsEncoder, PartsGenerator
from gan_lessons.models.stargan.recipe import ModelConfig


def with_style(s: Tensor, y: Tensor, domains: int) -> Tensor:
    """Codes `(..., S)` of styles `(...)` behind the shares of the styles: `(..., domains + S)`."""
    return torch.cat([F.one_hot(y, domains).to(s.dtype), s], dim=-1)


class RepaintingGenerator(PartsGenerator):
    """A first pass that is not trained, and `PartsGenerator` on what it made."""

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        self.domains = config.domains
        self.first = ModulatedGenerator(config)
        self.usual = nn.Parameter(torch.zeros(config.domains, config.style_dim))
        self.stay()

    def stay(self) -> None:
        """Take the first pass out of all training."""
        self.first.requires_grad_(False)
        self.usual.requires_grad_(False)

    def first_pass(self, x: Tensor, s: Tensor) -> Tensor:
        """Restyle as all pictures of a style are alike.

        Args:
            x: `(N, 3, H, W)` in [-1, 1].
            s: `(N, code_dim)`, of which only the shares of the styles count.

        Returns:
            `(N, 3, H, W)` in [-1, 1]; no gradient flows through it.
        """
        with torch.no_grad():
            return self.first(x, s[:, : self.domains] @ self.usual.to(s.dtype)).clamp(-1, 1)

    def painted(self, x: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        """The result, and what `paint` laid under it."""
        return super().painted(self.first_pass(x, s), s)


class RepaintingEncoder(PartsEncoder):
    """`PartsEncoder`, its codes behind the style that was asked for."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Encode: `(N, 3, H, W)` and styles `(N,)` to `(N, code_dim)`."""
        return with_style(super().forward(x, y), y, len(self.usual))


class RepaintingMapping(MappingNetwork):
    """`MappingNetwork`, its codes behind the style that was asked for."""

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        """Draw: `(N, latent_dim)` and styles `(N,)` to `(N, code_dim)`."""
        return with_style(super().forward(z, y), y, len(self.unshared[-1].bias))

    def every(self, z: Tensor) -> Tensor:
        """The same latents in all domains, `(K, latent_dim)` to `(domains, K, code_dim)`."""
        s = super().every(z)
        y = torch.arange(len(s), device=z.device)
        return with_style(s, y[:, None].expand(s.shape[:2]), len(s))


@torch.no_grad()
def begin_with(
    networks: dict[str, nn.Module], older: dict[str, nn.Module], first: dict[str, nn.Module]
) -> set[str]:
    """Start from a model whose codes hold palettes, behind one whose results have the styles.

    Args:
        networks: of the new model, changed in place.
        older: "generator", "style_encoder" and "mapping_network" of a "parts" model; they become
            the second pass.
        first: "generator" and "mapping_network" of a "modulated" model; it becomes the first pass,
            by the mean of its codes of each style.

    Returns:
        Names of the networks that start with weights of the older ones.

    Raises:
        ValueError: if shapes do not fit.
    """
    generator = networks["generator"]
    if "mapping_network" not in first:
        raise ValueError("the first pass must be a model that draws styles, such as emoji64")
    try:
        for name in ("style_encoder", "mapping_network"):
            networks[name].load_state_dict(older[name].state_dict())
        own = generator.state_dict()
        kept = {key: own[key] for key in own if key.startswith(("first.", "usual"))}
        generator.load_state_dict(older["generator"].state_dict() | kept)
        generator.first.load_state_dict(first["generator"].state_dict())
    except RuntimeError:
        raise ValueError("one of the older models has other shapes than the recipe's") from None
    generator.usual.copy_(first["mapping_network"].mean_codes())
    return {"generator", "style_encoder", "mapping_network"}
