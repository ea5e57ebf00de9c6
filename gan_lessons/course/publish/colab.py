"""Lessons in Colab: the set-up cell, the badge, and the address that both need.

Every notebook's first code cell is the same text, up to the address. Nobody knows at writing time
where the repository will be published, so the address is written in afterwards, by
`gan-lessons colab --repo OWNER/NAME`, and until then the cell prints one instruction.
"""

import re
from pathlib import Path

from gan_lessons.course import notebook as nb

PLACEHOLDER = (
    "*In Colab: upload this notebook, write where you found the course on GitHub, `OWNER/NAME`, "
    "into `REPOSITORY` in its first code cell, and run that cell.*"
)
_ADDRESS = re.compile(r'^REPOSITORY = "([^"]*)"', re.MULTILINE)
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.+$)[A-Za-z0-9._-]+")
_BADGE_IMAGE = "https://colab.research.google.com/assets/colab-badge.svg"

_SETUP = """\
# Set-up: in Colab this installs the course; everywhere else it does nothing.
import subprocess
import sys
from importlib.util import find_spec

REPOSITORY = "{repository}"
in_colab = "google.colab" in sys.modules or (find_spec("google") and find_spec("google.colab"))
if in_colab and not find_spec("gan_lessons"):
    if REPOSITORY:
        course = f"gan-lessons[lessons] @ git+https://github.com/{{REPOSITORY}}"
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", course], check=True)
    else:
        print('Set REPOSITORY = "OWNER/NAME" above, where this course is on GitHub, and run again.')
"""


def setup_source(repository: str = "") -> str:
    """Gives the text of the set-up cell.

    Args:
        repository: `OWNER/NAME` on GitHub, or nothing while it is not known.

    Returns:
        Code that pip-installs the course in Colab and does nothing elsewhere.
    """
    return _SETUP.format(repository=repository).rstrip()


def badge(repository: str, relative: str) -> str:
    """Gives the line below a notebook's title.

    Args:
        repository: `OWNER/NAME`, or nothing while it is not known.
        relative: the notebook's path in the repository, with `/` between folders.

    Returns:
        A badge that opens the notebook in Colab, or one sentence that says how to get it.
    """
    if not repository:
        return PLACEHOLDER
    address = f"https://colab.research.google.com/github/{repository}/blob/main/{relative}"
    return f"[![Open in Colab]({_BADGE_IMAGE})]({address})"


def repository_of(notebook: nb.Notebook) -> str:
    """Reads the address from a notebook's set-up cell; empty where none was written."""
    for cell in nb.code_cells(notebook):
        if "setup" in nb.tags(cell) and (found := _ADDRESS.search(cell["source"])):
            return found[1]
    return ""


def prepare(notebook: nb.Notebook, relative: str, repository: str | None = None) -> None:
    """Gives a notebook its badge and its set-up cell, in place.

    Args:
        notebook: the notebook; its first cell is a text that begins with the title.
        relative: its path in the repository.
        repository: `OWNER/NAME`; by default the address that stands in it already.

    Raises:
        ValueError: if the first cell is not a title.
    """
    cells = notebook["cells"]
    if not cells or cells[0]["cell_type"] != "markdown" or not cells[0]["source"].startswith("# "):
        raise ValueError(f"{relative} has to begin with a text cell whose first line is the title.")
    repository = repository_of(notebook) if repository is None else repository
    title, *rest = cells[0]["source"].splitlines()
    rest = [line for line in rest if not _is_badge(line)]
    while rest and not rest[0].strip():
        rest.pop(0)
    lines = [title, "", badge(repository, relative)] + ([""] if rest else []) + rest
    cells[0]["source"] = "\n".join(lines)
    _place_setup(cells, setup_source(repository))


def write_addresses(repository: str, root: Path | None = None) -> list[Path]:
    """Writes badge and address into every notebook of the course.

    Args:
        repository: `OWNER/NAME` on GitHub.
        root: the folder of notebooks; the course's own by default.

    Returns:
        The notebooks that changed.

    Raises:
        ValueError: if the address is not of the form `OWNER/NAME`.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise ValueError(f"Expected an address such as OWNER/NAME, got {repository!r}.")
    root = nb.share("notebooks") if root is None else root
    changed = []
    for path in nb.notebooks(root):
        notebook = nb.read_notebook(path)
        before = [cell["source"] for cell in notebook["cells"]]
        prepare(notebook, f"notebooks/{path.relative_to(root).as_posix()}", repository)
        if [cell["source"] for cell in notebook["cells"]] != before:
            changed.append(nb.write_notebook(path, notebook))
    return changed


def _is_badge(line: str) -> bool:
    return line.startswith(("[![Open in Colab]", "*In Colab:", "*To open this in Colab"))


def _place_setup(cells: list[nb.Cell], source: str) -> None:
    for cell in cells:
        if "setup" in nb.tags(cell):
            cell["source"] = source
            return
    # Solutions begin with an exercise, and the set-up belongs before its heading.
    starts = (
        k for k, c in enumerate(cells) if c["cell_type"] == "code" or "exercise" in nb.tags(c)
    )
    cells.insert(next(starts, len(cells)), nb.new_cell("code", source, tag="setup", name="setup"))
