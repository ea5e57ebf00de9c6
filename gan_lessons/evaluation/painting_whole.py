"""A picture as people bring it: how long it takes, and whether tiles show."""

import time

import torch
from torch.nn.functional import interpolate

from gan_lessons.evaluation.paintings import PaintingBed
from gan_lessons.style_transfer import TILE, StyleTransfer

WIDTH, HEIGHT = 1440, 720
BORDER = 8  # pixels on either side of where tiles meet
ALIKE = 2.0  # levels of 255 by which tiled and untiled results may differ in the mean


def measure_whole(model: StyleTransfer, bed: PaintingBed, painter: str) -> dict:
    """Restyle one photograph of 1440 x 720, in tiles as it comes to a user and in one pass.

    Args:
        model: any that restyles photographs.
        bed: with photographs.
        painter: which style is asked for.

    Returns:
        width, height, tile; seconds and seconds_untiled; threads; and how far both results are
        apart in levels of 255: levels in the mean, levels_at_borders where tiles meet, levels_most.
    """
    photo = bed.photograph(0, bed.order[0], whole=True)
    x = interpolate(photo.x, (HEIGHT, WIDTH), mode="bilinear", antialias=True)
    reference = bed.works(painter)[0].image
    style = painter if painter in model.styles else model.styles[0]
    asked = {"reference": reference} if model.kind.needs_reference else {}
    codes = model.codes(style, **asked)
    found = []
    for tile in (TILE, WIDTH):
        started = time.perf_counter()
        found.append(model.translate(x, codes, tile=tile))
        found.append(time.perf_counter() - started)
    tiled, seconds, untiled, untiled_seconds = found
    apart = 127.5 * (tiled - untiled).abs()
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "tile": TILE,
        "seconds": round(seconds, 2),
        "seconds_untiled": round(untiled_seconds, 2),
        "threads": torch.get_num_threads(),
        "levels": round(apart.mean().item(), 4),
        "levels_at_borders": round(apart[..., TILE - BORDER : TILE + BORDER].mean().item(), 4),
        "levels_most": round(apart.max().item(), 4),
    }
