"""The contact sheet of letters: what four references give, what they ask for, and what is drawn."""

import torch

from gan_lessons.evaluation.benches import BenchOfLetters
from gan_lessons.evaluation.contact_sheet import labelled
from gan_lessons.evaluation.letter_contestants import BY_FOUR, Asked, draws
from gan_lessons.images.gate import encode_image
from gan_lessons.metrics.features import as_float

TYPEFACES = 2  # of each style


def sheet_of_letters(bench: BenchOfLetters) -> bytes:
    """Two typefaces of each style, as the model and as the truth show them, and a drawn letter.

    Args:
        bench: the model and where it was measured.

    Returns:
        A PNG.
    """
    lines, labels, seed = [], [], bench.protocol.seeds[0]
    for style in bench.styles:
        bench.hands(style)
        asked = Asked(bench.bed, style, seed)
        made, true = bench.contestants[BY_FOUR](asked).cpu(), as_float(asked.true).cpu()
        given = as_float(asked.given(4)).cpu()
        step = max(1, len(asked.questions) // TYPEFACES)
        for number in range(0, len(asked.questions), step)[:TYPEFACES]:
            own = asked.of == number
            lines += [
                wide(given[number], made[own]),
                wide(torch.ones_like(given[number]), true[own]),
            ]
            labels += [f"{style}: by four letters", "truth"]
        lines.append(wide(draws(bench.model, bench.bed, style, seed)[0][:10].cpu()))
        labels.append(f"{style}: draws of {bench.bed.letters[0]}")
    return encode_image(labelled(lines, labels, ["given", "asked for"], [4, 6]))


def wide(*parts: torch.Tensor, columns: int = 10) -> torch.Tensor:
    """Pictures in one row of a width, white where there are none."""
    row = torch.cat(parts)[:columns]
    return torch.cat([row, row.new_ones(columns - len(row), *row.shape[1:])])
