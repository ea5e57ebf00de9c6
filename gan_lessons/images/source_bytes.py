"""The bytes of a picture from wherever it comes: a path, an open file, or bytes already."""

import os
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from gan_lessons.images.refusals import ImageError
from gan_lessons.reading import open_regular

Source = str | os.PathLike | bytes | BinaryIO | Image.Image


def name_of(source: Source) -> str:
    """What to call a source in a message."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None) or getattr(source, "filename", None)
    return name if isinstance(name, str) else "image"


def read_source(source: Source, name: str, limit: int) -> bytes:
    """Reads a source; at most one byte more than is allowed.

    Args:
        source: anything but a Pillow image.
        name: what to call it.
        limit: bytes.

    Returns:
        The content.

    Raises:
        ImageError: if there is none, it cannot be read, or is larger.
    """
    if isinstance(source, str | os.PathLike):
        data = _read_path(Path(source), name, limit)
    elif isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source[: limit + 1])
    elif hasattr(source, "read"):
        data = source.read(limit + 1)
    else:
        data = None
    if not isinstance(data, bytes):
        raise ImageError(
            name,
            f"expected a path, bytes, a binary file or a Pillow image, got {type(source).__name__}",
            "pass one of these",
        )
    if not data:
        raise ImageError(name, "it is empty")
    if len(data) > limit:
        _refuse_bytes(name, limit)
    return data


def _read_path(path: Path, name: str, limit: int) -> bytes:
    try:
        if path.is_dir():
            raise ImageError(name, "it is a folder", "name an image file, or what is inside")
        with _ordinary(path, name) as handle:
            if os.fstat(handle.fileno()).st_size > limit:
                _refuse_bytes(name, limit)
            return handle.read(limit + 1)
    except FileNotFoundError as error:
        gone = "it links to a file that is gone" if path.is_symlink() else "it does not exist"
        raise ImageError(name, gone, "check the name") from error
    except PermissionError as error:
        raise ImageError(name, "you may not read it", "change its permissions") from error
    except OSError as error:
        detail = error.strerror or "unknown error"
        raise ImageError(name, f"it cannot be read ({detail})", "check the disk") from error
    except ImageError:
        raise
    except ValueError as error:  # a zero byte in the name
        raise ImageError(name, "it is no valid file name", "check the name") from error


def _ordinary(path: Path, name: str) -> BinaryIO:
    try:
        return open_regular(path)
    except ValueError as error:
        if "\0" in str(path):
            raise
        raise ImageError(name, "it is not an ordinary file", "name an image file") from error


def _refuse_bytes(name: str, limit: int) -> None:
    raise ImageError(
        name, f"it is larger than {limit // 2**20} MiB", "save it smaller, as JPEG or WebP"
    )
