"""How alike two sets of pictures are: Fréchet and kernel distance of their features.

The computation is torchmetrics'; the features are ours, so the figures are called "Fréchet,
MobileNetV2" and "KID, MobileNetV2". `standard` gives the ones on Inception features, whose weights
have to be downloaded.
"""

import warnings
from typing import Any

import torch
from torch import Tensor, nn

SUBSETS, SUBSET = 50, 100  # of the kernel distance: how many, of how many pictures each


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Fréchet distance of two normal distributions fitted to two sets of features.

    ||m_r - m_f||^2 + tr(C_r + C_f - 2 (C_r C_f)^(1/2)) (Heusel et al. 2017, equation 6). Biased
    upwards for sets that are not much larger than the features are long: compare sets of equal
    size only.

    Args:
        real: `(N, D)`.
        fake: `(M, D)`.

    Returns:
        The distance, 0 for equal sets.

    Raises:
        ValueError: if a set has fewer than 2 rows, or torchmetrics is missing.
    """
    _check(real, fake, least=2)
    return _measured(_torchmetrics("fid").FrechetInceptionDistance, real, fake).item()


def kernel_distance(
    real: Tensor, fake: Tensor, *, subsets: int = SUBSETS, subset: int = SUBSET, seed: int = 0
) -> tuple[float, float]:
    """Kernel distance (KID): the unbiased squared maximum mean discrepancy of two sets.

    The kernel is (x.y / D + 1)^3 (Binkowski et al. 2018, section 4). It is averaged over random
    subsets, and may fall below 0 for sets of one distribution.

    Args:
        real: `(N, D)`.
        fake: `(M, D)`.
        subsets: how many subsets are drawn.
        subset: pictures in each, at most; smaller sets are used whole.
        seed: of the subsets.

    Returns:
        Mean and standard deviation over the subsets. Multiply by 1000 as is usual.

    Raises:
        ValueError: if a set has fewer than 2 rows, or torchmetrics is missing.
    """
    _check(real, fake, least=2)
    kind = _torchmetrics("kid").KernelInceptionDistance
    size = min(subset, len(real), len(fake))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mean, spread = _measured(kind, real, fake, subsets=subsets, subset_size=size)
    return mean.item(), spread.item()


def standard(name: str) -> Any:
    """Torchmetrics' own metric on the network of its paper, downloaded on first use.

    Args:
        name: "fid", "kid" or "lpips".

    Returns:
        A torchmetrics object; give it pictures with `update`, as its documentation says.

    Raises:
        ValueError: for another name, or if a package or the connection is missing.
    """
    kinds = {
        "fid": ("fid", "FrechetInceptionDistance", {"normalize": True}),
        "kid": ("kid", "KernelInceptionDistance", {"normalize": True, "subset_size": SUBSET}),
        "lpips": ("lpip", "LearnedPerceptualImagePatchSimilarity", {"net_type": "alex"}),
    }
    if name not in kinds:
        raise ValueError(f"no standard metric {name!r}; they are {', '.join(kinds)}")
    module, kind, settings = kinds[name]
    try:
        with warnings.catch_warnings(action="ignore"):  # that features are kept in memory
            return getattr(_torchmetrics(module), kind)(**settings)
    except (ModuleNotFoundError, OSError) as error:
        package = "" if name == "lpips" else "torch-fidelity and "
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(
            f"{name} needs {package}weights from the internet ({reason}); "
            "the figures on MobileNetV2 need neither"
        ) from None


class _Given(nn.Module):
    """Stands where torchmetrics expects a network: the features are computed already."""

    def __init__(self, width: int):
        super().__init__()
        self.num_features = width

    def forward(self, x: Tensor) -> Tensor:
        return x


def _measured(kind: type, real: Tensor, fake: Tensor, **settings: int) -> Any:
    with warnings.catch_warnings(action="ignore"):  # that features are kept in memory
        metric = kind(feature=_Given(real.shape[1]), **settings)
    if hasattr(metric, "set_dtype"):
        metric.set_dtype(torch.float64)
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return metric.compute()


def _torchmetrics(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"torchmetrics.image.{name}")
    except ModuleNotFoundError:
        raise ValueError(
            "measuring needs torchmetrics; install it with: pip install 'gan-lessons[lessons]'"
        ) from None


def _check(real: Tensor, fake: Tensor, *, least: int) -> None:
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"two sets of features (N, D) are compared, got {tuple(real.shape)} and "
            f"{tuple(fake.shape)}"
        )
    if min(len(real), len(fake)) < least:
        raise ValueError(f"a set needs {least} pictures or more, got {len(real)} and {len(fake)}")
