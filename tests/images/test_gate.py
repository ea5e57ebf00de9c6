"""Whatever comes in, an upright sRGB picture goes out, or one sentence that says why not."""

import io
import logging
import os
import random
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from gan_lessons.images import gate
from gan_lessons.images.gate import (
    ImageError,
    decode_trusted,
    encode_image,
    image_to_tensor,
    image_to_uint8,
    open_image,
    tensor_to_image,
    to_uint8,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
import damaged  # noqa: E402

MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("1", "L", "RGB", "CMYK", "YCbCr"),
    "WEBP": ("L", "RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "YCbCr", "I;16", "I", "F"),
    "PPM": ("1", "L", "RGB", "I;16", "I", "F"),
    "AVIF": ("L", "RGB", "RGBA"),
}
PAIRS = [(form, mode) for form in damaged.FORMATS for mode in MODES[form]]


def drawn(mode: str, width: int, height: int, seed: int) -> Image.Image:
    pixels = damaged.picture(np.random.default_rng(seed), height, width)
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    return Image.fromarray(pixels).convert(mode)


def encoded(image: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def cases(tmp_path_factory):
    return damaged.make(tmp_path_factory.mktemp("damaged"), seed=0)


@pytest.fixture(scope="module")
def whole(cases) -> list[bytes]:
    """The contents of the files that are right, small ones."""
    small = [path for path, wanted in cases if wanted.outcome == "ok"]
    return [path.read_bytes() for path in small if path.stat().st_size < 20_000]


class TestDamaged:
    def test_there_are_enough_of_each(self, cases):
        outcomes = [wanted.outcome for _, wanted in cases]
        assert len(cases) >= 500
        assert min(outcomes.count("ok"), outcomes.count("refused")) > 150

    def test_the_seed_decides(self, cases, tmp_path):
        again = damaged.make(tmp_path, seed=0)
        assert [path.name for path, _ in again] == [path.name for path, _ in cases]
        for (one, _), (other, _) in zip(cases, again, strict=True):
            if one.is_file() and one.stat().st_size < 2**20:
                assert one.read_bytes() == other.read_bytes()

    def test_each_is_taken_rightly_or_named(self, cases):
        wrong = []
        for path, wanted in cases:
            try:
                pixels = np.asarray(open_image(path)).astype(int)
            except ImageError as error:
                named = str(path) in str(error) and wanted.reason in error.reason
                if wanted.outcome == "ok" or not named:
                    wrong.append((path.name, str(error)))
                continue
            if wanted.outcome == "refused":
                wrong.append((path.name, "was taken"))
            elif pixels.shape != wanted.pixels.shape:
                wrong.append((path.name, pixels.shape, wanted.pixels.shape))
            elif (distance := np.abs(pixels - wanted.pixels).mean()) > wanted.tolerance:
                wrong.append((path.name, distance))
        assert not wrong

    def test_a_message_is_one_printable_sentence(self, cases):
        for path, wanted in cases:
            if wanted.outcome == "refused":
                with pytest.raises(ImageError) as caught:
                    open_image(path)
                text = str(caught.value)
                assert text.isprintable() and text.endswith(".") and "; " in text
                assert len(text) < len(str(path)) + 200

    def test_nothing_is_said_and_nothing_is_changed(self, cases, capfd, caplog):
        before = (list(warnings.filters), logging.getLogger("PIL").level, Image.MAX_IMAGE_PIXELS)
        for path, _ in cases:
            try:
                open_image(path)
            except ImageError:
                pass
        after = (list(warnings.filters), logging.getLogger("PIL").level, Image.MAX_IMAGE_PIXELS)
        assert after == before and ImageFile.LOAD_TRUNCATED_IMAGES is False
        assert capfd.readouterr() == ("", "") and not caplog.records

    def test_the_c_library_of_tiff_is_kept_quiet_too(self, capfd):
        noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg"):
            buffer = io.BytesIO()
            Image.fromarray(noise).save(buffer, "TIFF", compression=compression)
            content = bytearray(buffer.getvalue())
            middle = len(content) // 2
            content[middle : middle + 400] = bytes(400)
            taken_or_refused(bytes(content))
        assert capfd.readouterr() == ("", "")

    def test_memory_is_bounded(self, cases):
        """In a process of its own: what the worst of them adds to what the imports took."""
        result = subprocess.run(
            [sys.executable, "-c", MEASURED, str(cases[0][0].parent)],
            env=os.environ | {"PYTHONPATH": str(Path(gate.__file__).parents[2])},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        count, added = map(int, result.stdout.split())
        assert count == len(cases)
        assert added < 150 * 2**20, f"{added / 2**20:.0f} MiB"


MEASURED = """
import re, resource, sys
from pathlib import Path
from gan_lessons.images.gate import ImageError, open_image

def peak():
    try:  # getrusage would remember the size of the process that started this one
        return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

before, paths = peak(), sorted(Path(sys.argv[1]).iterdir())
for path in paths:
    try:
        open_image(path)
    except ImageError:
        pass
print(len(paths), peak() - before)
"""


class TestAnyImage:
    @given(
        st.sampled_from(PAIRS), st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1)
    )
    def test_any_size_mode_and_format(self, pair, width, height, seed):
        form, mode = pair
        image = open_image(encoded(drawn(mode, width, height, seed), form))
        assert (image.mode, image.size, image.info) == ("RGB", (width, height), {})

    @given(st.sampled_from(["1", "L", "LA", "RGB", "RGBA", "I;16"]), st.integers(0, 2**32 - 1))
    def test_opaque_pixels_come_through_png_unchanged(self, mode, seed):
        image = drawn(mode, 17, 23, seed)
        wanted = drawn("RGB", 17, 23, seed)
        wanted = _three(wanted) if mode == "I;16" else image.convert("RGB")
        assert np.array_equal(np.asarray(open_image(encoded(image, "PNG"))), np.asarray(wanted))

    @given(st.binary(max_size=300))
    @example(b"")
    @example(b"\0")
    def test_random_bytes(self, data):
        taken_or_refused(data)

    @settings(max_examples=300)
    @given(st.data())
    def test_mutated_files(self, whole, data):
        content = bytearray(data.draw(st.sampled_from(whole)))
        for _ in range(data.draw(st.integers(1, 4))):
            # Most of what a format says of itself stands at its beginning.
            reach = min(len(content), data.draw(st.sampled_from([60, 400, len(content)])))
            at = data.draw(st.integers(0, max(0, reach - 1)))
            end = at + data.draw(st.integers(0, 6))
            content[at:end] = data.draw(st.binary(max_size=6))
        taken_or_refused(bytes(content))

    @given(st.data())
    def test_truncated_files(self, whole, data):
        content = data.draw(st.sampled_from(whole))
        taken_or_refused(content[: data.draw(st.integers(0, len(content)))])

    def test_many_mutations(self, whole):
        """The same in bulk, by a plain generator: twenty times as many in the same time."""
        draw = random.Random(0)
        for _ in range(6000):
            content = bytearray(draw.choice(whole))
            for _ in range(draw.choice((1, 2, 8))):
                at = draw.randrange(min(len(content), draw.choice((100, len(content)))))
                content[at] = draw.choice((0, 1, 127, 128, 255, draw.randrange(256)))
            taken_or_refused(bytes(content))


def taken_or_refused(data: bytes) -> None:
    try:
        image = open_image(data)
    except ImageError:
        return
    assert image.mode == "RGB" and image.width * image.height <= gate.MAX_PIXELS
    assert len(image.tobytes()) == image.width * image.height * 3


def _three(image: Image.Image) -> np.ndarray:
    return np.repeat(np.asarray(image)[..., :1], 3, axis=2)


class TestSources:
    @pytest.fixture
    def png(self) -> bytes:
        return encoded(drawn("RGB", 9, 7, 0), "PNG")

    def test_path_bytes_handle_and_image_agree(self, png, tmp_path):
        path = tmp_path / "x.dat"
        path.write_bytes(png)
        with path.open("rb") as handle, Image.open(path) as image:
            sources = (path, str(path), png, bytearray(png), handle, io.BytesIO(png), image)
            results = {open_image(source).tobytes() for source in sources}
        assert len(results) == 1

    @pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
    def test_a_given_image_is_left_alone(self, mode):
        image = drawn(mode, 9, 7, 0)
        image.info["comment"] = b"kept"
        before = image.tobytes()
        taken = open_image(image)
        taken.paste((1, 2, 3), (0, 0, 9, 7))
        assert image.tobytes() == before and image.info["comment"] == b"kept"

    @pytest.mark.parametrize("source", [None, 7, io.StringIO("text"), ["list"]])
    def test_other_things_are_refused(self, source):
        with pytest.raises(ImageError, match="expected a path, bytes"):
            open_image(source)

    def test_names_in_messages(self, tmp_path, png):
        with pytest.raises(ImageError, match=r"^missing\.png: it does not exist; "):
            open_image("missing.png")
        with pytest.raises(ImageError, match=r"^image: it is empty; "):
            open_image(b"")
        with pytest.raises(ImageError, match=r"^upload: it is empty; "):
            open_image(b"", name="upload")
        with pytest.raises(ImageError, match=r"^zero\?\.png: it is no valid file name; "):
            open_image("zero\0.png")
        with pytest.raises(ImageError, match=r"^two\?lines\?: "):
            open_image(png[:40], name="two\nlines\udcff")

    def test_too_many_bytes_in_any_source(self, tmp_path, monkeypatch, png):
        monkeypatch.setattr(gate, "MAX_BYTES", len(png) - 1)
        (tmp_path / "x.png").write_bytes(png)
        for source in (png, io.BytesIO(png), tmp_path / "x.png"):
            with pytest.raises(ImageError, match="larger than"):
                open_image(source)
        monkeypatch.setattr(gate, "MAX_BYTES", len(png))
        for source in (png, io.BytesIO(png), tmp_path / "x.png"):
            assert open_image(source).size == (9, 7)

    def test_too_many_pixels_in_any_source(self, monkeypatch, png):
        monkeypatch.setattr(gate, "MAX_PIXELS", 9 * 7 - 1)
        for source in (png, drawn("RGB", 9, 7, 0)):
            with pytest.raises(ImageError, match="9 x 7 pixels"):
                open_image(source)
        monkeypatch.setattr(gate, "MAX_PIXELS", 9 * 7)
        assert open_image(png).size == (9, 7)

    def test_an_image_without_pixels(self):
        with pytest.raises(ImageError, match="no pixels"):
            open_image(Image.new("RGB", (0, 5)))

    def test_a_jpeg_may_come_smaller(self):
        image = drawn("RGB", 640, 400, 0)
        data = encoded(image, "JPEG")
        assert open_image(data).size == (640, 400)
        small = open_image(data, at_least=50)
        assert small.size == (80, 50)
        wanted = np.asarray(image.resize((80, 50), Image.Resampling.BOX)).astype(int)
        assert np.abs(np.asarray(small) - wanted).mean() < 3
        assert open_image(data, at_least=201).size == (640, 400)
        assert open_image(encoded(image, "PNG"), at_least=50).size == (640, 400)

    def test_threads(self, whole):
        """The settings that keep Pillow quiet are the process's: threads must not mix them up."""
        before, failures = list(warnings.filters), []

        def work():
            try:
                for content in whole[:60]:
                    open_image(content)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures and list(warnings.filters) == before


class TestPixels:
    def test_every_step_survives_the_way_there_and_back(self):
        ramp = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16).expand(3, -1, -1)
        image = tensor_to_image(ramp)
        tensor = image_to_tensor(image)
        assert tensor.dtype == torch.float32 and tensor.min() == -1 and tensor.max() == 1
        assert torch.equal(image_to_uint8(tensor_to_image(tensor)), ramp)
        assert torch.equal(to_uint8(tensor), ramp)

    def test_channels_and_axes(self):
        image = Image.new("RGB", (3, 2))
        image.putpixel((2, 1), (255, 0, 51))
        tensor = image_to_tensor(image)
        assert tensor.shape == (3, 2, 3)
        assert tensor[:, 1, 2].tolist() == pytest.approx([1, -1, -0.6])

    @pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
    def test_other_precisions(self, kind):
        values = torch.tensor([-9, -1, 0, 1, 9], dtype=kind)
        assert to_uint8(values).tolist() == [0, 0, 128, 255, 255]

    def test_what_no_number_is(self):
        values = torch.tensor([float("nan"), float("inf"), -float("inf")])
        assert to_uint8(values).tolist() == [128, 255, 0]

    def test_a_tensor_with_gradient_and_odd_strides(self):
        tensor = torch.rand(5, 3, 4, requires_grad=True).permute(1, 0, 2)
        assert tensor_to_image(tensor).size == (4, 5)

    @pytest.mark.parametrize("shape", [(1, 3, 4, 4), (4, 4, 3), (1, 4, 4), (4, 4)])
    def test_wrong_shapes(self, shape):
        with pytest.raises(ValueError, match="expected one image"):
            tensor_to_image(torch.zeros(shape))

    def test_layers_are_laid_on_white(self):
        image = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
        assert image_to_tensor(image)[:, 0, 0].tolist() == [1, 1, 1]
        assert image_to_uint8(Image.new("L", (1, 1), 7)).flatten().tolist() == [7, 7, 7]


class TestEncoding:
    @pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
    def test_no_metadata_leaves(self, form):
        image = drawn("RGB", 20, 20, 0)
        exif = Image.Exif()
        exif[0x010F] = "SECRETCAMERA"
        profile = damaged.swapped_profile()
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", exif=exif, icc_profile=profile, comment=b"SECRETCOMMENT")
        with Image.open(io.BytesIO(buffer.getvalue())) as camera:
            data = encode_image(camera, form)
        assert b"SECRET" not in data and b"acsp" not in data  # the mark of an ICC profile
        with Image.open(io.BytesIO(data)) as written:
            assert written.format == form and not written.getexif()
            assert not {"icc_profile", "exif", "comment"} & written.info.keys()

    def test_png_is_exact_and_jpeg_is_near(self):
        image = drawn("RGB", 20, 20, 0)
        assert open_image(encode_image(image)).tobytes() == image.tobytes()
        near = np.asarray(open_image(encode_image(image, "jpeg"))).astype(int)
        assert np.abs(near - np.asarray(image)).mean() < 3
        assert len(encode_image(image, "JPEG", quality=20)) < len(encode_image(image, "JPEG"))

    def test_other_formats(self):
        with pytest.raises(ValueError, match="PNG, JPEG, WEBP"):
            encode_image(Image.new("RGB", (1, 1)), "BMP")

    @pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
    def test_trusted_decoding_agrees_with_the_gate(self, form):
        data = encode_image(drawn("RGB", 20, 11, 3), form)
        tensor = decode_trusted(data)
        assert tensor.dtype == torch.uint8 and tensor.shape == (3, 11, 20)
        assert torch.equal(tensor, image_to_uint8(open_image(data)))
