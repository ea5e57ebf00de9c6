"""From a point of the explorer to the latent that the mapping network gets."""

import torch
from torch import Tensor

from gan_lessons.data.batches import generator_at
from gan_lessons.widgets.explorer.state import LARGEST_INDEX, Point


def latent(point: Point, dim: int) -> Tensor:
    """The latent of a point: its draw, turned towards two directions that the seed fixes.

    With z the draw and u, v orthogonal to it and to each other, all of one length, the map shows
    |z| (z + x u + y v) / |z + x u + y v|. A latent of many dimensions has nearly always about the
    same length, so a plane that left the sphere would show what training never saw.

    Args:
        point: a style.
        dim: length of the latent, 3 or more for a map.

    Returns:
        `(dim,)`.
    """
    z = torch.randn(dim, generator=generator_at(point.seed, point.index))
    if not (point.x or point.y):
        return z
    chance = generator_at(point.seed, LARGEST_INDEX + 1 + point.index)
    frame = torch.stack([z, *torch.randn(2, dim, generator=chance)], dim=1)
    axes = torch.linalg.qr(frame).Q * z.norm()
    moved = z + point.x * axes[:, 1] + point.y * axes[:, 2]
    return moved * z.norm() / moved.norm()
