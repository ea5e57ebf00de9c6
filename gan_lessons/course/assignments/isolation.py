"""Strangers' code in a process that can do little: no network, no writing, limits on everything.

By the user namespaces of Linux, for which nobody has to be root. The process sees the disk as it
is, but may write nowhere except into a folder of its own in memory, and what is named as hidden is
empty for it. On other systems, and where namespaces are forbidden, there is no isolation to be had.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20
SPACES = ("--user", "--map-root-user", "--net", "--mount", "--pid", "--ipc", "--uts")
PROBE_SECONDS = 30
# mount_setattr(2), the same number on all machines; libraries know it since 2022 only.
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_PRIVATE, MS_REC = 1 << 18, 1 << 14


@dataclass(frozen=True)
class Limits:
    """What a process may use.

    Attributes:
        seconds: of time, for each exercise.
        memory: MiB of memory.
        output: characters that are kept of what it prints.
        disk: MiB in its own folder, which lies in memory.
    """

    seconds: float = 60
    memory: int = 4096
    output: int = 4000
    disk: int = 64


def command(module: str, *, isolated: bool) -> list[str]:
    """The command line that runs a module of this package, isolated or not."""
    python = [sys.executable, "-P", "-m", module]
    return ["unshare", *SPACES, "--fork", "--kill-child", *python] if isolated else python


def why_not() -> str:
    """Tries the isolation; says why it cannot be had, or nothing where it can."""
    if sys.platform != "linux":
        return "it needs the user namespaces of Linux"
    if shutil.which("unshare") is None:
        return "the program `unshare` is missing (package util-linux)"
    try:
        tried = subprocess.run(
            command(__name__, isolated=True), capture_output=True, text=True, timeout=PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if tried.returncode == 0 and tried.stdout.strip() == "isolated":
        return ""
    return (tried.stderr.strip().splitlines() or ["it did not work"])[-1]


def confine(own: str, hidden: Sequence[str], limits: Limits) -> None:
    """Shuts the process in that calls it, inside new namespaces; there is no way back.

    Args:
        own: an existing folder, which becomes an empty one in memory, the only one to write into.
        hidden: folders that become empty ones.
        limits: on memory, files and processes.

    Raises:
        OSError: if the system refuses; nothing of a stranger may be run then.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _must(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "/")
    _must(
        libc.syscall(MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, _read_only(), 32),
        "read-only disks",
    )
    # Its own processes alone, where the system lets it see them.
    libc.mount(b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)
    for folder in hidden:
        if Path(folder).is_dir():
            _tmpfs(libc, folder, b"size=4k", MS_RDONLY)
    _tmpfs(libc, own, f"size={limits.disk}m".encode())
    limit(limits)


def limit(limits: Limits) -> None:
    """Puts limits on memory, files and processes of the process that calls it."""
    import resource

    def at_most(kind: int, amount: int) -> None:
        _, hard = resource.getrlimit(kind)
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(kind, (amount, amount))

    # Libraries reserve far more addresses than memory, so what is counted is data.
    at_most(resource.RLIMIT_DATA, limits.memory * MIB)
    at_most(resource.RLIMIT_FSIZE, limits.disk * MIB)
    at_most(resource.RLIMIT_CORE, 0)


def environment(own: str) -> dict[str, str]:
    """The variables of the process: no secret of the caller's is among them."""
    kept = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "GAN_LESSONS_DATA")
    values = {name: os.environ[name] for name in kept if name in os.environ}
    homes = dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR", "IPYTHONDIR", "XDG_CACHE_HOME"), own)
    return values | homes | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}


def _read_only():
    class MountAttributes(ctypes.Structure):
        _fields_ = [(n, ctypes.c_uint64) for n in ("set", "clear", "propagation", "userns")]

    return ctypes.byref(MountAttributes(MOUNT_ATTR_RDONLY, 0, 0, 0))


def _tmpfs(libc: ctypes.CDLL, folder: str, options: bytes, flags: int = 0) -> None:
    flags |= MS_NOSUID | MS_NODEV
    _must(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, options), folder)


def _must(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    confine("/tmp", [], Limits())
    print("isolated")
