"""Finds the images in a folder by their names; what is inside them is the gate's business."""

import os
from pathlib import Path

SUFFIXES = frozenset(
    (".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif")
    + (".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".avif")
)
"""Endings by which images are found; what is inside decides afterwards."""


def image_files(folder: str | os.PathLike) -> list[Path]:
    """Finds the images below a folder by their suffix.

    Args:
        folder: searched with all its subfolders.

    Returns:
        Paths that begin with `folder`, sorted alike on every system. Hidden files, `__MACOSX` and
        links that lead out of the folder are left out.

    Raises:
        ValueError: if the folder does not exist, or one below it cannot be looked into.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; name one that holds images.")
    home = folder.resolve()
    found = []
    for place, folders, names in os.walk(folder, onerror=_refuse_folder):
        folders[:] = [one for one in folders if not is_clutter(one)]
        for each in names:
            path = Path(place, each)
            if path.suffix.lower() in SUFFIXES and not is_clutter(each) and _stays(path, home):
                found.append(path)
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def is_clutter(name: str) -> bool:
    """Tells the names that systems strew into folders (`.DS_Store`, `__MACOSX`, `Thumbs.db`)."""
    return name.startswith(".") or name.lower() in ("__macosx", "thumbs.db", "desktop.ini")


def _refuse_folder(error: OSError) -> None:
    reason = error.strerror or "unknown error"
    raise ValueError(
        f"{error.filename} cannot be looked into ({reason}); "
        "change its permissions, or move it away."
    )


def _stays(path: Path, home: Path) -> bool:
    if not path.is_symlink():
        return True
    try:
        return path.resolve().is_relative_to(home)
    except (OSError, RuntimeError):  # a loop of links leads nowhere
        return False
