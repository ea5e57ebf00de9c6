"""Measuring a model on `letters`, where every answer is known.

Held-out families alone are measured. Draws of a letter are compared with the same letter in the
held-out typefaces of the style; results by one and by four reference letters of a held-out typeface
are compared with the letters that it truly has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from gan_lessons.data.batches import generator_at
from gan_lessons.data.letters import LETTERS, PLAIN
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation.protocol import HELD_OUT, fitted, mixed, scattered
from gan_lessons.metrics.features import as_float, embed

ASKED = (1, 4)  # reference letters
MEASURED = 6  # other letters of the same typeface that the results are measured on, at most


@dataclass(frozen=True)
class LetterPlan:
    """How much is measured; 0 stands for all there is."""

    name: str
    faces: int  # held-out typefaces of each style
    train: int  # training typefaces of each style
    letters: int  # of the alphabet, for what is measured on draws
    draws: int  # codes of each style
    seeds: tuple[int, ...] = (0, 1, 2)
    split: str = "test"  # or "valid", to choose between trainings without looking at test letters

    def __post_init__(self):
        if self.split not in HELD_OUT:
            raise ValueError(f"split: one of {', '.join(HELD_OUT)}, got {self.split!r}")


PLANS = {
    plan.name: plan
    for plan in (
        LetterPlan("smoke", faces=8, train=16, letters=3, draws=8),
        LetterPlan("class", faces=20, train=60, letters=8, draws=40),
        LetterPlan("full", faces=0, train=0, letters=0, draws=100),
        LetterPlan("curve", faces=16, train=40, letters=5, draws=30, seeds=(0,)),
    )
}


@dataclass(frozen=True)
class Letters:
    """One letter in several typefaces."""

    faces: tuple[str, ...]  # those that have it
    images: Tensor  # (M, 3, S, S), uint8
    perceptual: Tensor  # (M, D), in half precision: they are many
    pooled: Tensor  # (M, 1280)


@dataclass(frozen=True)
class Question:
    """What is asked for with one held-out typeface: its letters, given some of them."""

    face: str
    given: tuple[str, ...]  # four letters; one alone is the first
    wanted: tuple[str, ...]  # others


@dataclass
class LetterBed:
    """The letters of a set as a plan wants them.

    Args:
        dataset: `letters`, or a set with `series` (the typeface of each picture) and `families`,
            whose keys are letters.
        plan: how much of it.
        size: pixels a side, the model's.
        device: where features are computed.

    Raises:
        ValueError: if the set lacks the typeface that sources are taken from.
    """

    dataset: StyleDataset
    plan: LetterPlan
    size: int
    device: str = "cpu"
    _known: dict = field(default_factory=dict)

    def __post_init__(self):
        if not self.sources:
            raise ValueError(
                f"{self.dataset.name} has no typeface {PLAIN}, from which sources are taken"
            )

    @property
    def split(self) -> str:
        """The one that is measured."""
        return self.plan.split

    @cached_property
    def rows(self) -> dict[tuple[str, str, str], dict[str, int]]:
        """For each split, style and typeface the row of each letter."""
        found: dict[tuple[str, str, str], dict[str, int]] = {}
        data, labels = self.dataset, self.dataset.labels.tolist()
        for i, (letter, split, face) in enumerate(zip(data.keys, data.splits, data.series)):
            found.setdefault((split, data.styles[labels[i]], face), {})[letter] = i
        return found

    @cached_property
    def sources(self) -> dict[str, int]:
        """The row of each letter of the plain typeface."""
        own = [rows for (_, _, face), rows in self.rows.items() if face == PLAIN]
        return own[0] if own else {}

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The letters that draws are measured on."""
        return tuple(scattered([c for c in LETTERS if c in self.sources], self.plan.letters))

    def source(self, letters: Sequence[str]) -> Tensor:
        """Letters of the plain typeface, `(N, 3, S, S)` in [-1, 1]."""
        return as_float(self.pictures([self.sources[letter] for letter in letters]))

    def pictures(self, rows: Sequence[int]) -> Tensor:
        """Pictures by their rows, uint8 `(N, 3, S, S)` on the device."""
        own = [fitted(self.dataset.images[row], self.size) for row in rows]
        return torch.stack(own).to(self.device)

    def faces(self, split: str, style: str, most: int | None = None) -> tuple[str, ...]:
        """Typefaces of a style out of as many families as can be.

        Args:
            split: "train", or the held-out one.
            style: which one.
            most: how many; 0: all; None: as many as the plan takes.
        """
        if most is None:
            most = self.plan.train if split == "train" else self.plan.faces
        families = dict(zip(self.dataset.series, self.dataset.families, strict=True))
        siblings: dict[str, list[str]] = {}
        own = [face for part, kind, face in self.rows if (part, kind) == (split, style)]
        for face in own:
            siblings.setdefault(families[face], []).append(face)
        place = {
            face: number for faces in siblings.values() for number, face in enumerate(mixed(faces))
        }
        order = {face: number for number, face in enumerate(mixed(own))}
        own.sort(key=lambda face: (place[face], order[face]))
        return tuple(sorted(own[: most or None]))

    def letter(self, split: str, style: str, letter: str) -> Letters:
        """One letter in the typefaces of a split and style, described once."""
        key = split, style, letter
        if key not in self._known:
            faces = [f for f in self.faces(split, style) if letter in self.rows[split, style, f]]
            images = self.pictures([self.rows[split, style, face][letter] for face in faces])
            perceptual, pooled = embed(images, device=self.device)
            self._known[key] = Letters(tuple(faces), images, perceptual.half(), pooled)
        return self._known[key]

    def forget(self) -> None:
        """Let go of what is known of a style: the features of all would fill the memory."""
        self._known.clear()

    def whole(self, split: str, style: str) -> tuple[str, ...]:
        """Typefaces that lack no letter of the plain one."""
        rows = self.rows
        return tuple(
            face
            for face in self.faces(split, style)
            if self.sources.keys() <= rows[split, style, face].keys()
        )

    def alphabets(self, split: str, style: str) -> Tensor:
        """The bed's letters of typefaces that lack none, uint8 `(M, L, 3, S, S)`."""
        faces = self.whole(split, style)
        own = [self.letter(split, style, letter) for letter in self.letters]
        return torch.stack([one.images[[one.faces.index(f) for f in faces]] for one in own], dim=1)

    def questions(self, style: str, seed: int) -> list[Question]:
        """For each held-out typeface the letters that are given and those that are asked for."""
        found = []
        for number, face in enumerate(self.faces(self.split, style)):
            own = [c for c in self.rows[self.split, style, face] if c in self.sources]
            random = generator_at(seed, number)
            order = [own[i] for i in torch.randperm(len(own), generator=random).tolist()]
            given, wanted = order[: max(ASKED)], order[max(ASKED) :][:MEASURED]
            if len(given) == max(ASKED) and wanted:
                found.append(Question(face, tuple(given), tuple(wanted)))
        return found

    def of_face(self, split: str, style: str, face: str, letters: Sequence[str]) -> Tensor:
        """Letters of one typeface, uint8 `(N, 3, S, S)`."""
        return self.pictures([self.rows[split, style, face][letter] for letter in letters])
