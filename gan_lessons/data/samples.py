"""Batches of plain samples and of pairs, for every model that is not told a style.

Points of a plane, rows of a table, images: whatever has one row a sample. As in `data.batches`,
step 700 sees the same samples and noise however often the run was interrupted before it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lessons.augment import NUMBERS
from gan_lessons.data.batches import Rows, generator_at


@dataclass(frozen=True)
class SampleBatch(Rows):
    """What one step of a model of single samples sees."""

    x_real: Tensor  # (N, ...); images in [-1, 1]
    y: Tensor  # (N,) int64 classes; all 0 where there are none
    z: Tensor  # (N, *latent), standard normal
    uniform: Tensor  # (N, 4, 5): augmentations of D's real, D's fake, G's fake; last: what else


@dataclass(frozen=True)
class PairBatch(Rows):
    """What one step of a model from one domain to another sees."""

    x_a: Tensor  # (N, C, H, W) in [-1, 1]
    x_b: Tensor  # (N, C, H, W); the answer to x_a in paired sets, any image of B otherwise
    z: Tensor  # (N, latent) in [0, 1), uniform, for dropout
    uniform: Tensor  # (N, 2, 2) in [0, 1): fate of each fake in its buffer, for A and for B


class Samples:
    """Draw the batch of any step from rows of data.

    Args:
        x: `(M, ...)`, floating point as it is to be used, or uint8 images `(M, C, H, W)`.
        y: `(M,)` int64 classes.
        batch: samples a step.
        latent: shape of the noise of one sample; `x.shape[1:]` where it has to fit the data.
        seed: of the training.
        device: where the batches are wanted; the data are kept there.

    Raises:
        ValueError: if there are no samples, or not a class for each.
    """

    def __init__(
        self,
        x: Tensor,
        y: Tensor | None = None,
        *,
        batch: int,
        latent: int | tuple[int, ...],
        seed: int,
        device: torch.device | str = "cpu",
    ):
        _some(x, "x")
        y = torch.zeros(len(x), dtype=torch.int64) if y is None else y
        if len(y) != len(x):
            raise ValueError(f"a class for each of {len(x)} samples expected, got {len(y)}")
        self.x, self.y, self.device = x.to(device), y.to(device), torch.device(device)
        self.latent = (latent,) if isinstance(latent, int) else tuple(latent)
        self.batch, self.seed = batch, seed

    def __call__(self, step: int) -> SampleBatch:
        """The batch of a step; rows are drawn with replacement."""
        n, random = self.batch, generator_at(self.seed, step)
        rows = torch.randint(len(self.x), (n,), generator=random).to(self.device)
        z = torch.randn(n, *self.latent, generator=random).to(self.device)
        uniform = torch.rand(n, 4, NUMBERS, generator=random).to(self.device)
        return SampleBatch(_floating(self.x[rows]), self.y[rows], z, uniform)


class Pairs:
    """Draw the batch of any step from two domains.

    Args:
        x_a: `(M, C, H, W)`, floating point in [-1, 1] or uint8.
        x_b: the other domain; row `i` answers row `i` of `x_a` where they are paired.
        paired: draw the same rows from both; otherwise independently.
        batch: pairs a step.
        latent: numbers for dropout, `models.pix2pix.networks.dropped` for a U-Net.
        seed: of the training.
        device: where the batches are wanted; the data are kept there.

    Raises:
        ValueError: if a domain is empty, or paired domains differ in length.
    """

    def __init__(
        self,
        x_a: Tensor,
        x_b: Tensor,
        *,
        paired: bool,
        batch: int,
        seed: int,
        latent: int = 0,
        device: torch.device | str = "cpu",
    ):
        _some(x_a, "x_a")
        _some(x_b, "x_b")
        if paired and len(x_a) != len(x_b):
            raise ValueError(f"as many pictures in both domains, got {len(x_a)} and {len(x_b)}")
        self.x_a, self.x_b, self.device = x_a.to(device), x_b.to(device), torch.device(device)
        self.paired, self.batch, self.latent, self.seed = paired, batch, latent, seed

    def __call__(self, step: int) -> PairBatch:
        """The batch of a step; rows are drawn with replacement."""
        n, random = self.batch, generator_at(self.seed, step)
        a = torch.randint(len(self.x_a), (n,), generator=random).to(self.device)
        b = torch.randint(len(self.x_b), (n,), generator=random).to(self.device)
        z = torch.rand(n, self.latent, generator=random).to(self.device)
        uniform = torch.rand(n, 2, 2, generator=random).to(self.device)
        x_b = self.x_b[a if self.paired else b]
        return PairBatch(_floating(self.x_a[a]), _floating(x_b), z, uniform)


def _floating(x: Tensor) -> Tensor:
    """Images as uint8 to [-1, 1]; anything else as it is."""
    return x.float() / 127.5 - 1 if x.dtype == torch.uint8 else x


def _some(x: Tensor, name: str) -> None:
    if len(x) == 0:
        raise ValueError(f"{name} has no samples; one or more are needed")
