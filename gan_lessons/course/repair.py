"""Damaged images, and their repair by a generator that never saw damage.

A damage is a known operation A on a clean image, and sometimes noise that nobody knows. A generator
repairs by search: among all images that it can draw, find one that would look like this if it were
damaged the same way (Bora et al. 2017, section 1).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.data.batches import generator_at

KINDS = ("noise", "blur", "hole", "low resolution")
NOISE = 0.4  # standard deviation, in units of [-1, 1]
BLUR = 1.5  # standard deviation of the Gaussian, in pixels
HOLE = 3 / 8  # side of the grey square, as a share of the image's
COARSE = 4  # pixels a side that are averaged into one
TRIES = 256  # random latents from which the search takes its start

Operation = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Damaged:
    """Images that were damaged, and what was done to them as far as it can be known."""

    images: Tensor  # (N, 3, H, W); noise may lead beyond [-1, 1]
    operation: Operation  # A, differentiable, from clean images (N, 3, H, W) to the same shape


def damage(x: Tensor, kind: str, seed: int = 0) -> Damaged:
    """Damage images in one way.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].
        kind: one of `KINDS`, or "none".
        seed: of the noise and of the places of the holes.

    Returns:
        The damaged images and the operation; noise is no part of the operation.

    Raises:
        ValueError: for an unknown kind.
    """
    chance = generator_at(seed, 0)
    if kind in ("none", "noise"):
        noise = torch.randn(x.shape, generator=chance) * (NOISE if kind == "noise" else 0)
        return Damaged(x + noise, lambda clean: clean)
    if kind == "hole":
        keep = holes(len(x), x.shape[2:], chance)
        return Damaged(x * keep, lambda clean: clean * keep)
    if kind not in KINDS:
        raise ValueError(f"no damage {kind!r}; use none, {', '.join(KINDS)}")
    operation = blur if kind == "blur" else coarsen
    return Damaged(operation(x), operation)


def mixture(x: Tensor, seed: int) -> Tensor:
    """Damage each image in one of the four ways, in turn; for training.

    Args:
        x: `(N, 3, H, W)` in [-1, 1], in random order.
        seed: of everything random.

    Returns:
        `(N, 3, H, W)`.
    """
    damaged = torch.empty_like(x)
    for k, kind in enumerate(KINDS):
        part = slice(k, None, len(KINDS))
        damaged[part] = damage(x[part], kind, seed).images
    return damaged


def holes(n: int, size: tuple[int, int], chance: torch.Generator) -> Tensor:
    """Masks with one square hole each: `(n, 1, H, W)`, 0 in the hole and 1 elsewhere."""
    keep = torch.ones(n, 1, *size)
    height, width = (round(side * HOLE) for side in size)
    for mask in keep:
        top = torch.randint(size[0] - height + 1, (), generator=chance).item()
        left = torch.randint(size[1] - width + 1, (), generator=chance).item()
        mask[:, top : top + height, left : left + width] = 0
    return keep


def blur(x: Tensor) -> Tensor:
    """Convolve with a Gaussian; the border is repeated outwards."""
    reach = round(3 * BLUR)
    row = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * BLUR**2)).to(x.dtype)
    row = row / row.sum()
    kernel = (row[:, None] * row).expand(x.shape[1], 1, -1, -1)
    padded = F.pad(x, [reach] * 4, mode="replicate")
    return F.conv2d(padded, kernel, groups=x.shape[1])


def coarsen(x: Tensor) -> Tensor:
    """Average squares of pixels, and show each as a square of its mean."""
    return F.avg_pool2d(x, COARSE).repeat_interleave(COARSE, 2).repeat_interleave(COARSE, 3)


def invert(
    generator: Operation,
    damaged: Damaged,
    *,
    latent_dim: int,
    sigma: float = 0.2,
    steps: int = 150,
    lr: float = 0.05,
    seed: int = 0,
) -> Tensor:
    """The latents that explain damaged images best.

    z* = argmin |y - A(G(z))|^2 / (2 sigma^2) + |z|^2 / 2, the most probable latent when y is
    A(G(z)) with normal noise (Bora et al. 2017, equation 2), by Adam from the best of `TRIES`
    random starts.

    Args:
        generator: from latents to images; a GAN's generator or a VAE's decoder.
        damaged: what is seen, and how it came about.
        latent_dim: numbers of a latent.
        sigma: standard deviation of a pixel around A(G(z)).
        steps: of Adam.
        lr: learning rate of the latents.
        seed: of the random starts.

    Returns:
        `(N, latent_dim)`.
    """
    y, operation = damaged.images, damaged.operation
    z = best_start(generator, damaged, latent_dim, seed).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=lr)
    for _ in range(steps):
        misfit = (y - operation(generator(z).float())).square().sum() / (2 * sigma**2)
        (z.grad,) = torch.autograd.grad(misfit + z.square().sum() / 2, z)  # the weights get none
        optimiser.step()
    return z.detach()


@torch.no_grad()
def best_start(generator: Operation, damaged: Damaged, latent_dim: int, seed: int) -> Tensor:
    """For each image the random latent whose damaged drawing is nearest: `(N, latent_dim)`."""
    y = damaged.images
    z = torch.randn(TRIES, latent_dim, generator=generator_at(seed, 1))
    drawn = generator(z).float()
    best, distance = torch.zeros(len(y), latent_dim), torch.full((len(y),), torch.inf)
    for latent, image in zip(z, drawn, strict=True):
        seen = damaged.operation(image.expand_as(y))
        misfit = (y - seen).square().flatten(1).sum(dim=1)
        best[misfit < distance] = latent
        distance = torch.minimum(distance, misfit)
    return best
