"""Pictures of the explorer as files: encoded quickly for the screen, or carefully to be kept.

Nothing is written anywhere: a file travels to the browser inside a link.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan_lessons.images.animation import encode_animation
from gan_lessons.images.gate import encode_image

SCREEN_QUALITY = 92
GAP, LINE = 4, 18  # pixels between pictures of a grid, and for a line of text
INK, PAPER = (60, 60, 60), (255, 255, 255)
KINDS = {"png": "image/png", "gif": "image/gif", "webp": "image/webp"}


@dataclass(frozen=True)
class File:
    """A file that can be downloaded.

    Args:
        name: what it is called, made from what it shows.
        data: its content.
        alt: what is to be seen on it.
    """

    name: str
    data: bytes
    alt: str

    def link(self) -> str:
        """A preview and a link that saves the file, as HTML that needs no server."""
        kind = KINDS[self.name.rsplit(".", 1)[1]]
        address = f"data:{kind};base64,{base64.b64encode(self.data).decode()}"
        size = f"{len(self.data) / 1024:,.0f} KB"
        return (
            f'<a class="explorer-file" download="{escape(self.name)}" href="{address}">'
            f'<img src="{address}" alt="{escape(self.alt)}">'
            f"<span>Save {escape(self.name)} ({size})</span></a>"
        )


def for_screen(picture: np.ndarray) -> bytes:
    """Encode a small picture in well under a millisecond, as JPEG without subsampling.

    Args:
        picture: `(H, W, 3)` uint8.

    Returns:
        JPEG.
    """
    buffer = io.BytesIO()
    image = Image.fromarray(picture)
    image.save(buffer, format="JPEG", quality=SCREEN_QUALITY, subsampling=0)
    return buffer.getvalue()


def enlarged(picture: np.ndarray, size: int) -> np.ndarray:
    """A picture at another size, `(size, size, 3)` uint8; larger ones are interpolated smoothly."""
    if picture.shape[0] == size:
        return picture
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC))


def grid(
    rows: Sequence[Sequence[np.ndarray]],
    row_labels: Sequence[str] = (),
    title: str = "",
) -> np.ndarray:
    """Pictures in rows, on white, each row with its name in front.

    Args:
        rows: pictures `(S, S, 3)` uint8, all of one size.
        row_labels: one a row, or none.
        title: a line above.

    Returns:
        `(H, W, 3)` uint8.
    """
    font = ImageFont.load_default(size=12)
    side = rows[0][0].shape[0] + GAP
    left = max((int(font.getlength(label)) for label in row_labels), default=0)
    left += 2 * GAP if row_labels else 0
    top = LINE + GAP if title else 0
    wide = max(left + side * max(map(len, rows)), int(font.getlength(title)) + GAP)
    sheet = Image.new("RGB", (wide + GAP, top + side * len(rows) + GAP), PAPER)
    drawing = ImageDraw.Draw(sheet)
    if title:
        drawing.text((GAP, GAP), title, INK, font)
    for r, row in enumerate(rows):
        y = top + GAP + r * side
        if row_labels:
            drawing.text((GAP, y + side // 2), row_labels[r], INK, font, anchor="lm")
        for c, picture in enumerate(row):
            sheet.paste(Image.fromarray(picture), (left + GAP + c * side, y))
    return np.asarray(sheet)


def png(picture: np.ndarray) -> bytes:
    """Encode a picture without loss and without any metadata."""
    return encode_image(Image.fromarray(picture), "PNG")


def animation(frames: np.ndarray, kind: str, *, size: int = 192) -> bytes:
    """A walk there and back, for ever.

    Args:
        frames: `(N, S, S, 3)` uint8.
        kind: "gif", "webp" or "apng".
        size: side of the animation in pixels.

    Returns:
        The file.

    Raises:
        ValueError: for another kind.
    """
    return encode_animation([Image.fromarray(enlarged(frame, size)) for frame in frames], kind)
