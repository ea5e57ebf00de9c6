"""CUT: one translator whose patches are found again in their source."""

from gan_lessons.models.cut.architecture import ARCHITECTURE

__all__ = ["ARCHITECTURE"]
