"""Interactive pieces over the models and figures of the course."""

from gan_lessons.widgets.explorer.style_explorer import StyleExplorer

__all__ = ["StyleExplorer"]
