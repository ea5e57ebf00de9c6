"""The still pictures of lessons and README, drawn by the bundled models.

gan-lessons data build emoji_styles --size 128
python -m gan_lessons.course.publish.pictures
"""

import io

import torch
from PIL import Image

from gan_lessons import plots
from gan_lessons.data.letters import plain_alphabet
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder, share
from gan_lessons.images.gate import encode_image, open_image, tensor_to_image
from gan_lessons.style_transfer import StyleTransfer

# Held-out concepts, each with the family that drew the source.
SHOWN = (
    ("red apple", "noto"),
    ("sushi", "twemoji"),
    ("snail", "fluent"),
    ("wrapped gift", "emojione"),
    ("pig face", "openmoji"),
    ("tent", "fluent_flat"),
)
HELD_UP = ("whale", "lemon", "frog", "grapes", "tangerine", "blueberries", "rosette", "hot pepper")
FIRST, SECOND = "HAND", "STYLES"  # words
# Held-out typefaces, each with its style and four letters that are held up.
HANDS = (
    ("Montserrat-Thin", "sans"),
    ("PlayfairDisplay-Black", "serif"),
    ("RobotoSerif-Regular", "serif"),
    ("SourceSerifPro-BoldIt", "italic"),
    ("QTOKCorral", "display"),
)
GIVEN = "ARGN"
EXPLORED = ("snail", "fluent")
PHOTO = "Myrabella 7"
WORKS = {"van_gogh": "The harvest", "morisot": "Hollyhocks", "ukiyo_e": "Great wave off Kanagawa"}
REFERRED = "twemoji"  # the style of references in the explorer's picture


def eight_styles(model_name: str = "emoji128", seed: int = 0):
    """Held-out emoji in every style of a model.

    Args:
        model_name: a bundled model.
        seed: of the drawn styles.

    Returns:
        A matplotlib figure: one row a source, one column a style.
    """
    model = StyleTransfer.load(model_name)
    rows = [in_every_style(model, name, style, seed) for name, style in SHOWN]
    labels = ["source", *(style.replace("_", " ") for style in model.styles)]
    return plots.image_grid(rows, column_labels=labels, show=False)


def by_reference(model_name: str = "emoji64_references", style: str = "twemoji", seed: int = 0):
    """One style, many results: two held-out emoji by eight references, and by eight draws.

    Args:
        model_name: a bundled model.
        style: the style of references and results.
        seed: of the draws.

    Returns:
        A matplotlib figure: the references, then for each source its results by them and by draws.
    """
    model = StyleTransfer.load(model_name)
    emoji = load_dataset("emoji_styles", size=model.size)
    references = [drawing(emoji, name, style) for name in HELD_UP]
    rows, labels = [[None, *references]], ["references"]
    for name, family in SHOWN[:1] + SHOWN[2:3]:
        source = drawing(emoji, name, family)
        rows.append([source, *model.restyle(source, style, reference=references)])
        rows.append([source, *model.restyle(source, style, count=len(references), seed=seed)])
        labels += ["by reference", "by chance"]
    return plots.image_grid(rows, row_labels=labels, show=False)


def in_many_hands(model_name: str = "letters64", seed: int = 3):
    """Words in many hands: by letters of held-out typefaces, and by draws.

    Args:
        model_name: a bundled model of letters.
        seed: of the draws.

    Returns:
        A matplotlib figure: four letters that are held up and a word by them, in each row; then two
        words in two drawn hands of each style.
    """
    model = StyleTransfer.load(model_name)
    letters, plain = load_dataset("letters"), plain_alphabet()
    places = {pair: row for row, pair in enumerate(zip(letters.series, letters.keys, strict=True))}
    first, second = (
        torch.stack([plain[letter] for letter in word]).float() / 127.5 - 1
        for word in (FIRST, SECOND)
    )
    rows, labels = [], []
    for face, style in HANDS:
        shown = [
            tensor_to_image(letters.images[places[face, letter]].float() / 127.5 - 1)
            for letter in GIVEN
        ]
        code = model.codes(style, reference=shown).mean(dim=0)
        rows.append([*shown, None, *written(model, second, code)])
        labels.append("by these")
    for style in model.styles:
        one, two = model.codes(style, count=2, seed=seed)
        rows.append([*written(model, first, one), None, *written(model, second, two)])
        labels.append(f"{style}, drawn")
    return plots.image_grid(rows, row_labels=labels, show=False)


def written(model: StyleTransfer, word: torch.Tensor, code: torch.Tensor) -> list[Image.Image]:
    """Letters `(N, 3, S, S)` in one hand."""
    return [tensor_to_image(x) for x in model.translate(word, code[None].expand(len(word), -1))]


def explored(model_name: str = "emoji64", second: str = "emoji64_references", seed: int = 0):
    """What the explorer shows of one emoji: every style, results by references, a walk.

    Args:
        model_name: a bundled model, for styles and walk.
        second: the bundled model whose references count.
        seed: of the drawn styles.

    Returns:
        A matplotlib figure of four rows.
    """
    model = StyleTransfer.load(model_name)
    emoji = load_dataset("emoji_styles", size=model.size)
    styles = in_every_style(model, *EXPLORED, seed)
    source = styles[0]
    references = [drawing(emoji, name, REFERRED) for name in HELD_UP]
    results = StyleTransfer.load(second).restyle(source, REFERRED, reference=references)
    walk = model.interpolate(source, "fluent_ink", "fluent", steps=len(styles), seed=seed)
    rows = [styles, [None, *references], [source, *results], walk]
    labels = ["every style", "references", "after each", "a walk"]
    return plots.image_grid(rows, row_labels=labels, show=False)


def painted(model_name: str = "paintings256", photo: str = PHOTO):
    """A photograph in the manner of one work of each painter, and by a draw.

    Args:
        model_name: a bundled model of paintings.
        photo: title of a test photograph.

    Returns:
        A matplotlib figure of two rows: works, and the photograph by them.
    """
    model = StyleTransfer.load(model_name)
    pictures = load_dataset("painted_photos", size=model.size)

    def named(title: str) -> Image.Image:
        return tensor_to_image(pictures.images[pictures.names.index(title)].float() / 127.5 - 1)

    source = named(photo)
    works = {style: named(title) for style, title in WORKS.items()}
    made = [model.restyle(source, s, reference=work, size=256)[0] for s, work in works.items()]
    above = [None, *(strip(work) for work in works.values())]
    return plots.image_grid([above, [source, *made]], cell=2.4, show=False)


def strip(picture: Image.Image) -> Image.Image:
    """The middle of a picture, half as high as wide."""
    top = max(0, picture.height - picture.width // 2) // 2
    return picture.crop((0, top, picture.width, top + picture.width // 2))


def in_every_style(model: StyleTransfer, name: str, style: str, seed: int) -> list[Image.Image]:
    """A drawing and its results, one a style."""
    emoji = load_dataset("emoji_styles", size=model.size)
    source = drawing(emoji, name, style)
    return [source, *(model.restyle(source, target, seed=seed)[0] for target in model.styles)]


def drawing(emoji: StyleDataset, name: str, style: str) -> Image.Image:
    """A concept as a family drew it."""
    return tensor_to_image(emoji.find(name, style).float() / 127.5 - 1)


def main() -> None:
    """Draw all pictures into `notebooks/figures`."""
    folder = OutputFolder(share("notebooks") / "figures")
    for name, draw in PICTURES.items():
        buffer = io.BytesIO()
        draw().savefig(buffer, format="png")
        picture = open_image(buffer.getvalue())
        drawn = encode_image(picture, colours=256)
        if name.endswith(".jpg"):  # paintings have more colours than that
            drawn = encode_image(picture, "JPEG", quality=85)
        print(folder.write_bytes(name, drawn))


PICTURES = {
    "00_styles.png": eight_styles,
    "00_references.png": by_reference,
    "00_hands.png": in_many_hands,
    "15_explorer.png": explored,
    "16_paintings.jpg": painted,
}


if __name__ == "__main__":
    main()
