"""Batches of letters: a letter of some typeface, and two others of it as references."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lessons.augment import NUMBERS, WARPED
from gan_lessons.config import DataConfig
from gan_lessons.data.batches import Rows, generator_at
from gan_lessons.data.letters import LETTERS, PLAIN
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.images.resize import resize

REFERENCES = 2  # letters that one code is read off in training
UNKNOWN = -1  # number of a letter that is none of A to Z


@dataclass(frozen=True)
class LetterBatch(Rows):
    """What one step sees; every field has one row a typeface."""

    x_real: Tensor  # (N, 3, S, S) in [-1, 1], letters of the plain typeface: the sources
    x_trg: Tensor  # (N, 3, S, S), letters of the wanted typefaces
    x_ref: Tensor  # (N, 3, S, S), other letters of the same typefaces
    x_ref2: Tensor  # (N, 3, S, S), and yet others
    y_trg: Tensor  # (N,), the domains of the typefaces
    z_trg: Tensor  # (N, latent_dim)
    z_trg2: Tensor  # (N, latent_dim)
    uniform: Tensor  # (N, 3, 5), augmentations of D's real, D's fake and G's fake images
    warped: Tensor  # (N, 35), how letters are bent before they are thinned
    cut: Tensor  # (N,) in [0, 1), how much of their loose ends is cut off
    letter_real: Tensor  # (N,) int64, which letters the sources are: 0 for A to 25, or `UNKNOWN`
    letter_trg: Tensor  # (N,), and which the wanted ones are


class LetterBatches:
    """Draw the batch of any step, a function of seed and step alone.

    Styles come equally often, and within a style typefaces.

    Args:
        dataset: `letters`, or a set with `series` (the typeface of each picture) whose keys are
            letters.
        data: size.
        batch: typefaces a step, over all processes.
        latent_dim: length of the latents.
        seed: of the training.
        split: "train", or another for measuring.
        paired: whether source and wanted letter are the same one; otherwise chance decides both,
            and nobody is told what a typeface makes of a letter.
        device: where the batches are wanted.

    Raises:
        ValueError: if the set names no typefaces, lacks the plain one, or has a style without
            typefaces of three letters.
    """

    def __init__(
        self,
        dataset: StyleDataset,
        data: DataConfig,
        *,
        batch: int,
        latent_dim: int,
        seed: int,
        split: str = "train",
        paired: bool = False,
        device: torch.device | str = "cpu",
    ):
        if not dataset.series:
            raise ValueError(f"{dataset.name} does not say which letters are of one typeface")
        self.dataset, self.data, self.device = dataset, data, torch.device(device)
        self.batch, self.latent_dim, self.seed, self.paired = batch, latent_dim, seed, paired
        self.plain: dict[str, int] = {}
        faces: dict[tuple[int, str], dict[str, int]] = {}
        labels = dataset.labels.tolist()
        numbers = {letter: number for number, letter in enumerate(LETTERS)}
        self.letters = [numbers.get(letter, UNKNOWN) for letter in dataset.keys]
        for row, (letter, face) in enumerate(zip(dataset.keys, dataset.series, strict=True)):
            if face == PLAIN:
                self.plain[letter] = row
            if dataset.splits[row] == split:
                faces.setdefault((labels[row], face), {})[letter] = row
        if not self.plain:
            raise ValueError(
                f"{dataset.name} has no typeface {PLAIN}, which sources are taken from"
            )
        self.faces: list[list[dict[str, int]]] = [[] for _ in dataset.styles]
        for (label, _), letters in sorted(faces.items()):
            known = {letter: row for letter, row in letters.items() if letter in self.plain}
            if len(known) > REFERENCES:
                self.faces[label].append(known)
        for style, own in zip(dataset.styles, self.faces, strict=True):
            if not own:
                raise ValueError(f"style {style!r} has no typeface of three letters for {split!r}")

    def __call__(self, step: int) -> LetterBatch:
        """The batch of a step, typefaces of all processes together."""
        n, random = self.batch, generator_at(self.seed, step)
        y = torch.randint(len(self.faces), (n,), generator=random)
        picks = torch.rand(n, 2, generator=random, dtype=torch.float64)
        z = torch.randn(2, n, self.latent_dim, generator=random)
        uniform = torch.rand(n, 3, NUMBERS, generator=random)
        warped, cut = torch.rand(n, WARPED + 1, generator=random).split([WARPED, 1], dim=1)
        plain = list(self.plain.values())
        rows = []
        for label, (face, source) in zip(y.tolist(), picks.tolist(), strict=True):
            own = self.faces[label][int(face * len(self.faces[label]))]
            letters = list(own)
            order = torch.randperm(len(letters), generator=random)[: 1 + REFERENCES].tolist()
            wanted, *given = (letters[k] for k in order)
            start = self.plain[wanted] if self.paired else plain[int(source * len(plain))]
            rows.append([start, own[wanted], *(own[letter] for letter in given)])
        x_real, x_trg, x_ref, x_ref2 = (self.take(column) for column in torch.tensor(rows).T)
        letters = torch.tensor([[self.letters[row] for row in some[:2]] for some in rows])
        values = (y, z[0], z[1], uniform, warped, cut[:, 0], *letters.T)
        sent = (value.to(self.device) for value in values)
        return LetterBatch(x_real, x_trg, x_ref, x_ref2, *sent)

    def take(self, rows: Tensor) -> Tensor:
        """Letters by row number, `(N, 3, S, S)` in [-1, 1]."""
        x = torch.stack([self.dataset.images[row] for row in rows.tolist()])
        return resize(x.to(self.device).float(), self.data.size) / 127.5 - 1
