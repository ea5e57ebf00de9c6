"""Links between lessons, written by `make lessons`: previous, next, and every "lesson NN".

A lesson that does not exist stays a plain number, and gets its link when it is there.
"""

import re
from pathlib import Path

from gan_lessons.course.notebook import (
    Cell,
    Notebook,
    notebooks,
    read_notebook,
    tags,
    write_notebook,
)

_LESSON = re.compile(r"^(\d\d)_|^(appendix)_")
_OURS = re.compile(r"\[([Ll]essons? \d\d|\d\d)\]\((?:\.\./)?\d\d_\w+\.ipynb\)")
_MENTION = re.compile(
    r"(?<![\w/\[-])[Ll]essons?[ \n]\d\d\b(?:(?:, | and | or | to |, and )\d\d\b)*"
)
_NUMBER = re.compile(r"(?:[Ll]essons?[ \n])?\d\d")
_SOLUTIONS = re.compile(r"(?<!\[)`(solutions/\w+\.ipynb)`(?!\])")
_WAY = re.compile(r"^(?:Previous|Next|Lesson): \[")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def write_links(notebook: Notebook, path: Path, root: Path) -> None:
    """Writes the links of a notebook, in place; those that stood there are written anew.

    Args:
        notebook: a lesson or its solutions.
        path: where it lies.
        root: the folder of notebooks.
    """
    lessons = _lessons(root)
    solutions = path.parent.name == "solutions"
    before = "../" if path.parent != root else ""
    for cell in notebook["cells"]:
        if cell["cell_type"] != "markdown" or {"exercise", "solution"} & set(tags(cell)):
            continue  # exercises are the same text here and there
        cell["source"] = linked(cell["source"], lessons, path.name, before)
    way = _back(path, lessons) if solutions else _ways(path, lessons)
    texts = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    for cell in texts:
        cell["source"] = _without_ways(cell["source"])
    if way and texts:
        _below_badge(texts[0], way)
        if not solutions:
            texts[-1]["source"] = f"{texts[-1]['source']}\n\n{way}"


def refresh(root: Path) -> list[Path]:
    """Writes the links of all notebooks, and nothing else in them.

    Args:
        root: the folder of notebooks.

    Returns:
        Those that changed, as when a lesson was added or got another name.
    """
    changed = []
    for path in notebooks(root):
        before, after = read_notebook(path), read_notebook(path)
        write_links(after, path, root)
        if after != before:
            changed.append(write_notebook(path, after))
    return changed


def linked(text: str, lessons: dict[str, str], here: str = "", before: str = "") -> str:
    """Turns every "lesson NN" of a text into a link, code and headings left alone.

    Args:
        text: Markdown; links that this function wrote are written anew.
        lessons: file names by number.
        here: the notebook's own file name, to which it needs no link.
        before: what leads from the notebook's folder to the lessons.

    Returns:
        The text.

    >>> linked("Lessons 01 and 02, not lesson 77.", {"01": "01_a.ipynb", "02": "02_b.ipynb"})
    '[Lessons 01](01_a.ipynb) and [02](02_b.ipynb), not lesson 77.'
    """
    text = _OURS.sub(r"\1", text)
    lines = []
    for line in text.split("\n"):
        parts = _CODE.split(line) if not line.startswith("#") else [line]
        if not line.startswith("#"):
            parts[::2] = [_mentions(part, lessons, here, before) for part in parts[::2]]
        lines.append("".join(parts))
    text = "\n".join(lines)
    return _SOLUTIONS.sub(r"[`\1`](\1)", text)


def _mentions(text: str, lessons: dict[str, str], here: str, before: str) -> str:
    def one(match: re.Match) -> str:
        target = lessons.get(match[0][-2:])
        return f"[{match[0]}]({before}{target})" if target and target != here else match[0]

    return _MENTION.sub(lambda match: _NUMBER.sub(one, match[0]), text)


def _lessons(root: Path) -> dict[str, str]:
    """File names of the lessons by number, the appendix last."""
    found = {}
    for path in notebooks(root):
        if path.parent == root and (match := _LESSON.match(path.name)):
            found[match[1] or match[2]] = path.name
    return found


def _ways(path: Path, lessons: dict[str, str]) -> str:
    """The line with the lessons before and after this one."""
    names = list(lessons.values())
    if path.name not in names:
        return ""
    place = names.index(path.name)
    ways = []
    for word, at in (("Previous", place - 1), ("Next", place + 1)):
        if 0 <= at < len(names):
            ways.append(f"{word}: [{_title(path.parent / names[at])}]({names[at]})")
    return " · ".join(ways)


def _back(path: Path, lessons: dict[str, str]) -> str:
    if path.name not in lessons.values():
        return ""
    return f"Lesson: [{_title(path.parent.parent / path.name)}](../{path.name})"


def _title(path: Path) -> str:
    return read_notebook(path)["cells"][0]["source"].splitlines()[0].removeprefix("# ")


def _without_ways(text: str) -> str:
    """The text without our line, and without the empty one before it."""
    lines: list[str] = []
    for line in text.split("\n"):
        if not _WAY.match(line):
            lines.append(line)
        elif lines and not lines[-1]:
            lines.pop()
    return "\n".join(lines)


def _below_badge(cell: Cell, way: str) -> None:
    """Puts our line below title and badge, the first three lines of a notebook."""
    lines = cell["source"].split("\n")
    lines[3:3] = ["", way]
    cell["source"] = "\n".join(lines)
