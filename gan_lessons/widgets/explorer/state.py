"""Where one is in the explorer, as plain values that go through one line of text and back."""

from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, urlencode

from gan_lessons.walks import STRONGEST

REACH = 2.0  # of the map: how far it goes to each side, in lengths of the latent at its middle
SIZES = (64, 128)
LARGEST_SEED = 2**31 - 1
LARGEST_INDEX = 9_999
MINE = "mine-"  # begins the name of a picture that was brought along
_LONGEST = 2_000  # characters of a text that is read
_DRAW = "draw"  # what `index` is called in the text: people count from 1


@dataclass(frozen=True)
class Point:
    """One style: drawn from a seed, moved on the map, or read off a reference.

    Args:
        style: a style of the model.
        seed: of the draws.
        index: which draw of the seed, from 0.
        x: place on the map around that draw, -2 to 2; 0 is the draw itself.
        y: likewise.
        reference: a picture to take the style from, or "" for a drawn style.

    Raises:
        ValueError: for a number out of its range.
    """

    style: str
    seed: int = 0
    index: int = 0
    x: float = 0.0
    y: float = 0.0
    reference: str = ""

    def __post_init__(self):
        _within("seed", self.seed, 0, LARGEST_SEED)
        _within(_DRAW, self.index + 1, 1, LARGEST_INDEX + 1)
        _within("x", self.x, -REACH, REACH)
        _within("y", self.y, -REACH, REACH)


@dataclass(frozen=True)
class State:
    """All that a picture of the explorer depends on.

    Args:
        model: a bundled model, or a folder.
        picture: what is restyled, by its name among the bundled ones or among one's own.
        here: the style that is shown.
        there: where a walk leads, or None.
        walk: how far along the way, 0 to 1.
        strength: 0 shows the source, 1 the result, up to 1.5 an exaggeration of it.
        size: side of the picture in pixels.
        first: the draw with which the grid of results begins, from 0.

    Raises:
        ValueError: for a number out of its range.
    """

    model: str
    picture: str
    here: Point
    there: Point | None = None
    walk: float = 0.0
    strength: float = 1.0
    size: int = SIZES[0]
    first: int = 0

    def __post_init__(self):
        _within("walk", self.walk, 0, 1)
        _within("strength", self.strength, 0, STRONGEST)
        _within("first", self.first + 1, 1, LARGEST_INDEX + 1)
        if self.size not in SIZES:
            raise ValueError(f"size is one of {', '.join(map(str, SIZES))}, got {self.size}")

    def at(self, **changes) -> "State":
        """The same with another style, seed, draw or place on the map."""
        return replace(self, here=replace(self.here, **changes))

    def but(self, **changes) -> "State":
        """The same with something else changed."""
        return replace(self, **changes)

    def to_text(self) -> str:
        """One line that brings everything back; what stands at its default is left out.

        >>> State("emoji64", "noto/red apple", Point("fluent", seed=3, index=1)).to_text()
        'model=emoji64&picture=noto%2Fred+apple&style=fluent&seed=3&draw=2'
        """
        pairs = [("model", self.model), ("picture", self.picture), *_pairs(self.here, "")]
        if self.there is not None:
            pairs += [*_pairs(self.there, "to_"), ("walk", self.walk)]
        for name, usual in (("strength", 1.0), ("size", SIZES[0]), ("first", 0)):
            value = getattr(self, name)
            if value != usual:
                pairs.append((name, value + 1 if name == "first" else value))
        return urlencode(pairs)

    @classmethod
    def from_text(cls, text: str) -> "State":
        """Read such a line.

        Args:
            text: as `to_text` writes it; white space around it does not matter.

        Returns:
            The state.

        Raises:
            ValueError: if it is something else, or a number in it is out of its range.
        """
        values = dict(parse_qsl(text.strip()[:_LONGEST]))
        missing = [name for name in ("model", "picture", "style") if not values.get(name)]
        if missing:
            raise ValueError(
                f"a state begins with model=...&picture=...&style=..., and here {missing[0]} is "
                "missing; copy the whole line"
            )
        unknown = sorted(values.keys() - _KNOWN)
        if unknown:
            raise ValueError(f"a state has no {unknown[0][:40]!r}; copy the line as it was")
        there = _point(values, "to_") if values.get("to_style") else None
        return cls(
            values["model"],
            values["picture"],
            _point(values, ""),
            there,
            walk=_number(values, "walk", 0.0, float),
            strength=_number(values, "strength", 1.0, float),
            size=_number(values, "size", SIZES[0], int),
            first=_number(values, "first", 1, int) - 1,
        )


_POINT = ("style", "seed", _DRAW, "x", "y", "reference")
_KNOWN = {"model", "picture", "walk", "strength", "size", "first"}
_KNOWN |= {start + name for name in _POINT for start in ("", "to_")}


def _pairs(point: Point, start: str) -> list[tuple[str, object]]:
    """The fields of a point that differ from their defaults, named for the text."""
    pairs: list[tuple[str, object]] = [(f"{start}style", point.style)]
    for field in fields(point)[1:]:
        value = getattr(point, field.name)
        if value != field.default:
            counted = field.name == "index"
            pairs.append(
                (start + (_DRAW if counted else field.name), value + 1 if counted else value)
            )
    return pairs


def _point(values: dict[str, str], start: str) -> Point:
    return Point(
        values[f"{start}style"],
        seed=_number(values, f"{start}seed", 0, int),
        index=_number(values, f"{start}{_DRAW}", 1, int) - 1,
        x=_number(values, f"{start}x", 0.0, float),
        y=_number(values, f"{start}y", 0.0, float),
        reference=values.get(f"{start}reference", ""),
    )


def _number(values: dict[str, str], name: str, usual, kind):
    text = values.get(name)
    if text is None:
        return usual
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} is {what}, got {text[:40]!r}; copy the line as it was") from None


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # true of NaN, too
        raise ValueError(f"{name} lies in {low:g}..{high:g}, got {value:g}")
