"""Names over the columns of a sheet of pictures."""

from collections.abc import Sequence
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

LINE, LETTERS = 18, 12  # pixels: height of the line of names, and of its letters
INK, PAPER = (60, 60, 60), (255, 255, 255)


def label_columns(sheet: Image.Image, labels: Sequence[str]) -> Image.Image:
    """Put a line of names above columns of equal width; neighbours of one name share it.

    Args:
        sheet: pictures in columns.
        labels: one a column; a name too long for its place is cut.

    Returns:
        The sheet below a line of 18 pixels.

    >>> label_columns(Image.new("RGB", (60, 40)), ["a", "b", "b"]).size
    (60, 58)
    """
    width, height = sheet.size
    labelled = Image.new("RGB", (width, height + LINE), PAPER)
    labelled.paste(sheet, (0, LINE))
    drawing, font = ImageDraw.Draw(labelled), ImageFont.load_default(size=LETTERS)
    place = 0
    for label, group in groupby(label.replace("_", " ") for label in labels):
        count = len(list(group))
        left, right = (round(k * width / len(labels)) for k in (place, place + count))
        text = fitted(label, right - left - 4, font)
        drawing.text((left + 2, LINE // 2), text, INK, font, anchor="lm")
        place += count
    return labelled


def fitted(text: str, width: float, font: ImageFont.FreeTypeFont) -> str:
    """A text, or as much of it as has room, with an ellipsis; nothing where there is no room."""
    if font.getlength(text) <= width:
        return text
    ends = (f"{text[:k]}…" for k in range(len(text) - 1, 0, -1))
    return next((end for end in ends if font.getlength(end) <= width), "")
