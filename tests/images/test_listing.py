"""A folder's pictures are found, and all else that lies there is told of."""

import os
from pathlib import Path

import pytest
from PIL import Image

from gan_lessons.images.listing import KINDS, MISSED, is_clutter, search, summary


def lay(home: Path, *names: str) -> None:
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).touch()


def kinds(home: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in search(home).left_out:
        found.setdefault(one.kind, []).append(one.path.relative_to(home).as_posix())
    return found


def names(home: Path) -> list[str]:
    return [path.relative_to(home).as_posix() for path in search(home).pictures]


class TestPictures:
    def test_sorted_recursive_by_ending(self, tmp_path):
        wanted = ["a/z.PNG", "a-b/x.jpg", "b.webp", "c/d/e.tiff", "f.HEIC", "g.avif"]
        lay(tmp_path, *wanted, "notes.txt", "png")
        assert names(tmp_path) == sorted(wanted)

    def test_no_folder(self, tmp_path):
        with pytest.raises(ValueError, match="not a folder"):
            search(tmp_path / "none")
        with pytest.raises(ValueError, match="not a folder"):
            search(tmp_path / ("x" * 5000))

    def test_folders_may_be_passed_over(self, tmp_path):
        lay(tmp_path, "a/x.png", "b/y.png", "b/c/z.png", "w.png")
        found = search(tmp_path, without=[tmp_path / "b"])
        assert [path.name for path in found.pictures] == ["x.png", "w.png"]


class TestLeftOut:
    def test_every_file_is_either_taken_or_told_of(self, tmp_path):
        lay(tmp_path, "x.png", "raw/y.CR3", "clip.mov", ".z.jpg", "notes.txt", "README", "w.psd")
        assert kinds(tmp_path) == {
            "hidden": [".z.jpg"],
            "text": ["README", "notes.txt"],
            "unknown": ["raw/y.CR3", "w.psd"],
            "video": ["clip.mov"],
        }
        assert names(tmp_path) == ["x.png"]

    @pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "TIFF"])
    def test_a_picture_without_an_ending_is_told_of(self, tmp_path, form):
        lay(tmp_path, "README", "x.png")
        (tmp_path / "LICENSE").write_text("As it is.")
        Image.new("RGB", (8, 8)).save(tmp_path / "IMG_0900", format=form)
        assert kinds(tmp_path) == {"text": ["LICENSE", "README"], "unnamed": ["IMG_0900"]}
        assert names(tmp_path) == ["x.png"] and "unnamed" in MISSED

    def test_a_phone_s_picture_without_an_ending_and_a_film(self, tmp_path):
        (tmp_path / "IMG_1").write_bytes(b"\0\0\0\x24ftypheic")
        (tmp_path / "film").write_bytes(b"\0\0\0\x24ftypisom")
        assert kinds(tmp_path) == {"text": ["film"], "unnamed": ["IMG_1"]}

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipe has a path here")
    def test_nothing_without_an_ending_is_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "gone").symlink_to("nowhere")
        assert kinds(tmp_path) == {"text": ["gone", "pipe"]}

    @pytest.mark.parametrize(
        "place",
        [
            "@eaDir/x.jpg/SYNOPHOTO_THUMB_M.jpg",
            "oil/@eaDir/x.jpg/SYNOPHOTO_THUMB_XL.jpg",
            ".@__thumb/default.jpg",
            ".thumbnails/x.png",
            "#recycle/x.jpg",
            "$RECYCLE.BIN/x.jpg",
            "__MACOSX/oil/x.png",
            "Thumbnails/x.jpg",
            "Lightroom Catalog Previews.lrdata/x.jpg",
            "Photos.photoslibrary/resources/derivatives/x.jpeg",
            "CaptureOne/Cache/Thumbnails/x.jpg",
            ".git/x.png",
        ],
    )
    def test_small_copies_of_systems_are_no_pictures(self, tmp_path, place):
        lay(tmp_path, "x.jpg", place)
        assert names(tmp_path) == ["x.jpg"]
        assert kinds(tmp_path) == {"thumbnail": [place]}

    def test_what_nobody_can_miss_is_not_told_of(self, tmp_path):
        lay(tmp_path, ".DS_Store", "Thumbs.db", "desktop.ini", "._x.jpg", "Icon\r", ".nomedia")
        assert not search(tmp_path).left_out

    def test_a_folder_of_pictures_that_is_asked_for_by_name_is_searched(self, tmp_path):
        lay(tmp_path, "thumbs/x.png")
        assert [path.name for path in search(tmp_path / "thumbs").pictures] == ["x.png"]

    def test_links(self, tmp_path):
        inside, outside = tmp_path / "in", tmp_path / "out"
        lay(inside, "x.png", "deep/w.png")
        lay(outside, "y.png")
        try:
            (inside / "stays.png").symlink_to("x.png")
            (inside / "leaves.png").symlink_to(outside / "y.png")
            (inside / "folder").symlink_to(outside)
            (inside / "shallow").symlink_to("deep")
            (inside / "gone.png").symlink_to("nowhere.png")
            (inside / "loop.png").symlink_to("loop.png")
        except OSError:
            pytest.skip("links are not allowed here")
        assert names(inside) == ["deep/w.png", "gone.png", "loop.png", "stays.png", "x.png"]
        assert kinds(inside) == {"link": ["folder", "leaves.png"]}

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whoever may do all sees all"
    )
    def test_closed_folders(self, tmp_path):
        lay(tmp_path, "x.png", "shut/y.png")
        (tmp_path / "shut").chmod(0)
        try:
            assert names(tmp_path) == ["x.png"] and kinds(tmp_path) == {"closed": ["shut"]}
            with pytest.raises(ValueError, match="cannot be looked into"):
                search(tmp_path / "shut")
        finally:
            (tmp_path / "shut").chmod(0o700)


class TestWords:
    def test_each_kind_has_a_sentence(self, tmp_path):
        lay(tmp_path, "x.cr3")
        [one] = search(tmp_path).left_out
        assert (
            one.reason == "it is a file of a kind that is not read here; export it as JPEG or PNG."
        )
        assert set(MISSED) < set(KINDS)

    def test_summary_counts_and_names_a_few(self, tmp_path):
        lay(tmp_path, *(f"{number}.psd" for number in range(9)), ".h.png")
        hidden, unknown = summary(search(tmp_path).left_out, tmp_path)
        assert hidden == "left out: 1 × a hidden picture (.h.png)"
        assert unknown.startswith("left out: 9 × a file of a kind that is not read here ")
        assert unknown.endswith("(0.psd, 1.psd, 2.psd, and 6 more)")

    def test_summary_is_printable_whatever_the_names(self, tmp_path):
        lay(tmp_path, "a\nb.mov", os.fsdecode(b"caf\xe9.mov"))
        [line] = summary(search(tmp_path).left_out, tmp_path)
        assert "\n" not in line and line.encode("utf-8")

    def test_clutter(self):
        assert is_clutter("@eaDir") and is_clutter(".x") and is_clutter("THUMBS.DB")
        assert not is_clutter("eaDir") and not is_clutter("photos") and not is_clutter("previews")
