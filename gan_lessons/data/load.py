"""From a name to a data set: a bundled one, or any folder with one subfolder a style."""

import os
from collections.abc import Callable
from pathlib import Path

from gan_lessons.data.style_dataset import BUNDLED, StyleDataset


def load_dataset(
    name: str | Path, *, size: int = 64, report: Callable[[str], None] | None = None
) -> StyleDataset:
    """Load a bundled set by name, or any folder with one subfolder a style.

    Args:
        name: "emoji_styles", "painted_photos", "letters", or a folder.
        size: side in pixels at which the images will be used.
        report: called with lines on how a folder was understood and what was left out of it;
            without it they go to the log.

    Returns:
        The whole set, all splits.

    Raises:
        ValueError: if the name is neither a bundled set nor a folder.
    """
    from gan_lessons.data import emoji, folders, letters, paintings

    if name == "emoji_styles":
        # Smaller sizes are made from the next larger archive, where batches are drawn.
        return emoji.load_emoji_styles(min((s for s in emoji.SIZES if s >= size), default=size))
    if name == "painted_photos":
        return paintings.load_painted_photos(size)
    if name == "letters":
        return letters.load_letters()
    if os.path.isdir(name):
        return folders.load_folder(Path(name), size, report=report)
    raise ValueError(
        f"no data set {str(name)!r}: expected {' or '.join(BUNDLED)}, "
        "or a folder with one subfolder of images for each style"
    )
