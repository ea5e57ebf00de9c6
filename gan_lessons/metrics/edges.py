"""Is what stood in a picture still where it stood? Edges, and how many of them are kept."""

import torch
from torch import Tensor
from torch.nn import functional as F

BLUR = 2.0  # pixels: structure is left, brushwork and grain are not
SHARE = 0.05  # of the pixels, the strongest, are edges
LEAST = 0.01  # of the full range a pixel: below it there is nothing to see, however calm the rest
TOLERANCE = 2  # pixels by which an edge may have moved
_GREY = (0.299, 0.587, 0.114)


def edges(x: Tensor, *, share: float = SHARE, blur: float = BLUR) -> Tensor:
    """Thin lines where grey levels change most.

    As Canny (1986, section 4) finds them: smoothed by a Gaussian, Sobel's gradients, only what is
    not exceeded across the line. Instead of thresholds, which a change of contrast would cross, the
    strongest pixels are kept, as many in every picture.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].
        share: of the pixels that may be edges, between 0 and 1.
        blur: standard deviation of the Gaussian in pixels.

    Returns:
        bool `(N, H, W)`; a rim of two pixels has none, since nothing lies beyond it.
    """
    grey = ((x.float() + 1) / 2 * x.new_tensor(_GREY)[:, None, None]).sum(dim=1, keepdim=True)
    slopes = _slopes(_smooth(grey, blur))
    strength = slopes.square().sum(dim=1).sqrt()
    thin = torch.where(_crest(strength, slopes), strength, 0)
    thin[:, :2], thin[:, -2:], thin[:, :, :2], thin[:, :, -2:] = 0, 0, 0, 0
    kept = max(1, round(share * thin[0].numel()))
    weakest = thin.flatten(1).topk(kept, dim=1).values[:, -1]
    return thin >= weakest.clamp(min=LEAST)[:, None, None]


def edge_f1(x: Tensor, y: Tensor, *, tolerance: int = TOLERANCE) -> Tensor:
    """How many edges two pictures share: the harmonic mean of precision and recall.

    An edge of one is found again if the other has one within a few pixels. Lines of pictures that
    have nothing in common cross by chance: measure that too, by pictures of other things.

    Args:
        x: `(N, 3, H, W)` in [-1, 1].
        y: likewise, of the same size.
        tolerance: pixels.

    Returns:
        `(N,)`: 1 for equal pictures, and for two without edges; 0 if only one has any.

    Raises:
        ValueError: if sizes differ.

    Example:
        >>> x = torch.ones(1, 3, 32, 32)
        >>> x[..., 16:] = -1
        >>> edge_f1(x, -x / 2).item(), edge_f1(x, x.transpose(2, 3)).item() < 0.5
        (1.0, True)
    """
    if x.shape != y.shape:
        raise ValueError(f"two pictures of a size are compared, got {x.shape} and {y.shape}")
    return shared_edges(edges(x), edges(y), tolerance)


def shared_edges(a: Tensor, b: Tensor, tolerance: int = TOLERANCE) -> Tensor:
    """What `edge_f1` says of edges that are found already: bool `(N, H, W)` twice to `(N,)`."""
    precision, recall = _found(b, _widened(a, tolerance)), _found(a, _widened(b, tolerance))
    both = precision + recall
    some = a.flatten(1).any(dim=1) | b.flatten(1).any(dim=1)
    f1 = 2 * precision * recall / both.clamp(min=1e-12)
    return torch.where(some, f1, torch.ones_like(f1))


def _smooth(grey: Tensor, blur: float) -> Tensor:
    reach = max(1, round(3 * blur))
    at = torch.arange(-reach, reach + 1, device=grey.device, dtype=grey.dtype)
    weights = torch.exp(-at.square() / (2 * blur**2))
    weights = weights / weights.sum()
    wide = F.pad(grey, (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(wide, weights[None, None, None]), weights[None, None, :, None])


def _slopes(grey: Tensor) -> Tensor:
    """Sobel's gradient, levels a pixel: `(N, 1, H, W)` to `(N, 2, H, W)`, across and down."""
    across = grey.new_tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    kernels = torch.stack([across, across.T])[:, None]
    return F.conv2d(F.pad(grey, (1,) * 4, mode="replicate"), kernels)


def _crest(strength: Tensor, slopes: Tensor) -> Tensor:
    """Where neither neighbour along the gradient is stronger: bool `(N, H, W)`."""
    height, width = strength.shape[1:]
    wide = F.pad(strength[:, None], (1,) * 4, mode="replicate")[:, 0]
    angle = torch.atan2(slopes[:, 1], slopes[:, 0])
    nearest = torch.round(angle / (torch.pi / 4)).long() % 4
    crest = torch.zeros_like(strength, dtype=torch.bool)
    for way, (down, right) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead, behind = (
            wide[:, 1 + s * down : 1 + s * down + height, 1 + s * right : 1 + s * right + width]
            for s in (1, -1)
        )
        # Of two equal pixels side by side one is left.
        crest |= (nearest == way) & (strength >= ahead) & (strength > behind)
    return crest


def _widened(a: Tensor, tolerance: int) -> Tensor:
    side = 2 * tolerance + 1
    return F.max_pool2d(a[:, None].float(), side, stride=1, padding=tolerance)[:, 0] > 0


def _found(a: Tensor, near: Tensor) -> Tensor:
    """Share of the edges of one picture that lie near edges of the other."""
    count = a.flatten(1).sum(dim=1)
    return (a & near).flatten(1).sum(dim=1).double() / count.clamp(min=1)
