"""Grey of more than 8 bits: what counts as white, and the way down to 8 bits.

A file of 16 bits may hold a scan of 12, one of floats may count to 1 or to 255. Where the file does
not say, white is the smallest usual full scale that holds its brightest pixel.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

_SCALES = {"whole": (255, 2**12 - 1, 2**16 - 1, 2**24 - 1), "float": (1, 255, 2**16 - 1, 2**32 - 1)}
_GLOW = 16  # floats up to here count to 1, and what is brighter are lights that outshine white
_BAND = 2**22  # pixels worked on at once: copies as numbers would take four times the picture
_BITS, _LIGHT, _FORMAT = 258, 262, 339  # TIFF's tags
_UNSIGNED = (None, (1,))  # values of the last


class Grey(NamedTuple):
    """8-bit grey, and what was decided on the way where the file does not say."""

    image: Image.Image
    remark: str | None


def is_deep(image: Image.Image) -> bool:
    """Whether an image is of a mode that :func:`to_eight_bits` takes."""
    return image.mode == "F" or image.mode.startswith("I")


def to_eight_bits(image: Image.Image) -> Grey:
    """Scales integer or floating-point grey to 8 bits.

    Args:
        image: loaded, of mode `I;16` (and its kin), `I` or `F`.

    Returns:
        The image as mode `L`. What is no number becomes black.
    """
    tags = getattr(image, "tag_v2", {})
    unsigned = image.mode == "I" and tags.get(_BITS) == (32,) and tags.get(_FORMAT) in _UNSIGNED
    peak = max(float(band.max()) for _, band in _bands(image, unsigned))
    white, remark = _white(image, peak, tags, unsigned)
    inverted = bool(tags) and tags.get(_LIGHT) == 0
    grey = Image.new("L", image.size)
    for top, band in _bands(image, unsigned):
        band *= 255.0 / white
        band = band.clip(0, 255, out=band).round(out=band).astype(np.uint8)
        grey.paste(Image.fromarray(255 - band if inverted else band), (0, top))
    return Grey(grey, remark)


def _bands(image: Image.Image, unsigned: bool) -> Iterator[tuple[int, np.ndarray]]:
    """The image as float32, some rows at a time, each with the number of its first."""
    rows = max(1, _BAND // image.width)
    for top in range(0, image.height, rows):
        band = np.asarray(image.crop((0, top, image.width, min(top + rows, image.height))))
        values = (band.view(np.uint32) if unsigned else band).astype(np.float32)
        yield top, np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _white(image: Image.Image, peak: float, tags: dict, unsigned: bool) -> tuple[float, str | None]:
    """The value that is white, and a remark if the file would have let us expect another."""
    if image.mode == "F":
        if peak <= _GLOW:
            return 1.0, "its floats above 1 were taken for white" if peak > 1 else None
        return _smallest(_SCALES["float"], peak), None
    sixteen = image.mode.startswith("I;") or image.format in ("PNG", "PPM")
    bits = (tags.get(_BITS) or (16 if sixteen else 32,))[0]
    full = 2.0 ** (bits if sixteen or unsigned else bits - 1) - 1
    white = min(_smallest(_SCALES["whole"], peak), full)
    said = bits == 16 and white < 2**15 - 1
    used = round(white + 1).bit_length() - 1
    return white, f"its 16 bits hold no value over {white:,.0f}: taken for {used}" if said else None


def _smallest(scales: tuple[int, ...], peak: float) -> float:
    return float(next((scale for scale in scales if peak <= scale), max(peak, 2**32 - 1)))
