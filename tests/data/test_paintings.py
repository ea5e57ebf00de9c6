import hashlib
import io
import shutil
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lessons.data import paintings
from gan_lessons.data.archive import read_index, read_members
from gan_lessons.data.build.credits import (
    LICENCES,
    credit_for,
    debian_credits,
    licence_name,
    readme_credits,
)
from gan_lessons.data.build.jigsaw import EDGE, assemble
from gan_lessons.data.build.paintings import LONGEST, build_painted_photos
from gan_lessons.files import share
from gan_lessons.images import gate

sys.path.insert(0, str(Path(__file__).parent))
from packages_made import debian_packages, jigsaw, picture  # noqa: E402

PAINTERS = ("morisot", "van_gogh", "ukiyo_e")
needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb here")


@pytest.fixture(scope="module")
def archive():
    return share("data", "painted_photos", "painted_photos.zip")


@pytest.fixture(scope="module")
def index(archive):
    return read_index(archive)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    debian_packages(folder)
    return folder


# What the bundled archive holds


def test_counts_are_those_of_the_readme(archive, index):
    text = (archive.parent / "README.md").read_text(encoding="utf-8")
    count = Counter((row["style"], row["split"]) for row in index)
    for style in paintings.STYLES:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{style}`"))
        told = [int(cell) for cell in row.split("|") if cell.strip().isdigit()]
        assert told == [count[style, split] for split in ("train", "valid", "test")]
    assert count["reference", "reference"] == 4
    assert count.total() == len(index)


def test_each_painter_has_two_works_for_testing(index):
    for style in PAINTERS:
        works = [row for row in index if row["style"] == style]
        assert len(works) == 9
        assert sum(row["split"] == "test" for row in works) >= 2
        assert len({row["title"] for row in works}) == 9


def test_every_image_has_a_licence_an_author_and_a_source(index):
    known = set(LICENCES.values())
    for row in index:
        assert row["licence"] in known, row["file"]
        assert row["author"] and row["title"] and row["source"], row["file"]


def test_every_licence_is_explained(archive, index):
    text = (archive.parent.parent / "README.md").read_text(encoding="utf-8").replace("-", " ")
    for licence in {row["licence"] for row in index}:
        assert licence.replace("-", " ").removesuffix(" 1.0") in text, licence


def test_nothing_from_space_is_left(index):
    keys = {row["key"] for row in index}
    assert not [key for key in keys if key.startswith(("land-nasa", "land-space", "land-station"))]
    assert "land-canyon03" not in keys and "land-canyon3" in keys


def test_every_checksum_is_right_and_every_size_as_said(archive):
    for row, data in read_members(archive):
        assert hashlib.sha256(data).hexdigest() == row["sha256"], row["file"]
        with Image.open(io.BytesIO(data)) as image:  # the header alone
            longest = max(image.size)
        photo = row["style"] == "photo"
        assert longest <= LONGEST[row["split"] if photo else "painting"], row["file"]
        assert longest >= 440, row["file"]


def test_beside_and_inside_are_the_same_table(archive):
    beside = (archive.parent / "index.csv").read_bytes()
    with zipfile.ZipFile(archive) as opened:
        assert opened.read("index.csv") == beside


def test_readme_states_the_checksum(archive):
    text = (archive.parent / "README.md").read_text(encoding="utf-8")
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert f"SHA-256 `{checksum}`" in text


def test_dataset_holds_the_styles_and_not_the_references(pictures, index):
    dataset = pictures
    assert dataset.styles == paintings.STYLES
    assert len(dataset) == sum(row["style"] != "reference" for row in index)
    assert set(dataset.splits) == {"train", "valid", "test"}
    assert all(image.dtype == torch.uint8 and image.shape[0] == 3 for image in dataset.images)
    assert max(min(image.shape[1:]) for image in dataset.images) == 256
    assert "Great wave off Kanagawa" in dataset.names


def test_references_are_four_paintings():
    found = paintings.references(32)
    assert {name.split(",")[0] for name in found} == {
        "Pierre-Auguste Renoir",
        "Frédéric Bazille",
        "Mary Cassatt",
    }
    assert {min(image.shape[1:]) for image in found.values()} == {128}


# How it is built


@needs_dpkg
def test_building_twice_gives_the_same_bytes(packages, tmp_path):
    said = []
    first = build_painted_photos(tmp_path / "a", source=packages, progress=said.append)
    second = build_painted_photos(tmp_path / "b", source=packages, progress=said.append)
    assert first.read_bytes() == second.read_bytes()
    assert "land-secret7: left out, its licence is not known" in said
    assert "farm-bad: left out, its licence is not known" in said


@needs_dpkg
def test_tiny_set_has_its_credits(packages, tmp_path):
    path = build_painted_photos(tmp_path, source=packages, progress=lambda line: None)
    rows = {row["key"]: row for row in read_index(path)}
    photos = {key for key, row in rows.items() if row["style"] == "photo"}
    animals = {f"{kind}-cow" for kind in ("erase", "farm", "monument", "world")}
    assert photos == {"land-beach0", "land-beach1-someone"} | animals
    assert rows["land-beach0"]["licence"] == "public domain"
    assert rows["land-beach1-someone"]["licence"] == "CC-BY-SA-4.0"
    assert rows["land-beach1-someone"]["author"] == "Some One"
    cow = rows["farm-cow"]
    assert (cow["title"], cow["author"], cow["licence"]) == ("A fine cow", "A. Farmer", "CC-BY-4.0")
    assert rows["wave"]["licence"] == "GPL-3.0-or-later"
    assert Counter(row["style"] for row in rows.values()) == {
        "photo": 6,
        "morisot": 9,
        "van_gogh": 9,
        "ukiyo_e": 9,
        "reference": 4,
    }
    assert len(paintings.load_painted_photos(64, path)) == 33


@needs_dpkg
def test_missing_package_is_named(tmp_path):
    with pytest.raises(ValueError, match="endless-sky-data"):
        build_painted_photos(tmp_path / "out", source=tmp_path, progress=lambda line: None)


# Jigsaws


def cut(pixels, board=(150, 120)):
    text, pieces = jigsaw(pixels, "a", board)
    files = {f"x/resource/{name}": data for name, data in pieces.items()}
    return {**files, "x/resource/board/b.qml": text}


def test_a_jigsaw_is_the_picture_it_was_cut_from():
    pixels = picture(1, 100, 90)
    again = np.asarray(assemble(cut(pixels), "x/resource/board/b.qml"))
    assert (again == pixels[EDGE:-EDGE, EDGE:-EDGE]).all()


def test_small_holes_are_filled_from_their_surroundings():
    pixels = np.full((90, 100, 3), 200, np.uint8)
    files = cut(pixels)
    piece = gate.decode_cutout(files["x/resource/image/a_0.webp"])
    piece.putpixel((20, 20), (0, 0, 0, 0))
    piece.putpixel((21, 20), (0, 0, 0, 0))
    data = files.copy()
    data["x/resource/image/a_0.webp"] = _webp(piece)
    again = np.asarray(assemble(data, "x/resource/board/b.qml"))
    assert (again == 200).all()


def test_a_missing_piece_is_named():
    files = cut(picture(2, 100, 90))
    del files["x/resource/image/a_3.webp"]
    with pytest.raises(ValueError, match="a_3.webp is missing"):
        assemble(files, "x/resource/board/b.qml")


def test_a_large_hole_is_refused():
    files = cut(picture(2, 100, 90))
    piece = gate.decode_cutout(files["x/resource/image/a_0.webp"])
    piece.paste((0, 0, 0, 0), (10, 10, 25, 25))
    files["x/resource/image/a_0.webp"] = _webp(piece)
    with pytest.raises(ValueError, match="has no piece"):
        assemble(files, "x/resource/board/b.qml")


def test_a_board_without_pieces_is_refused():
    text = b'[{ "pixmapfile": "image/bg.svg", "width": 30, "height": 20 }]'
    with pytest.raises(ValueError, match="no pieces"):
        assemble({"x/board/b.qml": text}, "x/board/b.qml")


def _webp(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "WEBP", lossless=True, exact=True)
    return data.getvalue()


# Credits


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("CC-BY-SA 4.0", "CC-BY-SA-4.0"),
        ("CC-BY-2.0", "CC-BY-2.0"),
        ("Public  Domain", "public domain"),
        ("CC0-1.0", "CC0-1.0"),
        ("CC-BY-NC-4.0", None),
        ("", None),
    ],
)
def test_licences_have_one_name(written, name):
    assert licence_name(written) == name


def test_last_fitting_pattern_counts():
    credits = debian_credits(
        "Files: a/*\nCopyright: All\nLicense: public-domain\n\n"
        "Files: a/b*\n a/c*\nCopyright: Some\nLicense: CC-BY-SA-3.0\n Text.\n"
    )
    assert credit_for("a/x.jpg", credits).author == "All"
    assert credit_for("a/c1.jpg", credits).licence == "CC-BY-SA-3.0"
    assert credit_for("z/x.jpg", credits).licence is None


def test_fields_come_in_any_order_and_files_without_their_line():
    credits = readme_credits(
        "Files: one.webp\nSource: https://x/File:On%20e_(2).jpg\nLicense: CC0-1.0\nCopyright: A\n\n"
        "Copyright: B\nLicense: CC-BY 3.0\ntwo.webp\nthree.svg\nComment: from a four.webp\n"
    )
    assert credits["one.webp"].title == "On e (2)"
    assert credits["three.svg"].licence == "CC-BY-3.0"
    assert credits.keys() == {"one.webp", "two.webp", "three.svg"}
