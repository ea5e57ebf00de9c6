"""A folder as people have it: what is no ordinary picture is read or named, never lost."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.images.gate import open_image, open_layers
from gan_lessons.restyle.folder import restyle_files
from gan_lessons.restyle.sources import find_sources
from gan_lessons.restyle.wish import Wish
from gan_lessons.style_transfer import StyleTransfer

pillow_heif = pytest.importorskip("pillow_heif", reason="the extra `data` reads HEIC")
ONE = Wish(("discs",))


@pytest.fixture(scope="module")
def model(vivid_model):
    return StyleTransfer.load(vivid_model, device="cpu", precision="fp32")


def picture(seed: int = 0, alpha: bool = False) -> Image.Image:
    channels = 4 if alpha else 3
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 20, channels), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture
def phone(tmp_path) -> Path:
    """Two JPEG and five HEIC."""
    home = tmp_path / "Handy Fotos, März"
    home.mkdir()
    for number in range(2):
        picture(number).save(home / f"IMG {number}.JPG")
    for number in range(2, 7):
        pillow_heif.from_pillow(picture(number)).save(home / f"IMG {number}.HEIC")
    return home


def quietly(model, sources, out, wish=ONE, warned=None) -> dict:
    warn = [].append if warned is None else warned.append
    return restyle_files(model, sources, out, wish, report=lambda line: None, warn=warn)


class TestPhone:
    def test_all_seven_are_restyled(self, model, phone, tmp_path):
        manifest = quietly(model, [phone], tmp_path / "out")
        assert len(manifest["sources"]) == 7 and manifest["skipped"] == []

    def test_without_the_plug_in_five_are_named(self, model, phone, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "pillow_heif", None)
        warned = []
        manifest = quietly(model, [phone], tmp_path / "out", warned=warned)
        assert len(manifest["sources"]) == 2 and len(manifest["skipped"]) == len(warned) == 5
        assert all("pip install" in one["reason"] for one in manifest["skipped"])

    def test_the_command_ends_with_3(self, vivid_model, phone, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "pillow_heif", None)
        command = ["restyle", str(phone), "--model", str(vivid_model), "--style", "discs"]
        command += ["--out", str(tmp_path / "out"), "--device", "cpu", "--precision", "fp32"]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 3
        assert "2 results of 2 pictures, 5 skipped" in result.output


class TestLeftOut:
    @pytest.fixture
    def folder(self, tmp_path) -> Path:
        home = tmp_path / "in"
        (home / "@eaDir" / "a.png").mkdir(parents=True)
        picture(1).save(home / "a.png")
        picture(1).save(home / "@eaDir" / "a.png" / "SYNOPHOTO_THUMB_M.jpg")
        picture(2).save(home / ".hidden.png")
        picture(3).save(tmp_path / "elsewhere.png")
        (home / "link.png").symlink_to(tmp_path / "elsewhere.png")
        (home / "clip.mov").write_bytes(b"x")
        (home / "raw.CR3").write_bytes(b"x")
        (home / "notes.txt").write_text("none of it")
        (home / ".DS_Store").touch()
        return home

    def test_what_somebody_may_miss_is_named_and_the_rest_is_not(self, folder):
        paths, skipped = find_sources([folder])
        assert [path.name for path in paths] == ["a.png"]
        reasons = {Path(one["file"]).name: one["reason"] for one in skipped}
        assert reasons.keys() == {".hidden.png", "link.png", "clip.mov", "raw.CR3"}
        assert all(reason.startswith("it is a") and "; " in reason for reason in reasons.values())

    def test_in_the_manifest_too(self, model, folder, tmp_path):
        manifest = quietly(model, [folder], tmp_path / "out")
        stored = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
        assert len(stored["skipped"]) == len(manifest["skipped"]) == 4

    def test_what_is_named_itself_is_taken_as_it_is(self, folder):
        names = ["link.png", ".hidden.png"]
        paths, skipped = find_sources([folder / name for name in names])
        assert [path.name for path in paths] == names and not skipped

    def test_nothing_of_our_own_results_is_named(self, model, folder, tmp_path):
        quietly(model, [folder], folder / "out")
        (folder / "out" / "model.safetensors").touch()
        again = quietly(model, [folder], folder / "out")
        assert len(again["sources"]) == 1 and len(again["skipped"]) == 4

    def test_a_name_that_is_too_long_is_skipped(self, model, tmp_path):
        picture().save(tmp_path / "a.png")
        for name in ("x" * 300 + ".png", "y/" * 3000 + "z.png", "nul\0.png"):
            manifest = quietly(model, [tmp_path / name, tmp_path / "a.png"], tmp_path / "out")
            assert len(manifest["sources"]) == 1 and len(manifest["skipped"]) == 1

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_a_pipe_keeps_nobody_waiting(self, model, tmp_path):
        os.mkfifo(tmp_path / "pipe.png")
        picture().save(tmp_path / "a.png")
        manifest = quietly(model, [tmp_path / "pipe.png", tmp_path / "a.png"], tmp_path / "out")
        assert "not an ordinary file" in manifest["skipped"][0]["reason"]


class TestTransparency:
    def test_is_kept_in_png_and_nothing_else_changes(self, model, tmp_path):
        picture(5, alpha=True).save(tmp_path / "sticker.png")
        open_image(tmp_path / "sticker.png").save(tmp_path / "flat.png")
        sources = [tmp_path / "sticker.png", tmp_path / "flat.png"]
        warned = []
        manifest = quietly(model, sources, tmp_path / "out", warned=warned)
        clear, flat = (tmp_path / "out" / one["results"][0]["file"] for one in manifest["sources"])
        layers = open_layers(clear)
        assert layers.alpha.tobytes() == open_layers(sources[0]).alpha.tobytes()
        assert open_layers(flat).alpha is None and not warned
        wanted = np.asarray(open_image(flat)).astype(int)
        share = np.asarray(layers.alpha)[..., None] / 255
        # Where the style darkens the ground, no colour laid on white gives it back.
        possible = np.maximum(wanted, 255 * (1 - share))
        assert np.abs(np.asarray(layers.rgb) - possible).max() <= 1

    def test_at_another_size(self, model, tmp_path):
        picture(5, alpha=True).save(tmp_path / "sticker.png")
        manifest = quietly(
            model, [tmp_path / "sticker.png"], tmp_path / "out", Wish(("discs",), size=8)
        )
        made = open_layers(tmp_path / "out" / manifest["sources"][0]["results"][0]["file"])
        assert made.rgb.size == made.alpha.size == (10, 8)

    def test_of_a_walk_is_laid_on_white_and_that_is_said(self, model, tmp_path):
        picture(5, alpha=True).save(tmp_path / "sticker.png")
        warned, wish = [], Wish(("discs", "squares"), animation="gif", frames=2)
        manifest = quietly(model, [tmp_path / "sticker.png"], tmp_path / "out", wish, warned)
        assert [line for line in warned if line.endswith("it is transparent: laid on white")]
        assert manifest["sources"][0]["remarks"] == ["it is transparent: laid on white"]

    def test_other_remarks_are_told(self, model, tmp_path):
        frames = [picture(number) for number in range(3)]
        frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
        warned = []
        manifest = quietly(model, [tmp_path / "moving.gif"], tmp_path / "out", warned=warned)
        assert "several pictures" in warned[0]
        assert manifest["sources"][0]["remarks"]
