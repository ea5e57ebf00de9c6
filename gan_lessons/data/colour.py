"""From any mode that a picture may be stored in to sRGB with 8 bits a channel."""

import io

import numpy as np
from PIL import Image, ImageChops


def on_white(image: Image.Image) -> Image.Image:
    """Converts any mode to sRGB, 8 bits a channel, transparency laid on white.

    Args:
        image: a decoded Pillow image of any mode; its ICC profile, if any, is applied.

    Returns:
        A new RGB image.
    """
    profile = image.info.get("icc_profile")
    alpha = None
    if image.has_transparency_data:
        grey = image.mode in ("1", "L", "LA", "La") or image.mode.startswith("I")
        solid = image.convert("LA" if grey else "RGBA")
        alpha = solid.getchannel("A")
        # Pillow cuts 16-bit grey off at 255 on this way: it gives the mask, not the picture.
        image = image if image.mode.startswith("I") else solid
    rgb = _to_srgb(_eight_bits(image), profile)
    if alpha is not None:
        rgb.paste((255, 255, 255), mask=ImageChops.invert(alpha))
    return rgb


def _eight_bits(image: Image.Image) -> Image.Image:
    """Brings an image to L, RGB or CMYK, the modes that a profile can speak of."""
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    if image.mode in ("1", "LA"):
        return image.convert("L")
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(_scale_deep(image))
    return image.convert("RGB")


def _scale_deep(image: Image.Image) -> np.ndarray:
    """Scales 16-bit, 32-bit and floating-point grey to `(H, W)` uint8.

    Only the 16-bit modes say what white is. Elsewhere it is the smallest usual full scale that
    holds the brightest pixel: 1 (floats only), 255, 65535, or else that pixel itself.
    """
    values = np.asarray(image).astype(np.float32)
    np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(values.max())
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        white = 65535.0
    else:
        usual = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        white = next((scale for scale in usual if peak <= scale), peak)
    values *= 255.0 / white
    return values.clip(0, 255, out=values).round(out=values).astype(np.uint8)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Applies an ICC profile that fits the image; without one the numbers are taken for sRGB."""
    if profile:
        from PIL import ImageCms  # only pictures with a profile pay for it

        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            # Most photographs say that they are sRGB already: nothing to do, and no rounding.
            if "srgb" not in ImageCms.getProfileDescription(source).lower():
                target = ImageCms.createProfile("sRGB")
                return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # broken, or for another kind of image
    return image.convert("RGB")
