"""Makes some 500 images, damaged, deceiving or merely unusual, each with what must come of it.

`make(folder, seed)` writes them and returns `(path, Expectation)` pairs. What is right was worked
out from the drawn pixels with numpy, not with the code under test. Everything follows from the
seed, so that a failure can be made again.
"""

import contextlib
import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, features

Pixels = np.ndarray
Item = tuple[str, str, bytes, "Expectation"]  # kind, suffix, content, what must come of it

AVIF = features.check("avif")
LOSSLESS = ("PNG", "BMP", "TIFF", "PPM", "WEBP")
SUFFIX = {
    "PNG": ".png",
    "JPEG": ".jpg",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "PPM": ".ppm",
    "AVIF": ".avif",
}
FORMATS = tuple(name for name in SUFFIX if AVIF or name != "AVIF")


@dataclass(frozen=True)
class Expectation:
    """What must come of a file.

    `outcome` is "ok" or "refused". `pixels`, where it can be known, is the right picture, uint8
    `(H, W, 3)`, and `tolerance` the mean distance allowed to it (lossy formats). `reason` is a part
    of the refusal.
    """

    outcome: str
    pixels: Pixels | None = None
    tolerance: float = 1.0
    reason: str = ""


def make(folder: str | Path, seed: int = 0) -> list[tuple[Path, Expectation]]:
    """Writes the images into a folder that exists and is empty.

    Names are printable, begin with a number and end as an image does.
    """
    folder, rng = Path(folder), np.random.default_rng(seed)
    cases = []
    for kind, suffix, data, expectation in _items(rng):
        path = folder / f"{len(cases):03d}_{kind}{suffix}"
        path.write_bytes(data)
        cases.append((path, expectation))
    return cases + list(_special(folder, len(cases)))


def refused(reason: str = "") -> Expectation:
    return Expectation("refused", reason=reason)


def right(pixels: Pixels, tolerance: float = 1.0) -> Expectation:
    return Expectation("ok", pixels, tolerance)


def picture(rng: np.random.Generator, height: int = 0, width: int = 0) -> Pixels:
    """A smooth picture without symmetry, so that JPEG keeps it and a wrong turn shows."""
    height, width = height or int(rng.integers(24, 49)), width or int(rng.integers(24, 49))
    y, x = np.mgrid[0:height, 0:width] / max(height, width, 2)
    turn, shift = rng.uniform(0.5, 2.0, 3), rng.uniform(0, 2, 3)
    waves = [
        128 + 60 * np.sin(t * 3 * x + s) + 60 * x - 60 * y * s / 2
        for t, s in zip(turn, shift, strict=True)
    ]
    return np.stack(waves, -1).clip(0, 255).astype(np.uint8)


def encode(image: Image.Image, form: str, **options) -> bytes:
    if form in ("JPEG", "AVIF"):
        options = {"quality": 95, "subsampling": 0 if form == "JPEG" else "4:4:4"} | options
    if form == "WEBP":
        options = {"lossless": True, "exact": True} | options
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, scanlines: bytes, *extra: bytes) -> bytes:
    """A PNG by hand, for what Pillow does not write: `scanlines` is what goes into IDAT."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *extra, chunk(b"IDAT", scanlines), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def bomb(side: int = 30_000) -> bytes:
    """A PNG of `side` squared grey pixels in some hundred kilobytes, whole and correct.

    Zeros deflate alike wherever they stand, so one block is compressed and repeated; the checksum
    of n zeros is known in advance.
    """
    row, rows, total = side + 1, 100, (side + 1) * side
    deflate = zlib.compressobj(9)
    head = deflate.compress(b"") + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(bytes(row * rows)) + deflate.flush(zlib.Z_FULL_FLUSH)
    # Past the first block the state of the compressor is that of its beginning: the tail fits all.
    tail = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    check = struct.pack(">I", (total % 65521) << 16 | 1)
    return png(side, side, 8, 0, head + block * (side // rows) + tail + check)


def made_profile(space: str) -> bytes:
    """An ICC profile without the hour of its making, which would differ from run to run."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()
    return profile[:24] + bytes(12) + profile[36:]


def swapped_profile() -> bytes:
    """sRGB's own ICC profile with the red and green primaries exchanged: it swaps the channels."""
    profile = made_profile("sRGB")
    count = struct.unpack_from(">I", profile, 128)[0]
    table = {profile[132 + 12 * i : 136 + 12 * i]: 132 + 12 * i for i in range(count)}
    red, green = table[b"rXYZ"], table[b"gXYZ"]
    changed = bytearray(profile)
    changed[red + 4 : red + 12] = profile[green + 4 : green + 12]
    changed[green + 4 : green + 12] = profile[red + 4 : red + 12]
    return bytes(changed).replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """How a camera stores upright pixels when it writes this EXIF orientation."""
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: a.transpose(1, 0, 2)[::-1],
        7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda a: a.transpose(1, 0, 2)[:, ::-1],
    }
    return np.ascontiguousarray(undo[orientation](pixels))


def _items(rng: np.random.Generator) -> Iterator[Item]:
    groups: tuple[Callable[[np.random.Generator], Iterator[Item]], ...] = (
        _plain,
        _grey,
        _deep,
        _printers,
        _transparent,
        _animated,
        _oriented,
        _profiles,
        _tiny,
        _strange_but_whole,
        _truncated,
        _wrong_type,
        _empty,
        _bombs,
        _broken_png,
    )
    for group in groups:
        yield from group(rng)


def _plain(rng: np.random.Generator) -> Iterator[Item]:
    """Good files of every format, then the same under another format's name."""
    for i in range(40):
        form = FORMATS[i % len(FORMATS)]
        pixels = picture(rng)
        data = encode(Image.fromarray(pixels), form)
        tolerance = 1.0 if form in LOSSLESS else 12.0 if form == "GIF" else 4.0
        yield "plain", SUFFIX[form], data, right(pixels, tolerance)
        wrong = SUFFIX[FORMATS[(i + 1 + i // len(FORMATS)) % len(FORMATS)]]
        yield "wrong_suffix", wrong, data, right(pixels, tolerance)


def _grey(rng: np.random.Generator) -> Iterator[Item]:
    for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM") * 2:
        grey = picture(rng)[..., 0]
        data = encode(Image.fromarray(grey), form)
        yield "grey", SUFFIX[form], data, right(_three(grey), 1.0 if form != "JPEG" else 4.0)
    for form in ("PNG", "BMP", "TIFF", "PPM"):
        bits = picture(rng)[..., 0] > 128
        data = encode(Image.fromarray(bits), form)
        yield "one_bit", SUFFIX[form], data, right(_three(bits * np.uint8(255)))
    for form in ("PNG", "GIF", "BMP", "TIFF"):
        index, palette = _palette(rng)
        data = encode(_paletted(index, palette), form)
        yield "palette", SUFFIX[form], data, right(palette[index])


def _deep(rng: np.random.Generator) -> Iterator[Item]:
    """16 and 32 bits, and floats: white is the full scale, not the low byte."""
    for _ in range(5):
        grey = picture(rng)[..., 0]
        wide = grey.astype(np.uint16) * 257
        for form in ("PNG", "TIFF", "PPM"):
            yield "grey16", SUFFIX[form], encode(Image.fromarray(wide), form), right(_three(grey))
        unit = Image.fromarray(grey.astype(np.float32) / 255)
        yield "float_unit", ".tif", encode(unit, "TIFF"), right(_three(grey))
        byte = Image.fromarray(np.maximum(grey, 2).astype(np.float32))
        yield "float_byte", ".pfm", encode(byte, "PPM"), right(_three(grey), 3.0)
        whole = Image.fromarray(grey.astype(np.int32) * 257)
        yield "int32", ".tif", encode(whole, "TIFF"), right(_three(grey))
        colour = picture(rng)
        yield "rgb16", ".png", _png16(colour, 2), right(colour)
        alpha = rng.integers(0, 256, colour.shape[:2], dtype=np.uint8)
        layered = np.dstack([colour, alpha])
        yield "rgba16", ".png", _png16(layered, 6), right(_on_white(colour, alpha), 1.5)
    for _ in range(4):  # one grey, here that of the corner, is declared transparent
        grey = picture(rng)[..., :1]
        value = int(grey[0, 0, 0])
        data = _png16(grey, 0, chunk(b"tRNS", struct.pack(">H", value * 257)))
        clear = np.where(grey == value, 255, grey)
        yield "grey16_clear", ".png", data, right(_three(clear[..., 0]))


def _printers(rng: np.random.Generator) -> Iterator[Item]:
    """CMYK (Adobe's JPEGs store it inverted), LAB, YCbCr."""
    for i in range(8):
        ink = np.dstack([picture(rng, 30, 40), picture(rng, 30, 40)[..., 0] // (1 + i % 3)])
        image = Image.frombytes("CMYK", (40, 30), ink.tobytes())
        paper = (255 - ink[..., :3].astype(float)) * (255 - ink[..., 3:].astype(float)) / 255
        yield "cmyk", ".jpg", encode(image, "JPEG"), right(paper.round().astype(np.uint8), 5.0)
        yield "cmyk", ".tif", encode(image, "TIFF"), right(paper.round().astype(np.uint8), 1.5)
    for mode in ("LAB", "YCbCr") * 4:
        pixels = picture(rng)
        image = Image.fromarray(pixels).convert(mode)
        image.info.clear()  # Pillow adds a profile with the hour of its making
        yield mode.lower(), ".tif", encode(image, "TIFF"), right(pixels, 4.0)


def _transparent(rng: np.random.Generator) -> Iterator[Item]:
    for form in ("PNG", "WEBP", "TIFF") * 5:
        pixels = picture(rng)
        alpha = picture(rng, *pixels.shape[:2])[..., 1]
        data = encode(Image.fromarray(np.dstack([pixels, alpha])), form)
        yield "rgba", SUFFIX[form], data, right(_on_white(pixels, alpha), 1.5)
    for form in ("PNG", "TIFF") * 3:
        grey = picture(rng)[..., 0]
        alpha = rng.integers(0, 256, grey.shape, dtype=np.uint8)
        data = encode(Image.fromarray(np.dstack([grey, alpha])), form)
        yield "grey_alpha", SUFFIX[form], data, right(_on_white(_three(grey), alpha), 1.5)
    for form in ("PNG", "GIF") * 5:
        index, palette = _palette(rng)
        clear = int(index[0, 0])
        shown = palette.copy()
        shown[clear] = 255
        data = encode(_paletted(index, palette), form, transparency=clear)
        yield "palette_clear", SUFFIX[form], data, right(shown[index])
    for _ in range(5):
        index, palette = _palette(rng)
        alphas = rng.integers(0, 256, len(palette), dtype=np.uint8)
        data = encode(_paletted(index, palette), "PNG", transparency=alphas.tobytes())
        yield "palette_alphas", ".png", data, right(_on_white(palette[index], alphas[index]), 1.5)
    for _ in range(5):
        pixels = picture(rng)
        clear = tuple(int(c) for c in pixels[0, 0])
        data = encode(Image.fromarray(pixels), "PNG", transparency=clear)
        shown = np.where((pixels == pixels[0, 0]).all(-1, keepdims=True), 255, pixels)
        yield "rgb_clear", ".png", data, right(shown.astype(np.uint8))


def _animated(rng: np.random.Generator) -> Iterator[Item]:
    forms = ("PNG", "WEBP", "GIF", "TIFF") + (("AVIF",) if AVIF else ())
    for form in forms * 5:
        frames = [picture(rng, 30, 36) for _ in range(4)]
        first, *rest = (Image.fromarray(frame) for frame in frames)
        data = _timeless(encode(first, form, save_all=True, append_images=rest))
        tolerance = 12.0 if form == "GIF" else 4.0 if form == "AVIF" else 1.0
        yield "animated", SUFFIX[form], data, right(frames[0], tolerance)


def _timeless(data: bytes) -> bytes:
    """Clears the hour of its making, which libavif writes into an animation's headers."""
    content = bytearray(data)
    for box in (b"mvhd", b"tkhd", b"mdhd"):
        at = data.find(box)
        if at >= 0:
            length = 16 if content[at + 4] else 8  # two dates, of a width that the version says
            content[at + 8 : at + 8 + length] = bytes(length)
    return bytes(content)


def _oriented(rng: np.random.Generator) -> Iterator[Item]:
    forms = ("JPEG", "PNG", "WEBP", "TIFF") + (("AVIF",) if AVIF else ())
    for form in forms:
        for orientation in range(1, 9):
            pixels = picture(rng, 28, 41)
            exif = Image.Exif()
            exif[0x0112] = orientation
            data = encode(Image.fromarray(turned(pixels, orientation)), form, exif=exif)
            tolerance = 4.0 if form in ("JPEG", "AVIF") else 1.0
            yield f"orientation{orientation}", SUFFIX[form], data, right(pixels, tolerance)
    for nonsense in (0, 9, 255, 65535):
        pixels = picture(rng)
        exif = Image.Exif()
        exif[0x0112] = nonsense
        data = encode(Image.fromarray(pixels), "PNG", exif=exif)
        yield "orientation_nonsense", ".png", data, right(pixels)
    for form in ("PNG", "JPEG", "WEBP"):
        pixels = picture(rng)
        junk = b"Exif\0\0" + rng.bytes(200)
        data = encode(Image.fromarray(pixels), form, exif=junk)
        yield "exif_broken", SUFFIX[form], data, right(pixels, 4.0)


def _profiles(rng: np.random.Generator) -> Iterator[Item]:
    swapped = swapped_profile()
    same = {
        "srgb": made_profile("sRGB"),
        "broken": rng.bytes(300),
        "cut": swapped[:200],
        "other_kind": made_profile("LAB"),
    }
    for form in ("PNG", "JPEG", "WEBP", "TIFF"):
        pixels = picture(rng)
        image, tolerance = Image.fromarray(pixels), 4.0 if form == "JPEG" else 1.0
        data = encode(image, form, icc_profile=swapped)
        yield "profile", SUFFIX[form], data, right(pixels[..., [1, 0, 2]], tolerance + 1)
        for name, profile in same.items():
            data = encode(image, form, icc_profile=profile)
            yield f"profile_{name}", SUFFIX[form], data, right(pixels, tolerance)
    index, palette = _palette(rng)
    data = encode(_paletted(index, palette), "PNG", icc_profile=swapped)
    yield "profile_palette", ".png", data, right(palette[index][..., [1, 0, 2]], 2.0)
    grey = picture(rng)[..., 0]
    data = encode(Image.fromarray(grey), "PNG", icc_profile=swapped)
    yield "profile_of_colour_on_grey", ".png", data, right(_three(grey))


def _tiny(rng: np.random.Generator) -> Iterator[Item]:
    for form in FORMATS:
        for height, width in ((1, 1), (1, 40), (40, 1), (2, 2)):
            pixels = picture(rng, height, width)
            data = encode(Image.fromarray(pixels), form)
            tolerance = 1.0 if form in LOSSLESS else 12.0
            yield f"tiny_{width}x{height}", SUFFIX[form], data, right(pixels, tolerance)


def _strange_but_whole(rng: np.random.Generator) -> Iterator[Item]:
    for form in FORMATS:
        pixels = picture(rng)
        data = encode(Image.fromarray(pixels), form)
        tolerance = 1.0 if form in LOSSLESS else 12.0
        yield "junk_after", SUFFIX[form], data + rng.bytes(3000), right(pixels, tolerance)
    pixels = picture(rng)
    plain = encode(Image.fromarray(pixels), "PNG")
    text = chunk(b"tEXt", b"Comment\0" + b"lorem " * 1_000_000)
    yield "metadata_6mb", ".png", plain[:33] + text + plain[33:], right(pixels)
    for segments in (16, 64):
        pixels = picture(rng)
        jpeg = encode(Image.fromarray(pixels), "JPEG")
        comment = b"\xff\xfe\xff\xff" + bytes(rng.integers(1, 255, 65_533, dtype=np.uint8))
        data = jpeg[:2] + comment * segments + jpeg[2:]
        yield f"metadata_{segments * 64}kb", ".jpg", data, right(pixels, 4.0)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "raw"):
        pixels = picture(rng)
        data = encode(Image.fromarray(pixels), "TIFF", compression=compression)
        yield compression, ".tif", data, right(pixels, 6.0 if compression == "jpeg" else 1.0)
    for name in ("two words", "ümlaut", "日本", "-dash", "per%cent", "a.b.c", "quote'", "x" * 120):
        pixels = picture(rng)
        yield name, ".PNG", encode(Image.fromarray(pixels), "PNG"), right(pixels)
    pixels = picture(rng)
    progressive = encode(Image.fromarray(pixels), "JPEG", progressive=True)
    yield "progressive", ".jpeg", progressive, right(pixels, 4.0)


def _truncated(rng: np.random.Generator) -> Iterator[Item]:
    for form in FORMATS:
        for share in (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
            noise = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)  # no empty end to cut off
            data = encode(Image.fromarray(noise), form)
            yield f"cut_{share:.0%}", SUFFIX[form], data[: int(len(data) * share)], refused()
    noise = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for _ in range(6):
        data = encode(Image.fromarray(noise), "JPEG", progressive=True)
        cut = int(len(data) * rng.uniform(0.2, 0.7))
        yield "cut_progressive", ".jpg", data[:cut], refused()


def _wrong_type(rng: np.random.Generator) -> Iterator[Item]:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + rng.bytes(500)
    strangers = {
        "text": (b"This is no image at all.\n" * 20, "no image"),
        "page": (b"<!DOCTYPE html><html><body>404 not found</body></html>", "web page"),
        "page2": (b"\n  <html><head></head></html>", "web page"),
        "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>', "SVG"),
        "pdf": (b"%PDF-1.7\n" + rng.bytes(800), "PDF"),
        "zip": (b"PK\x03\x04" + rng.bytes(800), "zip"),
        "heic": (heic, "HEIC"),
        "video": (b"\0\0\0\x20ftypisom" + rng.bytes(800), "video"),
        "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        "psd": (b"8BPS\0\x01" + rng.bytes(800), "Photoshop"),
        "pickle": (b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94.", "no image"),
        "json": (b'{"width": 30000, "height": 30000}', "no image"),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "no image"),
        "noise": (b"\x01" + rng.bytes(5000), "no image"),
        "zeros": (bytes(5000), "no image"),
    }
    for i, (name, (data, reason)) in enumerate(strangers.items()):
        for j in range(3):
            yield name, SUFFIX[FORMATS[(i + j * 3) % len(FORMATS)]], data, refused(reason)
    magics = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"II*\0", b"RIFF", b"P6")
    for magic in magics:
        yield "only_magic", ".png", magic, refused()
        yield "magic_and_noise", ".jpg", magic + rng.bytes(2000), refused()


def _empty(rng: np.random.Generator) -> Iterator[Item]:
    for form in FORMATS:
        yield "empty", SUFFIX[form], b"", refused("empty")
    yield "blank", ".png", b" ", refused()
    yield "line_end", ".jpg", b"\n", refused()


def _bombs(rng: np.random.Generator) -> Iterator[Item]:
    """Small files that are, or claim to be, enormous; and some that claim to be nothing."""
    yield "bomb", ".png", bomb(30_000), refused("million")
    yield "bomb", ".jpg", bomb(30_000), refused("million")
    little = zlib.compress(bytes(100))
    for width, height in ((30_000, 30_000), (2**31 - 1, 2**31 - 1), (10**8, 1), (8001, 8001)):
        for colour in (0, 2, 3, 6):
            data = png(width, height, 8, colour, little, chunk(b"PLTE", bytes(9)))
            yield "claims", ".png", data, refused()
    pixels = picture(rng, 16, 16)
    image = Image.fromarray(pixels)
    gif = encode(image, "GIF")
    yield "claims", ".gif", gif[:6] + b"\xff\xff\xff\xff" + gif[10:], refused("million")
    bmp = encode(image, "BMP")
    yield "claims", ".bmp", bmp[:18] + struct.pack("<ii", 2**30, 2**30) + bmp[26:], refused()
    yield "claims", ".bmp", bmp[:18] + struct.pack("<ii", 60_000, -60_000) + bmp[26:], refused()
    jpeg = encode(image, "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    yield "claims", ".jpg", jpeg[:at] + b"\xff\x00\xff\x00" + jpeg[at + 4 :], refused("million")
    for text in (b"P6 99999 99999 255\n", b"P5 30000 30000 255\n", b"P1 65000 65000\n1 0 1"):
        yield "claims", ".ppm", text + rng.bytes(100), refused("million")
    tiff = Image.fromarray(pixels)
    data = bytearray(encode(tiff, "TIFF"))
    for tag, value in ((256, 70_000), (257, 70_000)):  # width and height, in the file's own list
        where = data.index(struct.pack("<H", tag), 8)
        struct.pack_into("<HIHH", data, where + 2, 4, 1, value & 0xFFFF, value >> 16)
    yield "claims", ".tif", bytes(data), refused("million")
    canvas = struct.pack("<I", 16_382)[:3] * 2
    frame = encode(image, "WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + frame
    yield "claims", ".webp", b"RIFF" + struct.pack("<I", len(body)) + body, refused()
    for width, height in ((0, 5), (5, 0), (0, 0)):
        yield "no_pixels", ".png", png(width, height, 8, 2, little), refused()
    yield "no_pixels", ".ppm", b"P6 0 0 255\n", refused()


def _broken_png(rng: np.random.Generator) -> Iterator[Item]:
    for _ in range(10):
        good = encode(Image.fromarray(picture(rng)), "PNG")
        at = good.index(b"IDAT")
        length = struct.unpack_from(">I", good, at - 4)[0]
        spoiled = bytearray(good)
        spoiled[at + 4 + length] ^= 0xFF
        yield "checksum", ".png", bytes(spoiled), refused()
        spoiled = bytearray(good)
        spoiled[29] ^= 0xFF  # the header's own
        yield "header_checksum", ".png", bytes(spoiled), refused()
        spoiled = bytearray(good)
        spoiled[at + 4 + int(rng.integers(2, length))] ^= 1 << int(rng.integers(8))
        yield "flipped_bit", ".png", bytes(spoiled), refused()
    good = encode(Image.fromarray(picture(rng)), "PNG")
    at = good.index(b"IDAT") - 4
    yield "no_data", ".png", good[:at] + chunk(b"IEND", b""), refused()
    yield "garbage_data", ".png", png(20, 20, 8, 2, rng.bytes(500)), refused()
    yield "no_palette", ".png", png(20, 20, 3, 3, zlib.compress(bytes(100))), refused()
    yield "odd_depth", ".png", png(20, 20, 5, 2, zlib.compress(bytes(900))), refused()
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9))
    yield "text_bomb", ".png", good[:33] + text + good[33:], refused()


def _special(folder: Path, number: int) -> Iterator[tuple[Path, Expectation]]:
    """What is no ordinary file, as far as the system lets us make it."""
    name = partial("{:03d}_{}".format)
    path = folder / name(number, "folder.png")
    path.mkdir()
    yield path, refused("folder")
    path = folder / name(number + 1, "giant.png")
    with path.open("wb") as handle:  # takes no room on the disk: its one block is the last
        handle.truncate(3 * 2**30)
    yield path, refused("larger")
    links = {"broken_link.png": "nowhere.png", "loop.png": name(number + 3, "loop.png")}
    for i, (link, target) in enumerate(links.items(), 2):
        path = folder / name(number + i, link)
        with contextlib.suppress(OSError, NotImplementedError):  # Windows may forbid links
            path.symlink_to(target)
            yield path, refused()
    if hasattr(os, "mkfifo"):
        path = folder / name(number + 4, "pipe.png")
        os.mkfifo(path)
        yield path, refused("ordinary")
    if hasattr(os, "geteuid") and os.geteuid() != 0:  # root may read everything
        path = folder / name(number + 5, "forbidden.png")
        path.write_bytes(encode(Image.new("RGB", (9, 9)), "PNG"))
        path.chmod(0)
        yield path, refused("may not")


def _three(grey: Pixels) -> Pixels:
    return np.repeat(grey[..., None], 3, axis=2)


def _on_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    share = alpha[..., None] / 255
    return (pixels * share + 255 * (1 - share)).round().astype(np.uint8)


def _palette(rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Indices and a palette of 200 distinct colours, every one of them in use."""
    colours = rng.integers(0, 256, (200, 3), dtype=np.uint8)
    colours[:, 1] = rng.permutation(200)
    index = np.concatenate([np.arange(200), rng.integers(0, 200, 30 * 30 - 200)])
    return index.reshape(30, 30).astype(np.uint8), colours


def _paletted(index: Pixels, palette: Pixels) -> Image.Image:
    image = Image.fromarray(index).convert("P")
    image.putpalette(palette.tobytes())
    return image


def _png16(samples: Pixels, colour: int, *extra: bytes) -> bytes:
    """A 16-bit PNG of 8-bit samples `(H, W, C)`, each scaled to the full range."""
    height, width, _ = samples.shape
    rows = (samples.astype(">u2") * 257).astype(">u2").reshape(height, -1)
    scanlines = b"".join(b"\0" + row.tobytes() for row in rows)
    return png(width, height, 16, colour, zlib.compress(scanlines), *extra)
