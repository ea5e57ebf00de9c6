"""CycleGAN: two translators that undo each other."""

from gan_lessons.models.cyclegan.architecture import ARCHITECTURE

__all__ = ["ARCHITECTURE"]
