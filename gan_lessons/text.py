"""Texts for people: counts, durations, names that any terminal can show; and JSON and YAML read."""

import json
import unicodedata
from pathlib import Path
from typing import Any

from gan_lessons.reading import read_regular

_LONGEST = 64 * 2**20  # bytes of a file that is read as JSON
_LONGEST_YAML = 2**20  # of one that people write, and whose reader takes 30 s for a MiB
_DEEPEST_YAML = 100  # levels; recipes and grids have five
# What PyYAML raises on values that are not of the type that they are marked with, as `!!int ""`.
_MARKED_WRONGLY = (IndexError, KeyError, AttributeError, TypeError, OverflowError)


def count_of(number: int, thing: str) -> str:
    """A number with its noun: "1 picture", "3 pictures"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """A length of time for people: "9 days", "3 h 20 min", "12 min", "40 s"."""
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86_400
    if days >= 5:
        return f"{days:,.0f} days"
    if hours >= 1:
        return f"{int(hours)} h {int(minutes % 60):02d} min"
    return f"{minutes:.0f} min" if minutes >= 2 else f"{seconds:.0f} s"


def printable(text: str | Path) -> str:
    """A text or a path in characters that any terminal and JSON can hold: "?" for the others."""
    return "".join(c if c.isprintable() else "?" for c in str(text))


def is_plain(text: str) -> bool:
    r"""Whether a text can be shown as it is: in one line, and without steering a terminal.

    >>> [is_plain(text) for text in ("Émile's 👩\u200d🎨", "a\nb", "\x1b[31mred", "\ud800")]
    [True, False, False, False]
    """
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)


def spelled(text: str) -> str:
    """A name that any file can hold: bytes that are no UTF-8 are spelled out in numbers."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def parse_json(text: str) -> Any:
    """Reads JSON that anybody may have written.

    Raises:
        ValueError: if it is no JSON, or is nested so deeply that it was made to break a reader.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path, most: int = _LONGEST) -> Any:
    """Reads a JSON file; see :func:`parse_json`.

    Args:
        path: of the file.
        most: bytes that it may have.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no JSON, no text in UTF-8, no ordinary file or a huge one.
    """
    return parse_json(read_regular(path, most).decode("utf-8"))


def read_yaml(path: Path) -> Any:
    """Reads a YAML file of plain values.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no YAML, no text in UTF-8, no ordinary file or a huge one, is nested
            too deeply, or has aliases, by which a few lines can stand for billions.
        ImportError: if PyYAML is not installed.
    """
    import yaml

    text = read_regular(path, _LONGEST_YAML).decode("utf-8")
    begins = (yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken)
    begins += (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
    ends = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
    depth = 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                raise ValueError("it has aliases, which are not read here")
            depth += isinstance(token, begins) - isinstance(token, ends)
            if depth > _DEEPEST_YAML:  # each level makes the reader slower
                raise ValueError("it is no YAML for people: it is nested too deeply")
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, *_MARKED_WRONGLY) as error:
        raise ValueError(f"it is no YAML: {type(error).__name__}") from None
