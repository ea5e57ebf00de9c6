import csv
import hashlib
import json
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lessons.data import emoji
from gan_lessons.data.archive import read_index, read_members
from gan_lessons.data.build import emoji as making
from gan_lessons.data.build.emoji import build_emoji_styles
from gan_lessons.data.build.emoji_concepts import (
    OLD_NAMES,
    IconSet,
    concepts,
    is_left_out,
    normalise,
    read_icons,
)
from gan_lessons.data.build.emoji_groups import group_of
from gan_lessons.files import share

sys.path.insert(0, str(Path(__file__).parent))
from packages_made import emoji_packages, npm_package  # noqa: E402

FULL = ("noto", "twemoji", "openmoji", "fluent", "fluent_flat", "fluent_ink")


@pytest.fixture(scope="module")
def archive():
    return share("data", "emoji_styles", "emoji_styles_64.zip")


@pytest.fixture(scope="module")
def index(archive):
    return read_index(archive)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    emoji_packages(folder)
    return folder


def icon_set(icons, aliases=None, chars=None, size=100.0, flags=()):
    bodies = {name: {"body": body} for name, body in icons.items()}
    return IconSet(bodies, aliases or {}, chars or {}, size, size, frozenset(flags))


# What the bundled archive holds


def test_every_style_has_its_concepts(index):
    count = Counter(row["style"] for row in index)
    assert {count[style] for style in FULL} == {1587}
    assert (count["noto_blob"], count["emojione"]) == (1181, 1080)
    styles = Counter(row["key"] for row in index)
    assert min(styles.values()) == 6
    assert sum(number == 8 for number in styles.values()) == 1077


def test_the_three_fluent_sets_have_the_same_concepts(index):
    keys = {s: {row["key"] for row in index if row["style"] == s} for s in making.ALIGNED}
    assert keys["fluent"] == keys["fluent_flat"] == keys["fluent_ink"]


def test_every_checksum_is_right(archive):
    for row, data in read_members(archive):
        assert hashlib.sha256(data).hexdigest() == row["sha256"], row["file"]


def test_the_archive_holds_what_its_table_says_and_nothing_else(archive, index):
    with zipfile.ZipFile(archive) as opened:
        assert sorted(opened.namelist()) == sorted(["index.csv", *(row["file"] for row in index)])
        assert opened.testzip() is None


def test_readme_states_the_checksum(archive):
    text = (archive.parent / "README.md").read_text(encoding="utf-8")
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert f"`{archive.name}`" in text and f"SHA-256 `{checksum}`" in text


def test_readme_states_sources_and_counts(archive, index):
    text = (archive.parent / "README.md").read_text(encoding="utf-8")
    count = Counter(row["style"] for row in index)
    for style, (package, version, licence, _) in emoji.SOURCES.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{style}`"))
        assert f"`{package}`" in row and f"| {version} |" in row
        assert f"| {count[style]:,} |" in row
        assert licence.replace("-", " ") in row.replace("-", " ")


def test_overview_agrees_with_the_index(archive, index):
    with (archive.parent / "concepts.csv").open(encoding="utf-8", newline="") as handle:
        overview = {row["key"]: row for row in csv.DictReader(handle)}
    assert overview.keys() == {row["key"] for row in index}
    for row in index:
        told = overview[row["key"]]
        assert row["style"] in told["styles"].split()
        assert (row["name"], row["group"], row["split"]) == (
            told["name"],
            told["group"],
            told["split"],
        )


def test_groups_and_splits_are_those_of_the_code(index):
    for row in index:
        assert row["group"] == group_of(row["key"], row["name"].replace(" ", "-"))
        assert row["split"] == making.split(row["group"])


def test_dataset_is_whole(drawings, index):
    assert drawings.images.shape == (len(index), 3, 64, 64)
    assert drawings.images.dtype == torch.uint8
    assert drawings.styles == emoji.STYLES
    assert drawings.labels.tolist() == sorted(drawings.labels.tolist())
    apple = drawings.names.index("red apple")
    assert drawings.keys[apple] == "1f34e"
    red, green, blue = drawings.images[apple].float().mean((1, 2)).tolist()
    assert red > green and red > blue


def test_no_picture_is_blank_and_every_margin_is_free(drawings):
    ink = (255 - drawings.images.int()).amax(1)
    assert (ink.flatten(1).amax(1) > 20).all()  # the palest is a white disc on white
    rim = torch.ones(64, 64, dtype=torch.bool)
    rim[2:62, 2:62] = False
    # Two pixels of rim: what compression leaves there is far below what can be seen.
    assert ink[:, rim].float().mean(1).max() < 6


def test_the_visible_box_fills_the_picture(drawings):
    ink = (255 - drawings.images.int()).amax(1) > 40
    rows, columns = ink.any(2).float(), ink.any(1).float()
    longest = torch.maximum(rows.sum(1), columns.sum(1))
    alone = torch.tensor([drawings.styles[i] not in making.ALIGNED for i in drawings.labels])
    # Pale or feathery ends are seen less than they are measured.
    assert longest[alone].median() >= 54
    assert (longest[alone] >= 44).float().mean() > 0.98
    assert longest.max() <= 60


def test_fluent_pictures_lie_on_one_another(drawings):
    masks = {}
    for style in ("fluent", "fluent_flat"):
        rows = drawings.indices(style=style)
        masks[style] = (255 - drawings.images[rows].int()).amax(1) > 60
    shaded, flat = masks.values()
    shared = (shaded & flat).flatten(1).sum(1) / (shaded | flat).flatten(1).sum(1)
    moved = (shaded.roll(3, 2) & flat).flatten(1).sum(1) / (shaded.roll(3, 2) | flat).flatten(
        1
    ).sum(1)
    assert shared.median() > 0.9
    assert (shared > moved).float().mean() > 0.9


# How it is built


def test_building_twice_gives_the_same_bytes(packages, tmp_path):
    said = []
    first = build_emoji_styles(tmp_path / "a", source=packages, progress=said.append, least=5)
    second = build_emoji_styles(tmp_path / "b", source=packages, progress=said.append, least=5)
    assert first.read_bytes() == second.read_bytes()
    assert (tmp_path / "a/concepts.csv").read_text() == (tmp_path / "b/concepts.csv").read_text()
    assert f"SHA-256 {hashlib.sha256(first.read_bytes()).hexdigest()}" in said


def test_tiny_set_is_matched_grouped_and_read_back(packages, tmp_path):
    path = build_emoji_styles(tmp_path, source=packages, progress=lambda line: None, least=5)
    rows = read_index(path)
    assert Counter(row["key"] for row in rows) == {
        "1f34e": 8,
        "1f550": 8,
        "1f468-200d-1f3a8": 8,
        "1f9d1-200d-1f3a8": 5,
    }
    artists = {row["group"] for row in rows if row["name"].endswith("artist")}
    assert len(artists) == 1
    dataset = emoji.load_emoji_styles(64, path)
    assert len(dataset) == len(rows) == 29
    ink = dataset.images[dataset.indices(style="fluent_ink")]
    assert ink.float().std(1).max() < 12  # grey: currentColor became near-black
    assert ink.min() < 40


def test_fewer_styles_than_asked_for_leave_a_concept_out(packages, tmp_path):
    path = build_emoji_styles(tmp_path, source=packages, progress=lambda line: None, least=6)
    assert "1f9d1-200d-1f3a8" not in {row["key"] for row in read_index(path)}


def test_readme_beside_is_brought_up_to_date(packages, tmp_path):
    text = "- `emoji_styles_64.zip`, small, SHA-256 `00`\n- `other.zip`, SHA-256 `11`\n"
    (tmp_path / "README.md").write_text(text)
    path = build_emoji_styles(tmp_path, source=packages, progress=lambda line: None)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (tmp_path / "README.md").read_text() == text.replace("`00`", f"`{checksum}`")


def test_other_size_is_built_and_loaded(packages, tmp_path):
    path = build_emoji_styles(tmp_path, size=128, source=packages, progress=lambda line: None)
    assert path.name == "emoji_styles_128.zip"
    assert emoji.load_emoji_styles(128, path).images.shape[2:] == (128, 128)


def test_sizes_that_are_not_made_are_refused(packages, tmp_path):
    with pytest.raises(ValueError, match="64 or 128"):
        build_emoji_styles(tmp_path, size=96, source=packages)
    with pytest.raises(ValueError, match="64 or 128"):
        emoji.load_emoji_styles(96)


def test_a_set_that_is_not_built_names_the_command(monkeypatch, tmp_path):
    monkeypatch.setattr(emoji, "share", lambda *parts: share(str(tmp_path.name), *parts))
    with pytest.raises(ValueError, match="gan-lessons data build emoji_styles --size 128"):
        emoji.load_emoji_styles(128)


def test_missing_package_is_named(tmp_path):
    with pytest.raises(ValueError, match="iconify-json-noto-1.2.9.tgz"):
        build_emoji_styles(tmp_path / "out", source=tmp_path, progress=lambda line: None)


def test_a_package_without_icons_is_refused(tmp_path):
    npm_package(tmp_path, "@iconify-json/noto", "1.2.9", {"other.json": {}})
    with pytest.raises(ValueError, match="icons.json"):
        build_emoji_styles(tmp_path / "out", source=tmp_path, progress=lambda line: None)
    with pytest.raises(ValueError, match="icons.json"):
        read_icons(tmp_path)


def test_a_package_of_many_drawings_is_read(tmp_path):
    one = {"icons": {"apple": {"body": "<path/>"}}}
    room = " " * (100 * 2**20)  # as much as the drawings of fluent-emoji 1.2.7 take, and more
    (tmp_path / "icons.json").write_text(json.dumps(one) + room, encoding="utf-8")
    assert read_icons(tmp_path).icons == one["icons"]


# Concepts


@pytest.mark.parametrize(
    "key",
    [
        "1f44d-1f3fb",
        "1f1e9-1f1ea",
        "1f3f4-e0067-e0062",
        "0031",
        "e001",
        "1f3f3-200d-1f308",
        "1f3fd",
    ],
)
def test_tones_flags_letters_and_private_signs_are_left_out(key):
    assert is_left_out(key)


@pytest.mark.parametrize("key", ["1f44d", "0031-20e3", "00a9", "1f468-200d-1f3a8", "2764"])
def test_emoji_are_kept(key):
    assert not is_left_out(key)


def test_names_that_changed_lead_to_whole_sequences():
    assert all(normalise(key) == key and not is_left_out(key) for key in OLD_NAMES.values())


def test_one_drawing_under_two_names_is_taken_once():
    known = icon_set({"bat": "x", "ball": "y"}, chars={"1f3cf": "bat", "1f3d0": "ball"})
    old = icon_set({"bat": "x"}, aliases={"ball": {"parent": "bat"}})
    turned = icon_set({"bat": "x"}, aliases={"ball": {"parent": "bat", "hFlip": True}})
    found = concepts({"a": known, "b": old, "c": turned}, least=1)
    assert {c.name: sorted(c.drawings) for c in found} == {
        "bat": ["a", "b", "c"],
        "ball": ["a", "c"],
    }


def test_flags_are_left_out_by_category_too():
    known = icon_set({"banner": "x"}, chars={"1f38f": "banner"}, flags=["banner"])
    assert not concepts({"a": known}, least=1)


# Rendering


def corner(picture, row, column):
    half = picture.width // 2
    box = (column * half, row * half, (column + 1) * half, (row + 1) * half)
    return np.asarray(picture.crop(box)).mean()


@pytest.mark.parametrize(
    ("turn", "dark"),
    [
        ({}, (0, 0)),
        ({"hFlip": True}, (0, 1)),
        ({"vFlip": True}, (1, 0)),
        ({"rotate": 1}, (0, 1)),
        ({"rotate": 2}, (1, 1)),
        ({"rotate": 1, "hFlip": True}, (1, 1)),  # mirrored first
    ],
)
def test_aliases_are_turned_and_mirrored(turn, dark):
    family = icon_set(
        {"a": '<rect width="50" height="50"/>'}, aliases={"b": {"parent": "a", **turn}}
    )
    picture = making._render(family, "b")
    corners = {(r, c): corner(picture, r, c) for r in (0, 1) for c in (0, 1)}
    assert min(corners, key=corners.get) == dark
    assert sum(value > 250 for value in corners.values()) == 3


def test_visible_box_is_cropped_centred_and_padded():
    canvas = Image.new("RGB", (200, 200), "white")
    canvas.paste((0, 0, 0), (150, 10, 190, 30))
    box = making._visible_box(canvas)
    assert box == (150, 10, 190, 30)
    picture = np.asarray(making._fit(canvas, box, 64))
    dark = np.argwhere(picture[..., 0] < 128)
    assert (dark.min(0) == (18, 4)).all() and (dark.max(0) == (45, 59)).all()


def test_blank_drawing_has_no_box():
    assert making._visible_box(Image.new("RGB", (8, 8), (255, 252, 255))) is None


def test_fluent_drawings_are_cropped_by_their_common_box():
    def family(x):
        return icon_set({"a": f'<rect x="{x}" y="40" width="20" height="20"/>'})

    sets = {"noto": family(0), "fluent": family(10), "fluent_flat": family(30)}
    known = icon_set({"a": "x"}, chars={"1f34e": "a"})
    concept = concepts({**sets, "twemoji": known}, least=3)[0]
    concept.drawings.pop("twemoji")
    pictures = making._pictures(concept, sets, 64)
    column = {
        style: np.argwhere(np.asarray(p)[32, :, 0] < 128).ravel() for style, p in pictures.items()
    }
    assert column["noto"].min() == 4 and column["noto"].max() in (58, 59)
    assert column["fluent"].min() == 4 and column["fluent_flat"].max() == 59
    # Twenty units of 40 apart on the drawing are half of the visible side apart in the picture.
    assert column["fluent_flat"].min() - column["fluent"].min() in (28, 29)
