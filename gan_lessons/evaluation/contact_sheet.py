"""The contact sheet: what a model and the baselines made, for looking at."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from gan_lessons.evaluation.benches import BenchOfStyles
from gan_lessons.evaluation.contestants import (
    COLOUR,
    COPY,
    HELD_OUT,
    MEAN,
    MODEL,
    NEAREST,
    OF_ONE_PAIR,
    REFERENCE,
    REPAINTED,
    TRUE,
    pair_of,
)
from gan_lessons.images.gate import encode_image, tensor_to_image
from gan_lessons.metrics.features import as_float

HEADINGS = {
    MODEL: "results",
    REFERENCE: "reference",
    MEAN: "mean code",
    COLOUR: "colours",
    NEAREST: "nearest",
}
APART = (TRUE, HELD_OUT, REPAINTED, COPY, *OF_ONE_PAIR)  # shown elsewhere, or not a result
SCALE = 1.5  # of pictures on the sheet


def sheet_of_styles(bench: BenchOfStyles, rows: int = 16) -> bytes:
    """A contact sheet: sources, truth, the model's results and those of the baselines.

    Args:
        bench: with pairs of styles and methods.
        rows: how many pairs, one concept of each.

    Returns:
        A PNG.
    """
    pairs = bench.bed.pairs[:: max(1, len(bench.bed.pairs) // rows)][:rows]
    shown = [name for name in bench.methods if name not in APART]
    several = 1 if pair_of(bench.model) else 3
    lines, labels = [], []
    for place, pair in enumerate(pairs):
        task = bench.task(pair, bench.protocol.seeds[0])
        one = slice(place % len(task.x), place % len(task.x) + 1)
        beside = as_float(task.true[place % len(task.x) % len(task.true)])
        task = replace(task, x=task.x[one], x_features=task.x_features[one])
        cells = [task.x[0], beside]
        for name in shown:
            results = bench.methods[name](task)
            cells += list(as_float(results[0, : several if name == MODEL else 1]))
        lines.append(torch.stack(cells).cpu())
        labels.append(f"{pair[0]} to {pair[1]}")
    names = [
        "source",
        "truth" if bench.bed.paired else "one of it",
        *(HEADINGS.get(name, name) for name in shown),
    ]
    widths = [1, 1, *(several if name == MODEL else 1 for name in shown)]
    return encode_image(labelled(lines, labels, names, widths))


def labelled(
    lines: Sequence[Tensor], labels: Sequence[str], names: Sequence[str], widths: Sequence[int]
) -> Image.Image:
    """Rows of pictures with a name above each column and at the left of each row."""
    side = round(lines[0].shape[-1] * SCALE)
    left, top, step = 150, 30, side + 4
    columns = sum(widths)
    page = Image.new("RGB", (left + columns * step, top + len(lines) * step), "white")
    pen = ImageDraw.Draw(page)
    at = 0
    for name, width in zip(names, widths):
        pen.text((left + at * step, 8), name, fill="black")
        at += width
    for r, (line, label) in enumerate(zip(lines, labels)):
        pen.text((4, top + r * step + side // 2 - 6), label, fill="black")
        for c, picture in enumerate(line):
            small = tensor_to_image(picture).resize((side, side), Image.Resampling.BICUBIC)
            page.paste(small, (left + c * step, top + r * step))
    return page
