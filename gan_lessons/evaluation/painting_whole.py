"""A picture as people bring it: how long it takes, and whether tiles show."""

import time

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_lessons.evaluation.paintings import PaintingBed
from gan_lessons.style_transfer import StyleTransfer

WIDTH, HEIGHT, TILE = 1440, 720, 512
BORDER = 8  # pixels on either side of where tiles meet
ALIKE = 2.0  # levels of 255 by which tiled and untiled results may differ in the mean


def measure_whole(model: StyleTransfer, bed: PaintingBed, painter: str) -> dict:
    """Restyle one photograph of 1440 x 720, as it comes to a user and in tiles.

    Args:
        model: any that restyles photographs.
        bed: with photographs.
        painter: which style is asked for.

    Returns:
        width, height, seconds and threads; tile and seconds_in_tiles; and how far both results are
        apart in levels of 255: levels in the mean, levels_at_borders where tiles meet, levels_most.
    """
    photo = bed.photograph(0, bed.order[0], whole=True)
    x = interpolate(photo.x, (HEIGHT, WIDTH), mode="bilinear", antialias=True)
    reference = bed.works(painter)[0].image
    style = painter if painter in model.styles else model.styles[0]
    asked = {"reference": reference} if model.kind.needs_reference else {}
    codes = model.codes(style, **asked)
    found = []
    for asked_for in ({}, {"tile": TILE}):
        started = time.perf_counter()
        found.append(model.translate(x, codes, **asked_for))
        found.append(time.perf_counter() - started)
    whole, seconds, tiled, in_tiles = found
    apart = 127.5 * (tiled - whole).abs()
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "seconds": round(seconds, 2),
        "threads": torch.get_num_threads(),
        "tile": TILE,
        "seconds_in_tiles": round(in_tiles, 2),
        "levels": round(apart.mean().item(), 4),
        "levels_at_borders": round(at_borders(apart).mean().item(), 4),
        "levels_most": round(apart.max().item(), 4),
    }


def at_borders(x: Tensor) -> Tensor:
    """The pixels near where tiles meet: `(1, 3, H, W)` to one row of them."""
    near = torch.zeros(x.shape[2:], dtype=torch.bool, device=x.device)
    for edge in range(TILE, max(near.shape), TILE):
        near[edge - BORDER : edge + BORDER] = True
        near[:, edge - BORDER : edge + BORDER] = True
    return x[:, :, near]
