"""Opens JupyterLab on the first lesson, in copies of the lessons that belong to the learner.

The notebooks of a checkout are tracked by git, and an installed package keeps them where nobody
should write: running a lesson where it lies would change the course. So a learner gets copies; what
he changed in them is never written over.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from gan_lessons.files import OutputFolder, share

FIRST = "00_start_here.ipynb"
COPY = "my_lessons"
COPIED = ".copied.json"  # in the copy: what was copied, so that what was edited can be told
# The lessons ask nothing of the network, and a question about news hides their first picture.
QUIET = Path(__file__).parent / "jupyter"
_WAIT = 60  # seconds to wait for the server's address


def main(options: list[str]) -> int:
    """Opens JupyterLab and stays until it is closed.

    Args:
        options: passed on to JupyterLab, such as `--no-browser --port 8899`.

    Returns:
        JupyterLab's exit code.

    Raises:
        ValueError: if JupyterLab is not installed.
    """
    if find_spec("jupyterlab") is None:
        raise ValueError(
            "JupyterLab is not installed; install it with: pip install 'gan-lessons[notebook]'"
        )
    folder, kept = lessons_folder(Path.cwd())
    print(f"Your copies of the lessons are in {folder}; what you change there stays.", flush=True)
    if kept:
        print(
            f"The course has newer versions of {', '.join(kept)}; yours were edited and are kept. "
            "Rename one, and the next start brings the new one.",
            flush=True,
        )
    process = subprocess.Popen(command(folder / FIRST, options), env=environment())
    # Ctrl-C reaches JupyterLab by itself; it asks, and only its answer ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    if address := wait_for_address(process):
        print(f"JupyterLab is at {address}", flush=True)
    return process.wait()


def environment() -> dict[str, str]:
    """Gives the environment of JupyterLab: this one, and our settings among those it reads."""
    paths = [str(QUIET), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}


def command(first: Path, options: list[str]) -> list[str]:
    """Gives the command line that starts JupyterLab.

    Args:
        first: the notebook to open; its folder is what JupyterLab shows.
        options: passed on to JupyterLab.

    Returns:
        The command. Containers run as root, which JupyterLab refuses unless it is told.
    """
    start = [sys.executable, "-m", "jupyterlab", str(first)]
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return start + (["--allow-root"] if root else []) + options


def lessons_folder(beside: Path) -> tuple[Path, list[str]]:
    """Copies the lessons for the learner, as far as they are not there yet.

    What the learner has not changed follows the course; what was changed is left alone.

    Args:
        beside: the folder that the copy is put into, where the course is installed; a checkout has
            it in its own root.

    Returns:
        The folder of the copy, and the edited notebooks of which the course has newer versions.
    """
    source = share("notebooks")
    installed = source.parent.name == "_share"
    target = OutputFolder((beside if installed else source.parent) / COPY)
    copied, kept = _copied(target), []
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        relative = path.relative_to(source)
        name, data = relative.as_posix(), path.read_bytes()
        if {".ipynb_checkpoints", "__pycache__"} & set(relative.parts):
            continue
        mine, digest = target.path(relative), _digest(data)
        if mine.exists() and _digest(mine.read_bytes()) != copied.get(name):
            if name in copied and copied[name] != digest:
                kept.append(name)
            continue
        if not mine.exists() or copied.get(name) != digest:
            target.write_bytes(relative, data)
            copied[name] = digest
    target.write_json(COPIED, copied)
    return target.root, kept


def _copied(folder: OutputFolder) -> dict[str, str]:
    """Digests of what was copied before, by name; damaged notes mean that all may be edited."""
    try:
        noted = json.loads(folder.path(COPIED).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wait_for_address(process: subprocess.Popen) -> str | None:
    """Waits until JupyterLab says where it listens.

    Args:
        process: the running JupyterLab.

    Returns:
        Its address with the token, or `None` when it ended or took too long.
    """
    from jupyter_server.serverapp import list_running_servers

    until = time.monotonic() + _WAIT
    while process.poll() is None and time.monotonic() < until:
        for server in list_running_servers():
            if server["pid"] == process.pid:
                token = f"?token={server['token']}" if server["token"] else ""
                return f"{server['url']}lab/tree/{FIRST}{token}"
        time.sleep(0.5)
    return None


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ValueError, OSError) as problem:
        sys.exit(str(problem))
