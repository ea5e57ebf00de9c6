"""Grey of 12, 16 and 32 bits comes out as it was meant, and a guess is said."""

import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_lessons.images import deep_grey
from gan_lessons.images.gate import ImageError, open_image, open_layers

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
import damaged  # noqa: E402

UNSIGNED, SIGNED, FLOAT = 1, 2, 3
KINDS = {UNSIGNED: "u", SIGNED: "i", FLOAT: "f"}


def tiff(values: list, bits: int, form: int, *, dark_first: bool = True, order: str = "<") -> bytes:
    """A TIFF of one line by hand: Pillow writes neither unsigned 32 bits nor white as zero."""
    body = np.array(values, f"{order}{KINDS[form]}{bits // 8}").tobytes()
    tags = [(256, len(values)), (257, 1), (258, bits), (259, 1), (262, int(dark_first))]
    tags += [(273, 8), (277, 1), (278, 1), (279, len(body)), (339, form)]
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in tags)
    start = b"II" if order == "<" else b"MM"
    header = start + struct.pack(f"{order}HI", 42, 8 + len(body) + len(body) % 2)
    body += b"\0" * (len(body) % 2)
    return header + body + struct.pack(f"{order}H", len(tags)) + entries + bytes(4)


def png16(values: list) -> bytes:
    rows = b"\0" + np.array(values, ">u2").tobytes()
    return damaged.png(len(values), 1, 16, 0, zlib.compress(rows))


def shown(data: bytes | Image.Image) -> list[int]:
    image = open_image(data)
    return [image.getpixel((x, 0))[0] for x in range(image.width)]


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        (np.uint16, [0, 128, 129, 32768, 65535], [0, 0, 1, 128, 255]),
        (np.uint16, [0, 2048, 4095], [0, 128, 255]),
        (np.uint16, [0, 2048, 4096], [0, 8, 16]),  # one step more, and it cannot be 12 bits
        (np.uint16, [0, 100, 255], [0, 100, 255]),
        (np.int32, [-9, 0, 100, 255], [0, 0, 100, 255]),
        (np.int32, [0, 256, 65535], [0, 1, 255]),
        (np.int32, [0, 2**23, 2**24 - 1], [0, 128, 255]),
        (np.int32, [0, 2**30, 2**31 - 1], [0, 128, 255]),
        (np.float32, [0, 0.5, 1], [0, 128, 255]),
        (np.float32, [0, 0.5, 3.2], [0, 128, 255]),  # a lamp outshines white
        (np.float32, [-1, 0, 200.6], [0, 0, 201]),
        (np.float32, [np.nan, np.inf, 1], [0, 0, 255]),
        (np.float32, [0, 0, 0], [0, 0, 0]),
    ],
)
def test_scale(kind, values, wanted):
    assert shown(Image.fromarray(np.array([values], kind))) == wanted


class TestScans:
    """Twelve bits in a file of sixteen: what scanners, microscopes and clinics write."""

    @pytest.mark.parametrize("make", [png16, lambda values: tiff(values, 16, UNSIGNED)])
    def test_twelve_bits_are_no_black_picture(self, make):
        layers = open_layers(make([0, 1024, 2048, 4095]))
        assert [layers.rgb.getpixel((x, 0))[0] for x in range(4)] == [0, 64, 128, 255]
        assert layers.remarks == ("its 16 bits hold no value over 4,095: taken for 12",)

    def test_a_pgm_that_says_twelve(self):
        data = b"P5 3 1 4095\n" + np.array([0, 2048, 4095], ">u2").tobytes()
        assert shown(data) == [0, 128, 255]

    def test_a_tiff_that_says_twelve(self):
        packed = bytes([0x00, 0x08, 0x00, 0xFF, 0xF0, 0x00])  # 0, 2048, 4095 and nothing
        data = tiff([0, 0, 0], 16, UNSIGNED)
        data = data[:8] + packed + data[14:]
        where = data.index(struct.pack("<HHII", 258, 4, 1, 16))
        data = data[: where + 8] + struct.pack("<I", 12) + data[where + 12 :]
        layers = open_layers(data)
        assert [layers.rgb.getpixel((x, 0))[0] for x in range(3)] == [0, 128, 255]
        assert not layers.remarks

    def test_a_full_range_is_not_remarked_upon(self):
        assert open_layers(png16([0, 65535])).remarks == ()


class TestTiff:
    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize(
        ("values", "bits", "form", "wanted"),
        [
            ([0, 32768, 65535], 16, UNSIGNED, [0, 128, 255]),
            ([-3, 0, 16384, 32767], 16, SIGNED, [0, 0, 128, 255]),
            ([0, 2**30, 2**31 - 1], 32, SIGNED, [0, 128, 255]),
            ([0, 2**31, 2**32 - 1], 32, UNSIGNED, [0, 128, 255]),
            ([2**31, 2**31, 2**31], 32, UNSIGNED, [128, 128, 128]),  # even grey is not white
            ([0, 1000, 65535], 32, UNSIGNED, [0, 4, 255]),
            ([0, 0.5, 1], 32, FLOAT, [0, 128, 255]),
            ([0.5, 0.5, 0.5], 32, FLOAT, [128, 128, 128]),
        ],
    )
    def test_every_kind(self, values, bits, form, wanted, order):
        self.either(tiff(values, bits, form, order=order), wanted)

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize(
        ("values", "bits", "form", "wanted"),
        [
            ([0, 32768, 65535], 16, UNSIGNED, [255, 127, 0]),
            ([0, 2048, 4095], 16, UNSIGNED, [255, 127, 0]),
            ([0, 0.5, 1], 32, FLOAT, [255, 127, 0]),
            ([0, 100, 255], 8, UNSIGNED, [255, 155, 0]),
        ],
    )
    def test_white_as_zero(self, values, bits, form, wanted, order):
        self.either(tiff(values, bits, form, dark_first=False, order=order), wanted)

    def either(self, data: bytes, wanted: list[int]) -> None:
        """Rightly read, or refused as a kind that Pillow does not know; never read wrongly."""
        try:
            found = shown(data)
        except ImageError as error:
            assert data[:2] == b"MM", "in the usual order of bytes Pillow knows them all"
            assert "a TIFF of a kind that is not read here" in error.reason
        else:
            assert found == wanted


def test_a_band_at_a_time_is_the_same(monkeypatch):
    values = np.random.default_rng(0).integers(0, 65536, (50, 30)).astype(np.uint16)
    whole = open_image(Image.fromarray(values)).tobytes()
    monkeypatch.setattr(deep_grey, "_BAND", 70)
    assert open_image(Image.fromarray(values)).tobytes() == whole
    assert np.array_equal(
        np.frombuffer(whole, np.uint8)[::3].reshape(50, 30), (values / 257).round().astype(np.uint8)
    )


def test_compressed_and_tiled_alike():
    values = np.random.default_rng(0).integers(0, 65536, (40, 30)).astype(np.uint16)
    found = set()
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        buffer = io.BytesIO()
        Image.fromarray(values).save(buffer, "TIFF", compression=compression)
        found.add(open_image(buffer.getvalue()).tobytes())
    assert len(found) == 1
