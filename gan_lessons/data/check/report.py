"""What the look through a data set says: as text for a person, as plain values for a program."""

import json
from dataclasses import asdict, dataclass
from itertools import groupby

from gan_lessons.text import printable


@dataclass(frozen=True)
class Finding:
    """One thing that was found: its kind, how grave it is, where, and what to do.

    `severity` is "error" (to be mended: files are left out, or styles cannot be told apart),
    "warning" (training suffers) or "note".
    """

    kind: str
    severity: str
    text: str
    advice: str
    style: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What was found in a folder.

    `images` counts the readable images of each style; `findings` come gravest first.
    """

    directory: str
    images: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing graver than a note was found."""
        return all(finding.severity == "note" for finding in self.findings)

    def to_dict(self) -> dict:
        """The report as plain values, ready for JSON."""
        findings = [asdict(one) | {"files": list(one.files)} for one in self.findings]
        return {
            "directory": self.directory,
            "ok": self.ok,
            "images": self.images,
            "findings": findings,
        }

    def to_json(self) -> str:
        """The report as JSON text, every file named."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False)

    def to_text(self, limit: int = 20) -> str:
        """The report as text.

        Args:
            limit: how many lines of a finding to show. Unreadable files are all named.
        """
        counts = ", ".join(f"{style} {count}" for style, count in self.images.items())
        lines = [f"{self.directory}: {len(self.images)} styles ({counts or 'none'})"]
        for (severity, kind, style, text, advice), ones in groupby(self.findings, key=_heading):
            lines += ["", f"{severity}: {kind}{f' in {style}' if style else ''}: {text}"]
            names = _lines(kind, list(ones))
            shown = names if kind == "unreadable" else names[:limit]
            lines += [f"    {name}" for name in shown]
            if len(shown) < len(names):
                lines.append(f"    and {len(names) - len(shown)} more")
            lines.append(f"  {advice[0].upper()}{advice[1:]}.")
        if not self.findings:
            lines.append("Nothing to complain about.")
        return "\n".join(map(printable, lines)) + "\n"


def _heading(one: Finding) -> tuple[str, str, str | None, str, str]:
    return one.severity, one.kind, one.style, one.text, one.advice


def _lines(kind: str, ones: list[Finding]) -> list[str]:
    """A line for each group of duplicates, or for each file."""
    if "duplicates" in kind:
        return [" = ".join(one.files) for one in ones]
    return [name for one in ones for name in one.files]
