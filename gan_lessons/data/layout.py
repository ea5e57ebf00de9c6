"""How a folder of pictures is laid out: which of its folders are styles, and which are splits.

Archives for style transfer come as `STYLE/…`, as `train/STYLE/…` or `STYLE/train/…`, as `trainA,
trainB, testA, testB`, as `train_oil, test_oil` or `oil_train, oil_test`, or as pairs `7_A.png,
7_B.png` in one folder. Upper and lower case are one; `val` and `valid` are one. What is only half
of a layout is refused: a test set that is taken for a style would be trained on, and nobody would
notice.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gan_lessons.images.listing import is_clutter, name_from, search
from gan_lessons.text import printable

LEAST_STYLES = 2

_WORDS = {"train": "train", "training": "train", "valid": "valid", "val": "valid"}
_WORDS |= {"validation": "valid", "test": "test", "testing": "test"}
_WORD = rf"(?P<split>{'|'.join(_WORDS)})"
_NAMED = re.compile(rf"{_WORD}(?:[-_. ](?P<style>.+)|(?P<letter>[a-d]))", re.IGNORECASE)
_NAMED_AFTER = re.compile(rf"(?:(?P<style>.+)[-_. ]|(?P<letter>[a-d])){_WORD}", re.IGNORECASE)
_PAIRED = re.compile(r"(.+)[-_. ]([ab])", re.IGNORECASE)
_SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Place:
    """Where pictures of one style lie, and of which split if the folders say so.

    Of a folder that holds pairs, only the files whose names end in `ending` are meant.
    """

    folder: Path
    style: str
    split: str | None = None
    ending: str = ""


@dataclass(frozen=True)
class Layout:
    """The places of a set, and how they were recognised, in words."""

    said: str
    places: tuple[Place, ...]

    @property
    def styles(self) -> tuple[str, ...]:
        """The names of the styles, sorted."""
        return tuple(sorted({place.style for place in self.places}))


def find(directory: Path) -> Layout:
    """Recognises the layout of a folder.

    Args:
        directory: an existing folder.

    Returns:
        The layout; without any place if there is no folder and no pair in it.

    Raises:
        ValueError: if it is only half of a layout, could be two, or a name is not UTF-8.
    """
    _refuse_undecodable(directory, Path(directory.resolve().name))
    folders = subfolders(directory)
    for understand in (_by_name, _by_split_first, _by_split_within, _by_pairs):
        if layout := understand(directory, folders):
            break
    else:
        layout = Layout("one folder a style", tuple(Place(one, one.name) for one in folders))
    places = _with_one_spelling(layout.places)
    _refuse_double(directory, places)
    _refuse_undecodable(*(place.folder for place in places))
    return Layout(layout.said, tuple(sorted(places, key=lambda p: (p.split or "", p.style))))


def subfolders(directory: Path) -> list[Path]:
    """The visible folders right below a folder, sorted; a folder of a style may be a link."""
    return sorted(
        (path for path in directory.iterdir() if path.is_dir() and not is_clutter(path.name)),
        key=lambda path: path.name,
    )


def _split_of(folder: Path) -> str | None:
    return _WORDS.get(folder.name.lower())


def _named(folder: Path) -> Place | None:
    """`trainA`, `train_oil` or `oil_train`."""
    m = _NAMED.fullmatch(folder.name) or _NAMED_AFTER.fullmatch(folder.name)
    if m is None:
        return None
    style = m["style"] or m["letter"]
    return Place(folder, style.upper() if len(style) == 1 else style, _WORDS[m["split"].lower()])


def _by_name(directory: Path, folders: Sequence[Path]) -> Layout | None:
    """`trainA, trainB, testA, testB`, or `train_oil, test_oil` and the like."""
    places = [place for one in folders if (place := _named(one))]
    matches = [place.folder for place in places]
    splits = defaultdict(set)
    for place in places:
        splits[_folded(place.style)].add(place.split)
    plain = {_folded(one.name) for one in folders if one not in matches}
    # A style may be called "train station"; only what comes twice, or as a letter, is a split.
    if not any(len(s) == 1 or len(found) > 1 or s in plain for s, found in splits.items()):
        return None
    _refuse_untrained(directory, places)
    _refuse_between(directory, folders, matches, places)
    return Layout(f"styles by split ({_names(matches)})", tuple(places))


def _by_split_first(directory: Path, folders: Sequence[Path]) -> Layout | None:
    """`train/STYLE, test/STYLE`, or pairs in `train` and `test`."""
    layers = [one for one in folders if _split_of(one)]
    if not layers:
        return None
    pairs = [place for one in layers for place in _pairs(one, _split_of(one))]
    inner = [
        Place(each, each.name, _split_of(one))
        for one in layers
        for each in subfolders(one)
        if not (pairs and not search(each).pictures)
    ]
    if pairs and not inner:
        whole = {place.folder for place in pairs}
        if missing := [one for one in layers if one not in whole and search(one).pictures]:
            raise ValueError(
                f"{printable(directory)} has pairs in {_names(sorted(whole))}, but not in "
                f"{_names(missing)}; name all of them like 7_A and 7_B."
            )
        inner = pairs
    for empty in (one for one in layers if one not in {p.folder for p in inner}):
        if not any(place.folder.parent == empty for place in inner):
            raise ValueError(
                f"{printable(empty)} has no folders in it; put one folder for each style there."
            )
    _refuse_between(directory, folders, layers, inner)
    _refuse_untrained(directory, inner)
    kind = "pairs" if inner is pairs else "styles"
    return Layout(f"{kind} within splits ({_names(layers)})", tuple(inner))


def _by_split_within(directory: Path, folders: Sequence[Path]) -> Layout | None:
    """`STYLE/train, STYLE/test`."""
    within = {one: [each for each in subfolders(one) if _split_of(each)] for one in folders}
    if not any(within.values()):
        return None
    for style, splits in within.items():
        beside = search(style, without=splits).pictures
        if beside and not splits:
            whole = next(one for one, found in within.items() if found)
            raise ValueError(
                f"{printable(directory)}: {printable(whole.name)} has folders for splits, "
                f"and {printable(style.name)} has none; give every style the same, or none."
            )
        if beside:
            raise ValueError(
                f"{printable(style)} has {_names(splits)} and other pictures beside "
                f"({name_from(beside[0], style)}); move them into one of these folders, or away."
            )
    places = [
        Place(each, style.name, _split_of(each)) for style, them in within.items() for each in them
    ]
    _refuse_untrained(directory, places)
    named = sorted({place.folder.name for place in places})
    return Layout(f"splits within styles ({', '.join(map(printable, named))})", tuple(places))


def _by_pairs(directory: Path, folders: Sequence[Path]) -> Layout | None:
    """`7_A.png, 7_B.png` in one folder."""
    loose = search(directory, without=folders).pictures
    if not loose or any(search(one).pictures for one in folders):
        return None
    places = _pairs(directory, None)
    return Layout("pairs by the end of the name (_A, _B)", tuple(places)) if places else None


def _pairs(folder: Path, split: str | None) -> list[Place]:
    """The two places of a folder whose pictures all come in pairs."""
    pictures = search(folder, without=subfolders(folder)).pictures
    matches = {path: _PAIRED.fullmatch(path.stem) for path in pictures}
    if not any(matches.values()):
        return []
    ends = defaultdict(set)
    for m in filter(None, matches.values()):
        ends[m[1].lower()].add(m[2].upper())
    alone = [p for p, m in matches.items() if m is None or len(ends[m[1].lower()]) < 2]
    if alone:
        shown = ", ".join(printable(path.name) for path in alone[:3])
        raise ValueError(
            f"{printable(folder)} holds pairs like 7_A and 7_B, but {len(alone)} of its "
            f"{len(pictures)} pictures have no partner ({shown}{', ...' * (len(alone) > 3)}); "
            "add it, or move them away."
        )
    return [Place(folder, letter, split, ending=letter) for letter in "AB"]


def _with_one_spelling(places: Sequence[Place]) -> list[Place]:
    """A style is written as its training folder writes it, whatever the case elsewhere."""
    spelled: dict[str, str] = {}
    for place in sorted(places, key=lambda one: _SPLITS.index(one.split or "train")):
        if place.split:
            spelled.setdefault(_folded(place.style), place.style)
    names = [spelled.get(_folded(one.style), one.style) for one in places]
    return [
        Place(one.folder, unicodedata.normalize("NFC", name), one.split, one.ending)
        for one, name in zip(places, names, strict=True)
    ]


def _folded(name: str) -> str:
    # macOS writes accents as characters of their own.
    return unicodedata.normalize("NFC", name).casefold()


def _refuse_double(directory: Path, places: Sequence[Place]) -> None:
    counts = Counter((place.split, place.style) for place in places)
    for (split, style), count in counts.items():
        if count > 1:
            them = [p.folder for p in places if (p.split, p.style) == (split, style)]
            raise ValueError(
                f"{printable(directory)} has {count} folders for {printable(style)} in {split} "
                f"({', '.join(name_from(one, directory) for one in them)}); keep one."
            )


def _refuse_undecodable(*folders: Path) -> None:
    """A set and its styles are called by their folders, in files that are UTF-8."""
    for folder in folders:
        try:
            str(folder).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError(
                f"the folder {printable(folder)} has a name that is not UTF-8, and models could "
                "not be told by it; rename it."
            ) from None


def _refuse_untrained(directory: Path, places: Sequence[Place]) -> None:
    """Every style that is tested needs something to be trained on."""
    trained = {_folded(place.style) for place in places if place.split == "train"}
    for place in places:
        if _folded(place.style) not in trained:
            raise ValueError(
                f"{printable(directory)} has {name_from(place.folder, directory)} "
                f"({place.split}) of style {printable(place.style)!r}, which is not in the "
                "training; add a folder for its training, or move this one away."
            )


def _refuse_between(
    directory: Path, folders: Sequence[Path], used: Sequence[Path], places: Sequence[Place]
) -> None:
    """Other folders with pictures may stand beside a whole layout, but not beside half of one."""
    others = [one for one in folders if one not in used and search(one).pictures]
    styles = {_folded(place.style) for place in places if place.split == "train"}
    if others and (len(styles) < LEAST_STYLES or styles & {_folded(one.name) for one in others}):
        raise ValueError(
            f"{printable(directory)} has both {_names(used)} and other folders "
            f"({_names(others)}); keep either folders for splits or folders for styles there."
        )


def _names(folders: Sequence[Path]) -> str:
    return ", ".join(printable(one.name) for one in folders)
