"""Who made an image and under which licence, read from the two kinds of files that say it."""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

LICENCES: Mapping[str, str] = {
    "public domain": "public domain",
    "cc0 1.0": "CC0-1.0",
    "cc by 2.0": "CC-BY-2.0",
    "cc by 3.0": "CC-BY-3.0",
    "cc by 4.0": "CC-BY-4.0",
    "cc by sa 2.0": "CC-BY-SA-2.0",
    "cc by sa 3.0": "CC-BY-SA-3.0",
    "cc by sa 4.0": "CC-BY-SA-4.0",
    "gplv3 or later": "GPL-3.0-or-later",
    "gpl 3+": "GPL-3.0-or-later",
}
"""The licences that are taken, by the way they are written with spaces, and by their usual name."""

_FIELD = re.compile(r"([A-Z][\w-]*):\s*(.*)")


@dataclass(frozen=True)
class Credit:
    """What is known of an image; the licence is None where it is missing or not one of ours."""

    author: str = ""
    licence: str | None = None
    url: str = ""

    @property
    def title(self) -> str:
        """The name of the file that the address ends with, as a person would write it."""
        name = unquote(self.url.rsplit("/", 1)[-1]).removeprefix("File:")
        return re.sub(r"\.\w+$", "", name).replace("_", " ").strip(" .")


def licence_name(text: str) -> str | None:
    """The usual name of a licence, or None if it is not one that is taken.

    >>> licence_name("CC-BY-SA 4.0"), licence_name("Public domain"), licence_name("CC BY-NC 2.0")
    ('CC-BY-SA-4.0', 'public domain', None)
    """
    return LICENCES.get(" ".join(text.lower().replace("-", " ").split()))


def debian_credits(text: str) -> list[tuple[str, Credit]]:
    """The file patterns of a Debian copyright file with their credit, in the file's order.

    Args:
        text: the file, in Debian's machine-readable format.

    Returns:
        Pairs of pattern and credit. The last pattern that fits a path is the one that counts.
    """
    return [
        (pattern, _credit(fields))
        for fields in _paragraphs(text)
        for pattern in fields.get("Files", "").split()
    ]


def credit_for(path: str, credits: list[tuple[str, Credit]]) -> Credit:
    """The credit of a file by Debian's rule: of the patterns that fit, the last counts."""
    fitting = [credit for pattern, credit in credits if fnmatch.fnmatchcase(path, pattern)]
    return fitting[-1] if fitting else Credit()


def readme_credits(text: str) -> dict[str, Credit]:
    """The files that a GCompris README names, with their credit.

    Args:
        text: paragraphs of `Copyright:`, `License:`, `Source:` and `Files:`, in any order.

    Returns:
        Credit by path relative to the README.
    """
    found = {}
    for fields in _paragraphs(text):
        # Some paragraphs lack the line `Files:`, and the names follow the licence.
        listed = fields.get("Files", "") + "\n" + fields.get("License", "")
        names = re.findall(r"\S+\.(?:webp|jpg|png|svg)", listed)
        found.update((name, _credit(fields)) for name in names)
    return found


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            started = _FIELD.match(line)
            if started:
                name = started[1]
                fields[name] = started[2]
            elif name:
                fields[name] += "\n" + line.strip()
        yield fields


def _credit(fields: Mapping[str, str]) -> Credit:
    author = re.sub(r"\s*<?\(?[\w.+-]+@[\w.-]+\)?>?|^Copyright\s+", "", fields.get("Copyright", ""))
    first = fields.get("License", "").split("\n")[0]
    return Credit(
        author=" ".join(author.split()),
        licence=licence_name(first),
        url=fields.get("Source", "").strip(),
    )
