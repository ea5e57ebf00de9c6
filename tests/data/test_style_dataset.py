from collections import Counter

import pytest
import torch
from PIL import Image

from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import Selection, StyleDataset


class Lazy(list):
    """A list that counts how often each entry is asked for."""

    def __init__(self, images):
        super().__init__(images)
        self.asked = Counter()

    def __getitem__(self, index):
        self.asked[index] += 1
        return super().__getitem__(index)


@pytest.fixture
def lazy(tiny_dataset):
    pictures = [image[:, : 20 + i % 5] for i, image in enumerate(tiny_dataset.images)]
    return StyleDataset(
        name="lazy",
        styles=tiny_dataset.styles,
        images=Lazy(pictures),
        labels=tiny_dataset.labels,
        keys=tiny_dataset.keys,
        splits=tiny_dataset.splits,
        names=tuple(f"name of {key}" for key in tiny_dataset.keys),
    )


def test_indices_choose_by_split_and_style(tiny_dataset):
    assert tiny_dataset.indices().tolist() == list(range(36))
    assert tiny_dataset.indices("test").tolist() == [10, 11, 22, 23, 34, 35]
    assert tiny_dataset.indices(style="squares").tolist() == list(range(12, 24))
    assert tiny_dataset.indices("valid", "stripes").tolist() == [32, 33]
    assert tiny_dataset.indices("nothing").dtype == torch.int64


def test_an_unknown_style_is_refused_with_the_known_ones(tiny_dataset):
    with pytest.raises(ValueError, match="'cubism' in tiny.*discs, squares, stripes"):
        tiny_dataset.subset("train", "cubism")


def test_a_subset_keeps_rows_together_and_domains_numbered(tiny_dataset):
    part = tiny_dataset.subset("valid", "squares")
    assert len(part) == 2 and part.styles == tiny_dataset.styles
    assert part.images.equal(tiny_dataset.images[[20, 21]])
    assert part.labels.tolist() == [1, 1] and part.keys == ("thing 8", "thing 9")
    assert part.splits == ("valid", "valid")
    assert sum(len(tiny_dataset.subset(split)) for split in ("train", "valid", "test")) == 36


def test_a_subset_of_lazy_images_decodes_nothing(lazy):
    part = lazy.subset("train").subset(style="stripes")
    assert isinstance(part.images, Selection) and len(part.images) == 8
    assert not lazy.images.asked
    assert part.images[3].equal(list.__getitem__(lazy.images, 27))
    assert lazy.images.asked == {27: 1}
    assert part.names[3] == f"name of {lazy.keys[27]}"


def test_styles_draw_the_same_things(tiny_dataset):
    drawn = {style: tiny_dataset.subset(style=style) for style in tiny_dataset.styles}
    assert len({part.keys for part in drawn.values()}) == 1
    assert not drawn["discs"].images.equal(drawn["squares"].images)


@pytest.mark.parametrize("short", ["images", "labels", "keys", "splits"])
def test_parts_of_differing_length_are_refused(tiny_dataset, short):
    parts = {name: getattr(tiny_dataset, name) for name in ("images", "labels", "keys", "splits")}
    parts[short] = parts[short][:-1]
    with pytest.raises(ValueError, match="differ in length.*35, 36"):
        StyleDataset(name="broken", styles=tiny_dataset.styles, **parts)


def test_an_unknown_set_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="'nowhere'.*emoji_styles or painted_photos.*folder"):
        load_dataset("nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ValueError, match="no data set"):
        load_dataset(tmp_path / "file")


def test_a_folder_with_a_subfolder_a_style_is_a_set(tmp_path):
    for style, colour in (("red", (250, 0, 0)), ("blue", (0, 0, 250))):
        (tmp_path / style).mkdir()
        for i in range(6):
            Image.new("RGB", (24 + i, 24), colour).save(tmp_path / style / f"{i}.png")
    for name in (tmp_path, str(tmp_path)):
        dataset = load_dataset(name, size=16)
        assert set(dataset.styles) == {"red", "blue"} and len(dataset) == 12
        channel = 0 if dataset.styles[dataset.labels[0]] == "red" else 2
        assert dataset.images[0][channel].min() == 250
