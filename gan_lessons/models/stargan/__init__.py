"""The style-transfer model: recipe, networks, losses, one step."""

from gan_lessons.models.stargan.architecture import ARCHITECTURE

__all__ = ["ARCHITECTURE"]
