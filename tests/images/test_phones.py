"""Phones write HEIC: it is read where its plug-in is installed, upright and within the bounds."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_lessons.images import gate
from gan_lessons.images.gate import ImageError, open_image, open_layers

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
import damaged  # noqa: E402

pillow_heif = pytest.importorskip("pillow_heif", reason="the extra `data` reads HEIC")


def heic(image: Image.Image, **options) -> bytes:
    options = {"quality": 95, "chroma": 444} | options
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, **options)
    return buffer.getvalue()


def sample(height: int = 40, width: int = 56) -> np.ndarray:
    return damaged.picture(np.random.default_rng(3), height, width)


def distance(data: bytes, wanted: np.ndarray) -> float:
    return np.abs(np.asarray(open_image(data)).astype(int) - wanted).mean()


class TestPixels:
    def test_come_through(self, tmp_path):
        (tmp_path / "IMG 0001.HEIC").write_bytes(heic(Image.fromarray(sample())))
        image = open_image(tmp_path / "IMG 0001.HEIC")
        assert (image.mode, image.size, image.info) == ("RGB", (56, 40), {})
        assert distance((tmp_path / "IMG 0001.HEIC").read_bytes(), sample()) < 3

    def test_upright(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        camera = np.ascontiguousarray(sample().transpose(1, 0, 2)[::-1])
        data = heic(Image.fromarray(camera), exif=exif.tobytes())
        assert open_image(data).size == (56, 40) and distance(data, sample()) < 3

    def test_the_colours_of_its_profile(self):
        """Phones write a space wider than sRGB; here one with red and green exchanged."""
        image = Image.fromarray(sample())
        image.info["icc_profile"] = damaged.swapped_profile()
        assert distance(heic(image), sample()[..., [1, 0, 2]]) < 6

    def test_transparency(self):
        pixels = np.dstack([sample(), np.full((40, 56), 255, np.uint8)])
        pixels[:20, :, 3] = 0
        layers = open_layers(heic(Image.fromarray(pixels), quality=-1))
        assert layers.rgb.getpixel((5, 5)) == (255, 255, 255)
        assert layers.alpha.getpixel((5, 5)) == 0 and layers.alpha.getpixel((5, 35)) == 255

    def test_of_several_the_main_one(self):
        file = pillow_heif.from_pillow(Image.fromarray(sample()))
        file.add_from_pillow(Image.new("RGB", (64, 64), (1, 2, 3)))
        buffer = io.BytesIO()
        file.save(buffer, quality=95)
        layers = open_layers(buffer.getvalue())
        assert layers.rgb.size == (56, 40)
        assert layers.remarks == ("it holds several pictures: the first was taken",)


class TestRefusals:
    def test_damaged_ones_are_named(self):
        data = heic(Image.fromarray(sample()))
        for share in (0.1, 0.5, 0.9):
            with pytest.raises(ImageError, match="damaged|cut short"):
                open_image(data[: int(len(data) * share)])

    def test_thousands_of_mutations(self):
        whole = heic(Image.fromarray(sample(16, 16)))
        rng = np.random.default_rng(0)
        taken = 0
        for _ in range(1500):
            content = bytearray(whole)
            for at in rng.integers(0, len(content), rng.integers(1, 4)):
                content[at] = rng.integers(0, 256)
            try:
                image = open_image(bytes(content))
            except ImageError:
                continue
            taken += 1
            assert image.mode == "RGB" and image.width * image.height <= gate.MAX_PIXELS
        assert taken

    @pytest.mark.parametrize("size", [(9000, 9000), (70_000, 16), (0, 5)])
    def test_a_claim_is_refused_before_anything_is_decoded(self, size):
        data = bytearray(heic(Image.fromarray(sample())))
        at = data.index(b"ispe") + 8
        struct.pack_into(">II", data, at, *size)
        with pytest.raises(ImageError, match="million|longer than|no pixels|damaged"):
            open_image(bytes(data))


def test_the_plug_in_is_read_only_for_such_a_file():
    code = (
        "import sys\n"
        "from gan_lessons.images.gate import open_image\n"
        "from PIL import Image\n"
        "import io\n"
        "b = io.BytesIO(); Image.new('RGB', (3, 3)).save(b, 'PNG')\n"
        "open_image(b.getvalue())\n"
        "print('pillow_heif' in sys.modules)\n"
    )
    home = str(Path(gate.__file__).parents[2])
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=home, check=True
    )
    assert result.stdout.strip() == "False"


def test_without_the_plug_in_the_message_says_what_to_install(monkeypatch):
    data = heic(Image.fromarray(sample()))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r"a HEIC picture; install what reads it with pip .*data"):
        open_image(data)
