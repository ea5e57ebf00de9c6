"""Finds the pictures in a folder by their names, and tells of everything else that lies there.

What is inside a file is the gate's business. Nothing is left out in silence: whoever asks for a
folder's pictures gets the list of what is none, and why, with them.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from gan_lessons.reading import open_regular
from gan_lessons.text import printable

SUFFIXES = frozenset(
    (".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif")
    + (".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".avif", ".heic", ".heif", ".hif")
)
"""Endings by which pictures are found; what is inside decides afterwards."""

_TEXTS = frozenset(
    (".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml", ".html", ".xml")
    + (".xmp", ".aae", ".ini", ".db", ".log", ".url", ".sha256", ".md5")
)
_VIDEOS = frozenset(
    (".mov", ".mp4", ".m4v", ".avi", ".mkv", ".webm", ".3gp", ".mts", ".m2ts", ".mpg", ".mpeg")
)
_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
_BRANDS = (b"WEBP", b"heic", b"heix", b"mif1", b"avif")  # from the ninth byte on
_SYSTEM_FILES = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"))
_SYSTEM_FOLDERS = frozenset(
    # Macs, disk stations, Windows and photo programs: small copies, waste and earlier versions
    ("__macosx", "@eadir", "@tmp", "@recycle", "#recycle", "#snapshot", "$recycle.bin")
    + ("system volume information", "lost+found", "captureone", "thumbnails", "thumbs", "_thumbs")
)
_SYSTEM_ENDINGS = (".lrdata", ".photoslibrary", ".aplibrary", ".cocatalog")

KINDS = {  # kind: (what such files are, what to do)
    "link": ("a link out of its folder, which is not followed", "copy the file there"),
    "hidden": ("a hidden picture", "rename it without the dot at its beginning"),
    "unnamed": ("a picture whose name has no ending", "add .jpg or .png, as it is, to its name"),
    "unknown": ("a file of a kind that is not read here", "export it as JPEG or PNG"),
    "video": ("a video", "save a picture of it as PNG"),
    "closed": ("a folder that may not be looked into", "change its permissions, or move it away"),
    "outside": ("a picture outside the folders of styles", "move it into one, or away"),
    "thumbnail": ("a copy that a system or a photo program keeps for itself", "leave it there"),
    "text": ("no picture", "leave it there"),
}
MISSED = ("link", "hidden", "unnamed", "unknown", "video", "closed", "outside")
"""Kinds that somebody may have meant to be used; the others never were."""


@dataclass(frozen=True)
class LeftOut:
    """A file or folder that is not used, and which of `KINDS` it is."""

    path: Path
    kind: str

    @property
    def reason(self) -> str:
        """A sentence: what it is and what to do."""
        what, advice = KINDS[self.kind]
        return f"it is {what}; {advice}."


@dataclass(frozen=True)
class Found:
    """The pictures of a folder, and what else lies there."""

    pictures: tuple[Path, ...]
    left_out: tuple[LeftOut, ...]


def search(folder: str | os.PathLike, *, without: Collection[Path] = ()) -> Found:
    """Finds the pictures below a folder by their endings.

    Args:
        folder: searched with all its subfolders.
        without: folders that are passed over, with all that is in them.

    Returns:
        Paths that begin with `folder`, sorted alike on every system. Links that stay in the folder
        are followed to files, not to folders.

    Raises:
        ValueError: if the folder does not exist, or cannot be looked into.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):
        raise ValueError(f"{folder} is not a folder; name one that holds images.")
    pictures, left_out = [], []
    for path, kind in _judged(folder, frozenset(without)):
        if kind == "picture":
            pictures.append(path)
        elif kind:
            left_out.append(LeftOut(path, kind))
    pictures.sort(key=lambda path: path.relative_to(folder).as_posix())
    left_out.sort(key=lambda one: (one.kind, one.path.relative_to(folder).as_posix()))
    return Found(tuple(pictures), tuple(left_out))


def is_clutter(name: str) -> bool:
    """Tells the names that systems strew into folders (`.DS_Store`, `@eaDir`, `Thumbs.db`)."""
    name = name.lower()
    known = name in _SYSTEM_FOLDERS or name in _SYSTEM_FILES or name.endswith(_SYSTEM_ENDINGS)
    return name.startswith(".") or known


def summary(left_out: Iterable[LeftOut], folder: Path) -> list[str]:
    """Tells what was left out, a line a kind.

    Args:
        left_out: what it was.
        folder: names are told from here.

    Returns:
        Lines such as "left out: 5 × a file of a kind that is not read here (a.raw, b.raw, ...)".
    """
    lines = []
    for kind, group in groupby(sorted(left_out, key=lambda one: one.kind), lambda one: one.kind):
        paths = [one.path for one in group]
        lines.append(f"left out: {len(paths)} × {KINDS[kind][0]} ({named(paths, folder)})")
    return lines


def named(paths: Sequence[Path], folder: Path, *, shown: int = 3) -> str:
    """The first few of many paths, as told from a folder, and how many more there are."""
    names = [name_from(path, folder) for path in paths[:shown]]
    names += [f"and {len(paths) - shown} more"] if len(paths) > shown else []
    return ", ".join(names)


def name_from(path: Path, folder: Path) -> str:
    """A path as told from a folder, as text that any terminal and file can hold."""
    text = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
    return printable(text)


def _judged(folder: Path, without: frozenset[Path]) -> Iterator[tuple[Path, str]]:
    """Every file below a folder with what it is; "" for what nobody can miss."""
    home, closed = folder.resolve(), []

    def refuse(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise ValueError(
                f"{folder} cannot be looked into ({error.strerror or 'unknown error'}); "
                "change its permissions, or move it away."
            )
        closed.append(Path(error.filename))

    for place, folders, names in os.walk(folder, onerror=refuse):
        here = Path(place)
        folders[:] = [one for one in folders if here / one not in without]
        for each in folders:
            if is_clutter(each):
                yield from ((path, "thumbnail") for path in _pictures_in(here / each))
            elif (here / each).is_symlink() and not _stays(here / each, home):
                yield here / each, "link"
        folders[:] = [one for one in folders if not is_clutter(one)]
        yield from ((here / each, _kind(here / each, home)) for each in names)
    yield from ((path, "closed") for path in closed)


def _kind(path: Path, home: Path) -> str:
    suffix, name = path.suffix.lower(), path.name.lower()
    if name.startswith("._") or name in _SYSTEM_FILES:
        return ""
    if name.startswith("."):
        return "hidden" if suffix in SUFFIXES else ""
    if suffix in SUFFIXES:
        return "picture" if _stays(path, home) else "link"
    if suffix in _VIDEOS:
        return "video"
    if not suffix and _begins_as_picture(path):
        return "unnamed"
    return "text" if suffix in _TEXTS or not suffix else "unknown"


def _begins_as_picture(path: Path) -> bool:
    try:
        with open_regular(path) as handle:
            start = handle.read(12)
    except (OSError, ValueError):
        return False
    return start.startswith(_STARTS) or start[8:] in _BRANDS


def _pictures_in(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for each in names:
            if Path(each).suffix.lower() in SUFFIXES:
                yield Path(place, each)


def _stays(path: Path, home: Path) -> bool:
    if not path.is_symlink():
        return True
    try:
        return path.resolve().is_relative_to(home)
    except (OSError, RuntimeError):  # a loop of links leads nowhere: the gate will say so
        return True
