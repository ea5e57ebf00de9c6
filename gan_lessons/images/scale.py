"""Pictures of another size, in their own shape."""

import math

from PIL import Image

from gan_lessons.images.gate import MAX_PIXELS
from gan_lessons.images.refusals import ImageError


def scaled(image: Image.Image, size: int, named: str) -> Image.Image:
    """Resize a picture and keep its shape.

    Args:
        image: of any size, in a mode that Pillow can filter.
        size: its shorter side afterwards, in pixels.
        named: what to call it where it is refused.

    Returns:
        A picture of the same mode; no side is below 1.

    Raises:
        ValueError: for a size below 1.
        ImageError: where the result would be larger than any picture may be.
    """
    if size < 1:
        raise ValueError(f"size is a number of pixels, 1 or more, got {size}")
    factor = size / min(image.size)
    shape = [max(1, round(side * factor)) for side in image.size]
    if math.prod(shape) > MAX_PIXELS:  # a strip of one pixel's height, enlarged
        reason = f"at a shorter side of {size} it has {shape[0]:,} x {shape[1]:,} pixels"
        raise ImageError(named, reason, "ask for a smaller size")
    return image.resize(shape, Image.Resampling.LANCZOS)
