"""One model on `letters`: what is measured of it and of what it must beat, style by style."""

import torch
from torch import Tensor

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation import letter_results, letter_sheet, letter_table, notes
from gan_lessons.evaluation.bench import labelled, seconds
from gan_lessons.evaluation.letter_contestants import (
    DRAWS,
    REAL,
    Asked,
    contestants,
    draws,
    real_alphabets,
)
from gan_lessons.evaluation.letter_measures import Hands, Judges, Seen, of_answers, of_draws
from gan_lessons.evaluation.letters import LetterBed, LetterPlan
from gan_lessons.evaluation.progress import Row, Unit, fingerprint_of
from gan_lessons.metrics.linear_judge import judge_of_content, judge_of_styles
from gan_lessons.style_transfer import StyleTransfer

TAUGHT, TESTED = 20, 10  # typefaces of each style that a judge is fitted to, and tried on


class LetterBench:
    """A model, the letters and what is known of them.

    Args:
        model: to be measured.
        dataset: `letters`, or a set like it.
        plan: how much.
    """

    def __init__(self, model: StyleTransfer, dataset: StyleDataset, plan: LetterPlan):
        self.model, self.protocol, self.device = model, plan, str(model.device)
        self.bed = LetterBed(dataset, plan, model.size, self.device)
        self.contestants = contestants(model)
        self.styles = [s for s in dataset.styles if self.bed.whole(self.bed.split, s)]
        self.judges = fitted_judges(self.bed)
        self.known: tuple[str, Hands] | None = None

    summary = letter_results.summary
    table = staticmethod(letter_table.markdown)
    notes = notes.of_letters
    sheet = letter_sheet.sheet_of_letters
    sheet_name = "sheet.png"

    def units(self) -> list[Unit]:
        """Styles and seeds in the order of work."""
        return [((style,), seed) for style in self.styles for seed in self.protocol.seeds]

    def named(self, unit: Unit) -> str:
        """One style and seed in words."""
        (style,), seed = unit
        return f"{style}, {len(self.bed.faces(self.bed.split, style))} typefaces, seed {seed}"

    def heading(self) -> str:
        """All that is measured, in words."""
        plan = self.protocol
        counted = f"{len(self.styles)} styles, {len(plan.seeds)} seeds"
        return (
            f"{plan.name}: {counted}, {len(self.bed.letters)} letters, {plan.draws} draws of each"
        )

    def fingerprint(self) -> str:
        """What a partial result must agree on to be gone on with."""
        name = self.bed.dataset.name
        return fingerprint_of(self.model, self.protocol, name, letter_results.FORMAT)

    def hands(self, style: str) -> Hands:
        """Statistics of a style; only one style's letters are kept."""
        if self.known is None or self.known[0] != style:
            self.bed.forget()
            self.known = style, Hands(self.bed, style)
        return self.known[1]

    def measure(self, what: tuple[str, ...], seed: int) -> Row:
        """All contestants on one style under one seed."""
        (style,), bed = what, self.bed
        hands, asked = self.hands(style), Asked(bed, style, seed)
        sets = {DRAWS: draws(self.model, bed, style, seed), REAL: real_alphabets(bed, style, seed)}
        row = {n: of_draws(bed, self.judges, hands, style, made) for n, made in sets.items()}
        for name, contestant in self.contestants.items():
            row[name] = of_answers(self.judges, hands, asked, contestant(asked))
        return row

    def forecast(self, units: list[Unit]) -> float:
        """Seconds that units will take, by a measured pass over a few pictures."""
        plan, bed = self.protocol, self.bed
        letters = list(bed.sources)[:8]
        x = bed.source(letters)
        codes = self.model.codes(self.styles[0], count=len(x))
        generated = seconds(lambda: self.model.translate(x, codes)) / len(x)
        seen = seconds(lambda: Seen.of(x, self.device)) / len(x)
        once = sum(
            len(bed.faces(split, style)) * len(bed.sources)
            for style in {style for (style,), _ in units}
            for split in ("train", bed.split)
        )
        drawn = plan.draws * len(bed.letters) * len(units)
        asked = sum(6 * len(bed.faces(bed.split, style)) for (style,), _ in units)
        answers = asked * (len(self.contestants) * 1.5 * seen + 2 * generated)
        return once * seen + drawn * (2 * seen + generated) + answers


def fitted_judges(bed: LetterBed) -> Judges:
    """Judges of letter and style, fitted to training typefaces and tried on held-out ones."""
    sets = [
        [letters_of(bed, split, style, most) for style in bed.dataset.styles]
        for split, most in (("train", TAUGHT), (bed.split, TESTED))
    ]
    pictures = [labelled([x for x, _ in of_split], bed.device) for of_split in sets]
    letters = [torch.cat([y for _, y in of_split]) for of_split in sets]
    by_letter = [(x, y) for (x, _), y in zip(pictures, letters, strict=True)]
    return Judges(
        letter=judge_of_content(*by_letter, tuple(bed.sources)),
        style=judge_of_styles(*pictures, bed.dataset.styles),
    )


def letters_of(bed: LetterBed, split: str, style: str, most: int) -> tuple[Tensor, Tensor]:
    """All letters of some typefaces of a style, and which letter each is."""
    names, rows = list(bed.sources), []
    for face in bed.faces(split, style, most):
        rows += [(c, row) for c, row in bed.rows[split, style, face].items() if c in bed.sources]
    y = torch.tensor([names.index(letter) for letter, _ in rows], dtype=torch.int64)
    return bed.pictures([row for _, row in rows]), y
