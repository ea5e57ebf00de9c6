"""Which code, on what, made a number or a weight: the same facts wherever results are kept."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

import torch

from gan_lessons import __version__

ROOT = Path(__file__).parent.parent


def provenance(root: Path = ROOT) -> dict[str, str | int | None]:
    """Versions, commit and machine.

    Args:
        root: the checkout whose commit is wanted.

    Returns:
        Plain data: `gan_lessons`, `commit` (None where the package was installed without its
        history), `python`, `torch`, `torchvision`, `platform`, and `threads` of PyTorch.
    """
    return {
        "gan_lessons": __version__,
        "commit": commit(root),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": metadata.version("torchvision"),
        "platform": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
    }


def commit(root: Path = ROOT) -> str | None:
    """The commit that a checkout stands on, read without git.

    Args:
        root: folder with `.git`.

    Returns:
        The hash in hexadecimal, with "+changes" behind it unless git says that the package is as
        committed; None where there is no checkout.
    """
    git = root / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        name = head.removeprefix("ref: ")
        digest = head if name == head else (_loose(git, name) or _packed(git, name))
    except (OSError, UnicodeDecodeError):
        return None
    return digest and digest + ("" if _clean(root) else "+changes")


def _loose(git: Path, name: str) -> str | None:
    path = git / name
    return path.read_text(encoding="ascii").strip() if path.is_file() else None


def _packed(git: Path, name: str) -> str | None:
    """Git gathers branches that rest in one file."""
    path = git / "packed-refs"
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if line.endswith(f" {name}"):
            return line.split()[0]
    return None


def _clean(root: Path) -> bool:
    asked = ["git", "-C", str(root), "status", "--porcelain", "--", "gan_lessons"]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False  # no git here: nobody can say
    return done.returncode == 0 and not done.stdout.strip()
