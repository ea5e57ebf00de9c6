"""Archives are understood as they come; a test set is never taken for a style."""

import os
from pathlib import Path

import pytest
from PIL import Image

from gan_lessons.data import layout
from gan_lessons.data.entries import scan
from gan_lessons.data.folders import assign_splits, load_folder


def lay(home: Path, *folders: str, count: int = 4) -> Path:
    """Puts pictures 0.png, 1.png, ... into each folder."""
    for folder in folders:
        (home / folder).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            shade = (number * 40 % 256, len(folder) * 9 % 256, 90)
            Image.new("RGB", (8, 8), shade).save(home / folder / f"{number}.png")
    return home


def places(home: Path) -> set[tuple[str | None, str, str]]:
    return {
        (place.split, place.style, place.folder.relative_to(home).as_posix())
        for place in layout.find(home).places
    }


def trained(home: Path) -> set[str]:
    """Files that a training draws from."""
    entries = scan(home).entries
    kept = zip(entries, assign_splits(entries), strict=True)
    return {one.path.relative_to(home).as_posix() for one, split in kept if split == "train"}


WHOLE = [
    ("A/train", "A/test", "B/train", "B/test"),
    ("train/A", "test/A", "train/B", "test/B"),
    ("trainA", "testA", "trainB", "testB"),
    ("train_A", "test_A", "train_B", "test_B"),
    ("train-a", "test-a", "train-b", "test-b"),
    ("traina", "testa", "trainb", "testb"),
    ("TrainA", "TESTA", "trainB", "TestB"),
    ("Train/A", "TEST/A", "Train/B", "TEST/b"),
    ("A/Training", "A/Testing", "B/Training", "B/Testing"),
    ("a/TRAIN", "a/TEST", "b/TRAIN", "b/TEST"),
    ("train_A", "train_B", "test A", "test.B"),
    ("A_train", "A_test", "B_train", "B_test"),
    ("a-TRAIN", "a-Test", "b-train", "b-test"),
    ("Atrain", "Atest", "Btraining", "Btesting"),
    ("A train", "B.train", "testA", "test_B"),
]


class TestWhole:
    @pytest.mark.parametrize("folders", WHOLE, ids=" ".join)
    def test_each_is_understood_and_test_pictures_are_not_trained_on(self, tmp_path, folders):
        lay(tmp_path, *folders)
        found = layout.find(tmp_path)
        assert [style.upper() for style in found.styles] == ["A", "B"]
        wanted = {("test" if "test" in one.lower() else "train", one) for one in folders}
        assert {(split, folder) for split, _, folder in places(tmp_path)} == wanted
        assert trained(tmp_path) and not any("test" in name.lower() for name in trained(tmp_path))

    @pytest.mark.parametrize("word", ["val", "valid", "validation", "Val", "VALID"])
    @pytest.mark.parametrize("form", ["{word}/oil {word}/ink", "oil/{word} ink/{word}"])
    def test_words_for_validation(self, tmp_path, word, form):
        train = form.format(word="train").split()
        lay(tmp_path, *train, *form.format(word=word).split())
        assert {split for split, _, _ in places(tmp_path)} == {"train", "valid"}

    def test_named_styles_by_prefix(self, tmp_path):
        lay(tmp_path, "train_oil", "train_ink", "test_oil", "val_ink")
        assert places(tmp_path) == {
            ("train", "oil", "train_oil"),
            ("train", "ink", "train_ink"),
            ("test", "oil", "test_oil"),
            ("valid", "ink", "val_ink"),
        }

    def test_named_styles_with_the_split_behind(self, tmp_path):
        lay(tmp_path, "oil_train", "Ink_train", "oil_test", "ink_val")
        assert places(tmp_path) == {
            ("train", "oil", "oil_train"),
            ("train", "Ink", "Ink_train"),
            ("test", "oil", "oil_test"),
            ("valid", "Ink", "ink_val"),
        }

    @pytest.mark.parametrize("other", ["samples", "docs", "results_of_theirs"])
    def test_other_folders_beside_a_whole_layout_are_left_out_and_named(self, tmp_path, other):
        lay(tmp_path, "trainA", "testA", "trainB", "testB", other)
        lines = []
        data = load_folder(tmp_path, 8, report=lines.append)
        assert data.styles == ("A", "B") and len(data) == 16
        assert any("left out: 4 × a picture outside" in line and other in line for line in lines)

    def test_layers_beside_other_folders_too(self, tmp_path):
        lay(tmp_path, "train/oil", "train/ink", "test/oil", "test/ink", "samples")
        assert layout.find(tmp_path).styles == ("ink", "oil")

    def test_styles_are_called_as_in_the_training(self, tmp_path):
        lay(tmp_path, "train/Oil", "train/ink", "test/oil", "test/INK")
        assert layout.find(tmp_path).styles == ("Oil", "ink")

    def test_accents_may_be_written_in_two_ways(self, tmp_path):
        lay(tmp_path, "train/caf\u00e9", "train/ink", "test/cafe\u0301")
        assert layout.find(tmp_path).styles == ("caf\u00e9", "ink")

    @pytest.mark.parametrize(
        "folders",
        [
            ("trains", "cars"),
            ("train station", "harbour"),
            ("train_station", "train_tracks", "harbour"),
            ("tests", "vale", "testament"),
            ("valley", "trainers"),
            ("steam train", "harbour"),
            ("steam_train", "crash_test", "harbour"),
            ("contest", "strain"),
        ],
    )
    def test_styles_that_only_sound_so(self, tmp_path, folders):
        lay(tmp_path, *folders)
        assert layout.find(tmp_path).styles == tuple(sorted(folders))

    def test_what_was_found_is_said(self, tmp_path):
        for number, (folders, words) in enumerate(
            [
                (("A/train", "A/test", "B/train", "B/test"), "splits within styles (test, train)"),
                (("train/A", "test/A", "train/B"), "styles within splits (test, train)"),
                (("trainA", "trainB", "testB"), "styles by split (testB, trainA, trainB)"),
                (("oil", "ink"), "one folder a style"),
            ]
        ):
            lines = []
            load_folder(lay(tmp_path / str(number), *folders), 8, report=lines.append)
            assert words in lines[0] and "valid drawn by name" in lines[0].replace(" and test", "")
            assert "train/valid/test images: " in lines[0]


class TestPairs:
    def pairs(self, folder: Path, endings: tuple[str, str], count: int = 30) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            for shade, end in enumerate(endings):
                image = Image.new("RGB", (8, 8), (number, 100 * shade, 0))
                image.save(folder / f"{number}{end}.png")
        return folder

    @pytest.mark.parametrize("endings", [("_A", "_B"), ("_a", "_b"), ("-A", "-B")])
    def test_in_one_folder(self, tmp_path, endings):
        data = load_folder(self.pairs(tmp_path, endings), 8)
        assert data.styles == ("A", "B") and len(data) == 60
        keys = {style: data.subset(style=style).keys for style in "AB"}
        assert keys["A"] == keys["B"] and "7" in keys["A"]
        assert data.images[data.keys.index("7")].flatten()[0] == 7
        sides = dict(zip(data.keys, data.splits, strict=True))
        assert all(sides[k] == s for k, s in zip(data.keys, data.splits, strict=True))

    def test_within_splits(self, tmp_path):
        self.pairs(tmp_path / "train", ("_A", "_B"), 8)
        self.pairs(tmp_path / "test", ("_A", "_B"), 3)
        data = load_folder(tmp_path, 8)
        assert data.styles == ("A", "B")
        assert len(data.subset("test")) == 6
        assert data.subset("test", "A").keys == data.subset("test", "B").keys

    def test_in_folders_of_their_styles(self, tmp_path):
        for style in ("A", "B"):
            (tmp_path / f"train{style}").mkdir()
            for number in range(5):
                name = tmp_path / f"train{style}" / f"{number}_{style}.png"
                Image.new("RGB", (8, 8)).save(name)
        data = load_folder(tmp_path, 8)
        assert data.subset(style="A").keys == data.subset(style="B").keys
        assert data.keys[0] == "train/0"

    def test_half_of_them(self, tmp_path):
        self.pairs(tmp_path, ("_A", "_B"), 5)
        (tmp_path / "3_B.png").unlink()
        Image.new("RGB", (8, 8)).save(tmp_path / "cover.png")
        with pytest.raises(ValueError, match="2 of its 10 pictures have no partner .3_A.png, cov"):
            layout.find(tmp_path)

    def test_loose_pictures_beside_styles_are_no_pairs(self, tmp_path):
        lay(tmp_path, "oil", "ink")
        Image.new("RGB", (8, 8)).save(tmp_path / "cover_a.png")
        assert layout.find(tmp_path).styles == ("ink", "oil")


class TestHalf:
    @pytest.mark.parametrize(
        ("folders", "words"),
        [
            (("oil", "ink", "test_oil"), "test_oil .test. of style 'oil', which is not in the tr"),
            (("A", "B", "testA", "testB"), "testA .test. of style 'A', which is not in the train"),
            (("oil", "ink", "oil_test"), "oil_test .test. of style 'oil', which is not in the tr"),
            (("Atrain", "Atest", "B"), r"both Atest, Atrain and other folders \(B\)"),
            (("trainA", "testA", "testB"), "testB .test. of style 'B', which is not in the train"),
            (("oil/train", "oil/test", "ink"), "oil has folders for splits, and ink has none"),
            (("oil/train", "oil/test", "ink/test"), "ink/test .test. of style 'ink', which"),
            (("oil/train", "oil/late", "ink/train"), "has train and other pictures beside .late/0"),
            (("oil/train", "oil", "ink/train"), "has train and other pictures beside .0.png"),
            (("train/oil", "ink", "chalk"), r"both train and other folders \(chalk, ink\)"),
            (("train/oil", "train/ink", "oil"), r"both train and other folders \(oil\)"),
            (("train/oil", "train/ink", "test"), "test has no folders in it; put one folder for"),
            (("oil", "ink", "test"), "test has no folders in it"),
            (("trainA", "trainA_old", "B"), r"both trainA and other folders \(B, trainA_old\)"),
            (("val/oil", "valid/oil", "train/oil", "train/ink"), "2 folders for oil in valid"),
            (("train/oil", "train/Oil", "train/ink"), "2 folders for .il in train"),
        ],
    )
    def test_of_a_layout_is_refused_with_a_sentence(self, tmp_path, folders, words):
        lay(tmp_path, *folders)
        with pytest.raises(ValueError, match=words) as caught:
            load_folder(tmp_path, 8)
        text = str(caught.value)
        assert text.isprintable() and text.endswith(".") and "; " in text


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
class TestNames:
    def test_a_style_whose_name_is_no_text_is_refused_at_the_start(self, tmp_path):
        lay(tmp_path, "oil", os.fsdecode(b"caf\xe9"))
        with pytest.raises(ValueError, match="caf.* has a name that is not UTF-8.*rename it"):
            load_folder(tmp_path, 8)

    def test_and_so_is_a_set(self, tmp_path):
        home = lay(tmp_path / os.fsdecode(b"caf\xe9"), "oil", "ink")
        with pytest.raises(ValueError, match="has a name that is not UTF-8"):
            load_folder(home, 8)

    def test_a_picture_may_be_called_anything(self, tmp_path):
        lay(tmp_path, "oil", "ink")
        names = (b"caf\xe9.png", b"a\nb.png", "Gräser, spät.png".encode())
        for name in names:
            Image.new("RGB", (8, 8)).save(tmp_path / "oil" / os.fsdecode(name))
        keys = load_folder(tmp_path, 8).subset(style="oil").keys
        assert {"caf\\xe9", "a\nb", "Gräser, spät"} < set(keys)
        assert all(key.encode("utf-8") for key in keys)

    def test_a_style_may_have_a_comma_and_a_space(self, tmp_path):
        lay(tmp_path, "Monet, late", "ink")
        assert load_folder(tmp_path, 8).styles == ("Monet, late", "ink")


def test_whatever_is_left_out_is_told(tmp_path):
    lay(tmp_path, "oil", "ink", "oil/@eaDir")
    (tmp_path / "oil" / "clip.mov").touch()
    (tmp_path / "oil" / ".hidden.png").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "oil" / "bad.png").write_bytes(b"nonsense")
    lines = []
    data = load_folder(tmp_path, 8, report=lines.append)
    assert len(data) == 8
    told = "\n".join(lines[1:])
    for part in (
        "1 picture: it is no image",
        "clip.mov",
        ".hidden.png",
        "4 × a copy that a system",
    ):
        assert part in told
    assert "notes.txt" not in told
