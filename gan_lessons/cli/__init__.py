"""The command `gan-lessons`."""

from gan_lessons.cli.main import main

__all__ = ["main"]
