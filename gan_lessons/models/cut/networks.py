"""Networks of contrastive unpaired translation, CUT (Park et al. 2020, section 3 and appendix C).

A generator as CycleGAN's, one PatchGAN, and a projection that patches are compared by. No second
translator leads back: that a patch of the result is found again among those of its source takes the
place of the cycle.
"""

from collections.abc import Collection

import torch
from torch import Tensor, nn

from gan_lessons.layers import networks_from_seed
from gan_lessons.models.cut.recipe import CUTConfig
from gan_lessons.models.cyclegan.networks import Generator
from gan_lessons.models.pix2pix.networks import PatchGAN


def compared(blocks: int) -> list[int]:
    """Which residual blocks are compared by: the first and the middle one, the fifth of nine."""
    return sorted({0, blocks // 2}) if blocks else []


def encoded(generator: Generator, x: Tensor) -> list[Tensor]:
    """An image as the first half of the generator sees it, layer by layer.

    Args:
        generator: whose encoder is used.
        x: `(N, channels, H, W)` in [-1, 1].

    Returns:
        The image itself, the map after each halving, and that after each of the `compared` blocks.
    """
    first, *halvings = generator.encode
    wanted = compared(len(generator.transform))
    maps, h = [x], first(x)
    for halve in halvings:
        maps.append(h := halve(h))
    for number, block in enumerate(generator.transform[: max(wanted, default=-1) + 1]):
        h = block(h)
        if number in wanted:
            maps.append(h)
    return maps


def patches(h: Tensor, uniform: Tensor, side: int) -> Tensor:
    """The features at a grid of places, which chance shifts within its cells.

    A grid never takes a place twice, and so no patch has itself among those that it must differ
    from.

    Args:
        h: `(N, C, H, W)`.
        uniform: `(N, 2)` in [0, 1): how far the grid is shifted down and across.
        side: places a side; all there are where the map has no more.

    Returns:
        `(N, P, C)`.
    """
    rows, columns = (
        grid(length, number, side) for length, number in zip(h.shape[2:], uniform.unbind(1))
    )
    image = torch.arange(len(h), device=h.device)[:, None, None]
    return h.permute(0, 2, 3, 1)[image, rows[:, :, None], columns[:, None]].flatten(1, 2)


def grid(length: int, uniform: Tensor, side: int) -> Tensor:
    """Positions along one side, `(N,)` numbers in [0, 1) to int64 `(N, side)`.

    Example:
        >>> grid(8, torch.tensor([0.0, 0.9]), side=4).tolist()
        [[0, 2, 4, 6], [1, 3, 5, 7]]
    """
    side = min(side, length)
    cell = length // side
    shift = (uniform * cell).long().clamp(max=cell - 1)
    return torch.arange(side, device=uniform.device) * length // side + shift[:, None]


class Projector(nn.Module):
    """Two linear layers for each map: what a patch is compared by (Park et al. 2020, section 3)."""

    def __init__(self, config: CUTConfig):
        super().__init__()
        halved = [config.width * 2**i for i in range(1, config.halvings + 1)]
        bottleneck = config.width * 2**config.halvings
        widths = [config.channels, *halved, *(bottleneck for _ in compared(config.blocks))]
        out, self.places = config.projected, config.places
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(width, out), nn.ReLU(), nn.Linear(out, out)) for width in widths
        )

    def forward(self, maps: list[Tensor], uniform: Tensor) -> list[Tensor]:
        """Describe patches.

        Args:
            maps: what `encoded` gave.
            uniform: `(N, 2)` in [0, 1); the same numbers pick the same places in every image.

        Returns:
            For each map `(N, P, projected)`.
        """
        pairs = zip(self.heads, maps, strict=True)
        return [head(patches(h, uniform, self.places)) for head, h in pairs]


def build(config: CUTConfig, seed: int = 0, names: Collection[str] = ()) -> dict[str, nn.Module]:
    """The three networks, initialised from a seed without touching global randomness.

    Args:
        config: their shapes.
        seed: of the initial weights.
        names: of the networks that are wanted; empty: all.

    Returns:
        "a_to_b", "critic_b" and "projector", on the CPU.
    """
    makers = {
        "a_to_b": lambda: Generator(config),
        "critic_b": lambda: PatchGAN(config.channels, config.critic_width, config.critic_depth),
        "projector": lambda: Projector(config),
    }
    return networks_from_seed(makers, seed, names)
