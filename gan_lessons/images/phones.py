"""Pictures of phones (HEIF): what one asks its decoder to do, read from its boxes alone.

Such a file is a list of items: coded pictures, and others that are put together from them by
number. Some hundred bytes can ask for one picture millions of times, for ninety turns of it, or for
one stretch of the file many times over.
"""

import struct

from gan_lessons.images.boxes import MOST, Span, boxes, count, only, stretches
from gan_lessons.images.header import is_heif
from gan_lessons.images.refusals import ImageError, unknown

_LEAST = 2**18  # pixels that each picture counts for: starting its decoder takes a time of its own
_DEEPEST = 8  # pictures within pictures; phones write two
_TURNS = (b"irot", b"imir", b"clap")


def phone_format(data: bytes, name: str, most: int) -> tuple[str, ...]:
    """The format of most phones' pictures, if this is one: its plug-in is read only then.

    Args:
        data: the file.
        name: what to call it.
        most: pixels that its decoder may be asked for, over all pictures and turns.

    Returns:
        Pillow's name of the format, or nothing if this is another.

    Raises:
        ImageError: if its plug-in is missing, its boxes are damaged, or it asks for too much.
    """
    if not is_heif(data):
        return ()
    try:
        import pillow_heif
    except ImportError as error:
        advice = 'install what reads it with pip install "gan-lessons[data]", or export it as JPEG'
        raise ImageError(name, "it is a HEIC picture", advice) from error
    try:
        asked = asked_pixels(data)
    except (ValueError, IndexError, struct.error) as error:
        raise unknown(data, name, ()) from error
    if asked > most:
        advice = "open it in a program for pictures and save it anew"
        raise ImageError(name, "it asks for more work than any picture needs", advice)
    pillow_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )
    return ("HEIF",)


def asked_pixels(data: bytes) -> int:
    """Counts what the largest item of a HEIF file asks for.

    Args:
        data: the file.

    Returns:
        Pixels over all pictures that it is put together from, each counted as often as it is asked
        for and turned.

    Raises:
        ValueError: if a list is too long, items hold each other, or one is longer than the file.
        IndexError, struct.error: if a box is cut short.
    """
    meta = only(data, (0, len(data)), b"meta")
    inside = (meta[0] + 4, meta[1])
    stretches(data, only(data, inside, b"iloc"))
    pixels = _pixels(data, only(data, inside, b"iprp"))
    parts = _parts(data, inside)
    known: dict[int, int] = {}

    def asked(item: int, depth: int) -> int:
        if depth > _DEEPEST:
            raise ValueError("pictures within pictures without end")
        if item not in known:
            own = pixels.get(item, _LEAST)
            known[item] = own + sum(asked(part, depth + 1) for part in parts.get(item, ()))
        return known[item]

    return max((asked(item, 0) for item in {*pixels, *parts}), default=0)


def _pixels(data: bytes, span: Span) -> dict[int, int]:
    """Pixels by item, as many times as it is turned."""
    kinds, sizes = [b""], [0]  # properties are counted from one
    for kind, (start, _) in boxes(data, only(data, span, b"ipco")):
        kinds.append(kind)
        sizes.append(0)
        if kind == b"ispe":
            width, height = struct.unpack_from(">II", data, start + 4)
            sizes[-1] = width * height
    found: dict[int, int] = {}
    for kind, (start, _) in boxes(data, span):
        if kind != b"ipma":
            continue
        wide, long = data[start] > 0, data[start + 3] & 1
        at = start + 8
        for _ in range(count(data, start + 4, ">I")):
            (item,) = struct.unpack_from(">I" if wide else ">H", data, at)
            at += 4 if wide else 2
            many, at = data[at], at + 1
            named = struct.unpack_from(f">{many}{'H' if long else 'B'}", data, at)
            named = [each & (0x7FFF if long else 0x7F) for each in named]
            at += many * (2 if long else 1)
            turns = sum(kinds[each] in _TURNS for each in named)
            size = max((sizes[each] for each in named), default=0)
            found[item] = found.get(item, 0) + max(size, _LEAST) * (1 + turns)
    return found


def _parts(data: bytes, span: Span) -> dict[int, list[int]]:
    """The items that each is put together from: its pieces, and what shines through it."""
    found: dict[int, list[int]] = {}
    links = 0
    for kind, (start, stop) in boxes(data, span):
        if kind != b"iref":
            continue
        form = "I" if data[start] else "H"
        for how, (at, _) in boxes(data, (start + 4, stop)):
            width = struct.calcsize(form)
            (item,) = struct.unpack_from(f">{form}", data, at)
            many = count(data, at + width, ">H")
            links += many
            if links > MOST:
                raise ValueError("too many links")
            named = struct.unpack_from(f">{many}{form}", data, at + width + 2)
            if how == b"dimg":
                found.setdefault(item, []).extend(named)
            elif how == b"auxl":  # from what shines through to what it belongs to
                for each in named:
                    found.setdefault(each, []).append(item)
    return found
