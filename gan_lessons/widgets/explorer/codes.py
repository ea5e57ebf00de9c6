"""A map of a style's codes on which real pictures of the style stand, beside the draws."""

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from gan_lessons.data.load import load_dataset
from gan_lessons.style_transfer import StyleTransfer

MAPPED = 32  # real pictures, and as many draws, on a map of codes
SETS = ("emoji_styles", "painted_photos", "letters")  # whose pictures come with the course
SIDE, THUMB, MARGIN = 400, 30, 24  # pixels: of the map, of a picture on it, and around all
DOT = 5  # radius of a draw
DRAW, CHOSEN, PAPER = (0, 114, 178), (213, 94, 0), (255, 255, 255)  # Okabe and Ito's


def real_pictures(model: StyleTransfer, style: str) -> Tensor:
    """Test pictures of a style, spread over all there are.

    Args:
        model: whose data set they are of.
        style: one of its styles.

    Returns:
        `(N, 3, S, S)` uint8, at most 32.

    Raises:
        ValueError: if the set does not come with the course, or has too few of them.
    """
    data = model.config.data
    if data.name not in SETS:
        raise ValueError("the map needs the model's own pictures, which are not here")
    images = load_dataset(data.name, size=model.size).subset("test", style).images
    if len(images) < 3:
        raise ValueError(f"there are too few test pictures of {style} for a map")
    return images[:: max(1, len(images) // MAPPED)][:MAPPED].clone()


def project(real: Tensor, *others: Tensor) -> list[np.ndarray]:
    """Places in the plane in which the codes of real pictures differ most.

    The two leading principal components of the real codes, which draws are laid on.

    Args:
        real: `(N, style_dim)`, codes of real pictures, two or more.
        others: codes to lay on the same plane, `(M, style_dim)` each.

    Returns:
        `(N, 2)`, then `(M, 2)` for each of the others.
    """
    middle = real.mean(0)
    axes = torch.linalg.svd(real - middle, full_matrices=False).Vh[:2]
    return [((codes - middle) @ axes.T).cpu().numpy() for codes in (real, *others)]


def code_map(pictures: np.ndarray, real: Tensor, drawn: Tensor, chosen: Tensor) -> np.ndarray:
    """Draw the map: pictures where their codes are, dots for draws, a ring for the chosen style.

    Args:
        pictures: `(N, S, S, 3)` uint8.
        real: `(N, style_dim)`, their codes.
        drawn: `(M, style_dim)`, codes of draws.
        chosen: `(1, style_dim)`.

    Returns:
        `(400, 400, 3)` uint8.
    """
    places = project(real, drawn, chosen)
    together = np.concatenate(places)
    low, high = together.min(0), together.max(0)
    scale = (SIDE - 2 * MARGIN) / max(float((high - low).max()), 1e-6)
    around = [(place - (low + high) / 2) * scale + SIDE / 2 for place in places]
    sheet = Image.new("RGB", (SIDE, SIDE), PAPER)
    for picture, (x, y) in zip(pictures, around[0], strict=True):
        small = Image.fromarray(picture).resize((THUMB, THUMB), Image.Resampling.LANCZOS)
        sheet.paste(small, (round(x - THUMB / 2), round(y - THUMB / 2)))
    drawing = ImageDraw.Draw(sheet)
    for x, y in around[1]:
        drawing.ellipse((x - DOT, y - DOT, x + DOT, y + DOT), DRAW, PAPER)
    ((x, y),) = around[2]
    drawing.ellipse((x - 9, y - 9, x + 9, y + 9), outline=CHOSEN, width=4)
    return np.asarray(sheet)
