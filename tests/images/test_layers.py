"""What shone through is kept beside the picture, and can be given back."""

import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan_lessons.images.gate import encode_image, open_image, open_layers, with_alpha

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
import damaged  # noqa: E402


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    return damaged.encode(image, form, **options)


def little_png(depth: int, values: list[int], clear: int, colour: int = 0) -> bytes:
    """One line of grey at 1, 2, 4, 8 or 16 bits, one value of which is declared transparent."""
    bits = "".join(f"{value:0{depth}b}" for value in values)
    bits += "0" * (-len(bits) % 8)
    row = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    key = damaged.chunk(b"tRNS", struct.pack(">H", clear))
    return damaged.png(len(values), 1, depth, colour, zlib.compress(b"\0" + row), key)


class TestClearValue:
    @pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
    def test_of_grey_at_any_depth(self, depth):
        top = 2**depth - 1
        values = sorted({0, 1, top // 2, top})
        for clear in values:
            layers = open_layers(little_png(depth, values, clear))
            for x, value in enumerate(values):
                grey = 255 if value == clear else round(255 * value / top)
                if depth == 16:
                    assert abs(layers.rgb.getpixel((x, 0))[0] - grey) <= 1
                else:
                    assert layers.rgb.getpixel((x, 0)) == (grey,) * 3
                assert layers.alpha.getpixel((x, 0)) == (0 if value == clear else 255)

    def test_of_sixteen_bits_of_colour(self):
        pixels = np.array([[[1000, 2000, 3000], [60000, 5, 9]]], ">u2")
        key = damaged.chunk(b"tRNS", struct.pack(">HHH", 1000, 2000, 3000))
        data = damaged.png(2, 1, 16, 2, zlib.compress(b"\0" + pixels.tobytes()), key)
        image = open_image(data)
        assert image.getpixel((0, 0)) == (255, 255, 255) and image.getpixel((1, 0))[0] == 234

    def test_a_given_image_keeps_what_it_said(self):
        image = Image.open(io.BytesIO(little_png(2, [0, 1, 2, 3], 3)))
        assert open_image(image).getpixel((3, 0)) == (255, 255, 255)
        assert image.info["transparency"] == 3


class TestAlpha:
    @pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
    def test_comes_beside_the_picture_on_white(self, form):
        rng = np.random.default_rng(1)
        pixels = np.dstack([damaged.picture(rng, 20, 30), damaged.picture(rng, 20, 30)[..., 0]])
        layers = open_layers(encoded(Image.fromarray(pixels), form))
        assert np.array_equal(np.asarray(layers.alpha), pixels[..., 3])
        assert layers.remarks == ("it is transparent: laid on white",)
        assert layers.rgb.mode == "RGB"

    def test_is_none_where_nothing_shines_through(self):
        for image in (Image.new("RGBA", (4, 3), (1, 2, 3, 255)), Image.new("RGB", (4, 3))):
            layers = open_layers(encoded(image))
            assert layers.alpha is None and layers.remarks == ()

    def test_of_a_palette_and_of_grey(self):
        index = Image.new("P", (3, 1))
        index.putpalette([9, 9, 9, 200, 10, 20, 50, 60, 70])
        index.putdata([0, 1, 2])
        data = encoded(index, transparency=bytes([255, 0, 128]))
        assert list(open_layers(data).alpha.tobytes()) == [255, 0, 128]
        grey = Image.fromarray(np.array([[[7, 255], [9, 31]]], np.uint8))
        assert list(open_layers(encoded(grey)).alpha.tobytes()) == [255, 31]

    def test_turns_with_the_picture(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        image = Image.new("RGBA", (4, 2), (10, 20, 30, 255))
        image.putpixel((0, 0), (10, 20, 30, 0))
        layers = open_layers(encoded(image, exif=exif))
        assert layers.rgb.size == layers.alpha.size == (2, 4)
        assert layers.alpha.getpixel((1, 0)) == 0
        assert layers.rgb.getpixel((1, 0)) == (255, 255, 255)


class TestGivenBack:
    @given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9))
    def test_laid_on_white_again_it_is_the_same(self, seed, width, height):
        rng = np.random.default_rng(seed)
        pixels = rng.integers(0, 256, (height, width, 4), dtype=np.uint8)
        layers = open_layers(encoded(Image.fromarray(pixels)))
        if layers.alpha is None:
            return
        back = with_alpha(layers.rgb, layers.alpha)
        assert back.mode == "RGBA"
        again = np.asarray(open_image(encoded(back))).astype(int)
        assert np.abs(again - np.asarray(layers.rgb)).max() <= 1

    def test_no_white_edge_is_left(self):
        """A red disc's soft edge is red on any ground, not pink."""
        half = Image.new("RGBA", (1, 1), (200, 0, 0, 128))
        layers = open_layers(encoded(half))
        assert layers.rgb.getpixel((0, 0))[1] == 127
        back = with_alpha(layers.rgb, layers.alpha).getpixel((0, 0))
        assert back[3] == 128 and back[:3] == pytest.approx((200, 0, 0), abs=2)

    def test_takes_the_size_of_the_picture(self):
        result = with_alpha(Image.new("RGB", (20, 10)), Image.new("L", (40, 20), 77))
        assert result.size == (20, 10) and result.getpixel((5, 5))[3] == 77

    def test_is_written_where_the_format_can(self):
        image = Image.new("RGBA", (6, 5), (10, 200, 30, 100))
        for form in ("PNG", "WEBP"):
            layers = open_layers(encode_image(image, form, quality=100))
            assert layers.alpha.getpixel((2, 2)) == 100
        assert open_layers(encode_image(image, "JPEG")).alpha is None
