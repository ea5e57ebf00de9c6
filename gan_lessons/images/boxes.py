"""The boxes that HEIF and AVIF files are made of: where they lie, and which bytes each item has."""

import struct
from collections.abc import Iterator

MOST = 10_000
"""Entries of a list; phones write some hundred."""

Span = tuple[int, int]
"""Where something begins and ends in the file."""


def boxes(data: bytes, span: Span) -> Iterator[tuple[bytes, Span]]:
    """Kind and place of each box within a span; of a file, up to what is no whole box."""
    at, end = span
    for _ in range(MOST):
        if at + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        stop = at + size if size else end
        if not start <= stop <= end:
            if span == (0, len(data)):
                return
            raise ValueError("a box that does not fit")
        yield kind, (start, stop)
        at = stop
    raise ValueError("too many boxes")


def only(data: bytes, span: Span, kind: bytes) -> Span:
    """Where the only box of a kind lies."""
    (found,) = (place for each, place in boxes(data, span) if each == kind)
    return found


def count(data: bytes, at: int, form: str) -> int:
    """The length of a list that begins here."""
    (count,) = struct.unpack_from(form, data, at)
    if count > MOST:
        raise ValueError("a list without end")
    return count


def stretches(data: bytes, span: Span, held: Span | None = None) -> dict[int, list[Span]]:
    """Where the bytes of each item lie, by the box that lists the places.

    Args:
        data: the file.
        span: the box `iloc`.
        held: the box `idat`, which some items lie in.

    Raises:
        ValueError: if an item takes more bytes than the file has, or a list is too long.
        IndexError, struct.error: if the box is cut short.
    """
    start, version = span[0] + 4, data[span[0]]
    offset, length = data[start] >> 4, data[start] & 15
    base, index = data[start + 1] >> 4, data[start + 1] & 15 if version else 0
    at, form = start + 2, ">I" if version > 1 else ">H"
    items, seen = count(data, at, form), 0
    at += struct.calcsize(form)
    found: dict[int, list[Span]] = {}
    for _ in range(items):
        (item,) = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        within = held if version and data[at + 1] & 15 == 1 else None
        at += 4 if version else 2
        origin = int.from_bytes(data[at : at + base], "big") + (within[0] if within else 0)
        many, at = count(data, at + base, ">H"), at + base + 2
        seen += many
        places = found.setdefault(item, [])
        for _ in range(many if seen <= MOST else 0):
            at += index
            begin = origin + int.from_bytes(data[at : at + offset], "big")
            at += offset
            size = int.from_bytes(data[at : at + length], "big") or len(data) - begin
            at += length
            places.append((begin, begin + size))
        if seen > MOST or sum(end - begin for begin, end in places) > len(data):
            raise ValueError("an item of more bytes than the file")
    return found
