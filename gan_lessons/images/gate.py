"""The one way in for an image: whatever comes, an upright sRGB picture goes out, or a clear reason.

A file is judged by its content, never by its name. Its size in bytes is checked before it is read
and its size in pixels before it is decoded, so that a small file that claims to be enormous costs
nothing. Nothing of the file but its pixels survives: no place, no camera, no profile.
"""

import contextlib
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from PIL import (
    BmpImagePlugin,  # noqa: F401  (each import makes Pillow know one format, and no other)
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    PpmImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
    features,
)
from torch import Tensor

from gan_lessons.images.listing import image_files, is_clutter
from gan_lessons.images.pixels import (
    encode_image,
    image_to_tensor,
    image_to_uint8,
    on_white,
    tensor_to_image,
    to_uint8,
)
from gan_lessons.images.quiet import hushed_pillow, muted_c_code

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "ImageError",
    "decode_cutout",
    "decode_trusted",
    "encode_image",
    "image_files",
    "image_to_tensor",
    "image_to_uint8",
    "is_clutter",
    "open_image",
    "tensor_to_image",
    "to_uint8",
]

Source = str | os.PathLike | bytes | BinaryIO | Image.Image

MAX_BYTES = 64 * 2**20
"""Largest file that is read. Photographs of 60 million pixels stay below half of it."""

MAX_PIXELS = 64_000_000
"""Largest picture that is decoded, in pixels: 8000 by 8000, at most some 700 MB while converted."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
"""Formats that are read, by Pillow's names; AVIF joins them where Pillow was built with it."""

if features.check("avif"):
    from PIL import AvifImagePlugin  # noqa: F401

    FORMATS += ("AVIF",)

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_STRANGERS = (  # (offset, bytes, what it is, what to do)
    (4, b"ftyphe", "a HEIC picture", "export it as JPEG or PNG"),
    (4, b"ftypmif1", "a HEIF picture", "export it as JPEG or PNG"),
    (4, b"ftypavi", "an AVIF picture, cut short or unknown to this Pillow", "export it as PNG"),
    (4, b"ftyp", "a video", "save one frame of it as PNG"),
    (4, b"jP  \r\n", "a JPEG 2000 picture", "export it as JPEG or PNG"),
    (0, b"<svg", "an SVG drawing", "export it as PNG"),
    (0, b"<?xml", "an XML text, perhaps a drawing", "export it as PNG"),
    (0, b"<!doctype", "a web page", "download the picture itself"),
    (0, b"<html", "a web page", "download the picture itself"),
    (0, b"%pdf", "a PDF document", "export its page as PNG"),
    (0, b"pk\x03\x04", "a zip archive", "unpack it first"),
    (0, b"8bps", "a Photoshop document", "export it as PNG"),
    (0, b"version https://git-lfs", "a Git LFS pointer", "fetch the picture with `git lfs pull`"),
)
_AGAIN = "save or download it again, or leave it out"


class ImageError(ValueError):
    """An image that cannot be taken. The message reads "NAME: reason; what to do"."""

    def __init__(self, name: str, reason: str, advice: str = _AGAIN):
        # A file's name may hold line ends or bytes that no terminal can print.
        name = "".join(c if c.isprintable() else "?" for c in name)
        super().__init__(f"{name}: {reason}; {advice}.")
        self.name, self.reason, self.advice = name, reason, advice


def open_image(
    source: Source, *, name: str | None = None, at_least: int | None = None
) -> Image.Image:
    """Takes an image in: checked, decoded, upright, sRGB, 8 bits, on white.

    Of an animation the first frame is taken. 16-bit and floating-point grey is scaled to 8 bits by
    the full scale of its kind. An ICC profile is applied; a broken one is ignored.

    Args:
        source: a path, the bytes of a file, an open binary file, or a Pillow image (left alone).
        name: what to call it in a message; the path, if nothing is given.
        at_least: if given, a JPEG may be decoded at a half, a quarter or an eighth of its size, as
            long as its shorter side keeps this many pixels. Much faster for photographs.

    Returns:
        A new image of mode RGB without metadata.

    Raises:
        ImageError: if it is no image, is damaged or too large, or cannot be read at all.
    """
    name = name or _name_of(source)
    if isinstance(source, Image.Image):
        return _decode(source, name, None)
    data = _read(source, name)
    with hushed_pillow():
        image = _open_header(data, name)
    with contextlib.closing(image):
        return _decode(image, name, at_least)


def decode_trusted(data: bytes) -> Tensor:
    """Decodes an image of the course's own archives, whose checksum was compared before.

    Args:
        data: a PNG, JPEG or WebP file, 8 bits a channel, no profile, no orientation.

    Returns:
        `(3, H, W)` uint8.
    """
    with Image.open(io.BytesIO(data), formats=("WEBP", "PNG", "JPEG")) as image:
        return image_to_uint8(image.convert("RGB"))


def decode_cutout(data: bytes) -> Image.Image:
    """Decodes a cut-out piece of one of the packages that the course's archives are made from.

    Args:
        data: a PNG or WebP file, 8 bits a channel.

    Returns:
        An image of mode RGBA: its transparency is kept, not laid on white.
    """
    with Image.open(io.BytesIO(data), formats=("WEBP", "PNG")) as image:
        return image.convert("RGBA")


def _name_of(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None) or getattr(source, "filename", None)
    return name if isinstance(name, str) else "image"


def _read(source: Source, name: str) -> bytes:
    """Reads at most one byte more than is allowed."""
    if isinstance(source, str | os.PathLike):
        data = _read_path(Path(source), name)
    elif isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source[: MAX_BYTES + 1])
    elif hasattr(source, "read"):
        data = source.read(MAX_BYTES + 1)
    else:
        data = None
    if not isinstance(data, bytes):
        raise ImageError(
            name,
            f"expected a path, bytes, a binary file or a Pillow image, got {type(source).__name__}",
            "pass one of these",
        )
    if not data:
        raise ImageError(name, "it is empty")
    if len(data) > MAX_BYTES:
        _refuse_bytes(name)
    return data


def _read_path(path: Path, name: str) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(name, "it is a folder", "name an image file, or what is inside")
        if not stat.S_ISREG(status.st_mode):  # a pipe would let us wait for ever
            raise ImageError(name, "it is not an ordinary file", "name an image file")
        if status.st_size > MAX_BYTES:
            _refuse_bytes(name)
        with path.open("rb") as handle:
            return handle.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        gone = "it links to a file that is gone" if path.is_symlink() else "it does not exist"
        raise ImageError(name, gone, "check the name") from error
    except PermissionError as error:
        raise ImageError(name, "you may not read it", "change its permissions") from error
    except OSError as error:
        detail = error.strerror or "unknown error"
        raise ImageError(name, f"it cannot be read ({detail})", "check the disk") from error
    except ImageError:
        raise
    except ValueError as error:  # a zero byte in the name
        raise ImageError(name, "it is no valid file name", "check the name") from error


def _refuse_bytes(name: str) -> None:
    limit = MAX_BYTES // 2**20
    raise ImageError(name, f"it is larger than {limit} MiB", "save it smaller, as JPEG or WebP")


def _open_header(data: bytes, name: str) -> Image.Image:
    """Reads the header only, checks what it claims, and a PNG's checksums."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_pixels(image, name)
        if image.format == "PNG":
            # Pillow decodes on past a wrong checksum; a picture that changed on its way is damaged.
            image.verify()
            image = Image.open(io.BytesIO(data), formats=("PNG",))
        return image
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name, "more pixels") from error
    except UnidentifiedImageError as error:
        raise _stranger(data, name) from error
    except Exception as error:
        raise _damaged(error, name) from error


def _check_pixels(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise ImageError(name, f"it has no pixels ({width} x {height})")
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(name, f"{width:,} x {height:,} pixels, more")


def _too_many_pixels(name: str, how_many: str) -> ImageError:
    limit = MAX_PIXELS // 1_000_000
    return ImageError(name, f"it has {how_many} than the {limit} million allowed", "shrink it")


def _stranger(data: bytes, name: str) -> ImageError:
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for offset, magic, what, advice in _STRANGERS:
        if start[offset:].startswith(magic.lower()):
            return ImageError(name, f"it is {what}", advice)
    known = ", ".join(FORMATS)
    return ImageError(
        name, f"it is no image of a kind read here ({known}), or its start is damaged"
    )


def _damaged(error: Exception, name: str) -> ImageError:
    if isinstance(error, MemoryError):
        return ImageError(name, "there is not enough memory to decode it", "shrink it")
    detail = " ".join(str(error).split())[:100] or type(error).__name__
    detail = "".join(c if c.isprintable() else "?" for c in detail)
    reason = "it is cut short" if "truncated" in detail.lower() else f"it is damaged ({detail})"
    return ImageError(name, reason)


def _decode(image: Image.Image, name: str, at_least: int | None) -> Image.Image:
    _check_pixels(image, name)
    try:
        with hushed_pillow():
            if at_least and image.format in ("JPEG", "MPO"):
                image.draft(None, (at_least, at_least))
            with muted_c_code() if image.format == "TIFF" else contextlib.nullcontext():
                image.load()
            rgb = on_white(image)
            method = _UPRIGHT.get(_orientation(image))
        rgb = rgb if method is None else rgb.transpose(method)
    except Exception as error:
        # Decoders raise nearly anything on bytes that were made to confuse them.
        raise _damaged(error, name) from error
    rgb.info = {}
    return rgb


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  (a broken EXIF block does not make the picture worse)
        return 1
