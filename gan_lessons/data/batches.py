"""Batches as pure functions of (seed, step, sample index).

Nothing is stateful: step 700 sees the same images, latents and augmentations whether the run was
interrupted before it or not, and two processes that each take half of it see what one would.
"""

import math
import os
from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from gan_lessons.augment import DESTROYED, DISPLACED, NUMBERS
from gan_lessons.config import DataConfig
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.images.resize import resize

MIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)  # odd constants that spread neighbouring numbers


def generator_at(seed: int, step: int) -> torch.Generator:
    """Randomness that depends on seed and step alone."""
    mixed = (seed * MIX[0] + (step + 1) * MIX[1]) % 2**63
    return torch.Generator().manual_seed(mixed)


def latents(seed: int | None, count: int, dim: int) -> Tensor:
    """Standard normal latents, `(count, dim)`; row k is the same however many are asked for.

    Without a seed they are the operating system's, and never come again.
    """
    if seed is None:
        return normals_of_system(count, dim)
    return torch.stack([torch.randn(dim, generator=generator_at(seed, k)) for k in range(count)])


def normals_of_system(*shape: int) -> Tensor:
    """Standard normal numbers made of the operating system's entropy, each of 52 bits of its own.

    No seed stands behind them. A seed of the system for a generator of PyTorch would hide little:
    on the CPU it keeps the lower 32 bits, and whoever sees a result tries all in days.

    Args:
        shape: of what is wanted, one number or more.

    Returns:
        A float32 tensor; another one in each call.
    """
    bits = torch.frombuffer(bytearray(os.urandom(8 * math.prod(shape))), dtype=torch.int64)
    shares = ((bits >> 12 & 2**52 - 1).double() + 0.5) / 2**52  # in (0, 1), evenly
    return torch.special.ndtri(shares).float().view(shape)


class Rows:
    """A frozen dataclass of tensors with one row a sample."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def rows(self, chosen: slice) -> Self:
        """Some of the samples."""
        return replace(self, **{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    def split(self, parts: int) -> list[Self]:
        """Equal micro-batches; sample `i` goes to part `i % parts`, so that each has all kinds.

        A part of one sample has one kind only.
        """
        return [self.rows(slice(part, None, parts)) for part in range(parts)]


@dataclass(frozen=True)
class Batch(Rows):
    """What one step sees; every field has one row a sample."""

    x_real: Tensor  # (N, 3, S, S) in [-1, 1], sources
    y_org: Tensor  # (N,) their domains
    x_ref: Tensor  # (N, 3, S, S), references of the target domains; the real side of D too
    x_ref2: Tensor  # (N, 3, S, S), second references, for diversity
    y_trg: Tensor  # (N,) target domains
    z_trg: Tensor  # (N, latent_dim)
    z_trg2: Tensor  # (N, latent_dim)
    from_latent: Tensor  # (N,) bool, on the CPU: the first from z_trg, the others from x_ref
    uniform: Tensor  # (N, 3, 5), augmentations of D's real, D's fake and G's fake images
    destroyed: Tensor  # (N, 6), how palette, contrast and lines are taken from a source
    displaced: Tensor  # (N, 4), how a source is moved before its code is read off it

    @property
    def latents(self) -> int:
        """How many samples, the first ones, take their style from a latent."""
        return int(self.from_latent.sum())


class Batches:
    """Draw the batch of any step from a set's training images.

    Args:
        dataset: all images; only those of one split are used.
        data: size, crops and mirroring.
        batch: samples a step, over all processes.
        latent_dim: length of the latents.
        seed: of the training.
        split: "train", or another for measuring.
        device: where the batches are wanted; images of equal size are kept there as uint8.

    Raises:
        ValueError: if a style has fewer than two images in the split, or sources are to be of one
            that the set has not.
    """

    def __init__(
        self,
        dataset: StyleDataset,
        data: DataConfig,
        *,
        batch: int,
        latent_dim: int,
        seed: int,
        split: str = "train",
        device: torch.device | str = "cpu",
    ):
        self.dataset, self.data, self.device = dataset, data, torch.device(device)
        self.batch, self.latent_dim, self.seed = batch, latent_dim, seed
        by_domain = [dataset.indices(split, style) for style in dataset.styles]
        for style, rows in zip(dataset.styles, by_domain, strict=True):
            if len(rows) < 2:
                raise ValueError(
                    f"style {style!r} has {len(rows)} images for {split!r}; it needs 2 or more"
                )
        self.counts = torch.tensor([len(rows) for rows in by_domain])
        if data.sources and data.sources not in dataset.styles:
            raise ValueError(
                f"data.sources must be one of the set's styles ({', '.join(dataset.styles)}), or "
                f"empty for sources of all styles alike; got {data.sources!r}"
            )
        self.rows = pad_sequence(by_domain, batch_first=True)  # (domains, most of them)
        self.images = dataset.images
        if isinstance(self.images, Tensor):
            self.images = self.images.to(self.device)

    def __call__(self, step: int) -> Batch:
        """The batch of a step, samples of all processes together."""
        n, random = self.batch, generator_at(self.seed, step)
        domains = len(self.rows)
        y_org = torch.randint(domains, (n,), generator=random)
        if self.data.sources:
            y_org[::2] = self.dataset.styles.index(self.data.sources)
        y_trg = torch.randint(domains, (n,), generator=random)
        if self.data.targets:  # few, so that references have others of their style beside them
            wanted = torch.randperm(domains, generator=random)[: self.data.targets]
            y_trg = wanted[y_trg % len(wanted)]
        picks = torch.rand(3, n, generator=random, dtype=torch.float64)
        crops = torch.rand(3, n, 4, generator=random)
        z = torch.randn(2, n, self.latent_dim, generator=random)
        uniform = torch.rand(n, 3, NUMBERS, generator=random)
        spoilt = torch.rand(n, DESTROYED + DISPLACED, generator=random)
        images = [
            self.take(self.choose(domain, pick), crop)
            for domain, pick, crop in zip((y_org, y_trg, y_trg), picks, crops, strict=True)
        ]
        # The first half from latents, the second from references: so it is in every process and
        # micro-batch too, since each takes every so-manieth sample.
        from_latent = 2 * torch.arange(n) < n
        sent = map(self.sent, (y_org, y_trg, z[0], z[1], uniform, spoilt))
        y_org, y_trg, z1, z2, uniform, spoilt = sent
        destroyed, displaced = spoilt.split([DESTROYED, DISPLACED], dim=1)
        return Batch(
            x_real=images[0],
            y_org=y_org,
            x_ref=images[1],
            x_ref2=images[2],
            y_trg=y_trg,
            z_trg=z1,
            z_trg2=z2,
            from_latent=from_latent,
            uniform=uniform,
            destroyed=destroyed,
            displaced=displaced,
        )

    def sent(self, values: Tensor) -> Tensor:
        """Numbers drawn on the CPU, on the device, without waiting for what it does."""
        if self.device.type != "cuda":
            return values.to(self.device)
        return values.pin_memory().to(self.device, non_blocking=True)

    def choose(self, domain: Tensor, pick: Tensor) -> Tensor:
        """Row numbers of one image of each asked-for domain, from uniform numbers."""
        return self.rows[domain, (pick * self.counts[domain]).long()]

    def take(self, rows: Tensor, crops: Tensor) -> Tensor:
        """Images by row number, cropped and mirrored, `(N, 3, S, S)` in [-1, 1]."""
        whole = self.data.crop_scale == 1
        if isinstance(self.images, Tensor) and whole:
            x = self.images[self.sent(rows)].float()
        else:
            pieces = [
                self.crop(self.images[row], u)
                for row, u in zip(rows.tolist(), crops.tolist(), strict=True)
            ]
            x = torch.cat(pieces)
        x = resize(x, self.data.size) / 127.5 - 1
        if self.data.flip:
            mirrored = (crops[:, 3] < 0.5).to(x.device)
            x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
        return x

    def crop(self, image: Tensor, uniform: list[float]) -> Tensor:
        """A random square of one picture, `(1, 3, S, S)` as float in 0..255."""
        height, width = image.shape[1:]
        share = self.data.crop_most - uniform[0] * (self.data.crop_most - self.data.crop_scale)
        side = max(1, round(min(height, width) * share))
        top = round(uniform[1] * (height - side))
        left = round(uniform[2] * (width - side))
        piece = image[None, :, top : top + side, left : left + side].to(self.device).float()
        return resize(piece, self.data.size)
