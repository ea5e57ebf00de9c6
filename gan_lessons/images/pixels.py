"""Pixels: from any mode of storage to sRGB with 8 bits a channel, and between images and numbers.

This knows nothing of files. What comes from outside passes :mod:`gan_lessons.images.gate` first.
"""

import io
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from gan_lessons.images import deep_grey
from gan_lessons.images.profiles import to_srgb


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
    image: Image.Image,
    format: str = "PNG",
    *,
    quality: int = 92,
    colours: int = 0,
    lossless: bool = False,
    about: str = "",
) -> bytes:
    """Encodes an image without any metadata but what is asked for.

    Args:
        image: a Pillow image; RGBA keeps its transparency where the format has one, what is not
            RGB passes through :func:`on_white` else.
        format: one of Pillow's format names, such as `PNG`, `JPEG` or `WEBP`.
        quality: 1 to 100, for the formats that lose.
        colours: at most so many, 256 or fewer, which makes a PNG small; 0 keeps all.
        lossless: every pixel of a WebP stays as it is; `quality` is then how hard to press.
        about: written into the file as its description, such as that it was generated.

    Returns:
        The bytes of the file.

    Raises:
        ValueError: if the format is not one that is written here.
    """
    format = format.upper()
    options: dict[str, dict[str, Any]] = {
        "PNG": {"optimize": colours > 0},
        "JPEG": {"quality": quality, "subsampling": 0 if quality > 90 else 2},
        "WEBP": {"quality": quality, "method": 6, "lossless": lossless},
    }
    if format not in options:
        raise ValueError(f"{format} is not written here; choose one of {', '.join(options)}.")
    # Pillow's writers take profiles and comments from `info` unless it is empty.
    if image.mode == "RGBA" and format != "JPEG" and not colours:
        clean = image.copy()
    else:
        clean = image.convert("RGB") if image.mode == "RGB" else on_white(image)
    clean = clean.quantize(colours) if colours else clean
    clean.info = {}
    buffer = io.BytesIO()
    clean.save(buffer, format, **options[format], **(_described(format, about) if about else {}))
    return buffer.getvalue()


_DESCRIPTION = 0x010E  # of EXIF


def _described(format: str, about: str) -> dict[str, Any]:
    """What makes Pillow write a description."""
    if format == "PNG":
        notes = PngInfo()
        notes.add_itxt("Description", about)
        return {"pnginfo": notes}
    exif = Image.Exif()
    exif[_DESCRIPTION] = about
    return {"exif": exif}


ON_WHITE = "it is transparent: laid on white"


class Layers(NamedTuple):
    """A picture as it is worked on.

    Attributes:
        rgb: mode RGB, sRGB, laid on white.
        alpha: mode L, of the same size, 255 where it covers; None where nothing shines through.
        remarks: sentences on what was decided on the way and what was left out.
    """

    rgb: Image.Image
    alpha: Image.Image | None
    remarks: tuple[str, ...]


def on_white(image: Image.Image) -> Image.Image:
    """Converts any mode to sRGB, 8 bits a channel, transparency laid on white.

    Args:
        image: a decoded Pillow image of any mode; its ICC profile, if any, is applied.

    Returns:
        A new RGB image.
    """
    return layers(image).rgb


def layers(image: Image.Image) -> Layers:
    """As :func:`on_white`, but tells also what it covers and what was decided on the way.

    Args:
        image: a decoded Pillow image of any mode.

    Returns:
        New images, and remarks.
    """
    profile = image.info.get("icc_profile") if image.mode != "LAB" else None
    alpha = None
    if deep_grey.is_deep(image):
        alpha = _clear_value(image)
    elif image.has_transparency_data:
        layered = "LA" if image.mode in ("1", "L", "LA", "La") else "RGBA"
        if image.mode != layered:  # converting to the same mode would copy a large image
            image = image.convert(layered)
        alpha = image.getchannel("A")
    flat, said_of_depth = _eight_bits(image)
    rgb, said_of_colour = to_srgb(flat, profile)
    if rgb is image:  # nothing was to be done, but the caller's image is the caller's
        rgb = image.copy()
    del image, flat  # large ones, if they are not the caller's
    if alpha is not None and alpha.getextrema()[0] == 255:
        alpha = None
    if alpha is not None:
        rgb.paste((255, 255, 255), mask=ImageChops.invert(alpha))
    clear = None if alpha is None else ON_WHITE
    return Layers(rgb, alpha, tuple(filter(None, (clear, said_of_depth, said_of_colour))))


def with_alpha(rgb: Image.Image, alpha: Image.Image) -> Image.Image:
    """Gives a picture that stands on white its transparency back.

    Where half of the white shone through, half of it is taken out again: laid on white, the result
    is the picture once more; on another ground no white edge is left.

    Args:
        rgb: mode RGB.
        alpha: mode L, of any size.

    Returns:
        An image of mode RGBA and the size of `rgb`.
    """
    alpha = alpha if alpha.size == rgb.size else alpha.resize(rgb.size, Image.Resampling.BICUBIC)
    share = np.asarray(alpha, np.float32)[..., None] / 255
    white = 255 * (1 - share)
    colour = (np.asarray(rgb, np.float32) - white) / np.maximum(share, 1 / 255)
    colour = np.where(share > 0, colour, 255).clip(0, 255).round().astype(np.uint8)
    return Image.fromarray(np.dstack([colour, np.asarray(alpha)]))


def _clear_value(image: Image.Image) -> Image.Image | None:
    """The mask of an integer grey image of which one value is declared transparent."""
    value = image.info.get("transparency")
    if not isinstance(value, int):
        return None
    return Image.fromarray((np.asarray(image) != value).astype(np.uint8) * 255)


def _eight_bits(image: Image.Image) -> tuple[Image.Image, str | None]:
    """Brings an image to L, RGB or CMYK, the modes that a profile can speak of."""
    if image.mode in ("L", "RGB", "CMYK"):
        return image, None
    if deep_grey.is_deep(image):
        return deep_grey.to_eight_bits(image)
    return image.convert("L" if image.mode in ("1", "LA") else "RGB"), None
