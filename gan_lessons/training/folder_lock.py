"""One training in a folder at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gan_lessons.files import OutputFolder


@contextmanager
def working_in(root: str | os.PathLike, *, alone: bool = True) -> Iterator[OutputFolder]:
    """Makes a folder one's own for as long as the block lasts; others who ask meanwhile are told.

    The folder itself is locked, which the system undoes when a process ends, however it ends: no
    lock of a dead process is left. One that was made for the block goes again if nothing came in.

    Args:
        root: the folder, made where it does not exist.
        alone: whether to lock it; several processes that work together leave that to one.

    Yields:
        The folder to write into.

    Raises:
        ValueError: if another process is at work in it.
        OSError: if the folder cannot be made.
    """
    made = not Path(root).exists()
    folder = OutputFolder(root)
    descriptor = _locked_folder(folder.root) if alone else None
    try:
        yield folder
    finally:
        if descriptor is not None:
            os.close(descriptor)
        if made:
            with suppress(OSError):  # something is in it
                folder.root.rmdir()


def _locked_folder(root: Path) -> int | None:
    """A descriptor that holds a folder's lock; None where the system locks no folders."""
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ValueError(
            f"another training is at work in {root}; wait until it has ended, or name another "
            "folder"
        ) from None
    except OSError:  # some network drives lock no folders
        os.close(descriptor)
        return None
    return descriptor
