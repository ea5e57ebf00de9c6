"""Putting a jigsaw of GCompris together again: the picture that its pieces were cut from."""

import re
from collections.abc import Iterator, Mapping

import numpy as np
from PIL import Image

from gan_lessons.images import gate

MAX_HOLES = 0.005
EDGE = 3  # pixels of border that the outer pieces' soft rims spoil

_BOARD = re.compile(r'"(?:width|height)"\s*:\s*(\d+)')
_PIECE = re.compile(
    r'"pixmapfile"\s*:\s*"([^"]+\.webp)",\s*"x"\s*:\s*"([\d.]+)",\s*"y"\s*:\s*"([\d.]+)"'
)


def assemble(resources: Mapping[str, bytes], board: str) -> Image.Image:
    """Paste every piece of a board at its place.

    Each piece is weighted by its alpha; where the soft rims of two pieces meet, their colours are
    averaged by weight, which leaves no seam.

    Args:
        resources: files by path, as `rcc.read_rcc` gives them.
        board: path of the `.qml` that says where the pieces belong.

    Returns:
        The picture, without the spoilt border.

    Raises:
        ValueError: if pieces are missing, or holes are left in the picture.
    """
    text = resources[board].decode("utf-8")
    width, height = (int(number) for number in _BOARD.findall(text)[:2])
    # A board may be a little smaller than what its pieces cover.
    slack = max(width, height) // 10
    paint = np.zeros((height + 2 * slack, width + 2 * slack, 3))
    weight = np.zeros((*paint.shape[:2], 1))
    for piece, x, y in _pieces(text, resources, board):
        pixels = np.asarray(piece, dtype=np.float64)
        alpha = pixels[..., 3:] / 255
        left = round(x * width - piece.width / 2) + slack
        top = round(y * height - piece.height / 2) + slack
        place = np.s_[top : top + piece.height, left : left + piece.width]
        paint[place] += pixels[..., :3] * alpha
        weight[place] += alpha
    return _picture(paint, weight[..., 0], board)


def _pieces(
    text: str, resources: Mapping[str, bytes], board: str
) -> Iterator[tuple[Image.Image, float, float]]:
    folder = board.rsplit("/board/", 1)[0]
    for name, x, y in _PIECE.findall(text):
        try:
            data = resources[f"{folder}/{name}"]
        except KeyError as error:
            raise ValueError(f"{board}: its piece {name} is missing") from error
        yield gate.decode_cutout(data), float(x), float(y)


def _picture(paint: np.ndarray, weight: np.ndarray, board: str) -> Image.Image:
    covered = weight > 0.5
    if not covered.any():
        raise ValueError(f"{board}: no pieces found")
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    inner = np.s_[rows[0] + EDGE : rows[-1] + 1 - EDGE, columns[0] + EDGE : columns[-1] + 1 - EDGE]
    holes = 1 - covered[inner].mean()
    if holes > MAX_HOLES:
        raise ValueError(f"{board}: {holes:.1%} of the picture has no piece")
    colour = paint[inner] / np.maximum(weight[inner], 1e-6)[..., None]
    return Image.fromarray(_filled(colour, covered[inner]).round().clip(0, 255).astype(np.uint8))


def _filled(colour: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Give each uncovered pixel the mean of its covered neighbours, from the rims inwards."""
    colour, covered = colour * covered[..., None], covered.astype(np.float64)
    while covered.min() == 0:
        sums, counts = _neighbours(colour), _neighbours(covered[..., None])
        fresh = (covered == 0) & (counts[..., 0] > 0)
        colour[fresh] = sums[fresh] / counts[fresh]
        covered[fresh] = 1
    return colour


def _neighbours(values: np.ndarray) -> np.ndarray:
    """Sum over the 3 by 3 surroundings of each pixel, `(H, W, C)`."""
    wide = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    height, width = values.shape[:2]
    return sum(wide[i : i + height, j : j + width] for i in range(3) for j in range(3))
