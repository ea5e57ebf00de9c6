"""Which pictures somebody named on a command line, and what files made from them may be called."""

import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gan_lessons.images.listing import MISSED, Found, search
from gan_lessons.text import printable

_FORBIDDEN = frozenset('<>:"/\\|?*')  # in a file's name, on one system or another
_LONGEST = 100  # bytes; 255 are allowed in most places, and what is added still has to fit


def find_sources(
    sources: Iterable[str | Path],
    leave_out: Callable[[Path, Path], bool] = lambda path, folder: False,
) -> tuple[list[Path], list[dict[str, str]]]:
    """Lists the pictures that files and folders name, each once.

    Args:
        sources: files, taken as they are, and folders, searched at any depth.
        leave_out: told a path and the source folder that it was found in; true drops it.

    Returns:
        Paths; and as {"file", "reason"} the folders without any, and what folders hold that
        somebody may miss: links out of them, hidden pictures, files of a kind not read here.

    Raises:
        ValueError: if there is nothing at all.
    """
    found: dict[str, Path] = {}
    skipped = []
    for source in map(Path, sources):
        if not os.path.isdir(source):  # Path.is_dir fails on a name that is too long
            found.setdefault(os.path.abspath(source), source)
            continue
        reason, inside = "it is a folder without pictures; name one that holds some.", Found((), ())
        try:
            inside = search(source)
        except ValueError as error:
            reason = str(error)
        pictures = [path for path in inside.pictures if not leave_out(path, source)]
        if not pictures:
            skipped.append({"file": printable(source), "reason": reason})
        for path in pictures:
            found.setdefault(os.path.abspath(path), path)
        for one in inside.left_out:
            if one.kind in MISSED and not leave_out(one.path, source):
                skipped.append({"file": printable(one.path), "reason": one.reason})
    if not found:
        raise ValueError(" ".join(f"{one['file']}: {one['reason']}" for one in skipped))
    return list(found.values()), skipped


def distinct(names: Sequence[str]) -> list[str]:
    """Names for files that no system takes for one another, as like the given ones as can be.

    Args:
        names: any texts.

    Returns:
        For each a name without characters that some system forbids; the second of a kind gets
        "-2", the third "-3", and so on, unless another bears that name by nature.

    >>> distinct(["cat", "dog", "Cat", "cat-2", "cat", "a/b?"])
    ['cat', 'dog', 'Cat-3', 'cat-2', 'cat-4', 'a_b_']
    """
    clean = [_clean(name) for name in names]
    natural = {name.casefold() for name in clean}
    taken: set[str] = set()
    last: dict[str, int] = {}  # so that a thousand of one name do not count from 1 again
    result = []
    for name in clean:
        key, chosen = name.casefold(), name
        while chosen.casefold() in taken or (chosen != name and chosen.casefold() in natural):
            last[key] = last.get(key, 1) + 1
            chosen = f"{name}-{last[key]}"
        taken.add(chosen.casefold())
        result.append(chosen)
    return result


def _clean(name: str) -> str:
    name = unicodedata.normalize("NFC", name)  # macOS takes both ways to write an accent for one
    name = "".join(c if c.isprintable() and c not in _FORBIDDEN else "_" for c in name)
    return name.encode()[:_LONGEST].decode("utf-8", "ignore").strip(" ") or "_"
