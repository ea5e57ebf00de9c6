"""What the look through a data set says: as text for a person, as plain values for a program."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import groupby

from gan_lessons.text import printable, spelled

_STYLES = 6  # named in a heading
_TO_MEND = 200  # unreadable files named under one


@dataclass(frozen=True)
class Finding:
    """One thing that was found: its kind, how grave it is, where, and what to do.

    `severity` is "error" (to be mended: files are left out, or styles cannot be told apart),
    "warning" (training suffers) or "note". `files` names those that are meant; of what holds for
    most of a style only some, and `count` says of how many.
    """

    kind: str
    severity: str
    text: str
    advice: str
    style: str | None = None
    files: tuple[str, ...] = ()
    count: int = 0

    def __post_init__(self):
        object.__setattr__(self, "count", max(self.count, len(self.files)))


@dataclass(frozen=True)
class Report:
    """What was found in a folder.

    `layout` says how the folder was understood, `images` counts the readable images of each style;
    `findings` come gravest first.
    """

    directory: str
    images: dict[str, int]
    findings: tuple[Finding, ...]
    layout: str = "one folder a style"

    @property
    def ok(self) -> bool:
        """Whether nothing graver than a note was found."""
        return all(finding.severity == "note" for finding in self.findings)

    def to_dict(self) -> dict:
        """The report as plain values, ready for JSON; names that are no text are spelled out."""
        findings = [
            asdict(one) | {"files": [spelled(file) for file in one.files]} for one in self.findings
        ]
        return {
            "directory": spelled(self.directory),
            "layout": self.layout,
            "ok": self.ok,
            "images": self.images,
            "findings": findings,
        }

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False)

    def to_text(self, limit: int = 5) -> str:
        """The report as text.

        Args:
            limit: how many files of a finding to name; of unreadable ones, up to 200.
        """
        counts = ", ".join(f"{style} {count}" for style, count in self.images.items())
        lines = [f"{self.directory}: {self.layout}; {len(self.images)} styles ({counts or 'none'})"]
        for (severity, kind, text, advice), ones in groupby(self.findings, key=_heading):
            ones = list(ones)
            lines += ["", f"{severity}: {kind}{_where(ones)}: {text}"]
            names = _lines(kind, ones)
            shown = names[: _TO_MEND if kind == "unreadable" else limit]
            lines += [f"    {name}" for name in shown]
            more = max(len(names), 0 if "duplicates" in kind else _total(ones)) - len(shown)
            if more:
                lines.append(f"    and {more:,} more")
            lines.append(f"  {advice[0].upper()}{advice[1:]}.")
        if not self.findings:
            lines.append("Nothing to complain about.")
        return "\n".join(map(printable, lines)) + "\n"


def _heading(one: Finding) -> tuple[str, str, str, str]:
    return one.severity, one.kind, one.text, one.advice


def _total(ones: list[Finding]) -> int:
    return sum(one.count for one in ones)


def _where(ones: list[Finding]) -> str:
    """In which styles, and how often."""
    styles = Counter()
    for one in ones:
        styles[one.style] += 1 if "duplicates" in one.kind else one.count
    styles.pop(None, None)
    if not styles:
        return ""
    each = [f"{style} ({count:,})" if count > 1 else style for style, count in styles.items()]
    more = [f"{len(each) - _STYLES} more styles"] if len(each) > _STYLES else []
    return f" in {', '.join(each[:_STYLES] + more)}"


def _lines(kind: str, ones: list[Finding]) -> list[str]:
    """A line for each group of duplicates, or for each file."""
    if "duplicates" in kind:
        return [" = ".join(one.files) for one in ones]
    return [name for one in ones for name in one.files]
