"""The still pictures of lessons and README, drawn by the bundled models.

gan-lessons data build emoji_styles --size 128
python -m gan_lessons.course.publish.pictures
"""

import io

from PIL import Image

from gan_lessons import plots
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
EXPLORED = ("snail", "fluent")
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
        drawn = encode_image(open_image(buffer.getvalue()), colours=256)
        print(folder.write_bytes(name, drawn))


PICTURES = {
    "00_styles.png": eight_styles,
    "00_references.png": by_reference,
    "15_explorer.png": explored,
}


if __name__ == "__main__":
    main()
