"""Opens JupyterLab on the first lesson.

In a checkout the notebooks are opened where they lie. An installed package keeps them where nobody
should write, so there they are copied into a folder beside the learner first.
"""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from gan_lessons.files import OutputFolder, share

FIRST = "00_start_here.ipynb"
COPY = "gan_lessons_notebooks"
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
    folder = lessons_folder(Path.cwd())
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


def lessons_folder(beside: Path) -> Path:
    """Finds the notebooks to open, or copies them out of the installed package.

    Args:
        beside: the folder that a copy is put into. What stands there already is left alone.

    Returns:
        A folder of notebooks that the learner may write to.
    """
    source = share("notebooks")
    if source.parent.name != "_share":
        return source
    target = OutputFolder(beside / COPY)
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        relative = path.relative_to(source)
        if not target.path(relative).exists():
            target.write_bytes(relative, path.read_bytes())
    return target.root


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
