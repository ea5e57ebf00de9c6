"""What a file says of itself before anything of it is decoded, and how much work it asks for.

Decoders trust headers: forty bytes can ask for a canvas of a gigabyte, half a megabyte for a minute
of passes over one picture. What is read here costs next to nothing.
"""

import re

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # in coded data FF 00 is FF, D0 to D7 restart
_SCAN, _END, _BARE = b"\xda", b"\xd9", (b"\x01", b"\xd8")
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
    scans, at = 0, 2
    while found := _MARKER.search(data, at):
        at = found.end()
        if found[1] == _END:
            break
        scans += found[1] == _SCAN
        if found[1] not in _BARE:  # what the segment holds, such as a thumbnail, is passed over
            at += int.from_bytes(data[at : at + 2], "big")
    return scans
