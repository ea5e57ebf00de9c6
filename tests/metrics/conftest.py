"""What several tests of measuring share."""

from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def drawn_set(tiny_dataset, tmp_path_factory) -> Path:
    """The tiny set as a user would have it, split by folders."""
    home = tmp_path_factory.mktemp("set") / "drawings"
    for i, key in enumerate(tiny_dataset.keys):
        side = "test" if tiny_dataset.splits[i] == "test" else "train"
        path = home / side / tiny_dataset.styles[tiny_dataset.labels[i]] / f"{key}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(tiny_dataset.images[i].permute(1, 2, 0).numpy()).save(path)
    return home
