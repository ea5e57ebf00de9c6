"""Why an image cannot be taken: one sentence that names it, says the reason and what to do."""

from gan_lessons.images.header import is_heif
from gan_lessons.text import printable

_AGAIN = "save or download it again, or leave it out"


_TEXT = b"\xef\xbb\xbf \t\r\n"  # may stand before a text begins

_STRANGERS = (  # (offset, bytes, what it is, what to do)
    (0, b"ii*\0", "a TIFF of a kind that is not read here", "save it with 8 bits, or as PNG"),
    (0, b"mm\0*", "a TIFF of a kind that is not read here", "save it with 8 bits, or as PNG"),
    (4, b"ftypavi", "an AVIF picture, cut short or unknown to this Pillow", "export it as PNG"),
    (4, b"ftypcrx", "a camera's raw file", "export it as JPEG or PNG"),
    (4, b"ftyp", "a video", "save one frame of it as PNG"),
    (4, b"jP  \r\n", "a JPEG 2000 picture", "export it as JPEG or PNG"),
    (0, b"\0\0\0\x0cjxl ", "a JPEG XL picture", "export it as JPEG or PNG"),
    (0, b"\xff\x0a", "a JPEG XL picture", "export it as JPEG or PNG"),
    (0, b"<svg", "an SVG drawing", "export it as PNG"),
    (0, b"<?xml", "an XML text, perhaps a drawing", "export it as PNG"),
    (0, b"<!doctype", "a web page", "download the picture itself"),
    (0, b"<html", "a web page", "download the picture itself"),
    (0, b"%pdf", "a PDF document", "export its page as PNG"),
    (0, b"pk\x03\x04", "a zip archive", "unpack it first"),
    (0, b"8bps", "a Photoshop document", "export it as PNG"),
    (0, b"version https://git-lfs", "a Git LFS pointer", "fetch the picture with `git lfs pull`"),
)


class ImageError(ValueError):
    """An image that cannot be taken. The message reads "NAME: reason; what to do"."""

    def __init__(self, name: str, reason: str, advice: str = _AGAIN):
        # A file's name may hold line ends or bytes that no terminal can print.
        name = printable(name)
        super().__init__(f"{name}: {reason}; {advice}.")
        self.name, self.reason, self.advice = name, reason, advice


def _stranger(data: bytes) -> tuple[str, str] | None:
    """What a file is that is no picture of a kind read here, and what to do."""
    if is_heif(data):
        return "a HEIC picture, cut short or damaged", _AGAIN
    for start in (data[:64].lower(), data[:64].lstrip(_TEXT).lower()):
        for offset, magic, what, advice in _STRANGERS:
            if start[offset:].startswith(magic.lower()):
                return what, advice
    return None


def too_many_pixels(name: str, how_many: str, limit: int) -> ImageError:
    """A picture that is too large to decode; `how_many` tells of its pixels."""
    return ImageError(
        name, f"it has {how_many} than the {limit / 1e6:g} million allowed", "shrink it"
    )


def unknown(data: bytes, name: str, known: tuple[str, ...]) -> ImageError:
    """A file that no decoder takes, named by what else it is; `known` are the formats read."""
    if found := _stranger(data):
        what, advice = found
        return ImageError(name, f"it is {what}", advice)
    return ImageError(
        name, f"it is no image of a kind read here ({', '.join(known)}), or its start is damaged"
    )


def damaged(error: Exception, name: str) -> ImageError:
    """A file whose decoder gave up with an error."""
    if isinstance(error, MemoryError):
        return ImageError(name, "there is not enough memory to decode it", "shrink it")
    detail = printable(" ".join(str(error).split())[:100]) or type(error).__name__
    reason = "it is cut short" if "truncated" in detail.lower() else f"it is damaged ({detail})"
    return ImageError(name, reason)
