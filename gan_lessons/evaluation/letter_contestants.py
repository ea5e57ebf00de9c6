"""Who answers for letters: a model by its references, real typefaces, and nobody at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gan_lessons.data.batches import generator_at
from gan_lessons.evaluation.contestants import read_off
from gan_lessons.evaluation.letters import LetterBed, Question
from gan_lessons.metrics.features import as_float, perceive
from gan_lessons.metrics.perceptual import between
from gan_lessons.style_transfer import StyleTransfer

DRAWS, REAL = "model", "training typefaces"  # as sets
BY_ONE, BY_FOUR = "model, one reference letter", "model, four reference letters"
COPY, RANDOM, TRUE = "copying", "random typeface", "true letters"
NEAREST = "nearest typeface {}, {} given"  # in what sense, by how many letters
PIXELS, FEATURES = "in L1", "perceptually"


@dataclass(frozen=True)
class Asked:
    """All letters that are asked for in one style under one seed."""

    bed: LetterBed
    style: str
    seed: int

    @cached_property
    def questions(self) -> list[Question]:
        """One for each held-out typeface."""
        return self.bed.questions(self.style, self.seed)

    @cached_property
    def of(self) -> Tensor:
        """The question of each letter asked for, `(T,)`."""
        counts = torch.tensor([len(one.wanted) for one in self.questions])
        return torch.arange(len(counts)).repeat_interleave(counts)

    @cached_property
    def letters(self) -> list[str]:
        """Each letter asked for."""
        return [letter for one in self.questions for letter in one.wanted]

    @cached_property
    def x(self) -> Tensor:
        """The plain typeface's letter for each, `(T, 3, S, S)` in [-1, 1]."""
        return self.bed.source(self.letters)

    @cached_property
    def true(self) -> Tensor:
        """What each truly looks like, uint8 `(T, 3, S, S)`."""
        return self.of_faces([one.face for one in self.questions], self.bed.split)

    def given(self, count: int) -> Tensor:
        """Reference letters of each question, uint8 `(F, count, 3, S, S)`."""
        own = [
            self.bed.of_face(self.bed.split, self.style, one.face, one.given[:count])
            for one in self.questions
        ]
        return torch.stack(own)

    def of_faces(self, faces: Sequence[str], split: str) -> Tensor:
        """The letters asked for as a typeface for each question draws them, uint8 `(T, ...)`."""
        asked = zip(self.questions, faces, strict=True)
        return torch.cat(
            [self.bed.of_face(split, self.style, face, one.wanted) for one, face in asked]
        )


Contestant = Callable[[Asked], Tensor]  # to (T, 3, S, S), in [-1, 1] or uint8


def contestants(model: StyleTransfer | None) -> dict[str, Contestant]:
    """All that answer by references, and those that know none.

    Args:
        model: a trained model, or None for the others alone.

    Returns:
        Contestant by name.
    """
    rows: dict[str, Contestant] = {}
    if model is not None:
        rows = {
            BY_ONE: lambda asked: by_references(model, asked, 1),
            BY_FOUR: lambda asked: by_references(model, asked, 4),
        }
    rows |= {COPY: lambda asked: asked.x, RANDOM: by_chance}
    for sense in (PIXELS, FEATURES):
        for count, word in ((1, "one"), (4, "four")):
            rows[NEAREST.format(sense, word)] = nearest(sense, count)
    return rows | {TRUE: lambda asked: asked.true}


@torch.inference_mode()
def by_references(model: StyleTransfer, asked: Asked, count: int) -> Tensor:
    """The model's answers with the mean of the codes of so many letters."""
    given = as_float(asked.given(count))
    codes = read_off(model, given.flatten(0, 1), asked.style)
    mean = codes.unflatten(0, given.shape[:2]).mean(dim=1)
    return model.translate(asked.x.to(model.device), mean[asked.of])


@torch.inference_mode()
def draws(model: StyleTransfer, bed: LetterBed, style: str, seed: int) -> list[Tensor]:
    """Letters of drawn codes: for each of the bed's letters `(K, 3, S, S)`, row k of one code."""
    codes = model.codes(style, count=bed.plan.draws, seed=seed)
    x = bed.source(bed.letters).to(model.device)
    return [model.translate(one[None], codes) for one in x]


def real_alphabets(bed: LetterBed, style: str, seed: int) -> list[Tensor]:
    """Training typefaces in the place of draws, as many or as many as there are, uint8."""
    whole = bed.alphabets("train", style)
    order = torch.randperm(len(whole), generator=generator_at(seed, 0))[: bed.plan.draws]
    return list(whole[order].unbind(1))


def by_chance(asked: Asked) -> Tensor:
    """Any training typeface of the style."""
    faces = asked.bed.whole("train", asked.style)
    random = generator_at(asked.seed, len(asked.questions))
    chosen = torch.randint(len(faces), (len(asked.questions),), generator=random)
    return asked.of_faces([faces[i] for i in chosen.tolist()], "train")


def nearest(sense: str, count: int) -> Contestant:
    """The training typeface of the style whose letters are nearest to those that are given."""

    def contestant(asked: Asked) -> Tensor:
        faces = asked.bed.whole("train", asked.style)
        chosen = distances(asked, faces, sense, count).argmin(dim=1)
        return asked.of_faces([faces[i] for i in chosen.tolist()], "train")

    return contestant


def distances(asked: Asked, faces: Sequence[str], sense: str, count: int) -> Tensor:
    """From each question's given letters to those of each typeface, added up: `(F, M)`."""
    total = torch.zeros(len(asked.questions), len(faces))
    for letter in sorted({c for one in asked.questions for c in one.given[:count]}):
        known = asked.bed.letter("train", asked.style, letter)
        rows = [known.faces.index(face) for face in faces]
        having = [i for i, one in enumerate(asked.questions) if letter in one.given[:count]]
        given = torch.cat(
            [
                asked.bed.of_face(asked.bed.split, asked.style, asked.questions[i].face, [letter])
                for i in having
            ]
        )
        if sense == PIXELS:
            own = (as_float(x)[:, 0].flatten(1) for x in (given, known.images[rows]))
            apart = torch.cdist(*own, p=1)
        else:
            apart = between(perceive(given, device=asked.bed.device), known.perceptual[rows])
        total[having] += apart.cpu()
    return total
