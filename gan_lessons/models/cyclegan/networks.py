"""ResNet generator and image buffer of CycleGAN (Zhu et al. 2017, appendix 7).

Its discriminators are pix2pix's PatchGANs, which look at one image instead of two.
"""

from collections.abc import Collection

import torch
from torch import Tensor, nn

from gan_lessons.layers import InstanceNorm, networks_from_seed
from gan_lessons.models.cyclegan.recipe import CycleGANConfig
from gan_lessons.models.dcgan.networks import initialise
from gan_lessons.models.pix2pix.networks import PatchGAN


def conv(before: int, after: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution over a mirrored border, normalised and bent."""
    return nn.Sequential(
        nn.ReflectionPad2d(kernel // 2),
        nn.Conv2d(before, after, kernel, stride, bias=False),
        InstanceNorm(after, affine=True),
        nn.ReLU(),
    )


def up(before: int, after: int) -> nn.Sequential:
    """Twice the size by a transposed convolution, normalised and bent."""
    enlarge = nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1, bias=False)
    return nn.Sequential(enlarge, InstanceNorm(after, affine=True), nn.ReLU())


class Block(nn.Module):
    """x + f(x) with two convolutions, and no bend after the sum (Johnson et al. 2016)."""

    def __init__(self, width: int):
        super().__init__()
        *second, _ = conv(width, width, 3)
        self.body = nn.Sequential(conv(width, width, 3), *second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Generator(nn.Module):
    """Encode, transform, decode: one image of a domain to one of the other."""

    def __init__(self, config: CycleGANConfig):
        super().__init__()
        widths = [config.width * 2**i for i in range(config.halvings + 1)]
        down = [conv(a, b, 3, 2) for a, b in zip(widths[:-1], widths[1:], strict=True)]
        self.stride = 2**config.halvings
        self.least = max(4, 2 * self.stride)  # pixels a side, for borders of 3 and, deep inside, 1
        self.encode = nn.Sequential(conv(config.channels, widths[0], 7), *down)
        self.transform = nn.Sequential(*(Block(widths[-1]) for _ in range(config.blocks)))
        doublings = zip(widths[:0:-1], widths[-2::-1], strict=True)
        self.decode = nn.Sequential(*(up(a, b) for a, b in doublings))
        self.to_rgb = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(widths[0], config.channels, 7), nn.Tanh()
        )
        initialise(self, "dcgan")

    def forward(self, x: Tensor) -> Tensor:
        """Translate.

        Args:
            x: `(N, channels, H, W)` in [-1, 1]; H and W multiples of `stride`.

        Returns:
            `(N, channels, H, W)` in [-1, 1].
        """
        return self.to_rgb(self.decode(self.transform(self.encode(x))))


class ImageBuffer(nn.Module):
    """Earlier results, shown to the discriminator half of the time (Shrivastava et al. 2017, 2.3).

    What comes out is a function of what is kept, of the images and of numbers from outside, so a
    checkpoint that holds the buffer resumes exactly.

    Args:
        places: images to keep; 0 hands everything through.
        shape: of one image.
    """

    def __init__(self, places: int, shape: tuple[int, int, int]):
        super().__init__()
        self.register_buffer("images", torch.zeros(places, *shape))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))  # images so far

    @torch.no_grad()
    def forward(self, x: Tensor, uniform: Tensor) -> Tensor:
        """Hand in new images and get as many back.

        Args:
            x: `(N, C, H, W)`.
            uniform: `(N, 2)` in [0, 1): whether to get an old image, and which.

        Returns:
            `(N, C, H, W)`, without gradient. Images that find a free place, and half of the others,
            come back themselves; the rest are exchanged for one that was kept.
        """
        if not (places := len(self.images)):
            return x
        shown = []
        for image, chance in zip(x.to(self.images.dtype), uniform, strict=True):
            free = self.seen < places
            place = torch.where(free, self.seen, (chance[1] * places).long())
            place = place[None]  # a number alone would be fetched from the GPU, and wait for it
            old = self.images.index_select(0, place)[0]
            exchanged = ~free & (chance[0] < 0.5)
            shown.append(torch.where(exchanged, old, image))
            self.images.index_copy_(0, place, torch.where(free | exchanged, image, old)[None])
            self.seen += 1
        return torch.stack(shown).to(x.dtype)


def build(
    config: CycleGANConfig, seed: int = 0, names: Collection[str] = ()
) -> dict[str, nn.Module]:
    """The four networks, initialised from a seed without touching global randomness.

    Args:
        config: their shapes.
        seed: of the initial weights.
        names: of the networks that are wanted; empty: all.

    Returns:
        "a_to_b" and "b_to_a", "critic_a" and "critic_b", on the CPU.
    """
    judge = config.channels, config.critic_width, config.critic_depth
    makers = {
        "a_to_b": lambda: Generator(config),
        "b_to_a": lambda: Generator(config),
        "critic_a": lambda: PatchGAN(*judge),
        "critic_b": lambda: PatchGAN(*judge),
    }
    return networks_from_seed(makers, seed, names)
