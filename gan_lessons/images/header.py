"""What a file says of itself before anything of it is decoded, and how much work it asks for.

Decoders trust headers: forty bytes can ask for a canvas of a gigabyte, half a megabyte for a minute
of passes over one picture. What is read here costs next to nothing.
"""

import re
from collections.abc import Iterator

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # in coded data FF 00 is FF, D0 to D7 restart
_SCAN, _END, _BARE = b"\xda", b"\xd9", (b"\x01", b"\xd8")
_PNG, _JPEG, _PLAIN = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", (b"P1", b"P2", b"P3")
_PIXELS = (b"IDAT", b"fdAT", b"fcTL")  # chunks of a PNG that can be many
_START = 4096  # bytes in which a PPM has said its size
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def is_heif(data: bytes) -> bool:
    """Whether a file begins as the pictures of most phones do (HEIC, HEIF)."""
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF


def webp_canvas(data: bytes) -> tuple[int, int] | None:
    """The size that a WebP claims, for which its decoder takes memory as soon as it is made.

    Args:
        data: the file.

    Returns:
        Width and height, or None if it is no WebP or says nothing.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X" and len(body) == 10:
        return tuple(1 + int.from_bytes(body[at : at + 3], "little") for at in (4, 7))
    if kind == b"VP8 " and len(body) == 10:
        return tuple(int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def jpeg_scans(data: bytes) -> int:
    """Counts the scans of a JPEG, each of which is a pass over the whole picture.

    Args:
        data: the file.

    Returns:
        The number up to the end of its first picture: 1 as cameras write them, about 10 if
        progressive.
    """
    return sum(kind == _SCAN for kind in _segments(data))


def crowded(data: bytes, most: int) -> bool:
    """Whether a file is cut into so many parts that reading their list alone takes long.

    Args:
        data: the file; only PNG, JPEG and PPM are looked at.
        most: segments of a JPEG, chunks of a PNG or, a hundredth of it, those of them that hold no
            pixels, and remarks in the text of a plain PPM.
    """
    if data.startswith(_JPEG):
        return any(number >= most for number, _ in enumerate(_segments(data)))
    if data.startswith(_PNG):
        notes = 0
        for number, kind in enumerate(_chunks(data)):
            notes += kind not in _PIXELS
            if number >= most or notes > most // 100:
                return True
        return False
    if data[:2] in _PLAIN and data.count(b"#") > most // 100:
        return True
    if len(data) > _START and re.match(rb"P[1-6][\s#]", data):
        return len(re.sub(rb"#[^\r\n]*", b"", data[:_START]).split()) < 3
    return False


def _segments(data: bytes) -> Iterator[bytes]:
    """The kinds of a JPEG's segments, up to the end of its first picture."""
    at = 2
    while found := _MARKER.search(data, at):
        at = found.end()
        if found[1] == _END:
            return
        yield found[1]
        if found[1] not in _BARE:  # what the segment holds, such as a thumbnail, is passed over
            at += int.from_bytes(data[at : at + 2], "big")


def _chunks(data: bytes) -> Iterator[bytes]:
    """The kinds of a PNG's chunks."""
    at = len(_PNG)
    while len(data) >= at + 8:
        yield data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4], "big")
