"""The bundled sets, read once for all tests of this folder."""

import pytest

from gan_lessons.data import emoji, paintings


@pytest.fixture(scope="session")
def drawings():
    """emoji_styles at 64 px."""
    return emoji.load_emoji_styles(64)


@pytest.fixture(scope="session")
def pictures():
    """painted_photos, reduced for crops of 64 px."""
    return paintings.load_painted_photos(64)
