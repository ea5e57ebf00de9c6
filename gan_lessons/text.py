"""Texts for people: counts, durations, names that any terminal can show."""

from pathlib import Path


def count_of(number: int, thing: str) -> str:
    """A number with its noun: "1 picture", "3 pictures"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """A length of time for people: "9 days", "3 h 20 min", "12 min", "40 s"."""
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86_400
    if days >= 5:
        return f"{days:,.0f} days"
    if hours >= 1:
        return f"{int(hours)} h {int(minutes % 60):02d} min"
    return f"{minutes:.0f} min" if minutes >= 2 else f"{seconds:.0f} s"


def printable(path: str | Path) -> str:
    """A path as text that any terminal and JSON can hold."""
    return "".join(c if c.isprintable() else "?" for c in str(path))
