"""How a bundled set of images is kept: one plain zip with a table of contents and checksums.

Members are stored as they are (WebP does not compress further), in sorted order and with a fixed
time, so that building twice gives the same bytes. `index.csv` inside has one row an image.
"""

import csv
import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gan_lessons.files import OutputFolder

INDEX = "index.csv"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
# What a zip raises that is damaged, packed in a way that nobody knows, or locked by a password.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError)


@dataclass(frozen=True)
class Member:
    """One image of an archive: its row of the table, and its encoded bytes."""

    row: Mapping[str, str]
    data: bytes


def split_of(group: str, salt: str, *, test: float = 0.10, valid: float = 0.05) -> str:
    """The side of the split that a group of images falls on, from its name alone.

    Args:
        group: name of the group.
        salt: name of the data set, so that two sets split the same names differently.
        test: share of the groups held out for testing.
        valid: share of the groups held out for choosing.

    Returns:
        "train", "valid" or "test"; the same on every machine and in every version of the set.
    """
    digest = hashlib.sha256(f"{salt}/{group}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < test:
        return "test"
    return "valid" if place < test + valid else "train"


def csv_text(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> str:
    """A table as CSV with a header and plain line ends."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_archive(
    out: Path, name: str, members: Iterable[Member], columns: Sequence[str]
) -> list[dict[str, str]]:
    """Write the images and their table into one zip.

    Args:
        out: folder of the archive.
        name: its file name.
        members: the images; each row has a `file`, its path inside the archive.
        columns: the columns of the table; `sha256` of each image's bytes is added.

    Returns:
        The rows of the table, sorted by file.

    Raises:
        ValueError: if two images have the same path.
    """
    ordered = sorted(members, key=lambda member: member.row["file"])
    rows = [dict(m.row, sha256=hashlib.sha256(m.data).hexdigest()) for m in ordered]
    if len({row["file"] for row in rows}) < len(rows):
        raise ValueError(f"{name}: two images have the same path; give each its own key")
    table = csv_text(rows, (*columns, "sha256")).encode()
    with OutputFolder(out).open(name) as handle, zipfile.ZipFile(handle, "w") as archive:
        archive.writestr(_entry(INDEX), table, zipfile.ZIP_DEFLATED, 9)
        for member in ordered:
            archive.writestr(_entry(member.row["file"]), member.data, zipfile.ZIP_STORED)
    return rows


def read_index(path: Path) -> list[dict[str, str]]:
    """The table of an archive.

    Args:
        path: the zip.

    Returns:
        One dict an image.

    Raises:
        ValueError: if it is no archive with a table.
    """
    with _opened(path) as archive:
        return list(_rows(archive))


def read_members(path: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    """Every image of an archive with its row, in the order of the table.

    Args:
        path: the zip.

    Yields:
        Row and encoded bytes.

    Raises:
        ValueError: if it is no such archive, or an image in it is missing or damaged.
    """
    with _opened(path) as archive:
        for row in _rows(archive):
            try:
                yield row, archive.read(row["file"])
            except (KeyError, *_BROKEN) as error:
                raise ValueError(
                    f"{path}: {row['file']} is damaged; build the set again"
                ) from error


def sorted_members(
    path: Path, styles: Sequence[str], name: str
) -> list[tuple[dict[str, str], bytes]]:
    """The images of some styles, style by style; see `read_members`.

    Args:
        path: the zip.
        styles: those that are wanted, in their order.
        name: the column by which the images of a style are sorted.

    Returns:
        Row and encoded bytes of each.
    """
    found = [member for member in read_members(path) if member[0]["style"] in styles]
    return sorted(found, key=lambda member: (styles.index(member[0]["style"]), member[0][name]))


def write_set(
    out: Path, name: str, index: str, members: Iterable[Member], columns: Sequence[str]
) -> str:
    """Write a set: its archive, the table beside it, and the checksum into its README.

    Args:
        out: its folder.
        name: file name of the archive.
        index: file name of the table.
        members: see `write_archive`; so are columns.
        columns: of the table.

    Returns:
        How many images, and the checksum, for people.
    """
    rows = write_archive(out, name, members, columns)
    OutputFolder(out).write_text(index, csv_text(rows, (*columns, "sha256")))
    return f"{name}: {len(rows)} files, SHA-256 {note_checksum(out, name)}"


def note_checksum(out: Path, name: str) -> str:
    """Write the archive's SHA-256 into the README beside it, where its line is.

    Args:
        out: folder with the archive, and with `README.md` if there is one.
        name: file name of the archive.

    Returns:
        The checksum in hexadecimal.
    """
    with (out / name).open("rb") as handle:
        checksum = hashlib.file_digest(handle, "sha256").hexdigest()
    readme = out / "README.md"
    if readme.is_file():
        line = re.compile(rf"(`{re.escape(name)}`[^\n]*SHA-256 `)[0-9a-f]*(`)")
        text = readme.read_text(encoding="utf-8")
        OutputFolder(out).write_text("README.md", line.sub(rf"\g<1>{checksum}\g<2>", text))
    return checksum


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.create_system = 3  # the same bytes from Windows as from elsewhere
    entry.external_attr = 0o644 << 16
    return entry


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, *_BROKEN) as error:
        raise ValueError(f"{path}: expected an archive of this course ({error})") from error


def _rows(archive: zipfile.ZipFile) -> Iterator[dict[str, str]]:
    if INDEX not in archive.namelist():
        raise ValueError(f"{archive.filename}: expected an archive of this course, with {INDEX}")
    try:
        with archive.open(INDEX) as handle:
            yield from csv.DictReader(io.TextIOWrapper(handle, "utf-8", newline=""))
    except (csv.Error, UnicodeDecodeError, *_BROKEN) as error:
        raise ValueError(
            f"{archive.filename}: {INDEX} is damaged ({error}); build the set again"
        ) from error
