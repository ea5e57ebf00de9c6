"""A style classifier: the judge of style."""

from gan_lessons.models.classifier.architecture import ARCHITECTURE

__all__ = ["ARCHITECTURE"]
