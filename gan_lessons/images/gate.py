"""The one way in for an image: whatever comes, an upright sRGB picture goes out, or a clear reason.

A file is judged by its content, never by its name. Its size in bytes is checked before it is read
and its size in pixels before it is decoded, so that a small file that claims to be enormous costs
nothing, and so are the passes over it that it asks for. Nothing of the file but its pixels
survives: no place, no camera, no profile.
"""

import contextlib
import io
from collections.abc import Iterator

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

from gan_lessons.images.avif import coded_sizes
from gan_lessons.images.header import crowded, jpeg_scans, webp_canvas
from gan_lessons.images.phones import phone_format
from gan_lessons.images.pixels import (
    Layers,
    encode_image,
    image_to_tensor,
    image_to_uint8,
    layers,
    tensor_to_image,
    to_uint8,
    with_alpha,
)
from gan_lessons.images.quiet import hushed_pillow, muted_c_code
from gan_lessons.images.refusals import ImageError, damaged, too_many_pixels, unknown
from gan_lessons.images.source_bytes import Source, name_of, read_source

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "ImageError",
    "Layers",
    "decode_cutout",
    "decode_trusted",
    "encode_image",
    "image_to_tensor",
    "image_to_uint8",
    "open_image",
    "open_layers",
    "tensor_to_image",
    "to_uint8",
    "with_alpha",
]

MAX_BYTES = 64 * 2**20
"""Largest file that is read. Photographs of 60 million pixels stay below half of it."""

MAX_PIXELS = 64_000_000
"""Largest picture that is decoded, in pixels: 8000 by 8000, at most some 700 MB while converted."""

MAX_SIDE = 65_535
"""Longest side in pixels, as in JPEG: of a strip, the list of its lines would fill the memory."""

MAX_SCANS = 100
"""Most passes over a progressive JPEG, which has some 10: each takes a time of its own."""

MAX_PASSED = 20 * MAX_PIXELS
"""Most pixels that all passes over a JPEG, or all parts of a HEIC, see together: some seconds."""

MAX_PARTS = 100_000
"""Most segments, chunks or remarks that a file may be cut into: each takes a time to find."""

MAX_NOTES = 100
"""Most segments of EXIF in a JPEG, which has one or two: Pillow copies all before each again."""

MAX_SLOW_BYTES = 16 * 2**20
"""Largest file of the kinds that are decoded number by number: plain PPM and packed BMP."""

MAX_TILE = 4096
"""Longest side of a TIFF's tile, which is decoded whole whatever is shown of it; 512 is usual."""

MAX_STRIP = 384 * 2**20
"""Bytes of a TIFF's largest strip when unpacked, which is held beside the picture."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
"""Formats that are read, by Pillow's names; AVIF joins them where Pillow was built with it."""

if features.check("avif"):
    from PIL import AvifImagePlugin  # noqa: F401

    FORMATS += ("AVIF",)

_COSTLY = {"WEBP": 2.0, "AVIF": 1.25, "HEIF": 1.25}
"""How many times the usual memory a decoder takes: so many times fewer pixels are allowed."""

_SAVED_ANEW = "open it in a program for pictures and save it anew"
_SLOW = ("bmp_rle", "ppm", "ppm_plain")  # decoders of Pillow that are written in Python
_TILE, _ROWS, _DEPTHS = (322, 323), 278, 258  # tags of TIFF
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


def open_image(
    source: Source, *, name: str | None = None, at_least: int | None = None
) -> Image.Image:
    """Takes an image in: checked, decoded, upright, sRGB, 8 bits, on white.

    Of an animation the first frame is taken. Grey of more than 8 bits is scaled by the full scale
    of its kind, or by that of the scan that it holds. An ICC profile is applied; a broken one is
    ignored.

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
    return open_layers(source, name=name, at_least=at_least).rgb


def open_layers(source: Source, *, name: str | None = None, at_least: int | None = None) -> Layers:
    """Takes an image in as :func:`open_image` does, but keeps what shone through.

    Args:
        source: as there.
        name: as there.
        at_least: as there.

    Returns:
        The image on white, its transparency if it has any, and remarks on what was decided.

    Raises:
        ImageError: as there.
    """
    name = name or name_of(source)
    if isinstance(source, Image.Image):
        return _decode(source, name, None, own=False)
    data = read_source(source, name, MAX_BYTES)
    with hushed_pillow():
        image = _open_header(data, name)
    del data  # the image holds it as long as it needs it
    with contextlib.closing(image):
        return _decode(image, name, at_least, own=True)


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


def _open_header(data: bytes, name: str) -> Image.Image:
    """Reads the header only, checks what it claims, and a PNG's checksums."""
    formats = (*FORMATS, *phone_format(data, name, MAX_PASSED))
    if canvas := webp_canvas(data):  # its decoder takes the memory as soon as it is made
        _check_size(canvas, "WEBP", name)
    if crowded(data, MAX_PARTS) or data.count(b"Exif\0\0") > MAX_NOTES:
        raise ImageError(name, "it is cut into more parts than any picture needs", _SAVED_ANEW)
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
        _check_size(image.size, image.format, name)
        if image.format == "AVIF":
            _check_coded(data, name)
        if image.format == "PNG":
            # Pillow decodes on past a wrong checksum; a picture that changed on its way is damaged.
            image.verify()
            image = Image.open(io.BytesIO(data), formats=("PNG",))
        _check_work(image, data, name)
        return image
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_many_pixels(name, "more pixels", MAX_PIXELS) from error
    except UnidentifiedImageError as error:
        raise unknown(data, name, FORMATS) from error
    except Exception as error:
        raise damaged(error, name) from error


def _check_work(image: Image.Image, data: bytes, name: str) -> None:
    """Refuses what would take long or much memory to decode, though it shows few pixels."""
    if image.format in ("JPEG", "MPO"):
        scans = jpeg_scans(data)
        allowed = min(MAX_SCANS, max(1, MAX_PASSED // (image.width * image.height)))
        if scans > allowed:
            reason = f"it asks for {scans:,} passes, more than the {allowed} allowed"
            raise ImageError(name, reason, _SAVED_ANEW)
    codec = image.tile[0][0] if getattr(image, "tile", ()) else ""
    if codec in _SLOW and len(data) > MAX_SLOW_BYTES:
        reason = f"it is larger than the {MAX_SLOW_BYTES // 2**20} MiB allowed of its kind"
        raise ImageError(name, reason, "save it as PNG")
    if image.format == "TIFF":
        tags = image.tag_v2
        tile = [_first(tags.get(tag, 0)) for tag in _TILE]
        rows = min(_first(tags.get(_ROWS, image.height)), image.height)
        depth = sum(tags.get(_DEPTHS, (1,))) / 8  # bytes a pixel
        if max(tile) > MAX_TILE or rows * image.width * depth > MAX_STRIP:
            raise ImageError(name, "its strips or tiles are too large to unpack", _SAVED_ANEW)


def _check_coded(data: bytes, name: str) -> None:
    """Refuses an AVIF whose coded pictures are larger than what it shows may be."""
    sizes = coded_sizes(data)
    for size in sizes:
        _check_size(size, "AVIF", name)
    if sum(width * height for width, height in sizes) > MAX_PASSED:
        raise ImageError(name, "it asks for more work than any picture needs", _SAVED_ANEW)


def _first(value: int | tuple[int, ...]) -> int:
    return value[0] if isinstance(value, tuple) else value


def _check_size(size: tuple[int, int], format: str | None, name: str) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(name, f"it has no pixels ({width} x {height})")
    if max(size) > MAX_SIDE:
        reason = f"a side of {max(size):,} pixels is longer than the {MAX_SIDE:,} allowed"
        raise ImageError(name, reason, "cut it into pieces")
    limit = int(MAX_PIXELS / _COSTLY.get(format or "", 1))
    if width * height > limit:
        raise too_many_pixels(name, f"{width:,} x {height:,} pixels, more", limit)


def _decode(image: Image.Image, name: str, at_least: int | None, *, own: bool) -> Layers:
    _check_size(image.size, image.format, name)
    try:
        with hushed_pillow(), _clear_as_stored(image):
            if at_least and image.format in ("JPEG", "MPO"):
                image.draft(None, (at_least, at_least))
            with muted_c_code() if image.format == "TIFF" else contextlib.nullcontext():
                image.load()
            _check_size(image.size, image.format, name)  # a phone's picture tells only now
            rgb, alpha, remarks = layers(image)
            method = _UPRIGHT.get(_orientation(image))
            remarks += _of_many(image)
        if own:
            image.close()  # its pixels, before there is a third copy
        if method is not None:
            rgb, alpha = rgb.transpose(method), alpha and alpha.transpose(method)
    except ImageError:
        raise
    except Exception as error:
        # Decoders raise nearly anything on bytes that were made to confuse them.
        raise damaged(error, name) from error
    rgb.info = {}
    return Layers(rgb, alpha, remarks)


@contextlib.contextmanager
def _clear_as_stored(image: Image.Image) -> Iterator[None]:
    """Brings the clear value of a PNG to the scale that its pixels are decoded to.

    Pillow spreads 2 and 4 bits over 256 steps and shortens 16, but leaves this one value as stored.
    """
    stored, tiles = image.info.get("transparency"), getattr(image, "tile", ())
    raw = tiles[0][3] if image.format == "PNG" and tiles else ""
    if raw in ("L;2", "L;4") and isinstance(stored, int):
        image.info["transparency"] = stored * {"L;2": 85, "L;4": 17}[raw]
    elif raw == "RGB;16B" and isinstance(stored, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in stored)
    try:
        yield
    finally:
        if stored is not None:
            image.info["transparency"] = stored


def _of_many(image: Image.Image) -> tuple[str, ...]:
    """A remark if a file holds more pictures than the one that was taken."""
    if image.format not in ("GIF", "PNG", "WEBP", "AVIF", "TIFF", "HEIF"):
        return ()  # in a phone's JPEG the others are maps of depth and light
    with contextlib.suppress(Exception):  # what comes after the first may be damaged
        if getattr(image, "is_animated", False):
            return ("it holds several pictures: the first was taken",)
    return ()


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  (a broken EXIF block does not make the picture worse)
        return 1
