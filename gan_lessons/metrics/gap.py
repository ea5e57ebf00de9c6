"""How much of the way from photographs to a painter's works do restyled photographs go?

The distance is the kernel distance (KID; Binkowski et al. 2018, section 4) between crops. Crops of
one picture resemble each other, and where there are nine pictures that is what a plain KID would
measure. So crops of one picture are never compared with each other: the unbiased estimate is taken
over pairs of different pictures, and whole pictures are what a bootstrap draws. And features are
brought to one length: the kernel is a cube, by which long ones, those of busy crops, count for most
of it. (Of crops of 128 pixels of nine prints and 36 photographs, the photographs would be nearer to
two prints than the other prints are.)

All of it follows from the mean kernel of each two pictures, which is computed once.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot


def kernel_means(a: Tensor, b: Tensor) -> Tensor:
    """The mean kernel between the crops of each two pictures.

    k(x, y) = (x.y / |x||y| + 1)^3.

    Args:
        a: features of crops `(N, C, D)`, C of each picture.
        b: likewise `(M, C', D)`.

    Returns:
        float64 `(N, M)`, on the CPU.
    """
    flat = [normalize(x.flatten(0, 1).double(), dim=1) for x in (a, b)]
    kernel = (flat[0] @ flat[1].T + 1) ** 3
    return kernel.unflatten(1, b.shape[:2]).unflatten(0, a.shape[:2]).mean(dim=(1, 3)).cpu()


@dataclass(frozen=True)
class Ground:
    """Mean kernels of photographs and works, float64."""

    photos: Tensor  # (N, N)
    across: Tensor  # (N, W), photographs with works
    works: Tensor  # (W, W)

    @classmethod
    def of(cls, photos: Tensor, works: Tensor) -> "Ground":
        """From features of crops, `(N, C, D)` and `(W, V, D)`."""
        pairs = (photos, photos), (photos, works), (works, works)
        return cls(*(kernel_means(*pair) for pair in pairs))


@dataclass(frozen=True)
class Results:
    """Mean kernels of results, K of each photograph, float64."""

    own: Tensor  # (N, K, N, K)
    across: Tensor  # (N, K, W), results with works

    @classmethod
    def of(cls, results: Tensor, works: Tensor) -> "Results":
        """From features of crops, `(N, K, C, D)` and `(W, V, D)`."""
        flat, shape = results.flatten(0, 1), results.shape[:2]
        own = kernel_means(flat, flat).unflatten(1, shape).unflatten(0, shape)
        return cls(own, kernel_means(flat, works).unflatten(0, shape))


@dataclass(frozen=True)
class Weights:
    """How often each picture counts, `(B, ...)` for B draws of a bootstrap; 1 for all at first."""

    photos: Tensor  # (B, N)
    works: Tensor  # (B, W)

    @classmethod
    def drawn(cls, photos: int, groups: Tensor, draws: int, seeds: tuple[int, int]) -> "Weights":
        """As many pictures as there are, with replacement; the first row counts each once.

        Args:
            photos: how many.
            groups: which group each work is of `(W,)`; works are drawn group by group.
            draws: of the bootstrap.
            seeds: of the photographs and of the works; equal ones draw the same.

        Returns:
            Weights of `1 + draws` rows.
        """
        random = [torch.Generator().manual_seed(seed) for seed in seeds]
        works = torch.ones(1 + draws, len(groups), dtype=torch.float64)
        for group in groups.unique().tolist():
            members = groups == group
            count = int(members.sum())
            works[1:, members] = _counts(count, draws, random[1], alone=count < 3)
        once = torch.ones(1, photos, dtype=torch.float64)
        return cls(torch.cat([once, _counts(photos, draws, random[0], alone=photos < 2)]), works)


def gap(ground: Ground, weights: Weights, *, train: Tensor, held: Tensor) -> Tensor:
    """KID of photographs to held-out works, less that of training works: the whole way.

    Args:
        ground: of photographs and works.
        weights: of both, B rows.
        train: which works stand for training, `(W,)` of 0 and 1.
        held: which are held out, likewise.

    Returns:
        `(B,)`. What held-out works have among themselves is in both, and falls out.
    """
    u = weights.photos
    t, h = weights.works * train, weights.works * held
    apart = _mean(u, ground.photos, u, same=False) - _mean(t, ground.works, t, same=False)
    return apart - 2 * _mean(u, ground.across, h) + 2 * _mean(t, ground.works, h)


def closed(
    ground: Ground, results: Results, weights: Weights, *, shares: Tensor, held: Tensor
) -> Tensor:
    """KID of photographs to held-out works, less that of results: how far results come.

    Args:
        ground: of photographs and works.
        results: of the contestant.
        weights: of photographs and works, B rows.
        shares: how much each of the K results of a photograph counts, `(B, K)`.
        held: which works are held out, `(W,)` of 0 and 1.

    Returns:
        `(B,)`; over `gap` it is the share of the way: 0 for the photographs themselves.
    """
    u, h = weights.photos, weights.works * held
    k = shares / shares.sum(dim=1, keepdim=True).clamp(min=1e-12)
    per_pair = torch.einsum("bk,ikjl,bl->bij", k, results.own, k)
    per_work = torch.einsum("bk,ikw->biw", k, results.across)
    apart = _mean(u, ground.photos, u, same=False) - _mean(u, per_pair, u, same=False)
    return apart - 2 * _mean(u, ground.across, h) + 2 * _mean(u, per_work, h)


def start(ground: Ground, *, held: Tensor) -> float:
    """KID of photographs to held-out works; less what is `closed`, that of results.

    Args:
        ground: of photographs and works.
        held: which works are held out, `(W,)` of 0 and 1, two or more.

    Returns:
        The distance, without the factor 1000.
    """
    u, h = torch.ones(1, len(ground.photos)).double(), held.double()[None]
    apart = _mean(u, ground.photos, u, same=False) + _mean(h, ground.works, h, same=False)
    return (apart - 2 * _mean(u, ground.across, h)).item()


def _counts(members: int, draws: int, random: torch.Generator, alone: bool) -> Tensor:
    """How often each is drawn, `(draws, members)`; if one alone will not do, there are two."""
    drawn = torch.randint(members, (draws, members), generator=random)
    if not alone:  # a distance between different pictures needs two of them
        single = (drawn == drawn[:, :1]).all(dim=1)
        drawn[single, 1] = (drawn[single, 0] + 1) % members
    return one_hot(drawn, members).sum(dim=1).double()


def _mean(a: Tensor, kernel: Tensor, b: Tensor, same: bool = True) -> Tensor:
    """Weighted mean of a kernel, `(B, N)` and `(B, M)` to `(B,)`; without a picture and itself."""
    pairs = a[:, :, None] * b[:, None]
    if not same:
        pairs = pairs * (1 - torch.eye(a.shape[1], dtype=pairs.dtype, device=pairs.device))
    return (pairs * kernel).sum(dim=(1, 2)) / pairs.sum(dim=(1, 2)).clamp(min=1e-12)
