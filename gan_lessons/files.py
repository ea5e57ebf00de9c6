"""Where the course's own files are found, and the one way in which files are written.

Every file that leaves the package goes through :class:`OutputFolder`. It is confined to the folder
that the caller named, and it replaces files whole: whoever reads sees the old content or the new,
never a half of either, also when the process is killed or the disk is full.
"""

import contextlib
import errno
import json
import os
import secrets
import time
from collections.abc import Collection, Iterator
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any, BinaryIO

_PACKAGE = Path(__file__).resolve().parent
_TEMPORARY = ".gan-lessons-"
_NAMELESS = ("", ".")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space, or name another folder"),
    errno.EDQUOT: ("your disk quota is used up", "free some space, or name another folder"),
    errno.EFBIG: ("the file is larger than is allowed there", "name a folder on another disk"),
    errno.EROFS: ("the disk is read-only", "name another folder"),
    errno.EACCES: ("you may not write there", "name another folder, or change its permissions"),
    errno.EPERM: ("you may not write there", "name another folder, or change its permissions"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.EISDIR: ("a folder of that name is in the way", "rename it, or name another folder"),
    errno.ENOTDIR: ("a file stands where a folder should be", "rename it, or name another folder"),
    errno.EEXIST: ("a file stands where a folder should be", "rename it, or name another folder"),
    errno.ENOENT: ("the folder does not exist", "create it, or name another one"),
}


def share(*parts: str) -> Path:
    """Finds a file or folder that belongs to the course, such as a data set or the notebooks.

    Looked up in this order: the folder that the environment variable `GAN_LESSONS_DATA` names,
    the checkout that this package was imported from, and the copy inside an installed package.

    Args:
        *parts: path below the root, for instance `"data", "emoji_styles"` or `"notebooks"`.
            `GAN_LESSONS_DATA` may name the root or, for what is below `data`, the data folder.

    Returns:
        The first match that exists.

    Raises:
        ValueError: if no place has it, or the path leads out of the root.
    """
    wanted = PurePath(*parts)
    if wanted.is_absolute() or ".." in wanted.parts:
        raise ValueError(f"{wanted} is no path inside the course's files; give a relative path.")
    candidates = [root / wanted for root in _share_roots()]
    named = os.environ.get("GAN_LESSONS_DATA")
    if named and wanted.parts[:1] == ("data",):
        candidates.insert(1, Path(named).joinpath(*wanted.parts[1:]))
    for candidate in candidates:
        if candidate.exists():
            return candidate
    looked = ", ".join(str(candidate) for candidate in candidates) or "nowhere: no root exists"
    raise ValueError(
        f"{wanted} is not among the course's files (looked at {looked}); "
        "set GAN_LESSONS_DATA to a folder that has it, or install the package again."
    )


def _share_roots() -> list[Path]:
    roots = []
    if named := os.environ.get("GAN_LESSONS_DATA"):
        roots.append(Path(named))
    # In site-packages the parent folder holds other people's packages, so ask for a sign that it
    # is the checkout before believing that its `data` is ours.
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        roots.append(_PACKAGE.parent)
    roots.append(_PACKAGE / "_share")
    return roots


class OutputFolder:
    """A folder that files are written into, whole or not at all, and never outside of it.

    Args:
        root: the folder. A symbolic link is followed once, here.
        create: whether to make the folder (and its parents) when it does not exist.

    Raises:
        OSError: if the folder cannot be made, or does not exist and `create` is off.
    """

    def __init__(self, root: str | os.PathLike, *, create: bool = True):
        root = Path(root)
        with _explained(root):
            if create:
                root.mkdir(parents=True, exist_ok=True)
            elif not root.exists():
                raise FileNotFoundError(errno.ENOENT, "missing")
            if not root.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "not a folder")
        self.root = root.resolve()
        self._swept: set[Path] = set()

    def __repr__(self) -> str:
        return f"OutputFolder({str(self.root)!r})"

    def path(self, relative: str | os.PathLike) -> Path:
        """Gives the place of a file inside the folder; nothing is created.

        Args:
            relative: path below the root, with `/` between folders.

        Returns:
            The absolute path.

        Raises:
            ValueError: if the path is absolute, climbs with `..`, names no file, or goes through
                a symbolic link that leads out of the folder.
        """
        text = os.fspath(relative)
        pure = PurePath(text)
        # A drive letter is relative on Linux and a way out on Windows: refused on both alike.
        absolute = pure.is_absolute() or bool(PureWindowsPath(text).drive)
        if absolute or ".." in pure.parts or "\0" in text or str(pure) in _NAMELESS:
            raise ValueError(
                f"{text!r} is not a file inside {self.root}; give a relative path without '..'."
            )
        target = self.root / pure
        try:
            inside = target.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError):  # a loop of links
            inside = False
        if not inside:
            raise ValueError(
                f"{text!r} leads out of {self.root} through a symbolic link; "
                "remove the link, or name another folder."
            )
        return target

    def write_bytes(self, relative: str | os.PathLike, data: bytes) -> Path:
        """Writes a file whole, replacing one of that name.

        Args:
            relative: path below the root; missing folders are made.
            data: the content.

        Returns:
            The absolute path of the file.

        Raises:
            ValueError: as for :meth:`path`.
            OSError: if it cannot be written (full disk, permissions); an old file is untouched.
        """
        with self.open(relative) as handle:
            handle.write(data)
        return self.path(relative)

    def write_text(self, relative: str | os.PathLike, text: str) -> Path:
        """Writes a text whole, in UTF-8 with line ends as given; see :meth:`write_bytes`."""
        return self.write_bytes(relative, text.encode("utf-8"))

    def write_json(self, relative: str | os.PathLike, value: Any) -> Path:
        """Writes a value as JSON, keys in their order; see :meth:`write_bytes`.

        Raises:
            ValueError: also if the value holds NaN or an infinity, which JSON does not know.
        """
        try:
            text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
        except ValueError as error:
            raise ValueError(
                f"{relative} cannot be written as JSON ({error}); "
                "replace NaN and infinities by None or text."
            ) from error
        return self.write_text(relative, text + "\n")

    @contextlib.contextmanager
    def open(self, relative: str | os.PathLike) -> Iterator[BinaryIO]:
        """Opens a file for writing; it takes its place when the block ends normally.

        Args:
            relative: path below the root; missing folders are made.

        Yields:
            A seekable binary handle. On any exception, an interrupt included, what was written is
            removed and an old file stays as it was.

        Raises:
            ValueError: as for :meth:`path`.
            OSError: if it cannot be written (full disk, permissions).
        """
        target = self.path(relative)
        with _explained(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._sweep(target.parent)
            temporary, handle = _temporary_beside(target)
        try:
            try:
                # The caller's block may fail to read some other file: only a full disk is ours.
                with _explained(target, _FULL):
                    yield handle
                with _explained(target):
                    handle.flush()
                    os.fsync(handle.fileno())
            finally:
                # Closing flushes again and fails again on a full disk, in the system's words.
                with contextlib.suppress(OSError):
                    handle.close()
            with _explained(target):
                os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)

    def append_line(self, relative: str | os.PathLike, line: str) -> None:
        """Adds one line to a log such as JSONL, in one write; writers of one log take turns.

        A line that a killed process left unfinished is closed first, so that it spoils no other;
        a line that does not fit on the disk is taken back.

        Args:
            relative: path below the root; missing folders are made.
            line: the text without its line end.

        Raises:
            ValueError: as for :meth:`path`, or if the line contains a line end.
            OSError: if it cannot be written.
        """
        if "\n" in line or "\r" in line:
            raise ValueError(f"A line for {relative} contains a line end; give one line at a time.")
        target = self.path(relative)
        data = line.encode("utf-8") + b"\n"
        with _explained(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "a+b", buffering=0) as handle:
                # A write crosses memory pages one by one: without the lock, another writer's line
                # could be seen half-written here, and be taken for one that nobody will finish.
                _lock(handle, wait=True)
                size = handle.seek(0, os.SEEK_END)
                if size and _last_byte(handle) != b"\n":
                    data = b"\n" + data
                _append(handle, data, size)

    def _sweep(self, folder: Path) -> None:
        """Removes what killed processes left half-written in a folder, once for each folder."""
        if folder in self._swept:
            return
        self._swept.add(folder)
        for leftover in folder.glob(f"{_TEMPORARY}*.tmp"):
            with contextlib.suppress(OSError):
                # Young files are spared: their writer may not have locked them yet.
                if time.time() - leftover.stat().st_mtime > 5 and _abandoned(leftover):
                    leftover.unlink()


def _last_byte(handle: Any) -> bytes:
    handle.seek(-1, os.SEEK_END)
    return handle.read(1)


def _append(handle: Any, data: bytes, size: int) -> None:
    try:
        written = handle.write(data)
        while written < len(data):  # rare: the disk is nearly full, and the next write says so
            written += handle.write(data[written:])
    except OSError:
        with contextlib.suppress(OSError):
            handle.truncate(size)
        raise


def _temporary_beside(target: Path) -> tuple[Path, BinaryIO]:
    """Opens a fresh file in the target's folder, locked so that no other run sweeps it away."""
    temporary = target.parent / f"{_TEMPORARY}{secrets.token_hex(8)}.tmp"
    handle = open(temporary, "x+b")  # noqa: SIM115  (the caller closes it)
    _lock(handle)
    with contextlib.suppress(OSError):
        # Replacing a file keeps its permissions; a new one has those that the umask gives.
        os.chmod(temporary, target.stat().st_mode & 0o777)
    return temporary, handle


def _lock(handle: BinaryIO, *, wait: bool = False) -> bool:
    """Locks a file for as long as it is open; true also where the system has no such locks."""
    try:
        import fcntl
    except ImportError:  # Windows does not let anybody remove an open file: no lock needed
        return True
    try:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _abandoned(path: Path) -> bool:
    with open(path, "rb") as handle:
        return _lock(handle)


def _sync_folder(folder: Path) -> None:
    """Makes a renaming last through a power cut, where the system allows to ask for it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _explained(target: Path, codes: Collection[int] = tuple(_REASONS)) -> Iterator[None]:
    """Turns an error of the system into one sentence: what failed, where, what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in codes:
            raise
        reason, advice = _REASONS[error.errno]
        explained = type(error)(f"{target} was not written: {reason}; {advice}.")
        explained.errno = error.errno
        raise explained from error
