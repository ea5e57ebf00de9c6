"""Pictures for models that go from one picture to another: two styles, or any style to any."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gan_lessons.augment import shift
from gan_lessons.config import require, within
from gan_lessons.data.batches import generator_at
from gan_lessons.data.load import load_dataset
from gan_lessons.data.samples import PairBatch
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.images.resize import resize

CROPS = 6  # of each painting and photograph


@dataclass(frozen=True)
class PairData:
    """One set, and the two styles that a translator goes between."""

    name: str = "emoji_styles"
    size: int = 64  # pixels a side
    source: str = "fluent"
    target: str = "fluent_ink"
    jitter: bool = False  # shift and mirror both pictures of a pair alike

    def __post_init__(self):
        within(self, "data", "size", least=8, most=1024)
        require(self.source != self.target, "data.source and data.target must be two styles")


@dataclass(frozen=True)
class MixedData:
    """All styles of a set, any of which may lend its statistics to any."""

    name: str = "emoji_styles"
    size: int = 64  # pixels a side
    paintings: bool = True  # crops of painted_photos too

    def __post_init__(self):
        within(self, "data", "size", least=8, most=1024)


class Jittered:
    """Pairs that are shifted and mirrored alike (Isola et al. 2017, appendix 6.2, in our terms).

    Args:
        pairs: from a step to its batch.
        seed: of the training.
    """

    def __init__(self, pairs: Callable[[int], PairBatch], seed: int):
        self.pairs, self.seed = pairs, seed

    def __call__(self, step: int) -> PairBatch:
        """The batch of a step, every pair with a chance of its own."""
        batch = self.pairs(step)
        random = generator_at(self.seed + 1, step)
        uniform = torch.rand(len(batch), 3, generator=random).to(batch.x_a.device)
        mirrored = (uniform[:, 2] < 0.5)[:, None, None, None]
        moved = (shift(x, uniform[:, :2]) for x in (batch.x_a, batch.x_b))
        x_a, x_b = (torch.where(mirrored, x.flip(3), x) for x in moved)
        return replace(batch, x_a=x_a, x_b=x_b)


def styles_apart(dataset: StyleDataset, data: PairData, split: str) -> tuple[Tensor, Tensor]:
    """All pictures of both styles, whatever they show."""
    styles = data.source, data.target
    a, b = (stacked(dataset, dataset.indices(split, s), data.size) for s in styles)
    return a, b


def styles_side_by_side(dataset: StyleDataset, data: PairData, split: str) -> tuple[Tensor, Tensor]:
    """Pictures of what both styles have, in one order."""
    rows = []
    for style in (data.source, data.target):
        chosen = dataset.indices(split, style).tolist()
        rows.append({dataset.keys[row]: row for row in chosen})
    shared = [key for key in rows[0] if key in rows[1]]
    a, b = (stacked(dataset, [own[key] for key in shared], data.size) for own in rows)
    return a, b


def all_styles(dataset: StyleDataset, data: MixedData, split: str) -> tuple[Tensor, Tensor]:
    """Every picture of the split, as content and as style; for training, crops of paintings too."""
    size = data.size
    found = stacked(dataset, dataset.indices(split), size)
    if data.paintings and split == "train":
        found = torch.cat([found, crops(load_dataset("painted_photos", size=size), size)])
    return found, found


def stacked(dataset: StyleDataset, rows, size: int) -> Tensor:
    """Pictures by row number, uint8 `(N, 3, size, size)`."""
    images = [square(dataset.images[int(row)], size) for row in rows]
    return torch.stack(images) if images else torch.empty(0, 3, size, size, dtype=torch.uint8)


def crops(dataset: StyleDataset, size: int) -> Tensor:
    """Squares of each training picture, from the whole short side down to half of it."""
    random, found = torch.Generator().manual_seed(0), []
    for row in dataset.indices("train").tolist():
        image = dataset.images[row]
        height, width = image.shape[1:]
        for share, top, left in torch.rand(CROPS, 3, generator=random).tolist():
            side = round(min(height, width) * (1 - share / 2))
            y, x = round(top * (height - side)), round(left * (width - side))
            found.append(square(image[:, y : y + side, x : x + side], size))
    return torch.stack(found)


def square(image: Tensor, size: int) -> Tensor:
    """One picture at a size, uint8 `(3, h, w)` to `(3, size, size)`."""
    return resize(image[None].float(), size)[0].round().byte()
