"""Colour profiles: what a picture's numbers mean, brought to sRGB.

Whether a profile is sRGB is asked of what it does to colours, never of its name: "Linear sRGB" is
another space, and the sRGB of a camera's maker may be called anything.
"""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

_ENDLESS = b"mpet"
"""Chains of any length, of which few bytes name the same link again and again: a PNG of 429 bytes
took minutes. No camera and no screen needs them; what has them is taken for sRGB."""

_NEAR = 2  # of 255: what the sRGB profiles of different makers round differently


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str | None]:
    """Applies an ICC profile; without one the numbers are taken for sRGB.

    Args:
        image: of mode L, RGB or CMYK.
        profile: the content of an ICC profile.

    Returns:
        The RGB image, the same one if nothing had to be done, and a remark if the profile could
        not be applied.
    """
    remark = None
    if profile:
        from PIL import ImageCms  # only pictures with a profile pay for it

        try:
            transform = _transform(bytes(profile), image.mode)
            if transform is not None:
                return ImageCms.applyTransform(image, transform), None
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            remark = "its colour profile is broken or for another kind of picture: taken for sRGB"
    return image if image.mode == "RGB" else image.convert("RGB"), remark


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> Any:
    """The way from a profile to sRGB, or None if it leads nowhere else."""
    from PIL import ImageCms

    if _ENDLESS in profile:
        raise ValueError("it may ask for any number of computations")
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    if mode == "CMYK":
        return transform
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    probe = Image.fromarray(colours if mode == "RGB" else colours[..., 0])
    changed = np.asarray(ImageCms.applyTransform(probe, transform)).astype(int)
    return None if np.abs(changed - np.asarray(probe.convert("RGB"))).max() <= _NEAR else transform
