"""The sizes that an AVIF's coded pictures claim: its decoder takes memory by them.

The file says a size of its own, to which what was decoded is brought: a picture of 64 pixels a side
may have been coded with 16,384.
"""

import struct
from collections.abc import Iterator

from gan_lessons.images.boxes import Span, boxes, only, stretches

_TRACK = (b"mdia", b"minf", b"stbl")
_SEQUENCE = 1  # the kind of a unit that says the size


def coded_sizes(data: bytes) -> list[tuple[int, int]]:
    """Reads the sizes of all coded pictures, of an animation that of its first.

    Args:
        data: the file.

    Returns:
        Width and height of each, as often as it is said.

    Raises:
        ValueError: if a list is too long or boxes contradict themselves.
        IndexError, struct.error: if a box is cut short.
    """
    whole = (0, len(data))
    meta = only(data, whole, b"meta")
    inside = (meta[0] + 4, meta[1])
    held = [place for kind, place in boxes(data, inside) if kind == b"idat"]
    places = stretches(data, only(data, inside, b"iloc"), held[0] if held else None)
    coded = [b"".join(data[a:b] for a, b in places.get(item, ())) for item in _av1(data, inside)]
    for kind, span in boxes(data, whole):
        if kind == b"moov":
            coded += [
                _first_sample(data, track) for each, track in boxes(data, span) if each == b"trak"
            ]
    return [size for each in coded for size in _sizes(each)]


def _av1(data: bytes, span: Span) -> Iterator[int]:
    """The items that are pictures coded by AV1."""
    start, end = only(data, span, b"iinf")
    for _, (at, _) in boxes(data, (start + (8 if data[start] else 6), end)):
        form = ">IH4s" if data[at] > 2 else ">HH4s"
        item, _, kind = struct.unpack_from(form, data, at + 4)
        if kind == b"av01":
            yield item


def _first_sample(data: bytes, span: Span) -> bytes:
    """The bytes of a track's first picture."""
    for kind in _TRACK:
        span = only(data, span, kind)
    tables = dict(boxes(data, span))
    long = b"co64" in tables
    form, table = (">Q", tables[b"co64"]) if long else (">I", tables.get(b"stco", (0, 0)))
    (begin,) = struct.unpack_from(form, data, table[0] + 8)
    at = tables.get(b"stsz", (0, 0))[0]
    size, _, first = struct.unpack_from(">III", data, at + 4)
    return data[begin : begin + (size or first)]


def _sizes(coded: bytes) -> Iterator[tuple[int, int]]:
    """The sizes that the units of a coded picture say."""
    at = 0
    while at < len(coded):
        head = coded[at]
        at += 2 if head & 4 else 1
        size = len(coded) - at
        if head & 2:
            size = 0
            for place in range(8):
                byte, at = coded[at], at + 1
                size |= (byte & 127) << 7 * place
                if byte < 128:
                    break
        if head >> 3 & 15 == _SEQUENCE:
            yield _said(_Bits(coded[at : at + min(size, 4096)]))
        at += size


class _Bits:
    """Numbers of some bits each, one after the other."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def __call__(self, count: int) -> int:
        first, self.at = self.at, self.at + count
        if self.at > 8 * len(self.data):
            raise ValueError("a head that is cut short")
        part = int.from_bytes(self.data[first // 8 : (self.at + 7) // 8], "big")
        return part >> -self.at % 8 & ((1 << count) - 1)


def _said(bits: _Bits) -> tuple[int, int]:
    """The largest size of a sequence's pictures, by section 5.5 of the AV1 specification."""
    bits(4)  # profile, still picture
    if bits(1):
        bits(5)
    else:
        model = _timing(bits)
        delays = bits(1)
        for _ in range(bits(5) + 1):
            bits(12)
            if bits(5) > 7:
                bits(1)
            if model and bits(1):
                bits(2 * model + 1)
            if delays and bits(1):
                bits(4)
    wide, high = bits(4) + 1, bits(4) + 1
    return bits(wide) + 1, bits(high) + 1


def _timing(bits: _Bits) -> int:
    """Passes over the clock; the bits of a delay in the decoder's model, 0 if there is none."""
    if not bits(1):
        return 0
    bits(64)
    if bits(1):
        zeros = 0
        while not bits(1):
            zeros += 1
        bits(min(zeros, 32))
    if not bits(1):
        return 0
    length = bits(5) + 1
    bits(42)
    return length
