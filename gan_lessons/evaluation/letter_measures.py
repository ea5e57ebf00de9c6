"""The measures of one style of letters under one seed: of draws, and of what references give."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from gan_lessons.evaluation.letter_contestants import Asked
from gan_lessons.evaluation.letters import ASKED, LetterBed
from gan_lessons.evaluation.measures import Measure
from gan_lessons.images.movement import movement
from gan_lessons.metrics.features import as_float, embed, perceive
from gan_lessons.metrics.frechet import kernel_distance
from gan_lessons.metrics.perceptual import apart
from gan_lessons.metrics.prdc import NEIGHBOURS
from gan_lessons.metrics.references import (
    Scale,
    consistency,
    diversity_of_what_is_right,
    each_by_itself,
    match,
    style_statistics,
)
from gan_lessons.metrics.style import Judge

MEASURES = {
    "truth_l1": Measure("distance to the true letter, L1 in [-1, 1]", "lower"),
    "truth": Measure("distance to the true letter, perceptual", "lower"),
    "match": Measure("match, of ten typefaces", "higher"),
    "diversity_right": Measure("diversity, over what is right (1 is right)", ""),
    "coverage": Measure("coverage, letter by letter", "higher"),
    "precision": Measure("precision, letter by letter", "higher"),
    "recall": Measure("recall, letter by letter", "higher"),
    "density": Measure("density, letter by letter", "higher"),
    "kid": Measure("KID a letter, MobileNetV2, x 1000", "lower", 1),
    "content": Measure("content, share read as the letter", "higher"),
    "style": Measure("style, share judged so", "higher"),
    "consistency": Measure("consistency of an alphabet", "lower"),
    "movement": Measure("mean change of a pixel", ""),
}
AMONG = 10  # references, of which the one that was used has to be found


@dataclass(frozen=True)
class Seen:
    """Pictures and what two looks at them gave, `(N, ...)`."""

    images: Tensor  # in [-1, 1]
    perceptual: Tensor
    pooled: Tensor
    groups: list[Tensor]  # style statistics

    @classmethod
    def of(cls, images: Tensor, device: str) -> "Seen":
        """Look at pictures, in [-1, 1] or uint8."""
        x = as_float(images).to(device)
        return cls(x, *embed(x, device=device), style_statistics(x, device=device))


@dataclass(frozen=True)
class Judges:
    """Who says which letter it is and in which style; both linear, see `linear_judge`."""

    letter: Judge
    style: Judge

    def shares(self, seen: Seen, letters: Sequence[str], style: str) -> dict[str, float]:
        """Shares of pictures that are read as their letter and judged to be of the style."""
        wanted = torch.tensor([self.letter.styles.index(letter) for letter in letters])
        network = self.style.network
        read = self.letter.network.of(seen.perceptual).argmax(dim=1).cpu()
        judged = network.of(network.scale(seen.groups)).argmax(dim=1).cpu()
        right = judged == self.style.styles.index(style)
        return {
            "content": (read == wanted).double().mean().item(),
            "style": right.double().mean().item(),
        }


class Hands:
    """Statistics of a style's letters, without what a letter has in every typeface.

    Args:
        bed: the letters; the training typefaces of the style say what is usual.
        style: which one.
    """

    def __init__(self, bed: LetterBed, style: str):
        own, self.usual = [], {}
        for letter in bed.sources:
            images = bed.letter("train", style, letter).images
            groups = style_statistics(images, device=bed.device)
            self.usual[letter] = [group.mean(dim=0) for group in groups]
            own.append([group - mean for group, mean in zip(groups, self.usual[letter])])
        self.scale = Scale([torch.cat(parts) for parts in zip(*own, strict=True)])

    def __call__(self, seen: Seen, letters: Sequence[str]) -> Tensor:
        """How each letter differs from what is usual of it, `(N, D)`."""
        usual = [torch.stack(own) for own in zip(*(self.usual[c] for c in letters), strict=True)]
        return self.scale([g - mean for g, mean in zip(seen.groups, usual, strict=True)])


def of_draws(
    bed: LetterBed, judges: Judges, hands: Hands, style: str, made: Sequence[Tensor]
) -> dict[str, float]:
    """Draws of each letter as a set, against the held-out typefaces' own.

    Args:
        bed: the letters.
        judges: of letter and style.
        hands: statistics of the style.
        style: which one.
        made: for each of the bed's letters `(K, 3, S, S)`, in [-1, 1] or uint8; row k of all is of
            one code, or one typeface.

    Returns:
        Measures by name; those that need more held-out typefaces than there are, are left out.
    """
    seen = [Seen.of(x, bed.device) for x in made]
    named = list(zip(seen, bed.letters, strict=True))
    found = average(judges.shares(one, [c] * len(one.images), style) for one, c in named)
    real = [bed.letter(bed.split, style, letter) for letter in bed.letters]
    if min(len(one.faces) for one in real) < 2:
        return found
    right = [one.perceptual.float() for one in real]
    found["diversity_right"] = diversity_of_what_is_right([s.perceptual for s in seen], right)
    sets = [(one.pooled, own.pooled) for one, own in zip(real, seen)]
    kids = [kernel_distance(*each, subsets=10)[0] for each in sets]
    found["kid"] = 1000 * sum(kids) / len(kids)
    if min(len(x) for each in sets for x in each) > NEIGHBOURS:
        found |= asdict(each_by_itself(*zip(*sets)))
    alphabets = bed.alphabets(bed.split, style)
    if len(bed.letters) > 1 and len(alphabets) > 1:
        true = [(Seen.of(x, bed.device), c) for x, c in zip(alphabets.unbind(1), bed.letters)]
        own = [
            torch.stack([hands(one, [c] * len(one.images)) for one, c in each], dim=1)
            for each in (named, true)
        ]
        found["consistency"] = consistency(*own)
    return found


def of_answers(judges: Judges, hands: Hands, asked: Asked, made: Tensor) -> dict[str, float]:
    """Results by references, against the letters that the typefaces truly have.

    Args:
        judges: of letter and style.
        hands: statistics of the style.
        asked: what was asked for.
        made: `(T, 3, S, S)`, in [-1, 1] or uint8.

    Returns:
        Measures by name, each a mean over the letters of a typeface, then over typefaces; match is
        left out where there are fewer than ten.
    """
    device = asked.bed.device
    seen = Seen.of(made, device)
    pixels = (seen.images - as_float(asked.true)).abs().mean(dim=(1, 2, 3))
    looks = apart(seen.perceptual, perceive(asked.true, device=device))
    found = {
        "truth_l1": by_face(pixels, asked).mean().item(),
        "truth": by_face(looks, asked).mean().item(),
        "movement": movement(asked.x.to(device), seen.images),
        **judges.shares(seen, asked.letters, asked.style),
    }
    if len(asked.questions) >= AMONG:
        found["match"] = matched(hands, asked, seen)
    return found


def matched(hands: Hands, asked: Asked, seen: Seen) -> float:
    """Among ten held-out typefaces, is the one that was asked for the nearest in its statistics?"""
    results = by_face(hands(seen, asked.letters), asked)
    given = asked.given(max(ASKED))
    letters = [letter for one in asked.questions for letter in one.given]
    shown = hands(Seen.of(given.flatten(0, 1), asked.bed.device), letters)
    references = shown.unflatten(0, given.shape[:2]).mean(dim=1)
    groups = (
        len(asked.questions) // AMONG
    )  # siblings are neighbours in order: take every so-manieth
    shares = [
        match(results[k::groups][None, :AMONG], references[k::groups][:AMONG])
        for k in range(groups)
    ]
    return torch.cat(shares).mean().item()


def by_face(values: Tensor, asked: Asked) -> Tensor:
    """Mean over the letters of each typeface: `(T, ...)` to `(F, ...)`."""
    total = values.new_zeros(len(asked.questions), *values.shape[1:])
    counts = torch.bincount(asked.of).to(values)
    total.index_add_(0, asked.of.to(values.device), values)
    return total / counts.view(-1, *[1] * (values.ndim - 1))


def average(rows: Iterable[dict[str, float]]) -> dict[str, float]:
    """Mean of each entry of dictionaries with the same keys."""
    rows = list(rows)
    return {key: sum(row[key] for row in rows) / len(rows) for key in rows[0]}
