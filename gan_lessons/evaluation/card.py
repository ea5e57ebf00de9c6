"""The card of results, read back: `results.json` as values with names and types.

`evaluation.results` describes the form, key by key. What is read here is held to it, so that who
quotes a card gets a sentence instead of a `KeyError` if the file is another.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from gan_lessons.evaluation.contestants import MODEL
from gan_lessons.evaluation.results import FORMAT
from gan_lessons.text import read_json

FILE = "results.json"
Card = TypeVar("Card")


@dataclass(frozen=True)
class Value:
    """One figure of one method; what stands behind it is told by cards of each kind of set.

    Attributes:
        value: the mean over the seeds of the means over pairs of styles, styles or painters.
        spread: standard deviation between the seeds; None for a single one.
        seeds: the same for each seed.
    """

    value: float
    spread: float | None
    seeds: list[float]


@dataclass(frozen=True)
class ValueOfPairs(Value):
    """A mean over pairs of styles of the mean over concepts, and how many stand behind it."""

    pairs: int
    concepts: int
    pictures: int


@dataclass(frozen=True)
class Figure:
    """One figure of every method.

    Attributes:
        title: what it is called.
        better: "lower", "higher" or "".
        model: of the drawn styles, or drawn codes.
        variants: of the other ways to use the model, by method.
        baselines: of what the model must beat, by method.
        limit: of real pictures, the best that can be reached.
        floor: of real pictures, what chance leaves.
        recoloured: of true drawings in the colours of a reference; None in older cards.
    """

    title: str
    better: str
    model: Value | None
    variants: dict[str, Value]
    baselines: dict[str, Value]
    limit: Value | None = None
    floor: Value | None = None
    recoloured: Value | None = None

    @property
    def real(self) -> Value | None:
        """What real pictures have, as a limit or a floor."""
        return self.limit or self.floor

    @property
    def methods(self) -> dict[str, Value]:
        """All methods that have the figure, the model first."""
        own = {MODEL: self.model} if self.model else {}
        return own | self.variants | self.baselines

    def best_baseline(self) -> tuple[str, Value]:
        """Name and value of the baseline that does best; for a figure that has a better side."""
        pick = min if self.better == "lower" else max
        return pick(self.baselines.items(), key=lambda item: item[1].value)


@dataclass(frozen=True)
class Lead:
    """One way to use the model beside one baseline: on how many pairs it is better, and by what."""

    better: int
    equal: int
    pairs: int
    by: float | None = None  # macro-averaged, above 0 is better; none against all at once


@dataclass(frozen=True)
class PairOfStyles:
    """Every method on one ordered pair of styles: figures by method, then by name."""

    source: str
    target: str
    concepts: int
    figures: dict[str, dict[str, float]]
    spread: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Results:
    """A whole card; `evaluation.results` says what stands under each name."""

    model: dict[str, Any]
    protocol: dict[str, Any]
    data: dict[str, Any]
    features: dict[str, Any]
    computed: dict[str, Any]
    figures: dict[str, Figure]
    comparisons: dict[str, dict[str, dict[str, Lead]]]
    shares: dict[str, Any]
    rivals: list[dict[str, Any]]
    classifier: dict[str, Any] | None
    pairs: list[PairOfStyles]
    notes: list[str] = field(default_factory=list)
    speed: list[dict[str, Any]] = field(default_factory=list)

    def pair(self, source: str, target: str) -> PairOfStyles:
        """The results of one ordered pair of styles.

        Raises:
            ValueError: if it was not measured.
        """
        for each in self.pairs:
            if (each.source, each.target) == (source, target):
                return each
        raise ValueError(f"these results say nothing of {source} to {target}")


def read_results(path: str | Path) -> Results:
    """Read a card.

    Args:
        path: `results.json`, or the folder of a model or an evaluation that holds one.

    Returns:
        The card.

    Raises:
        ValueError: if there is none, or it is damaged or of another form.

    Example:
        >>> from gan_lessons.models.store import find
        >>> results = read_results(find("emoji64"))
        >>> results.figures["kid"].better, len(results.pairs)
        ('lower', 56)
    """
    return read_card(path, FORMAT, results_of, "card of this version")


def read_card(
    path: str | Path,
    form: str,
    build: Callable[[dict[str, Any]], Card],
    kind: str,
    file: str = FILE,
) -> Card:
    """Read a card of any form.

    Args:
        path: the file, or the folder that holds it.
        form: what must stand under "format".
        build: makes the card of plain data; a `KeyError` or `TypeError` says that it is none.
        kind: what people call it.
        file: its name in a folder.

    Returns:
        What `build` made.

    Raises:
        ValueError: if there is none, or it is damaged or of another form.
    """
    path = Path(path)
    path = path / file if path.is_dir() else path
    made_by = "evaluate" if file == FILE else "curve"
    if not path.is_file():
        raise ValueError(f"no {path}; write one with `gan-lessons {made_by} MODEL --out DIR`")
    try:
        values = read_json(path)
        if values.pop("format") != form:
            raise KeyError("format")
        return build(values)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(f"{path} is damaged or no {kind}; evaluate the model again") from None


def results_of(values: Mapping[str, Any]) -> Results:
    """A card from plain data.

    Args:
        values: what stands in the file, without its format.

    Raises:
        KeyError: if something is missing.
        TypeError: if something is there that no card has, or is of another kind.
    """
    figures = figures_of(values["figures"], ValueOfPairs)
    leads = {
        way: {name: {n: made(Lead, lead) for n, lead in row.items()} for name, row in rows.items()}
        for way, rows in values["comparisons"].items()
    }
    pairs = [made(PairOfStyles, pair) for pair in values["pairs"]]
    return made(Results, {**values, "figures": figures, "comparisons": leads, "pairs": pairs})


def figures_of(entries: Mapping[str, Any], value: type[Value]) -> dict[str, Figure]:
    """The figures of a card from plain data.

    Args:
        entries: what stands in the file under "figures".
        value: the class of their values.

    Returns:
        Figure by name; raises like `results_of`.
    """
    return {name: figure_of(entry, value) for name, entry in entries.items()}


def figure_of(entry: Mapping[str, Any], value: type[Value]) -> Figure:
    """One figure of every method; see `figures_of`."""

    def read(each: Mapping[str, Any] | None) -> Value | None:
        return each and made(value, each)

    named = ("model", "limit", "floor", "recoloured")
    single = {name: read(entry[name]) for name in named if name in entry}
    several = {
        name: {method: read(each) for method, each in entry[name].items()}
        for name in ("variants", "baselines")
    }
    return made(Figure, {**entry, **single, **several})


def made(kind: type, values: Mapping[str, Any]) -> Any:
    """An instance of a dataclass; a missing name is a `KeyError`, an unknown one a `TypeError`."""
    for each in fields(kind):
        if each.default is MISSING and each.default_factory is MISSING and each.name not in values:
            raise KeyError(each.name)
    return kind(**values)
