"""The card of results on `painted_photos`, read back as values with names and types.

`evaluation.painting_results` describes the form, key by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan_lessons.evaluation.card import Figure, Value, figures_of, made, read_card
from gan_lessons.evaluation.painting_results import FORMAT


@dataclass(frozen=True)
class PaintingValue(Value):
    """A mean over painters.

    Attributes:
        interval: what 95 % of a bootstrap over photographs and works leave, where it is drawn.
        painters: how many stand behind it.
    """

    interval: list[float] | None
    painters: int


@dataclass(frozen=True)
class Painter:
    """Every contestant on one painter: figures and intervals by contestant, then by measure."""

    painter: str
    train: int
    held: int
    works: int
    photographs: int
    chance: float
    chance_folds: float
    figures: dict[str, dict[str, float]]
    intervals: dict[str, dict[str, list[float]]]
    published: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Bar:
    """What is asked of one way to use a model on one painter, and whether it gets there."""

    painter: str
    way: str
    what: str
    value: float
    wanted: float
    reached: bool


@dataclass(frozen=True)
class PaintingResults:
    """A whole card; `evaluation.painting_results` says what stands under each name."""

    model: dict[str, Any]
    protocol: dict[str, Any]
    data: dict[str, Any]
    features: dict[str, Any]
    computed: dict[str, Any]
    figures: dict[str, Figure]
    painters: list[Painter]
    asked: list[Bar]
    notes: list[str] = field(default_factory=list)
    speed: list[dict[str, Any]] = field(default_factory=list)
    whole: dict[str, Any] = field(default_factory=dict)

    def painter(self, name: str) -> Painter:
        """The results on one painter.

        Raises:
            ValueError: if that one was not measured.
        """
        for each in self.painters:
            if each.painter == name:
                return each
        raise ValueError(f"these results say nothing of {name}")


def read_paintings(path: str | Path) -> PaintingResults:
    """Read a card.

    Args:
        path: `results.json`, or the folder of a model or an evaluation that holds one.

    Returns:
        The card.

    Raises:
        ValueError: if there is none, or it is damaged or of another form.

    Example:
        >>> from gan_lessons.models.store import find
        >>> results = read_paintings(find("paintings256"))
        >>> [painter.painter for painter in results.painters]
        ['morisot', 'van_gogh', 'ukiyo_e']
    """
    return read_card(path, FORMAT, results_of, "card of paintings")


def results_of(values: Mapping[str, Any]) -> PaintingResults:
    """A card from plain data without its format; `KeyError` or `TypeError` if it is another."""
    lists = {
        "painters": [made(Painter, each) for each in values["painters"]],
        "asked": [made(Bar, each) for each in values["asked"]],
    }
    figures = figures_of(values["figures"], PaintingValue)
    return made(PaintingResults, {**values, **lists, "figures": figures})
