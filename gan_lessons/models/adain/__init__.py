"""AdaIN: style transfer by statistics."""

from gan_lessons.models.adain.architecture import ARCHITECTURE

__all__ = ["ARCHITECTURE"]
