"""Any folder with one subfolder a style is a data set, and says clearly when it is none."""

import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan_lessons.data import folders
from gan_lessons.data.batches import Batches
from gan_lessons.data.entries import Entry, _stem
from gan_lessons.data.folder_writer import write_folders
from gan_lessons.data.folders import LazyImages, assign_splits, load_folder
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset


def draw(path: Path, size: tuple[int, int] = (80, 80), seed: int = 0) -> None:
    """Writes a smooth picture; the suffix chooses the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
    coarse.resize(size, Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def styles(tmp_path) -> Path:
    """Two styles of thirty images each, under the same names."""
    for number in range(30):
        draw(tmp_path / "set" / "oil" / f"{number}.png", seed=number)
        draw(tmp_path / "set" / "ink" / f"{number}.png", seed=100 + number)
    return tmp_path / "set"


class TestLoading:
    def test_one_folder_a_style(self, styles):
        data = load_folder(styles, 64)
        assert (data.name, data.styles, len(data)) == ("set", ("ink", "oil"), 60)
        assert data.labels.tolist() == [0] * 30 + [1] * 30 and data.labels.dtype == torch.int64
        assert data.images.shape == (60, 3, 80, 80) and data.images.dtype == torch.uint8
        assert len({(key, label) for key, label in zip(data.keys, data.labels.tolist())}) == 60
        with Image.open(styles / "oil" / f"{data.keys[45]}.png") as image:
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        assert torch.equal(data.images[45], pixels)

    def test_by_name(self, styles):
        assert len(load_dataset(styles, size=32)) == len(load_dataset(str(styles), size=32)) == 60

    def test_a_training_can_draw_from_it(self, styles):
        from gan_lessons.config import DataConfig

        for memory in (2**30, 0):
            data = load_folder(styles, 32, memory=memory)
            batch = Batches(data, DataConfig(size=32), batch=4, latent_dim=8, seed=0)(0)
            assert batch.x_real.shape == (4, 3, 32, 32)
            assert batch.x_real.abs().max() <= 1 + 1e-5  # resized in floats

    def test_clutter_is_no_style_and_no_image(self, styles):
        for name in ("__MACOSX/x.png", ".cache/x.png", "oil/._0.png", "oil/Thumbs.db"):
            (styles / name).parent.mkdir(exist_ok=True)
            (styles / name).write_bytes(b"clutter")
        assert len(load_folder(styles)) == 60 and load_folder(styles).styles == ("ink", "oil")

    def test_deeper_folders_belong_to_their_style(self, styles):
        draw(styles / "oil" / "late" / "0.png", seed=7)
        data = load_folder(styles)
        assert data.keys[-1] == "late/0" and data.labels[-1] == 1

    def test_one_stem_twice_gets_two_keys(self, styles):
        draw(styles / "oil" / "0.bmp", seed=8)
        keys = load_folder(styles).subset(style="oil").keys
        assert {"0.png", "0.bmp"} <= set(keys) and len(set(keys)) == 31


class TestSizes:
    @pytest.mark.parametrize(
        ("size", "stored"),
        [
            ((40, 30), (85, 64)),  # enlarged to what is needed
            ((100, 70), (100, 70)),  # kept
            ((512, 400), (164, 128)),  # reduced to twice what is needed
            ((64, 64), (64, 64)),
            ((1, 1), (64, 64)),
            ((300, 2), (512, 64)),  # a line loses its ends
        ],
    )
    @pytest.mark.parametrize("suffix", [".png", ".jpg"])
    def test_shorter_side(self, tmp_path, size, stored, suffix):
        draw(tmp_path / f"x{suffix}", size)
        assert folders.decode(tmp_path / f"x{suffix}", 64).shape == (3, stored[1], stored[0])

    @given(width=st.integers(1, 400), height=st.integers(1, 400))
    def test_any_shape_is_bounded(self, tmp_path_factory, width, height):
        path = tmp_path_factory.getbasetemp() / "any.bmp"
        Image.new("RGB", (width, height)).save(path)
        _, rows, columns = folders.decode(path, 16).shape
        assert 16 <= min(rows, columns) <= 32
        assert max(rows, columns) <= folders.MAX_ASPECT * 32

    def test_the_middle_of_a_panorama_is_kept(self, tmp_path):
        image = Image.new("RGB", (2000, 20), "red")
        image.paste((0, 0, 255), (900, 0, 1100, 20))
        image.save(tmp_path / "x.png")
        tensor = folders.decode(tmp_path / "x.png", 20)
        assert tensor.shape == (3, 20, 160) and tensor[2].min() == 255

    def test_orientation_counts(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (100, 70)).save(tmp_path / "x.jpg", exif=exif)
        assert folders.decode(tmp_path / "x.jpg", 64).shape == (3, 100, 70)


class TestMemory:
    def test_differing_sizes_stay_a_list(self, styles):
        draw(styles / "oil" / "wide.png", (120, 80))
        images = load_folder(styles).images
        assert isinstance(images, list) and images[-1].shape == (3, 80, 120)

    def test_large_sets_are_decoded_lazily_and_alike(self, styles):
        draw(styles / "ink" / "wide.png", (300, 200))
        (styles / "ink" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        whole, lazy = load_folder(styles), load_folder(styles, memory=500_000)
        assert isinstance(lazy.images, LazyImages) and len(lazy.images) == 61
        assert (lazy.keys, lazy.splits) == (whole.keys, whole.splits)
        assert all(torch.equal(a, b) for a, b in zip(whole.images, lazy.images, strict=True))
        part = lazy.subset("train", "oil")
        assert torch.equal(part.images[0], whole.subset("train", "oil").images[0])

    def test_the_limit_is_exact(self, styles):
        exactly = 60 * 3 * 80 * 80
        assert isinstance(load_folder(styles, memory=exactly).images, torch.Tensor)
        assert isinstance(load_folder(styles, memory=exactly - 1).images, LazyImages)


class TestSplits:
    def test_shares(self):
        entries = [Entry(Path(), style, None, f"{i:04d}") for style in "ab" for i in range(4000)]
        splits = Counter(assign_splits(entries))
        assert splits["valid"] / 8000 == pytest.approx(0.05, abs=0.015)
        assert splits["test"] / 8000 == pytest.approx(0.10, abs=0.02)

    def test_one_name_one_side_and_nothing_moves(self, styles):
        before = load_folder(styles)
        sides = {}
        for key, split in zip(before.keys, before.splits, strict=True):
            assert sides.setdefault(key, split) == split
        for number in range(30, 60):
            draw(styles / "oil" / f"{number}.png", seed=number)
        (styles / "ink" / "3.png").unlink()
        after = load_folder(styles)
        moved = [k for k, s in zip(after.keys, after.splits, strict=True) if sides.get(k, s) != s]
        # A few of a small style have their side whatever their hash: new ones may take their place.
        assert len(moved) <= 4

    def test_content_does_not_matter(self, styles):
        before = load_folder(styles).splits
        for path in (styles / "oil").iterdir():
            draw(path, (90, 90), seed=999)
        assert load_folder(styles).splits == before

    @given(st.lists(st.text(min_size=1), min_size=2, max_size=8, unique=True))
    def test_small_styles_can_be_trained(self, names):
        entries = [Entry(Path(), "a", None, name) for name in names]
        entries += [Entry(Path(), "b", None, name + "x") for name in names]
        splits = assign_splits(entries)
        for style in "ab":
            own = [s for s, entry in zip(splits, entries, strict=True) if entry.style == style]
            assert own.count("train") >= 2

    @given(st.lists(st.text(min_size=1), min_size=10, max_size=40, unique=True), st.booleans())
    def test_from_ten_images_on_every_style_can_be_measured(self, names, shared):
        entries = [Entry(Path(), "a", None, name) for name in names]
        entries += [Entry(Path(), "b", None, name if shared else name + "x") for name in names]
        splits = assign_splits(entries)
        for style in "ab":
            own = [s for s, entry in zip(splits, entries, strict=True) if entry.style == style]
            assert min(own.count("train"), own.count("valid"), own.count("test")) >= 2
        sides = {}
        for entry, split in zip(entries, splits, strict=True):
            assert sides.setdefault(entry.key, split) == split

    def test_folders_for_splits(self, tmp_path):
        for split, count in {"train": 30, "val": 3, "test": 4}.items():
            for number in range(count):
                draw(tmp_path / split / "oil" / f"{number}.png", seed=number)
                draw(tmp_path / split / "ink" / f"{number}.png", seed=number)
        data = load_folder(tmp_path)
        assert data.styles == ("ink", "oil")
        assert Counter(data.splits) == {"train": 60, "valid": 6, "test": 8}
        # Each split counts from 0 again: "0" of training is not "0" of the test.
        pairs = zip(data.keys, data.labels.tolist(), strict=True)
        assert len(set(pairs)) == 74

    def test_a_missing_split_is_drawn(self, tmp_path):
        for number in range(200):
            for style in ("oil", "ink"):
                draw(tmp_path / "training" / style / f"{number}.bmp", (8, 8))
        for style in ("oil", "ink"):
            draw(tmp_path / "testing" / style / "x.bmp", (8, 8))
        counts = Counter(load_folder(tmp_path, 8).splits)
        assert counts["test"] == 2 and 4 <= counts["valid"] <= 40

    def test_lettered_folders(self, tmp_path):
        for folder, count in {"trainA": 5, "trainB": 6, "testA": 2, "testB": 3}.items():
            for number in range(count):
                draw(tmp_path / folder / f"{number}.png", seed=number)
        data = load_folder(tmp_path)
        assert data.styles == ("A", "B")
        assert [len(data.subset("test", style)) for style in "AB"] == [2, 3]
        assert len(data.subset("train")) + len(data.subset("valid")) == 11

    def test_accents_do_not_depend_on_the_system(self):
        composed = _stem(Path("é.png"))
        assert _stem(Path("e\u0301.png")) == composed


class TestRefusals:
    def test_unreadable_files_are_named_in_one_line(self, styles, caplog):
        for number in range(5):
            (styles / "oil" / f"bad{number}.png").write_bytes(b"nonsense")
        with caplog.at_level(logging.WARNING):
            assert len(load_folder(styles)) == 60
        [line] = [record.getMessage() for record in caplog.records]
        assert "left out: 5 pictures: it is no image" in line and "\n" not in line
        assert "bad0.png" in line and "bad2.png" in line and "and 2 more" in line

    def test_a_style_that_cannot_be_read(self, styles):
        for path in (styles / "oil").iterdir():
            path.write_bytes(b"nonsense")
        with pytest.raises(ValueError, match=r"'oil'.*no readable images \(30 more cannot be read"):
            load_folder(styles)

    def test_a_style_of_one(self, styles):
        draw(styles / "chalk" / "x.png")
        with pytest.raises(ValueError, match="'chalk'.*1 readable image, .*at least 2; add"):
            load_folder(styles)

    def test_an_empty_style(self, styles):
        (styles / "notes").mkdir()
        with pytest.raises(ValueError, match="'notes'.*no readable images"):
            load_folder(styles)

    @pytest.mark.parametrize("folders", ["oil", "train_oil test_oil", "oil-test oil-train"])
    def test_one_style_is_too_few(self, tmp_path, folders):
        for folder in folders.split():
            draw(tmp_path / folder / "x.png")
        with pytest.raises(ValueError, match="only the style 'oil'.*at least 2 styles"):
            load_folder(tmp_path)

    def test_images_without_folders(self, tmp_path):
        draw(tmp_path / "x.png")
        with pytest.raises(ValueError, match="no folder.*folder of its own"):
            load_folder(tmp_path)

    def test_the_folder_around_the_set(self, styles):
        with pytest.raises(ValueError, match=r"if the styles are in .*set, name that folder"):
            load_folder(styles.parent)

    @pytest.mark.parametrize("inside", ["train/oil train/ink", "oil/train ink/train"])
    def test_the_folder_around_splits(self, tmp_path, inside):
        for folder in inside.split():
            draw(tmp_path / "archive" / folder / "x.png")
        with pytest.raises(ValueError, match=r"if the styles are in .*archive, name that folder"):
            load_folder(tmp_path)

    def test_no_folder(self, tmp_path):
        with pytest.raises(ValueError, match="is not a folder"):
            load_folder(tmp_path / "none")

    def test_splits_among_styles(self, styles):
        draw(styles / "train" / "oil" / "x.png")
        with pytest.raises(ValueError, match=r"both train and other folders \(ink, oil\)"):
            load_folder(styles)

    def test_splits_without_styles(self, tmp_path):
        draw(tmp_path / "train" / "x.png")
        draw(tmp_path / "test" / "x.png")
        with pytest.raises(ValueError, match="test has no folders in it"):
            load_folder(tmp_path)

    def test_a_style_that_is_only_in_the_test(self, tmp_path):
        for style in ("oil", "ink"):
            for number in range(4):
                draw(tmp_path / "train" / style / f"{number}.png", seed=number)
        for number in range(4):
            draw(tmp_path / "test" / "chalk" / f"{number}.png", seed=number)
        with pytest.raises(ValueError, match="test/chalk .*'chalk', which is not in the tr"):
            load_folder(tmp_path)


def test_a_set_written_as_folders_is_read_back(tmp_path):
    generator = torch.Generator().manual_seed(0)
    written = StyleDataset(
        name="made",
        styles=("mono", "sans"),
        images=torch.randint(0, 256, (8, 3, 16, 16), generator=generator, dtype=torch.uint8),
        labels=torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]),
        keys=tuple("ABABABAB"),
        splits=("train", "train", "test", "test") * 2,
        series=("one", "one", "two", "two", "three", "three", "four", "four"),
    )
    assert write_folders(written, tmp_path / "out") == 8
    back = load_folder(tmp_path / "out", size=16)
    assert back.styles == written.styles and Counter(back.splits) == Counter(written.splits)
    row = back.keys.index("test/two/B")
    assert torch.equal(back.images[row], written.images[3])
    assert write_folders(replace(written, series=()).subset("test"), tmp_path / "flat") == 4
