"""The bundled typefaces: what the archive holds, whether the split holds, how a font is drawn."""

import gzip
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lessons.data import letters
from gan_lessons.data.archive import read_index, write_archive
from gan_lessons.data.build import letters as build
from gan_lessons.data.build import typefaces
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import SPLITS
from gan_lessons.files import share
from gan_lessons.images import gate

FOLDER = "opentype/foundry/face"


@pytest.fixture(scope="module")
def archive():
    return share("data", letters.NAME, letters.ARCHIVE)


@pytest.fixture(scope="module")
def index(archive):
    return read_index(archive)


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("letters")


@pytest.fixture(scope="module")
def alphabets(dataset):
    """Of each typeface its split, and `(26, 64, 64)` with white where it has no letter."""
    found = {}
    for row, name in enumerate(dataset.series):
        split, alphabet = found.setdefault(
            name, (dataset.splits[row], np.full((26, 64, 64), 255, np.uint8))
        )
        alphabet[letters.LETTERS.index(dataset.keys[row])] = dataset.images[row, 0]
    return found


# What the bundled archive holds


def test_counts_are_those_of_the_readme(archive, index):
    text = (archive.parent / "README.md").read_text(encoding="utf-8")
    count = Counter((row["style"], row["split"]) for row in index)
    for style in letters.STYLES:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{style}`"))
        told = [int(cell) for cell in row.split("|") if cell.strip().isdigit()]
        assert told == [count[style, split] for split in SPLITS]


def test_every_row_has_a_licence_a_source_and_enough_letters(index):
    for row in index:
        assert set(row["licence"].split(" AND ")) <= set(typefaces.NAMES.values())
        assert row["source"].startswith(f"{build.PACKAGE}: ")
        assert len(row["letters"]) >= typefaces.LEAST_LETTERS
        assert set(row["letters"]) <= set(letters.LETTERS)
    assert len({row["typeface"] for row in index}) == len(index)


def test_table_beside_the_archive_is_the_one_inside(archive, index):
    lines = (archive.parent / letters.OVERVIEW).read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(index) + 1


def test_licences_of_the_families_stand_in_the_readme(archive, index):
    text = (archive.parent / "README.md").read_text(encoding="utf-8")
    for family, licence in {(row["family"], row["licence"]) for row in index}:
        assert f"| {family} |" in text, family
        assert licence in text, licence


def test_no_letter_is_blank_or_cut(dataset):
    ink = 255 - dataset.images[:, 0].numpy()
    assert ink.reshape(len(ink), -1).max(1).min() > 40  # the thinnest hairlines are grey
    border = np.concatenate([ink[:, 0], ink[:, -1], ink[:, :, 0], ink[:, :, -1]], axis=1)
    assert border.max() == 0


def test_capitals_are_forty_pixels_on_one_baseline(dataset):
    display = letters.STYLES.index("display")  # where a pen may swing below the line
    rows = [i for i, key in enumerate(dataset.keys) if key == "H" and dataset.labels[i] != display]
    for row in rows:
        ink = 255 - dataset.images[row, 0].numpy()
        lines = np.flatnonzero(ink.max(1) > 0.2 * ink.max())
        assert abs(lines[0] - (typefaces.BASELINE - typefaces.CAPITAL)) <= 1, dataset.series[row]
        assert abs(lines[-1] + 1 - typefaces.BASELINE) <= 2, dataset.series[row]


def test_a_typeface_has_each_of_its_letters_once(dataset):
    pairs = Counter(zip(dataset.series, dataset.keys))
    assert set(pairs.values()) == {1}


def test_plain_typeface_is_complete_and_trained_on(dataset):
    rows = [i for i, name in enumerate(dataset.series) if name == letters.PLAIN]
    assert "".join(dataset.keys[i] for i in rows) == letters.LETTERS
    assert {(dataset.splits[i], dataset.labels[i].item()) for i in rows} == {("train", 0)}


def test_loaded_like_every_other_set(dataset):
    assert dataset.styles == letters.STYLES
    assert dataset.images.dtype == torch.uint8 and dataset.images.shape[1:] == (3, 64, 64)
    part = dataset.subset("test", "serif")
    assert set(part.splits) == {"test"} and set(part.labels.tolist()) == {1}
    assert len(part.series) == len(part.families) == len(part) > 100
    wanted = dataset.indices("test", "serif")[5].item()
    assert part.series[5] == dataset.series[wanted]


# The split


def test_families_and_revivals_of_one_model_lie_on_one_side(index):
    for column in ("family", "group"):
        sides = defaultdict(set)
        for row in index:
            sides[row[column]].add(row["split"])
        assert all(len(found) == 1 for found in sides.values()), column
    groups = defaultdict(set)
    for row in index:
        groups[row["group"]].add(row["family"])
    assert {"EB Garamond", "Garamond Libre", "Cormorant Garamond"} <= groups["garamond"]
    assert {"TeX Gyre TermesX", "STIX Two Text", "Tinos"} <= groups["times"]
    assert {"Open Sans", "Droid Sans", "Noto Sans"} <= groups["droid"]


def test_every_style_has_held_out_families(index):
    for style in letters.STYLES:
        for split, least in (("test", 2), ("valid", 1)):
            held = {r["group"] for r in index if (r["style"], r["split"]) == (style, split)}
            assert len(held) >= least, (style, split)
    groups = {row["group"]: row["split"] for row in index}
    share_of = Counter(groups.values())
    assert abs(share_of["test"] / len(groups) - build.SHARES["test"]) < 0.02
    assert abs(share_of["valid"] / len(groups) - build.SHARES["valid"]) < 0.02


def test_no_held_out_typeface_is_nearly_one_of_the_training_set(alphabets):
    """By the distance of their letters, whatever they are called."""
    ink = {name: ink_of(alphabet) for name, (_, alphabet) in alphabets.items()}
    trained = np.stack([ink[name] for name, (split, _) in alphabets.items() if split == "train"])
    nearest = {
        name: build.differences(ink[name], trained).min()
        for name, (split, _) in alphabets.items()
        if split != "train"
    }
    assert min(nearest.values()) >= build.TWINS


def ink_of(alphabet):
    return 1 - alphabet.reshape(26, 16, 4, 16, 4).mean((2, 4), dtype=np.float32) / 255


# How it is made


@pytest.fixture(scope="module")
def fonts(tmp_path_factory):
    """A tree as the package has it, with what matplotlib brings along."""
    brought = Path(pytest.importorskip("matplotlib").get_data_path()) / "fonts" / "ttf"
    tree = tmp_path_factory.mktemp("package")
    folder = tree / build.FONTS / FOLDER
    folder.mkdir(parents=True)
    for name in ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "STIXSizOneSymReg"):
        (folder / f"{name}.ttf").write_bytes((brought / f"{name}.ttf").read_bytes())
    said = tree / build.LICENCES
    said.parent.mkdir(parents=True)
    lines = (
        "Licenses for source package x",
        "face: ofl other-free",
        f"texmf-dist/fonts/{FOLDER}/*",
        "free: other-free",
        "texmf-dist/fonts/opentype/foundry/free/*",
        "two: gpl2+ lppl1.3",
        "texmf-dist/doc/fonts/two/*",
        "texmf-dist/fonts/opentype/foundry/two/*",
        "none: ",
        "texmf-dist/fonts/opentype/foundry/none/*",
    )
    said.write_bytes(gzip.compress("\n".join(lines).encode()))
    return tree


@pytest.fixture(scope="module")
def faces(fonts):
    family = typefaces.Family("DejaVu", "vera", "sans", f"{FOLDER}/*")
    return {face.name: face for face in build.draw_families(fonts, [family])["DejaVu"]}


def test_drawn_are_fonts_that_have_the_letters(faces):
    assert set(faces) == {"DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique"}
    upright = faces["DejaVuSans"]
    assert upright.present.all() and upright.letters.shape == (26, 64, 64)
    assert (upright.licence, upright.domain) == ("OFL-1.1", "sans")
    assert upright.file == f"{FOLDER}/DejaVuSans.ttf"
    assert faces["DejaVuSans-Bold"].ink.sum() > 1.3 * upright.ink.sum()


def test_what_leans_is_an_italic_by_its_drawing(faces):
    slanted = faces["DejaVuSans-Oblique"]
    assert slanted.domain == "italic"
    stems = [letters.LETTERS.index(letter) for letter in "HILT"]
    assert typefaces.lean(slanted.letters[stems]) == pytest.approx(np.tan(np.radians(11)), abs=0.04)
    assert abs(typefaces.lean(faces["DejaVuSans"].letters[stems])) < 0.03


def test_licence_is_what_the_package_says_of_the_folder(fonts):
    licence = typefaces.read_licences(fonts / build.LICENCES)
    assert licence(Path(f"{FOLDER}/DejaVuSans.ttf")) == "OFL-1.1"
    assert licence(Path("opentype/foundry/two/a.otf")) == "GPL-2.0-or-later AND LPPL-1.3"
    for unnamed in ("free", "none", "elsewhere"):
        assert licence(Path(f"opentype/foundry/{unnamed}/a.otf")) == "", unnamed
    family = typefaces.Family("Free", "free", "sans", "*")
    assert typefaces.draw(fonts / build.FONTS / FOLDER / "DejaVuSans.ttf", family, "") is None


def test_a_family_without_a_usable_font_is_named(fonts):
    family = typefaces.Family("Gone", "gone", "sans", "opentype/gone/*")
    with pytest.raises(ValueError, match="no usable font of Gone"):
        build.draw_families(fonts, [family])


def test_of_a_family_only_what_differs_is_kept(faces):
    plain, bold = faces["DejaVuSans"], faces["DejaVuSans-Bold"]
    assert build.varied([plain, plain, bold, bold, plain]) == [plain, bold]
    cells = np.random.default_rng(1).integers(0, 2, (40, 26, 16, 16)).astype(np.uint8) * 255
    many = [replace(plain, letters=one.repeat(4, 1).repeat(4, 2)) for one in cells]
    assert len(build.varied(many)) == build.MOST_FONTS


def test_held_out_near_twins_are_left_out_whatever_they_are_called(faces):
    plain, bold = faces["DejaVuSans"], faces["DejaVuSans-Bold"]
    cells = np.random.default_rng(1).integers(0, 2, (40, 26, 16, 16)).astype(np.uint8) * 255
    own = [
        replace(plain, name=f"own {i}", model=f"m{i}", letters=one.repeat(4, 1).repeat(4, 2))
        for i, one in enumerate(cells)
    ]
    sides = {face.model: face.split for face in build.divided(own)}
    assert Counter(sides.values()) == {"train": 31, "test": 6, "valid": 3}
    held = next(face for face in own if sides[face.model] == "test")
    trained = next(face for face in own if sides[face.model] == "train")
    twin = replace(trained, name="twin", model=held.model)
    kept = {
        face.name: face.split for face in build.divided([*own, twin, replace(bold, model="m0")])
    }
    assert "twin" not in kept and kept[held.name] == "test" and kept[trained.name] == "train"


def test_archive_gives_back_every_pixel(faces, tmp_path):
    made = [replace(face, split="train") for face in faces.values()]
    plain = next(face for face in made if face.name == "DejaVuSans")
    plain.present[25] = False
    write_archive(tmp_path, "a.zip", map(build._member, made), letters.COLUMNS)
    back = letters.load_letters(tmp_path / "a.zip")
    assert len(back) == 3 * 26 - 1 and back.keys.count("Z") == 2
    row = list(zip(back.series, back.keys)).index(("DejaVuSans", "B"))
    assert torch.equal(back.images[row, 2], torch.from_numpy(plain.letters[1]))


def test_lossless_webp_keeps_what_the_other_loses(faces):
    picture = Image.fromarray(faces["DejaVuSans"].letters[6]).convert("RGB")
    exact = gate.decode_trusted(gate.encode_image(picture, "WEBP", quality=100, lossless=True))
    near = gate.decode_trusted(gate.encode_image(picture, "WEBP", quality=50))
    true = torch.from_numpy(faces["DejaVuSans"].letters[6])
    assert torch.equal(exact[0], true) and not torch.equal(near[0], true)


def test_another_size_is_refused(tmp_path):
    with pytest.raises(ValueError, match="64 pixels, not 128"):
        build.build_letters(tmp_path, size=128)
