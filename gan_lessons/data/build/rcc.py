"""Reading `.rcc` files, Qt's container for the resources of a program.

A header of big-endian numbers (magic `qres`, format version, offsets of tree, data and names) leads
to a tree of fixed-size nodes. Node 0 is the root; a folder names the range of its children, a file
names its place in the data block, where its length stands before its bytes.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

MAGIC = b"qres"
ZLIB, FOLDER, ZSTD = 1, 2, 4
MAX_FILE = 64 * 2**20  # no single resource is anywhere near; what claims more is damaged


def read_rcc(path: Path) -> dict[str, bytes]:
    """All files of a resource container.

    Args:
        path: the `.rcc` file.

    Returns:
        Content by path inside the container, such as "gcompris/src/activities/a/a.qml".

    Raises:
        ValueError: if it is no such container, or damaged.
    """
    try:
        return dict(_files(path.read_bytes()))
    except (struct.error, zlib.error, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: damaged Qt resource file ({error})") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _files(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:4] != MAGIC:
        raise ValueError("expected a Qt resource file, which starts with 'qres'")
    version, tree, contents, names = struct.unpack_from(">4I", data, 4)
    if version not in (1, 2, 3):
        raise ValueError(f"Qt resource format 1, 2 or 3 expected, this one is {version}")
    # From version 2 on each node ends with a time of 8 bytes.
    size = 14 if version == 1 else 22
    pending = [("", 0)]
    seen = set()
    while pending:
        folder, node = pending.pop()
        if node in seen:
            raise ValueError("damaged Qt resource file (a folder contains itself)")
        seen.add(node)
        name_at, flags = struct.unpack_from(">IH", data, tree + node * size)
        name = folder if node == 0 else f"{folder}/{_name(data, names + name_at)}".lstrip("/")
        if flags & FOLDER:
            count, first = struct.unpack_from(">II", data, tree + node * size + 6)
            pending.extend((name, child) for child in range(first, first + count))
        else:
            # Country and language (4 bytes) stand before the offset; nothing here uses them.
            (offset,) = struct.unpack_from(">I", data, tree + node * size + 10)
            yield name, _content(data, contents + offset, flags)


def _name(data: bytes, at: int) -> str:
    (length,) = struct.unpack_from(">H", data, at)  # in UTF-16 units; a hash of 4 bytes follows
    return data[at + 6 : at + 6 + 2 * length].decode("utf-16-be")


def _content(data: bytes, at: int, flags: int) -> bytes:
    (length,) = struct.unpack_from(">I", data, at)
    content = data[at + 4 : at + 4 + length]
    if len(content) < length:
        raise ValueError("damaged Qt resource file (it ends inside a file)")
    if flags & ZLIB:
        # Qt puts the unpacked length before the stream.
        (unpacked,) = struct.unpack_from(">I", content)
        if unpacked > MAX_FILE:
            raise ValueError("damaged Qt resource file (a file of impossible size)")
        return zlib.decompressobj().decompress(content[4:], MAX_FILE)
    if flags & ZSTD:
        raise ValueError("a file packed with Zstandard, which this reader leaves out")
    return content
