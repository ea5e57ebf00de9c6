"""The pictures that the explorer starts from: a few of the course's own, and those one brings."""

import hashlib
import zipfile
from collections import OrderedDict
from functools import cache

import numpy as np
from PIL import Image, ImageOps

from gan_lessons.data import paintings
from gan_lessons.data.archive import read_index
from gan_lessons.data.letters import plain_alphabet
from gan_lessons.files import share
from gan_lessons.images.gate import Source, decode_trusted, open_image, tensor_to_image
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.widgets.explorer.state import MINE

# Held out of training, drawn by artists of six families; then two photographs, which are nobody's
# property any more and which a model of emoji has never seen the like of; then letters of a plain
# typeface, for models that draw letters; then works that models of paintings were trained on.
PICTURES = {
    "noto/red apple": "red apple, drawn by noto",
    "fluent/snail": "snail, drawn by fluent",
    "openmoji/pig face": "pig face, drawn by openmoji",
    "twemoji/sushi": "sushi, drawn by twemoji",
    "emojione/wrapped gift": "wrapped gift, drawn by emojione",
    "fluent_flat/tent": "tent, drawn by fluent flat",
    "photo/world-lemur": "lemur, a photograph",
    "photo/world-chameleon": "chameleon, a photograph",
    "letter/R": "letter R, plain",
    "letter/A": "letter A, plain",
    "morisot/hollyhocks": "Hollyhocks, by Morisot",
    "morisot/nice": "Villa in Nice, by Morisot",
    "van_gogh/harvest": "The harvest, by Van Gogh",
    "van_gogh/church": "The church at Auvers, by Van Gogh",
    "ukiyo_e/wave": "The great wave, by Hokusai",
    "ukiyo_e/ryogoku": "Sunset over Ryōgoku bridge, by Hokusai",
}
LETTER = "letter/R"  # where models that draw letters begin
PHOTO = "photo/world-lemur"  # where models of paintings begin
PAINTER = "paintings256"  # where photographs begin
LARGEST = 256  # pixels a side that are kept of a picture; the explorer works at half of it at most
PAPER = 16  # of 255, by which a pixel of one and the same paper may differ
KEPT = 12  # pictures of one's own; the oldest makes place for a thirteenth
BROUGHT = "your picture"  # what a picture that was brought is called; its file's name is not kept


def bundled(name: str) -> Image.Image:
    """One of the course's pictures.

    Args:
        name: as in `PICTURES`.

    Returns:
        An RGB image.

    Raises:
        ValueError: if it is none of them.
    """
    if name not in PICTURES:
        raise ValueError(f"no picture {name[:60]!r}; there are {', '.join(PICTURES)}")
    style, key = name.split("/", 1)
    if style == "letter":
        return tensor_to_image(plain_alphabet()[key])
    archive = share("data", *_archive(style))
    with zipfile.ZipFile(archive) as opened:
        data = opened.read(_members(style)[key])
    return tensor_to_image(decode_trusted(data))


@cache
def _members(style: str) -> dict[str, str]:
    """Names of the pictures of a style, each with its place in the archive."""
    rows = [row for row in read_index(share("data", *_archive(style))) if row["style"] == style]
    return {row["key" if style in paintings.STYLES else "name"]: row["file"] for row in rows}


def _archive(style: str) -> tuple[str, str]:
    if style in paintings.STYLES:
        return "painted_photos", "painted_photos.zip"
    return "emoji_styles", "emoji_styles_64.zip"


def square(image: Image.Image, size: int) -> Image.Image:
    """Shrink or enlarge a picture into a square.

    A drawing stays whole, with white where it has nothing. Of a photograph the middle is taken:
    a model of paintings would paint the white, too.

    Args:
        image: any RGB image.
        size: side in pixels.

    Returns:
        An RGB image of `size` by `size` pixels.
    """
    if is_photograph(image):
        return ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
    return ImageOps.pad(image, (size, size), Image.Resampling.LANCZOS, color="white")


def works(model: StyleTransfer, style: str) -> list[str]:
    """The works by which a style of a model of paintings is shown, the first one first.

    Each work is a style of its own there, and a draw falls between them.

    Args:
        model: any model.
        style: one of its styles.

    Returns:
        Names as in `PICTURES`; none where the model is of other pictures, or the style has none.
    """
    if model.config.data.name != paintings.NAME or style == "photo":
        return []
    return [name for name in PICTURES if name.startswith(f"{style}/")]


def is_photograph(image: Image.Image) -> bool:
    """Whether a picture has no paper: half of its rim, or more, is unlike the rim's usual colour.

    Drawings of things stand on one colour, and most photographs fill their frame.
    """
    pixels = np.asarray(image.convert("RGB")).astype(int)
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    away = np.abs(rim - np.median(rim, axis=0)).max(axis=1)
    return bool((away > PAPER).mean() > 0.5)


class Album:
    """Pictures by name: the bundled ones, and the last few that were brought."""

    def __init__(self):
        self.own: OrderedDict[str, Image.Image] = OrderedDict()
        self.photographs: set[str] = set()

    def take(self, source: Source) -> str:
        """Let a picture in through the gate and keep it small.

        Args:
            source: its bytes, a path, or a PIL image.

        Returns:
            A name made from its pixels: the same picture has the same name again.

        Raises:
            ImageError: if it is no picture, is damaged, or is too large.
        """
        image = open_image(source, name=BROUGHT, at_least=LARGEST)
        photograph = is_photograph(image)
        image = square(image, LARGEST)
        name = MINE + hashlib.sha256(image.tobytes()).hexdigest()[:10]
        self.own[name] = image
        self.own.move_to_end(name)
        if photograph:
            self.photographs.add(name)
        while len(self.own) > KEPT:
            self.photographs.discard(self.own.popitem(last=False)[0])
        return name

    def __getitem__(self, name: str) -> Image.Image:
        """A picture.

        Raises:
            ValueError: if it is not here; one's own may have to be brought again.
        """
        if name in self.own:
            return self.own[name]
        if name.startswith(MINE):
            raise ValueError(
                "this was made from a picture of your own, which is not here now; bring it again, "
                "and then come back to this"
            )
        return bundled(name)

    def suits_painter(self, name: str) -> bool:
        """Whether a picture here, by its name, is a photograph or a painting, or looks like one."""
        return name in self.photographs or name.split("/")[0] in paintings.STYLES

    def title(self, name: str) -> str:
        """What to call a picture in a sentence."""
        return BROUGHT if name.startswith(MINE) else PICTURES.get(name, name)
