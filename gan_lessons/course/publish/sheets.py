"""Sheets beside a model's card: what it makes of one source by many draws and by many references.

    python -m gan_lessons.course.publish.sheets MODEL [MODEL ...]

Of a model of letters, alphabets by draws. Nothing is chosen by hand: draws are those of one seed in
their order, references every so-manieth training picture.
"""

import sys

import torch
from torch import Tensor

from gan_lessons.data.letters import NAME as LETTERS
from gan_lessons.data.letters import plain_alphabet
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import encode_image, tensor_to_image
from gan_lessons.models import store
from gan_lessons.style_transfer import StyleTransfer

DRAWS, REFERENCES = 25, 13  # of each style; of eight styles 200 and 104
SOURCE = ("snail", "noto")  # a test picture
DRAWN, REFERRED, ALPHABETS = "draws.jpg", "references.jpg", "draws.png"


def by_draws(model: StyleTransfer, source: Tensor, count: int = DRAWS, seed: int = 0) -> Tensor:
    """One source by many draws of every style.

    Args:
        model: any that draws styles.
        source: `(3, S, S)` in [-1, 1].
        count: draws of each style.
        seed: of the draws.

    Returns:
        `(3, styles * S, (1 + count) * S)`: a row a style, the source in front.
    """
    rows = []
    for style in model.styles:
        results = model.translate(source[None], model.codes(style, count=count, seed=seed))
        rows.append(side_by_side([source, *results]))
    return torch.cat(rows, dim=1)


def by_references(
    model: StyleTransfer, source: Tensor, dataset: StyleDataset, count: int = REFERENCES
) -> Tensor:
    """One source by many references of every style.

    Args:
        model: any that reads styles off pictures.
        source: `(3, S, S)` in [-1, 1].
        dataset: whose training pictures are the references.
        count: references of each style.

    Returns:
        `(3, 2 * styles * S, (1 + count) * S)`: for each style its references, and under each of
        them the result, the source in front.
    """
    rows = []
    for style in model.styles:
        images = dataset.subset("train", style).images
        held_up = images[:: len(images) // count][:count].float() / 127.5 - 1
        codes = model.codes(style, reference=[tensor_to_image(x) for x in held_up])
        rows.append(side_by_side([torch.ones_like(source), *held_up]))
        rows.append(side_by_side([source, *model.translate(source[None], codes)]))
    return torch.cat(rows, dim=1)


def alphabets(model: StyleTransfer, count: int = 4) -> Tensor:
    """All letters by draws of every style.

    Args:
        model: of letters.
        count: draws of each style.

    Returns:
        `(3, styles * count * S, 26 * S)`: a row for each draw.
    """
    x = torch.stack(list(plain_alphabet().values())).float() / 127.5 - 1
    codes = torch.cat([model.codes(style, count=count, seed=0) for style in model.styles])
    rows = [model.translate(x, s.expand(len(x), -1)) for s in codes]
    return torch.cat([side_by_side(list(row)) for row in rows], dim=1)


def side_by_side(pictures: list[Tensor]) -> Tensor:
    """Pictures `(3, S, S)` as one row."""
    return torch.cat(pictures, dim=2)


def main(names: list[str]) -> None:
    """Draw the sheets of each named model beside its card."""
    for name in names:
        model = StyleTransfer.load(name)
        folder = OutputFolder(store.find(name))
        if model.config.data.name == LETTERS:
            grey = encode_image(tensor_to_image(alphabets(model)), colours=16)
            print(folder.write_bytes(ALPHABETS, grey))
            continue
        dataset = load_dataset(model.config.data.name, size=model.size)
        source = dataset.find(*SOURCE).float() / 127.5 - 1
        for file, sheet in (
            (DRAWN, by_draws(model, source)),
            (REFERRED, by_references(model, source, dataset)),
        ):
            picture = encode_image(tensor_to_image(sheet), "JPEG", quality=85)
            print(folder.write_bytes(file, picture))


if __name__ == "__main__":
    main(sys.argv[1:])
