"""What a small file may ask for: memory, passes, waiting. It is refused before it is done."""

import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_lessons.images import gate
from gan_lessons.images.gate import ImageError, open_image
from gan_lessons.images.header import jpeg_scans, webp_canvas

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
import damaged  # noqa: E402


def jpeg(size: tuple[int, int] = (96, 64), **options) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return damaged.encode(Image.fromarray(noise), "JPEG", **options)


def repeated(scans: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """A progressive JPEG whose last scan comes again and again until it has so many."""
    data = jpeg(size, progressive=True)
    end = data.rindex(b"\xff\xd9")
    last = data.rindex(b"\xff\xda")
    tables = data.rindex(b"\xff\xc4", 0, last)
    return data[:end] + data[tables:end] * (scans - jpeg_scans(data)) + data[end:]


def riff(kind: bytes, body: bytes) -> bytes:
    content = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(content)) + content


def vp8x(width: int, height: int) -> bytes:
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return riff(b"VP8X", bytes(4) + sides)


def remarks(count: int, size: int = 60) -> bytes:
    """A JPEG with EXIF in so many segments."""
    data, part = jpeg(), b"Exif\0\0" + bytes(size)
    segment = b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part
    return data[:2] + segment * count + data[2:]


def test_exif_in_a_hundred_thousand_segments_is_refused_at_once():
    """Seven megabytes took more than a minute: each segment made all before it be copied."""
    began = time.process_time()
    with pytest.raises(ImageError, match="cut into more parts than any picture needs"):
        open_image(remarks(90_000))
    assert time.process_time() - began < 5
    assert open_image(remarks(gate.MAX_NOTES)).size == (96, 64)


class TestScans:
    def test_are_counted(self):
        assert jpeg_scans(jpeg()) == 1
        assert jpeg_scans(jpeg(progressive=True)) == 10
        assert jpeg_scans(repeated(57)) == 57

    def test_a_thumbnail_and_what_follows_the_end_do_not_count(self):
        inner = repeated(40)[2:]
        comment = b"\xff\xfe" + struct.pack(">H", len(inner) + 2) + inner
        data = jpeg()
        assert jpeg_scans(data[:2] + comment + data[2:] + repeated(40)) == 1

    def test_as_many_as_allowed_and_one_more(self):
        assert open_image(repeated(gate.MAX_SCANS)).size == (96, 64)
        with pytest.raises(ImageError, match="asks for 101 passes, more than the 100 allowed"):
            open_image(repeated(gate.MAX_SCANS + 1))

    def test_a_small_file_that_asks_for_a_minute_is_refused_at_once(self):
        plain = damaged.encode(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
        end, last = plain.rindex(b"\xff\xd9"), plain.rindex(b"\xff\xda")
        data = plain[:end] + plain[last:end] * 5000 + plain[end:]
        assert len(data) < 2**20
        done = threading.Event()

        def look():
            with pytest.raises(ImageError, match="passes"):
                open_image(data)
            done.set()

        threading.Thread(target=look, daemon=True).start()
        assert done.wait(10)

    def test_a_large_picture_may_ask_for_fewer(self, monkeypatch):
        monkeypatch.setattr(gate, "MAX_PASSED", 12 * 96 * 64)
        assert open_image(repeated(12)).size == (96, 64)
        with pytest.raises(ImageError, match="asks for 13 passes, more than the 12 allowed"):
            open_image(repeated(13))

    def test_the_most_that_is_allowed_takes_seconds(self):
        """The whole gate's longest pass over a JPEG, in time of the processor."""
        plain = damaged.encode(Image.new("RGB", (8000, 8000)), "JPEG", progressive=True)
        end, first = plain.rindex(b"\xff\xd9"), plain.index(b"\xff\xda")
        scan = plain[first : plain.index(b"\xff\xc4", first)]  # of three components at once
        data = plain[:end] + scan * (20 - jpeg_scans(plain)) + plain[end:]
        began = time.process_time()
        assert open_image(data).size == (8000, 8000)
        assert time.process_time() - began < 30

    def test_counting_takes_no_longer_for_hostile_bytes(self):
        for filler in (b"\xff", b"\xff\xd0", b"\xff\xda\x00\x00", b"\xff\x01"):
            jpeg_scans(b"\xff\xd8" + filler * (2**20 // len(filler)))


class TestSize:
    @pytest.mark.parametrize("size", [(1, 65_536), (65_536, 1), (64_000_000, 1), (1, 64_000_000)])
    def test_strips(self, size):
        width, height = size
        lines = zlib.compress(bytes((width + 1) * height if width > height else 2 * height))
        data = damaged.png(width, height, 8, 0, lines)
        with pytest.raises(ImageError, match="longer than the 65,535 allowed; cut it"):
            open_image(data)

    def test_the_longest_side_is_taken(self):
        data = damaged.png(1, gate.MAX_SIDE, 8, 0, zlib.compress(bytes(2 * gate.MAX_SIDE)))
        assert open_image(data).size == (1, gate.MAX_SIDE)

    def test_webp_canvas_is_read_as_pillow_reads_it(self):
        image = Image.new("RGB", (311, 77), (9, 8, 7))
        for options in ({"lossless": True}, {"lossless": False}, {"exif": b"Exif\0\0II*\0"}):
            assert webp_canvas(damaged.encode(image, "WEBP", **options)) == (311, 77)
        assert webp_canvas(vp8x(16_383, 12_345)) == (16_383, 12_345)
        assert webp_canvas(b"RIFF") is None and webp_canvas(jpeg()) is None
        assert webp_canvas(riff(b"VP8L", b"")) is None

    def test_a_webp_of_forty_bytes_costs_nothing(self):
        bits = struct.pack("<I", 11_999 | 11_999 << 14)
        for data in (vp8x(12_000, 12_000), riff(b"VP8L", b"\x2f" + bits + bytes(9))):
            assert len(data) <= 46
            added, said = peak_of(data)
            assert "12,000 x 12,000 pixels" in said and added < 20

    @pytest.mark.parametrize("form", ["WEBP", "AVIF", "JPEG", "PNG"])
    def test_the_most_that_is_allowed_stays_within_what_is_said(self, form):
        """Transparent and turned, at a quarter of the pixels: 700 MB for all of them."""
        if form not in damaged.FORMATS:
            pytest.skip("this Pillow knows no AVIF")
        side = int((gate.MAX_PIXELS / gate._COSTLY.get(form, 1) / 4) ** 0.5)
        exif = Image.Exif()
        exif[0x0112] = 6
        mode = "RGB" if form == "JPEG" else "RGBA"
        fast = {"WEBP": {"method": 0}, "AVIF": {"speed": 10}, "PNG": {"compress_level": 1}}
        image = Image.new(mode, (side, side), (10, 20, 30, 40)[: len(mode)])
        data = damaged.encode(image, form, exif=exif, **fast.get(form, {}))
        added, said = peak_of(data)
        assert not said and added < 700 / 4 + 25  # a decoder takes some for itself


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def tiff(width: int, height: int, packed: bytes, more: dict[int, int]) -> bytes:
    """An RGB picture packed by zlib, with more tags; `None` stands for where the data lie."""
    tags = {256: width, 257: height, 259: 8, 262: 2, 277: 3} | more
    tags = dict(sorted((tags | {258: 0}).items()))
    at = 8 + 2 + 12 * len(tags) + 4
    rows = b""
    for tag, value in tags.items():
        value = at + 6 if value is None else value
        how = (3, 3, at) if tag == 258 else (4, 1, value)
        rows += struct.pack("<HHII", tag, *how)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + bytes(4)
    return head + struct.pack("<HHH", 8, 8, 8) + packed


class TestParts:
    def many(self, number: int) -> dict[str, bytes]:
        picture = Image.new("RGB", (8, 8))
        plain, photo = damaged.encode(picture, "PNG"), damaged.encode(picture, "JPEG")
        at = 8 + 25  # behind a PNG's head
        return {
            "chunks": plain[:at] + chunk(b"IDAT") * number + plain[at:],
            "notes": plain[:at] + chunk(b"abCd") * (number // 100) + plain[at:],
            "profiles": plain[:at] + chunk(b"iCCP", b"x\0\0") * (number // 100) + plain[at:],
            "segments": photo[:2] + b"\xff\xfe\0\2" * number + photo[2:],
            "remarks": b"P3\n8 8\n255\n" + b"#\n" * (number // 100) + b"9 " * 192,
        }

    @pytest.mark.parametrize("kind", ["chunks", "notes", "profiles", "segments", "remarks"])
    def test_too_many_are_refused_before_they_are_read(self, kind):
        began = time.process_time()
        with pytest.raises(ImageError, match="more parts than any picture needs"):
            open_image(self.many(3 * gate.MAX_PARTS)[kind])
        assert time.process_time() - began < 5
        assert open_image(self.many(gate.MAX_PARTS // 2)[kind]).size == (8, 8)

    def test_a_head_that_never_ends(self):
        for filler in (b"#\n", b" ", b"# a remark\r\n"):
            with pytest.raises(ImageError, match="more parts"):
                open_image(b"P6\n" + filler * 2**20 + b"1 1 255\n123")
        assert open_image(b"P6 # one remark\n1 1 255\n123").getpixel((0, 0)) == (49, 50, 51)

    def test_what_is_decoded_number_by_number(self, monkeypatch):
        plain = b"P3 100 100 255\n" + b"9 " * 30_000
        assert open_image(plain).size == (100, 100)
        monkeypatch.setattr(gate, "MAX_SLOW_BYTES", 2**15)
        with pytest.raises(ImageError, match="allowed of its kind; save it as PNG"):
            open_image(plain)
        assert open_image(b"P6 100 100 255\n" + bytes(30_000)).size == (100, 100)

    def test_tiles_and_strips_of_a_tiff(self):
        row = zlib.compress(bytes(64 * 64 * 3))
        whole = {273: None, 278: 64, 279: len(row)}
        assert open_image(tiff(64, 64, row, whole)).size == (64, 64)
        tiles = {322: 64, 323: 64, 324: None, 325: len(row)}
        assert open_image(tiff(64, 64, row, tiles)).size == (64, 64)
        added, said = peak_of(tiff(64, 64, row, tiles | {322: 26_000, 323: 26_000}))
        assert "strips or tiles are too large" in said and added < 20
        many = {258: 3, 278: 2**32 - 1, 273: None, 279: len(row)}
        added, said = peak_of(tiff(8000, 8000, row, many))
        assert said and added < 700


def peak_of(data: bytes) -> tuple[int, str]:
    """MB that opening adds, in a process of its own, and the refusal if there was one."""
    result = subprocess.run(
        [sys.executable, "-c", MEASURED],
        input=data,
        env=os.environ | {"PYTHONPATH": str(Path(gate.__file__).parents[2])},
        capture_output=True,
    )
    assert result.returncode == 0, result.stderr.decode()
    added, _, said = result.stdout.decode().partition(" ")
    return int(added), said.strip()


MEASURED = """
import re, resource, sys
from pathlib import Path
from gan_lessons.images.gate import ImageError, open_image

def peak():
    try:  # getrusage would remember the size of the process that started this one
        return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    except OSError:
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit

data, said = sys.stdin.buffer.read(), ""
before = peak()
try:
    open_image(data)
except ImageError as error:
    said = str(error)
print(round(peak() - before), said)
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
class TestWaiting:
    """Nobody writes into these pipes: whoever opens one to read as usual waits for ever."""

    @pytest.fixture
    def pipe(self, tmp_path) -> Path:
        os.mkfifo(tmp_path / "x.png")
        return tmp_path / "x.png"

    def test_a_pipe_is_no_image(self, pipe, tmp_path):
        link = tmp_path / "link.png"
        link.symlink_to(pipe)
        for path in (pipe, link, "/dev/zero"):
            with pytest.raises(ImageError, match="not an ordinary file"):
                open_image(path)
