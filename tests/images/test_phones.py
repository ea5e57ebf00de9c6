"""Phones write HEIC: it is read where its plug-in is installed, upright and within the bounds."""

import io
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_lessons.images import gate
from gan_lessons.images.gate import ImageError, open_image, open_layers
from gan_lessons.images.phones import asked_pixels

sys.path[:0] = [str(Path(__file__).parents[1] / "data"), str(Path(__file__).parent)]
import damaged  # noqa: E402
from phone_files import PhoneFile, box  # noqa: E402
from test_bounds import peak_of  # noqa: E402

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


TURN = box(b"irot", b"\1")
TOO_MUCH = "more work than any picture needs"


@pytest.fixture(scope="module")
def plain() -> bytes:
    return heic(Image.new("RGB", (64, 64), (200, 30, 30)), chroma=420)


class TestWork:
    """What some hundred bytes may ask for."""

    def nested(self, plain: bytes, times: int, deep: int) -> bytes:
        """A grid of one grid, so many times, and so on."""
        file = PhoneFile(plain)
        for level in range(deep):
            file.grid(level + 2, (64, 64), 1, times)
        file.picture((64, 64))
        return file.content()

    def test_what_phones_write_is_taken(self, plain):
        file = PhoneFile(plain)
        file.grid(2, (256, 192), 3, 4)
        file.picture((64, 64), TURN)
        image = open_image(file.content())
        assert image.size == (256, 192) and image.getpixel((255, 191))[0] > 150
        assert distance(heic(Image.fromarray(sample(200, 300)), tile_size=64), sample(200, 300)) < 3
        assert asked_pixels(file.content()) == 13 * 2**18 + 12 * 2**18

    @pytest.mark.parametrize(("times", "deep"), [(20, 3), (250, 3), (2, 8), (255, 8)])
    def test_one_picture_millions_of_times(self, plain, times, deep):
        if times**deep < 10**6:
            assert asked_pixels(self.nested(plain, times, deep)) >= times**deep * 2**18
        if times**deep > 2**12:
            with pytest.raises(ImageError, match=TOO_MUCH):
                open_image(self.nested(plain, times, deep))

    def test_as_many_as_allowed_take_seconds(self, plain):
        began = time.process_time()
        assert open_image(self.nested(plain, 16, 3)).size == (64, 64)
        assert time.process_time() - began < 30

    @pytest.mark.parametrize("deep", [10, 500])
    def test_pictures_within_pictures_without_end(self, plain, deep):
        with pytest.raises(ImageError, match="cut short or damaged"):
            open_image(self.nested(plain, 1, deep))

    def test_a_picture_that_holds_itself(self, plain):
        file = PhoneFile(plain)
        file.grid(1, (64, 64), 1, 2)
        with pytest.raises(ImageError, match="cut short or damaged"):
            open_image(file.content())

    def test_ninety_turns(self, plain):
        file = PhoneFile(plain)
        file.picture((7000, 7000), *[TURN] * 90)
        with pytest.raises(ImageError, match=TOO_MUCH):
            open_image(file.content())
        file = PhoneFile(plain)
        file.picture((64, 64), *[TURN] * 5)
        assert open_image(file.content()).size == (64, 64)

    def test_a_large_picture_laid_over_itself(self, plain):
        file = PhoneFile(plain)
        file.overlay(2, (7000, 7000), 100)
        file.picture((7000, 7000))
        with pytest.raises(ImageError, match=TOO_MUCH):
            open_image(file.content())

    def test_one_stretch_of_the_file_many_times(self, plain):
        file = PhoneFile(plain)
        file.picture((64, 64), after=bytes(10**6))
        assert open_image(file.content()).size == (64, 64)
        file.stretches = 32
        with pytest.raises(ImageError, match="cut short or damaged"):
            open_image(file.content())

    def test_the_most_that_is_allowed_stays_within_what_is_said(self):
        """Transparent and turned, at a quarter of the pixels: 700 MB for all of them."""
        side = int((gate.MAX_PIXELS / gate._COSTLY["HEIF"] / 4) ** 0.5)
        exif = Image.Exif()
        exif[0x0112] = 6
        image = Image.new("RGBA", (side, side), (10, 20, 30, 40))
        fast = {"enc_params": {"preset": "ultrafast"}}
        added, said = peak_of(heic(image, exif=exif.tobytes(), **fast))
        assert not said and added < 700 / 4 + 25

    def test_any_bytes_are_counted_or_refused(self, plain):
        whole = self.nested(plain, 3, 3)
        rng = np.random.default_rng(1)
        for _ in range(3000):
            content = bytearray(whole)
            for at in rng.integers(0, len(content), rng.integers(1, 4)):
                content[at] = rng.choice([0, 1, 127, 255, rng.integers(256)])
            try:
                assert asked_pixels(bytes(content)) >= 0
            except (ValueError, IndexError, struct.error):
                pass


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
