"""The card of results on `letters`, read back as values with names and types.

`evaluation.letter_results` describes the form, key by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan_lessons.evaluation.card import Figure, Value, figures_of, made, read_card
from gan_lessons.evaluation.letter_results import FORMAT


@dataclass(frozen=True)
class LetterValue(Value):
    """A mean over styles, and how many of them stand behind it."""

    styles: int


@dataclass(frozen=True)
class StyleOfLetters:
    """Every contestant on one style: typefaces held out, and figures by contestant and name."""

    style: str
    typefaces: int
    figures: dict[str, dict[str, float]]


@dataclass(frozen=True)
class LetterResults:
    """A whole card; `evaluation.letter_results` says what stands under each name."""

    model: dict[str, Any]
    protocol: dict[str, Any]
    data: dict[str, Any]
    features: dict[str, Any]
    computed: dict[str, Any]
    figures: dict[str, Figure]
    judges: dict[str, dict[str, Any]]
    styles: list[StyleOfLetters]
    notes: list[str] = field(default_factory=list)
    speed: list[dict[str, Any]] = field(default_factory=list)

    def style(self, name: str) -> StyleOfLetters:
        """The results in one style.

        Raises:
            ValueError: if it was not measured.
        """
        for each in self.styles:
            if each.style == name:
                return each
        raise ValueError(f"these results say nothing of {name}")


def read_letters(path: str | Path) -> LetterResults:
    """Read a card.

    Args:
        path: `results.json`, or the folder of a model or an evaluation that holds one.

    Returns:
        The card.

    Raises:
        ValueError: if there is none, or it is damaged or of another form.

    Example:
        >>> from gan_lessons.models.store import find
        >>> results = read_letters(find("letters64"))
        >>> [each.style for each in results.styles]
        ['sans', 'serif', 'italic', 'mono', 'display']
    """
    return read_card(path, FORMAT, results_of, "card of letters")


def results_of(values: Mapping[str, Any]) -> LetterResults:
    """A card from plain data without its format; `KeyError` or `TypeError` if it is another."""
    figures = figures_of(values["figures"], LetterValue)
    styles = [made(StyleOfLetters, each) for each in values["styles"]]
    return made(LetterResults, {**values, "figures": figures, "styles": styles})
