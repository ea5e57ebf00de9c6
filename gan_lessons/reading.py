"""How files of a user's are opened: ordinary ones only, without ever waiting, up to a size."""

import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: str | os.PathLike) -> BinaryIO:
    """Opens a file for reading, and never waits: a pipe would keep us for as long as it likes.

    Args:
        path: of the file; a link is followed.

    Returns:
        A binary handle.

    Raises:
        ValueError: if it is a folder, a pipe, a device or a socket.
        OSError: if it does not exist or may not be read.
    """
    waits = getattr(os, "O_NONBLOCK", 0)  # not known to Windows, where no pipe has a path
    if Path(path).is_dir():  # which Windows would not open at all
        raise ValueError(f"{path} is a folder; name a file")
    descriptor = os.open(path, os.O_RDONLY | waits | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path} is not an ordinary file; name one")
    return open(descriptor, "rb")


def read_regular(path: str | os.PathLike, limit: int) -> bytes:
    """Reads a whole file that is an ordinary one and no larger than expected.

    Args:
        path: of the file.
        limit: bytes; a file with more is refused.

    Returns:
        The content.

    Raises:
        ValueError: if it is no ordinary file, or larger.
        OSError: if it does not exist or may not be read.
    """
    with open_regular(path) as handle:
        data = handle.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"{path} is larger than the {limit / 2**20:g} MiB that are read here")
    return data
