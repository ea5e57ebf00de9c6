"""Pixels: from any mode of storage to sRGB with 8 bits a channel, and between images and numbers.

This knows nothing of files. What comes from outside passes :mod:`gan_lessons.images.gate` first.
"""

import io
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageChops
from torch import Tensor


def image_to_tensor(image: Image.Image) -> Tensor:
    """Turns an image into numbers: x / 127.5 - 1.

    Args:
        image: any Pillow image; one that is not RGB passes through :func:`on_white`.

    Returns:
        `(3, H, W)` float32 in [-1, 1].

    >>> image_to_tensor(Image.new("RGB", (2, 1), (0, 255, 51)))[:, 0, 0].tolist()
    [-1.0, 1.0, -0.6000000238418579]
    """
    return image_to_uint8(image).float().div_(127.5).sub_(1)


def image_to_uint8(image: Image.Image) -> Tensor:
    """Takes the pixels of an image as they are.

    Args:
        image: any Pillow image; one that is not RGB passes through :func:`on_white`.

    Returns:
        `(3, H, W)` uint8, in memory of its own.
    """
    image = image if image.mode == "RGB" else on_white(image)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def tensor_to_image(tensor: Tensor) -> Image.Image:
    """Turns numbers into an image; the inverse of :func:`image_to_tensor`, exact for its outputs.

    Args:
        tensor: `(3, H, W)`, float in [-1, 1] (clamped) or uint8, on any device.

    Returns:
        An RGB image.

    Raises:
        ValueError: if the shape is another.

    >>> tensor_to_image(torch.full((3, 4, 5), -7.0)).getpixel((0, 0))
    (0, 0, 0)
    """
    if tensor.ndim != 3 or tensor.shape[0] != 3:
        raise ValueError(
            f"expected one image (3, H, W), got {tuple(tensor.shape)}; pass one of the batch."
        )
    pixels = to_uint8(tensor.detach()).permute(1, 2, 0).cpu()
    return Image.fromarray(np.ascontiguousarray(pixels.numpy()))


def to_uint8(tensor: Tensor) -> Tensor:
    """Rounds numbers in [-1, 1] to the 256 steps of a screen.

    Args:
        tensor: any shape, float (clamped to [-1, 1], NaN becomes grey) or already uint8.

    Returns:
        The same shape, uint8.

    >>> to_uint8(torch.tensor([-1.0, 0.0, 1.0, 9.0])).tolist()
    [0, 128, 255, 255]
    """
    if tensor.dtype == torch.uint8:
        return tensor
    scaled = tensor.float().nan_to_num(nan=0.0).clamp(-1, 1).add(1).mul(127.5)
    return scaled.round().to(torch.uint8)


def encode_image(
    image: Image.Image, format: str = "PNG", *, quality: int = 92, colours: int = 0
) -> bytes:
    """Encodes an image without any metadata.

    Args:
        image: a Pillow image; one that is not RGB passes through :func:`on_white`.
        format: one of Pillow's format names, such as `PNG`, `JPEG` or `WEBP`.
        quality: 1 to 100, for the formats that lose.
        colours: at most so many, 256 or fewer, which makes a PNG small; 0 keeps all.

    Returns:
        The bytes of the file.

    Raises:
        ValueError: if the format is not one that is written here.
    """
    format = format.upper()
    options: dict[str, dict[str, Any]] = {
        "PNG": {"optimize": colours > 0},
        "JPEG": {"quality": quality, "subsampling": 0 if quality > 90 else 2},
        "WEBP": {"quality": quality, "method": 6},
    }
    if format not in options:
        raise ValueError(f"{format} is not written here; choose one of {', '.join(options)}.")
    # Pillow's writers take profiles and comments from `info` unless it is empty.
    clean = image.convert("RGB") if image.mode == "RGB" else on_white(image)
    clean = clean.quantize(colours) if colours else clean
    clean.info = {}
    buffer = io.BytesIO()
    clean.save(buffer, format, **options[format])
    return buffer.getvalue()


def on_white(image: Image.Image) -> Image.Image:
    """Converts any mode to sRGB, 8 bits a channel, transparency laid on white.

    Args:
        image: a decoded Pillow image of any mode; its ICC profile, if any, is applied.

    Returns:
        A new RGB image.
    """
    profile = image.info.get("icc_profile")
    alpha = None
    if image.mode.startswith("I"):
        alpha = _clear_value(image)
    elif image.has_transparency_data:
        layered = "LA" if image.mode in ("1", "L", "LA", "La") else "RGBA"
        if image.mode != layered:  # converting to the same mode would copy a large image
            image = image.convert(layered)
        alpha = image.getchannel("A")
    rgb = _to_srgb(_eight_bits(image), profile)
    if rgb is image:  # nothing was to be done, but the caller's image is the caller's
        rgb = image.copy()
    if alpha is not None:
        rgb.paste((255, 255, 255), mask=ImageChops.invert(alpha))
    return rgb


def _clear_value(image: Image.Image) -> Image.Image | None:
    """The mask of an integer grey image of which one value is declared transparent."""
    value = image.info.get("transparency")
    if not isinstance(value, int):
        return None
    return Image.fromarray(np.where(np.asarray(image) == value, 0, 255).astype(np.uint8))


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
    return image if image.mode == "RGB" else image.convert("RGB")
