"""Which emoji is which: one key for a concept across families.

Every family names its drawings in its own way. Five of the packages say which Unicode sequence a
name stands for, so the sequence (without the invisible variation selector) is the key; the names
of the other families are looked up among those names, and `OLD_NAMES` holds the few that changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gan_lessons.data.build.emoji_groups import group_of
from gan_lessons.text import read_json

LONGEST = 2**28  # bytes of all drawings of a package in one file; the largest has some 120 MB
VARIATION = "fe0f"
SKIN_TONES = {f"1f3f{digit}" for digit in "bcdef"}
FLAGS = {"1f3f4", "1f3f3", "1f38c", "1f3c1", "1f6a9"}

OLD_NAMES = {
    "direct-hit": "1f3af",
    "dizzy-face": "1f635",
    "exclamation-mark": "2757",
    "question-mark": "2753",
    "a-button": "1f170",
    "ab-button": "1f18e",
    "b-button": "1f171",
    "o-button": "1f17e",
    "blond-haired-person": "1f471",
    "bride-with-veil": "1f470-200d-2640",
    "cat-face-with-tears-of-joy": "1f639",
    "cat-face-with-wry-smile": "1f63c",
    "crying-cat-face": "1f63f",
    "grinning-cat-face": "1f63a",
    "grinning-cat-face-with-smiling-eyes": "1f638",
    "kissing-cat-face": "1f63d",
    "pouting-cat-face": "1f63e",
    "smiling-cat-face-with-heart-eyes": "1f63b",
    "weary-cat-face": "1f640",
    "heavy-heart-exclamation": "2763",
    "man-and-woman-holding-hands": "1f46b",
    "two-men-holding-hands": "1f46c",
    "two-women-holding-hands": "1f46d",
    "man-with-chinese-cap": "1f472",
    "robot-face": "1f916",
    "up-text-button": "1f199",
}


@dataclass(frozen=True)
class IconSet:
    """One family of drawings as its package has it."""

    icons: Mapping[str, Mapping]
    aliases: Mapping[str, Mapping]
    chars: Mapping[str, str]
    width: float
    height: float
    flags: frozenset[str]


@dataclass(frozen=True)
class Concept:
    """One emoji, and the name under which each style that has it keeps its drawing."""

    key: str
    name: str
    group: str
    drawings: Mapping[str, str] = field(hash=False)


def read_icons(package: Path) -> IconSet:
    """Read an unpacked package in Iconify's format.

    Args:
        package: the folder that holds `icons.json`.

    Returns:
        The icons, aliases and, where the package has it, its map from code points to names.

    Raises:
        ValueError: if the folder is no such package.
    """
    try:
        content = read_json(package / "icons.json", LONGEST)
        icons = content["icons"]
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{package}: expected a package with icons.json ({error})") from error
    extra = [package / "chars.json", package / "metadata.json"]
    chars, metadata = (read_json(p) if p.is_file() else {} for p in extra)
    return IconSet(
        icons=icons,
        aliases=content.get("aliases", {}),
        chars=chars,
        width=content.get("width", 16),
        height=content.get("height", content.get("width", 16)),
        flags=frozenset(metadata.get("categories", {}).get("Flags", ())),
    )


def normalise(sequence: str) -> str:
    """A Unicode sequence in hexadecimal without variation selectors.

    >>> normalise("2764-fe0f-200d-1f525")
    '2764-200d-1f525'
    """
    return "-".join(part for part in sequence.lower().split("-") if part != VARIATION)


def is_left_out(key: str) -> bool:
    """Whether a sequence is a skin tone, a flag, a bare letter or a family's private addition."""
    parts = key.split("-")
    first = int(parts[0], 16)
    regional, tag = range(0x1F1E6, 0x1F200), range(0xE0020, 0xE0080)
    private, ascii_only = range(0xE000, 0xF900), len(parts) == 1 and first < 0x80
    return (
        ascii_only
        or first in private
        or first in regional
        or parts[0] in FLAGS
        or any(part in SKIN_TONES or int(part, 16) in tag for part in parts)
    )


def concepts(sets: Mapping[str, IconSet], *, least: int) -> list[Concept]:
    """Match the drawings of all families.

    Args:
        sets: the family of each style.
        least: how many styles must have a concept for it to be kept.

    Returns:
        The concepts, ordered by key.
    """
    by_name = _names_to_keys(sets.values())
    found: dict[str, dict[str, str]] = {}
    for style, icon_set in sets.items():
        for key, name in _drawings(icon_set, by_name):
            if not is_left_out(key) and name not in icon_set.flags:
                found.setdefault(key, {}).setdefault(style, name)
    kept = {key: drawings for key, drawings in found.items() if len(drawings) >= least}
    return [
        Concept(key, name.replace("-", " "), group_of(key, name), kept[key])
        for key in sorted(kept)
        for name in [next(iter(kept[key].values()))]
    ]


def _names_to_keys(sets: Iterable[IconSet]) -> dict[str, str]:
    names: dict[str, str] = dict(OLD_NAMES)
    for icon_set in sets:
        for sequence, name in icon_set.chars.items():
            key = normalise(sequence)
            if not is_left_out(key):
                names.setdefault(name, key)
    return names


def _drawings(icon_set: IconSet, by_name: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    # The package's own map comes first; names fill in what it leaves out.
    for sequence, name in icon_set.chars.items():
        yield normalise(sequence), name
    for name in icon_set.icons:
        if name in by_name:
            yield by_name[name], name
    for name, alias in icon_set.aliases.items():
        # A mere second name of a drawing that has a key already would be the same picture twice.
        repeated = alias.keys() == {"parent"} and alias["parent"] in by_name
        if name in by_name and not repeated:
            yield by_name[name], name
