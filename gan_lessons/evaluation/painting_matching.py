"""Is the work that a result was made by the nearest to it in manner, among all of its painter?"""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from gan_lessons.metrics.gap import Weights

LEFT_OUT = 2  # works of each fold


def matched(results: Tensor, works: Tensor, weights: Weights, train: Tensor) -> dict[str, Tensor]:
    """Shares of results that are matched with their own reference.

    Args:
        results: style statistics `(N, W, D)`, result k by work k.
        works: style statistics `(W, D)`.
        weights: of photographs and works, `1 + B` rows.
        train: which works a model may have been trained on, `(W,)` of 0 and 1.

    Returns:
        `(1 + B,)` each: among all works; of references that are training works, and that are not;
        and over folds, each without two of the works.
    """
    everyone = list(range(len(works)))
    hits = recognised(results, works, everyone)
    folds = [
        recognised(results, works, [w for w in everyone if w not in out])
        for out in combinations(everyone, LEFT_OUT)
    ]
    groups = {
        "match": (hits, 1),
        "match_train": (hits, train),
        "match_held": (hits, 1 - train),
        "match_folds": (torch.stack(folds).nanmean(dim=0), 1),
    }
    return {
        name: mean(values, weights.photos, weights.works * of)
        for name, (values, of) in groups.items()
    }


def recognised(results: Tensor, works: Tensor, among: Sequence[int]) -> Tensor:
    """Whether the nearest of some works is the one that was used.

    What the results of a photograph have in common is the photograph's, and what works have in
    common is the painter's: both are taken off before they are compared by the angle between them.

    Args:
        results: statistics `(N, W, D)`, result k by work k.
        works: statistics `(W, D)`.
        among: which of them.

    Returns:
        1 or 0, `(N, W)`; not a number for works that are not among them. Results that are one
        picture are all given to the same work.

    Example:
        >>> works = torch.eye(3)
        >>> recognised(works[None] + 5, works, range(3)).tolist()
        [[1.0, 1.0, 1.0]]
    """
    chosen = torch.tensor(list(among), device=works.device)
    given, own = works[chosen], results[:, chosen]
    given = normalize(given - given.mean(dim=0), dim=-1)
    own = normalize(own - own.mean(dim=1, keepdim=True), dim=-1)
    found = (own @ given.T).argmax(dim=2) == torch.arange(len(chosen), device=works.device)
    hits = torch.full(results.shape[:2], float("nan"), dtype=torch.float64)
    hits[:, list(among)] = found.double().cpu()
    return hits


def mean(values: Tensor, photos: Tensor, works: Tensor) -> Tensor:
    """Weighted means of `(N, W)` by weights `(B, N)` and `(B, W)`."""
    total = torch.einsum("bi,ik,bk->b", photos, values, works)
    return total / (photos.sum(dim=1) * works.sum(dim=1)).clamp(min=1e-12)
