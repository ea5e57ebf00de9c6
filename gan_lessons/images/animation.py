"""Animations: pictures in a row as one file that plays by itself, for ever."""

import io
from collections.abc import Sequence

from PIL import Image

SUFFIX = {"gif": "gif", "webp": "webp", "apng": "png"}  # kind: how a file of it is named
PAUSE = 70  # milliseconds a picture
REST = 6  # times as long stand both ends
_OPTIONS = {
    "gif": {"format": "GIF", "optimize": False},
    "webp": {"format": "WEBP", "quality": 85, "method": 2},
    "apng": {"format": "PNG"},
}


def encode_animation(frames: Sequence[Image.Image], kind: str = "gif") -> bytes:
    """Encode a walk there and back.

    Args:
        frames: two RGB images or more, of one size; the first and the last stand longer.
        kind: "gif" (plays everywhere, 256 colours a picture), "webp" (small, all colours) or
            "apng" (all colours, without loss).

    Returns:
        The file, without any metadata.

    Raises:
        ValueError: for another kind, or fewer than two pictures.

    >>> walk = [Image.new("RGB", (8, 8), colour) for colour in ("red", "orange", "gold")]
    >>> with Image.open(io.BytesIO(encode_animation(walk, "apng"))) as played:
    ...     played.n_frames
    4
    """
    if kind not in SUFFIX:
        raise ValueError(f"an animation is one of {', '.join(SUFFIX)}, got {kind!r}")
    if len(frames) < 2:
        raise ValueError(f"an animation needs 2 pictures or more, got {len(frames)}")
    there_and_back = [*frames, *frames[-2:0:-1]]
    pauses = [PAUSE] * len(there_and_back)
    pauses[0] = pauses[len(frames) - 1] = REST * PAUSE
    if kind == "gif":
        there_and_back = [frame.quantize(256, dither=Image.Dither.NONE) for frame in there_and_back]
    buffer = io.BytesIO()
    there_and_back[0].save(
        buffer,
        save_all=True,
        append_images=there_and_back[1:],
        duration=pauses,
        loop=0,
        **_OPTIONS[kind],
    )
    return buffer.getvalue()
