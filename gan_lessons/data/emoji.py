"""`emoji_styles`: the same emoji as eight families draw it.

Training on it is unpaired; that the true drawing of each concept exists in every style is kept for
measuring. The archive is built from packages that hold the drawings as SVG.
"""

from collections.abc import Mapping
from pathlib import Path

import torch

from gan_lessons.data.archive import sorted_members
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import share
from gan_lessons.images import gate

NAME = "emoji_styles"
SIZES = (64, 128)

# style: (npm package, version, licence, author)
SOURCES: Mapping[str, tuple[str, str, str, str]] = {
    "noto": ("@iconify-json/noto", "1.2.9", "Apache-2.0", "Google"),
    "noto_blob": ("@iconify-json/noto-v1", "1.2.5", "Apache-2.0", "Google"),
    "twemoji": ("@iconify-json/twemoji", "1.2.5", "CC-BY-4.0", "Twitter"),
    "openmoji": ("@iconify-json/openmoji", "1.2.29", "CC-BY-SA-4.0", "OpenMoji"),
    "emojione": ("@iconify-json/emojione", "1.2.3", "CC-BY-4.0", "Emoji One"),
    "fluent": ("@iconify-json/fluent-emoji", "1.2.7", "MIT", "Microsoft"),
    "fluent_flat": ("@iconify-json/fluent-emoji-flat", "1.2.6", "MIT", "Microsoft"),
    "fluent_ink": ("@iconify-json/fluent-emoji-high-contrast", "1.2.6", "MIT", "Microsoft"),
}
STYLES = tuple(SOURCES)


def load_emoji_styles(size: int = 64, path: Path | None = None) -> StyleDataset:
    """Read the archive.

    Args:
        size: side of the pictures in pixels; 64 is bundled, 128 has to be built first.
        path: the archive, if it lies elsewhere than with the course's files.

    Returns:
        All pictures, uint8 `(N, 3, size, size)`, sorted by style and key.

    Raises:
        ValueError: for another size, or if the archive has not been built.
    """
    check_size(size)
    members = sorted_members(path or _archive(size), STYLES, "key")
    rows = [row for row, _ in members]
    return StyleDataset(
        name=NAME,
        styles=STYLES,
        images=torch.stack([gate.decode_trusted(data) for _, data in members]),
        labels=torch.tensor([STYLES.index(row["style"]) for row in rows]),
        keys=tuple(row["key"] for row in rows),
        splits=tuple(row["split"] for row in rows),
        names=tuple(row["name"] for row in rows),
    )


def check_size(size: int) -> None:
    """Refuse a size that the set does not come at, by a `ValueError`."""
    if size not in SIZES:
        raise ValueError(f"emoji_styles comes at 64 or 128 pixels, not {size}; choose one of them")


def _archive(size: int) -> Path:
    try:
        return share("data", NAME, f"{NAME}_{size}.zip")
    except (ValueError, OSError) as error:
        raise ValueError(
            f"emoji_styles has not been built at {size} pixels; "
            f"run `gan-lessons data build {NAME} --size {size}`"
        ) from error
