"""A profile is judged by what it does to colours, whatever it is called."""

import io
import struct
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from gan_lessons.images.gate import open_image, open_layers

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
import damaged  # noqa: E402


def profile(*, gamma: float | None = None, name: str = "sRGB", space: str = "sRGB") -> bytes:
    """An ICC profile of sRGB's primaries, by hand if its curve shall be a power of the value.

    The name is written over the one that Pillow gives, letter for letter.
    """
    made = damaged.made_profile(space)
    if gamma is not None:
        count = struct.unpack_from(">I", made, 128)[0]
        changed = bytearray(made)
        for i in range(count):
            tag, offset, _ = struct.unpack_from(">4sII", made, 132 + 12 * i)
            if tag in (b"rTRC", b"gTRC", b"bTRC"):  # one curve, of the simplest kind
                curve = b"para" + bytes(4) + struct.pack(">HHi", 0, 0, round(gamma * 65536))
                changed[offset : offset + len(curve)] = curve
        made = bytes(changed)
    return made.replace("sRGB".encode("utf-16-be"), name[:4].encode("utf-16-be"))


def seen(pixel: tuple[int, ...], icc: bytes, mode: str = "RGB", form: str = "TIFF") -> list[int]:
    buffer = io.BytesIO()
    Image.new(mode, (3, 2), pixel).save(buffer, form, icc_profile=icc)
    return list(open_image(buffer.getvalue()).getpixel((1, 1)))


class TestNames:
    def test_linear_srgb_is_another_space_though_its_name_says_srgb(self):
        linear = profile(gamma=1.0)
        said = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(linear)))
        assert "sRGB" in said
        assert seen((220, 30, 20), linear) == pytest.approx([239, 96, 79], abs=1)

    @pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
    def test_in_every_format(self, form):
        found = seen((220, 30, 20), profile(gamma=1.0), form=form)
        assert found == pytest.approx([239, 96, 79], abs=6)  # JPEG and WebP lose some

    def test_a_gamma_of_its_own_under_that_name(self):
        wanted = [round(255 * srgb((v / 255) ** 1.8)) for v in (220, 30, 120)]
        assert seen((220, 30, 120), profile(gamma=1.8)) == pytest.approx(wanted, abs=2)

    def test_swapped_primaries_under_that_name(self):
        swapped = damaged.swapped_profile()
        named = swapped.replace("test".encode("utf-16-be"), "sRGB".encode("utf-16-be"))
        assert named != swapped
        assert seen((200, 30, 20), named) == pytest.approx([30, 200, 20], abs=3)

    def test_srgb_under_any_name_changes_nothing(self):
        for name in ("sRGB", "Xero"):
            for pixel in ((0, 0, 0), (220, 30, 20), (1, 2, 3), (254, 128, 77)):
                assert seen(pixel, profile(name=name)) == list(pixel)


def srgb(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


class TestOtherModes:
    def test_palette_and_transparency_take_it_too(self):
        linear, buffer = profile(gamma=1.0), io.BytesIO()
        image = Image.new("RGBA", (4, 4), (220, 30, 20, 255))
        image.putpixel((0, 0), (220, 30, 20, 0))
        image.save(buffer, "PNG", icc_profile=linear)
        opened = open_image(buffer.getvalue())
        assert opened.getpixel((0, 0)) == (255, 255, 255)
        assert list(opened.getpixel((1, 1))) == pytest.approx([239, 96, 79], abs=1)
        buffer = io.BytesIO()
        flat = Image.new("RGB", (4, 4), (220, 30, 20)).quantize(2)
        flat.save(buffer, "PNG", icc_profile=linear)
        assert list(open_image(buffer.getvalue()).getpixel((1, 1))) == pytest.approx(
            [239, 96, 79], abs=1
        )

    def test_lab_is_converted_once(self):
        """Its numbers mean colours already: a profile beside them has nothing to add."""
        pixels = damaged.picture(np.random.default_rng(0), 20, 30)
        lab = Image.fromarray(pixels).convert("LAB")
        for icc in (None, profile(gamma=1.0), damaged.made_profile("LAB")):
            buffer = io.BytesIO()
            lab.save(buffer, "TIFF", **({"icc_profile": icc} if icc else {}))
            found = np.asarray(open_image(buffer.getvalue())).astype(int)
            assert np.abs(found - pixels).mean() < 4

    def test_a_profile_that_does_not_fit_is_left_out_and_that_is_said(self):
        for icc in (damaged.made_profile("LAB"), b"no profile at all", profile()[:90]):
            buffer = io.BytesIO()
            Image.new("RGB", (3, 2), (9, 99, 200)).save(buffer, "TIFF", icc_profile=icc)
            layers = open_layers(buffer.getvalue())
            assert layers.rgb.getpixel((0, 0)) == (9, 99, 200)
            assert len(layers.remarks) == 1 and "taken for sRGB" in layers.remarks[0]

    def test_one_bit(self):
        buffer = io.BytesIO()
        Image.fromarray(np.array([[True, False]])).save(buffer, "PNG")
        image = open_image(buffer.getvalue())
        assert [image.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (0, 0, 0)]


def chain(links: int) -> bytes:
    """A profile whose way to XYZ has so many links, all of them the same two."""
    turn = (0.9, 0.1, 0, 0, 0.9, 0.1, 0.1, 0, 0.9, 0, 0, 0)
    matrix = b"matf" + bytes(4) + struct.pack(">HH12f", 3, 3, *turn)
    curve = b"curf" + bytes(4) + struct.pack(">HH", 1, 0)
    curve += b"parf" + bytes(4) + struct.pack(">HH4f", 0, 0, 1, 1, 0, 0)
    curves = b"cvst" + bytes(4) + struct.pack(">HH6I", 3, 3, *(36, len(curve)) * 3) + curve
    places = [(16 + 8 * links, len(matrix)), (16 + 8 * links + len(matrix), len(curves))]
    way = b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, links)
    way += b"".join(struct.pack(">II", *places[k % 2]) for k in range(links)) + matrix + curves
    head = struct.pack(">I4xI4s4s4s", 144 + len(way), 0x04400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s28xI3i", 2020, 1, 1, 0, 0, 0, b"acsp", 0, 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"D2B0", 144, len(way)) + way


def test_a_chain_of_endless_computations_is_not_begun():
    """As a PNG of 429 bytes it took minutes."""
    assert ImageCms.ImageCmsProfile(io.BytesIO(chain(4))).profile.xcolor_space == "RGB "
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (10, 200, 30)).save(buffer, "PNG", icc_profile=chain(4000))
    began = time.process_time()
    made = open_layers(buffer.getvalue())
    assert time.process_time() - began < 5
    assert made.rgb.getpixel((0, 0)) == (10, 200, 30) and "taken for sRGB" in made.remarks[0]
