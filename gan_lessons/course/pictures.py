"""The still pictures of lessons and README, drawn by the bundled models.

    gan-lessons data build emoji_styles --size 128
    python -m gan_lessons.course.pictures
"""

import io

from gan_lessons import plots
from gan_lessons.data.datasets import load_dataset
from gan_lessons.data.gate import encode_image, open_image, tensor_to_image
from gan_lessons.files import OutputFolder, share
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


def eight_styles(model_name: str = "emoji128", seed: int = 0):
    """Held-out emoji in every style of a model.

    Args:
        model_name: a bundled model.
        seed: of the drawn styles.

    Returns:
        A matplotlib figure: one row a source, one column a style.
    """
    model = StyleTransfer.load(model_name)
    emoji = load_dataset("emoji_styles", size=model.size)
    rows = []
    for name, style in SHOWN:
        source = tensor_to_image(emoji.find(name, style).float() / 127.5 - 1)
        restyled = [model.restyle(source, target, seed=seed)[0] for target in model.styles]
        rows.append([source, *restyled])
    labels = ["source", *(style.replace("_", " ") for style in model.styles)]
    return plots.image_grid(rows, column_labels=labels, show=False)


def main() -> None:
    """Draw all pictures into `notebooks/figures`."""
    folder = OutputFolder(share("notebooks") / "figures")
    buffer = io.BytesIO()
    eight_styles().savefig(buffer, format="png")
    drawn = encode_image(open_image(buffer.getvalue()), colours=256)
    print(folder.write_bytes("00_styles.png", drawn))


if __name__ == "__main__":
    main()
