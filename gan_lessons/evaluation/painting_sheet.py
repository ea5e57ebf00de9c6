"""The contact sheet of paintings: whole photographs, and what a model makes of them."""

from PIL import Image, ImageDraw
from torch import Tensor

from gan_lessons.evaluation.benches import BenchOfPaintings
from gan_lessons.evaluation.contestants import MODEL, REFERENCE
from gan_lessons.evaluation.painting_contestants import Asked
from gan_lessons.images.gate import encode_image, tensor_to_image

WIDTH, EDGE, HEAD = 256, 4, 16  # pixels: of each picture, between them, of a line of text


def sheet_of_paintings(bench: BenchOfPaintings) -> bytes:
    """Held-out photographs, whole, and in each painter's style by works that are held out too.

    Args:
        bench: with photographs, painters and who restyles.

    Returns:
        A JPEG.
    """
    shown = range(len(bench.bed.order))[: bench.protocol.shown]
    rows = [restyled(bench, number) for number in shown]
    heights = [max(picture.height for _, picture in row) + HEAD + EDGE for row in rows]
    columns = max(len(row) for row in rows)
    page = Image.new("RGB", (columns * (WIDTH + EDGE) + EDGE, sum(heights) + EDGE), "white")
    pen, top = ImageDraw.Draw(page), EDGE
    for row, height in zip(rows, heights, strict=True):
        for column, (text, picture) in enumerate(row):
            left = EDGE + column * (WIDTH + EDGE)
            pen.text((left, top), text, fill="black")
            page.paste(picture, (left, top + HEAD - 2))
        top += height
    return encode_image(page, "JPEG", quality=80)


def restyled(bench: BenchOfPaintings, number: int) -> list[tuple[str, Image.Image]]:
    """One photograph and a result for each painter, small, with what each is called."""
    bed, plan = bench.bed, bench.protocol
    photo = bed.photograph(number, bed.order[number], whole=True)
    found = [(photo.key, small(photo.x))]
    for painter in bench.painters:
        works = [work for work in bed.works(painter) if work.split == plan.split]
        work = works[number % len(works)]
        name = REFERENCE if REFERENCE in bench.ways else MODEL
        asked = Asked(painter, [work], plan.seeds[0], 1, 1, bench.device)
        told = f"{painter}, {work.key}" if name == REFERENCE else painter
        found.append((told, small(bench.ways[name].restyle(photo, asked))))
    return found


def small(x: Tensor) -> Image.Image:
    """A picture `(1, 3, H, W)` at the sheet's width."""
    whole = tensor_to_image(x[0])
    height = round(whole.height * WIDTH / whole.width)
    return whole.resize((WIDTH, height), Image.Resampling.LANCZOS)
