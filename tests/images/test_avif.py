"""An AVIF says one size and may have been coded with another: its decoder takes memory by that."""

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from gan_lessons.images import gate
from gan_lessons.images.avif import coded_sizes
from gan_lessons.images.gate import ImageError, open_image

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
import damaged  # noqa: E402

pytestmark = pytest.mark.skipif(not features.check("avif"), reason="this Pillow knows no AVIF")


def avif(width: int, height: int, mode: str = "RGB", **options) -> bytes:
    pixels = damaged.picture(np.random.default_rng(0), height, width)
    image = Image.fromarray(pixels)
    if mode == "RGBA":
        image.putalpha(image.convert("L"))
    return damaged.encode(image, "AVIF", **options)


def claiming(data: bytes, width: int, height: int) -> bytes:
    """The same file with another size said in all places."""
    changed, at = bytearray(data), -1
    while (at := data.find(b"ispe", at + 1)) >= 0:
        struct.pack_into(">II", changed, at + 8, width, height)
    return bytes(changed)


@pytest.mark.parametrize("size", [(1, 1), (64, 48), (257, 31)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_coded_size_is_read(size, mode):
    sizes = coded_sizes(avif(*size, mode))
    assert set(sizes) == {size} and len(sizes) == len(mode) - 2


def test_and_that_of_an_animation():
    first, second = Image.new("RGB", (40, 24), "red"), Image.new("RGB", (40, 24), "blue")
    buffer = io.BytesIO()
    first.save(buffer, "AVIF", save_all=True, append_images=[second])
    sizes = coded_sizes(buffer.getvalue())
    assert set(sizes) == {(40, 24)} and len(sizes) == 2  # its still picture and its track
    assert open_image(buffer.getvalue()).getpixel((5, 5))[0] > 200


def test_a_picture_coded_larger_than_it_says_is_refused_before_it_is_decoded(monkeypatch):
    data = claiming(avif(256, 256), 64, 64)
    assert open_image(data).size == (64, 64)
    monkeypatch.setattr(gate, "MAX_PIXELS", 1.25 * 255 * 256)
    assert open_image(avif(64, 64)).size == (64, 64)
    with pytest.raises(ImageError, match="256 x 256 pixels, more than"):
        open_image(data)


def test_many_parts_may_not_ask_for_more_than_a_picture(monkeypatch):
    data = avif(64, 64, "RGBA")
    monkeypatch.setattr(gate, "MAX_PASSED", 2 * 64 * 64)
    assert open_image(data).size == (64, 64)
    monkeypatch.setattr(gate, "MAX_PASSED", 2 * 64 * 64 - 1)
    with pytest.raises(ImageError, match="more work than any picture needs"):
        open_image(data)


def test_any_damage_is_refused_or_read():
    whole, rng = avif(24, 16, "RGBA"), np.random.default_rng(0)
    for _ in range(3000):
        content = bytearray(whole)
        for at in rng.integers(0, min(len(content), 500), rng.integers(1, 4)):
            content[at] = rng.choice([0, 1, 127, 255, rng.integers(256)])
        try:
            coded_sizes(bytes(content))
        except (ValueError, IndexError, struct.error):
            pass
