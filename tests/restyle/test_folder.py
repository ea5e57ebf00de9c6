import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gan_lessons.restyle.folder import Wish, restyle_files
from gan_lessons.restyle.gallery import page
from gan_lessons.restyle.sources import distinct, find_sources
from gan_lessons.style_transfer import StyleTransfer

STYLES = ("discs", "squares", "stripes")


@pytest.fixture(scope="module")
def model(vivid_model):
    return StyleTransfer.load(vivid_model, device="cpu", precision="fp32")


def draw(path: Path, size=(20, 16), seed=0, **options) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def restyle(model, sources, out, wish=None, lines=None, warned=None):
    report = [].append if lines is None else lines.append
    warn = [].append if warned is None else warned.append
    return restyle_files(
        model, sources, out, wish or Wish(STYLES[:2]), name="tiny", report=report, warn=warn
    )


def visible(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def results(manifest) -> list[str]:
    return [one["file"] for source in manifest["sources"] for one in source["results"]]


class Links(HTMLParser):
    """What a page loads and links to, and its pictures."""

    def __init__(self, text: str):
        super().__init__()
        self.targets, self.images, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.targets += [values[key] for key in ("src", "href") if key in values]
        if tag == "img":
            self.images.append(values)


def test_results_are_those_of_the_model_and_can_be_made_again(model, tmp_path):
    path = draw(tmp_path / "cat.png")
    wish = Wish(("squares", "discs"), count=3, seed=7)
    manifest = restyle(model, [path], tmp_path / "out", wish)
    [source] = manifest["sources"]
    assert [one["file"] for one in source["results"]] == [
        f"cat__{style}__{k}.png" for style in wish.styles for k in (1, 2, 3)
    ]
    for one in source["results"]:
        want = model.restyle(path, one["style"], count=one["index"], seed=one["seed"])[-1]
        with Image.open(tmp_path / "out" / one["file"]) as made:
            assert made.mode == "RGB" and made.size == (20, 16)
            # One pass over six pictures rounds differently from a pass over one.
            difference = np.abs(np.asarray(made, int) - np.asarray(want, int))
        assert difference.max() <= 1
    a, b = (np.asarray(Image.open(tmp_path / "out" / f"cat__{s}__1.png")) for s in wish.styles)
    assert (a != b).any()


def test_manifest_says_what_came_of_what(model, tmp_path):
    sources = [draw(tmp_path / "in" / "a.png"), tmp_path / "missing.png"]
    returned = restyle(model, sources, tmp_path / "out")
    stored = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert stored == returned
    assert stored["model"] == {"name": "tiny", "size": 16, "run": model.run}
    assert stored["model"]["run"]["steps"] == 4
    assert stored["asked"]["styles"] == ["discs", "squares"]
    assert set(stored["versions"]) == {"gan_lessons", "torch", "pillow", "python"}
    assert stored["sources"][0]["file"] == str(sources[0])
    assert stored["skipped"] == [
        {"file": str(sources[1]), "reason": "it does not exist; check the name."}
    ]
    assert stored["stopped"] is None
    assert visible(tmp_path / "out") == {
        "manifest.json",
        "gallery.html",
        "gallery_files/a.webp",
        *results(stored),
    }


def test_reference_gives_the_style(model, tmp_path):
    cat, reference = draw(tmp_path / "cat.png"), draw(tmp_path / "ref.png", seed=5)
    manifest = restyle(model, [cat], tmp_path / "out", Wish(("discs",), 2, reference=reference))
    assert manifest["asked"]["reference"] == str(reference)
    want = model.restyle(cat, "discs", count=2, reference=reference)
    for one, picture in zip(results(manifest), want, strict=True):
        made = np.asarray(Image.open(tmp_path / "out" / one), int)
        assert np.abs(made - np.asarray(picture, int)).max() <= 1


def test_size_sets_the_shorter_side(model, tmp_path):
    manifest = restyle(
        model, [draw(tmp_path / "a.png", (40, 20))], tmp_path / "out", Wish(("discs",), size=10)
    )
    with Image.open(tmp_path / "out" / results(manifest)[0]) as made:
        assert made.size == (20, 10)
    with Image.open(tmp_path / "out" / manifest["sources"][0]["preview"]) as preview:
        assert preview.size == (40, 20)


def test_sources_of_one_stem_do_not_overwrite_each_other(model, tmp_path):
    paths = [
        draw(tmp_path / "x" / "cat.png", seed=1),
        draw(tmp_path / "y" / "cat.png", seed=2),
        draw(tmp_path / "y" / "CAT.jpg", seed=3),
        draw(tmp_path / "y" / "cat-2.png", seed=4),
    ]
    manifest = restyle(model, paths, tmp_path / "out", Wish(("discs",)))
    names = results(manifest)
    assert len({name.casefold() for name in names}) == 4
    assert names[0] == "cat__discs__1.png" and names[3] == "cat-2__discs__1.png"
    for path, name in zip(paths, names, strict=True):
        want = np.asarray(model.restyle(path, "discs")[0], int)
        made = np.asarray(Image.open(tmp_path / "out" / name), int)
        assert np.abs(made - want).max() <= 1


@given(st.lists(st.text(max_size=200), max_size=12))
def test_distinct_names_are_files_everywhere(names):
    chosen = distinct(names)
    assert len({name.casefold() for name in chosen}) == len(names)
    for name in chosen:
        assert name and name.isprintable() and not set(name) & set('<>:"/\\|?*')
        assert len(name.encode()) < 120
    plain = [n for n in names if re.fullmatch("[a-z]+", n)]
    assert set(plain) <= set(chosen)


@pytest.mark.parametrize(
    ("stems", "styles"),
    [(["a", "a__x"], ["x__y", "y"]), (["a", "a_"], ["_x", "x"]), (["a"], ["b/c", "b:c", "../x"])],
)
def test_no_stem_and_style_make_one_name_twice(stems, styles):
    from gan_lessons.restyle.folder import _names

    made = [one["file"] for stem in distinct(stems) for one in _names(stem, Wish(tuple(styles), 2))]
    assert len(set(made)) == len(made) == 2 * len(stems) * len(styles)
    assert not any("/" in name for name in made)


def test_folders_are_searched_at_any_depth_and_each_file_taken_once(tmp_path):
    paths = [draw(tmp_path / name) for name in ("in/b.png", "in/deep/er/a.jpg", "in/z.webp")]
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    found, skipped = find_sources([tmp_path / "in" / "z.webp", tmp_path / "in"])
    assert found == [paths[2], paths[0], paths[1]] and not skipped


def test_folder_without_pictures_is_named(model, tmp_path):
    (tmp_path / "empty").mkdir()
    warned = []
    sources = [tmp_path / "empty", draw(tmp_path / "a.png")]
    manifest = restyle(model, sources, tmp_path / "out", warned=warned)
    assert manifest["skipped"][0]["file"] == str(tmp_path / "empty")
    assert "without pictures" in warned[0] and len(results(manifest)) == 2
    with pytest.raises(ValueError, match="empty: it is a folder without pictures"):
        restyle(model, [tmp_path / "empty"], tmp_path / "out2")


@pytest.mark.parametrize("place", ["in/out", "in", ".", "in/deep/out", "elsewhere"])
def test_results_are_not_restyled_again(model, tmp_path, place):
    draw(tmp_path / "in" / "a.png")
    draw(tmp_path / "in" / "deep" / "b.png")
    out = tmp_path / place
    first = restyle(model, [tmp_path / "in"], out)
    assert [Path(s["file"]).name for s in first["sources"]] == ["a.png", "b.png"]
    again = restyle(model, [tmp_path / "in"], out)
    assert [s["file"] for s in again["sources"]] == [s["file"] for s in first["sources"]]
    linked = tmp_path / "link"
    linked.symlink_to(tmp_path / "in", target_is_directory=True)
    through = restyle(model, [linked], out)
    assert len(through["sources"]) == 2


def test_nothing_of_the_metadata_survives(model, tmp_path):
    secret = "47.3769 N 8.5417 E"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", secret)
    exif = Image.Exif()
    exif[0x010E] = secret
    paths = [
        draw(tmp_path / "a.png", pnginfo=text, exif=exif),
        draw(tmp_path / "b.jpg", exif=exif, comment=secret.encode()),
    ]
    assert all(secret.encode() in path.read_bytes() for path in paths)
    restyle(model, paths, tmp_path / "out")
    made = [p for p in (tmp_path / "out").rglob("*") if p.suffix in (".png", ".webp")]
    assert len(made) == 6
    for path in made:
        assert secret.encode() not in path.read_bytes()
        with Image.open(path) as image:
            assert not image.getexif() and set(image.info) <= {"background", "loop"}


def test_one_bad_file_is_skipped(model, tmp_path):
    good, bad = draw(tmp_path / "a.png"), tmp_path / "b.png"
    bad.write_bytes(good.read_bytes()[:100])
    lines, warned = [], []
    manifest = restyle(model, [bad, good], tmp_path / "out", lines=lines, warned=warned)
    assert [one["file"] for one in manifest["skipped"]] == [str(bad)]
    assert len(warned) == 1 and warned[0].startswith(f"skipped {bad}: it is ")
    assert len(manifest["sources"]) == 1
    assert lines[:2] == [f"1 of 2: {bad}", f"2 of 2: {good}"]
    assert lines[2].startswith("2 results of 1 picture, 1 skipped")


def test_nothing_done_is_an_error_and_leaves_no_gallery(model, tmp_path):
    with pytest.raises(ValueError, match="none of the pictures"):
        restyle(model, [tmp_path / "missing.png"], tmp_path / "out")
    assert not visible(tmp_path / "out")


def test_bad_wishes_are_refused_before_a_folder_is_made(model, tmp_path):
    cat = draw(tmp_path / "cat.png")
    wishes = [Wish(("nope",)), Wish(STYLES, count=0), Wish(STYLES, reference=tmp_path / "no.png")]
    for wish in wishes:
        with pytest.raises(ValueError):
            restyle(model, [cat], tmp_path / "out", wish)
    assert not (tmp_path / "out").exists()


def test_hint_for_large_pictures_comes_once(model, tmp_path):
    large = [draw(tmp_path / f"{i}.png", (80, 70)) for i in range(2)]
    warned = []
    restyle(model, [draw(tmp_path / "small.png"), *large], tmp_path / "out", warned=warned)
    assert len(warned) == 1 and "trained at 16" in warned[0] and "--size 32" in warned[0]
    warned.clear()
    restyle(model, large, tmp_path / "out", Wish(("discs",), size=32), warned=warned)
    assert not warned


def test_a_picture_too_large_for_memory_is_skipped(model, tmp_path, monkeypatch):
    paths = [draw(tmp_path / "long.png", (3000, 2)), draw(tmp_path / "a.png")]
    manifest = restyle(model, paths, tmp_path / "out", Wish(("discs",), size=300))
    assert [s["file"] for s in manifest["sources"]] == [str(paths[1])]
    assert "450,000 x 300 pixels" in manifest["skipped"][0]["reason"]


def test_many_files_do_not_flood_the_screen(model, tmp_path):
    for i in range(60):
        draw(tmp_path / "in" / f"{i:02}.png", (8, 8))
    lines = []
    restyle(model, [tmp_path / "in"], tmp_path / "out", Wish(("discs",)), lines=lines)
    assert len(lines) < 40
    assert lines[0].startswith("1 of 60") and lines[-2].startswith("60 of 60")


def test_stopped_run_keeps_what_was_made(model, tmp_path):
    paths = [draw(tmp_path / f"{i}.png") for i in range(4)]

    def report(line):
        if line.startswith("3 of"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restyle_files(model, paths, tmp_path / "out", Wish(STYLES), report=report, warn=report)
    stored = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert stored["stopped"] == "interrupted."
    assert [s["file"] for s in stored["sources"]] == [str(path) for path in paths[:2]]
    assert len(results(stored)) == 6
    assert "Stopped early" in (tmp_path / "out" / "gallery.html").read_text()
    previews = {s["preview"] for s in stored["sources"]}
    assert visible(tmp_path / "out") == {
        "manifest.json",
        "gallery.html",
        *results(stored),
        *previews,
    }


def test_gallery_shows_each_source_beside_its_results(model, tmp_path):
    names = ["a.png", 'q "x" & #1 100%.png', "ü <b> 日本.png", "it's.png"]
    paths = [draw(tmp_path / "in" / name) for name in names]
    manifest = restyle(model, paths, tmp_path / "out", Wish(STYLES, count=2))
    text = (tmp_path / "out" / "gallery.html").read_text(encoding="utf-8")
    links = Links(text)
    assert len(links.images) == 4 * (1 + 6)
    assert all(image["alt"] for image in links.images)
    assert len({image["alt"] for image in links.images}) == len(links.images)
    local = [target for target in links.targets if target != "data:,"]
    for target in local:  # relative, and there
        assert not re.match(r"[a-z]+:|/|\.\.", target)
        assert (tmp_path / "out" / unquote(target)).is_file()
    assert {unquote(target) for target in local} >= set(results(manifest))
    assert {"script", "iframe", "link", "b"} & set(links.tags) == {"link"}
    assert "prefers-color-scheme: dark" in text and 'name="viewport"' in text


def test_gallery_escapes_whatever_a_name_holds():
    evil = "<script>alert(1)</script>\"'&"
    manifest = {
        "model": {"name": evil},
        "asked": {"styles": [evil], "count": 1, "seed": 0, "reference": evil},
        "versions": {evil: evil},
        "stopped": evil,
        "sources": [
            {
                "file": evil,
                "preview": f"{evil}.webp",
                "results": [{"style": evil, "seed": 0, "index": 1, "file": f"{evil}.png"}],
            }
        ],
        "skipped": [{"file": evil, "reason": evil}],
    }
    links = Links(page(manifest))
    assert "script" not in links.tags
    assert unquote(links.targets[1]) == f"{evil}.webp"
    assert links.images[0]["alt"] == f"{evil}, the source"
    assert len(links.images) == 2


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_names_that_are_no_text_do_no_harm(model, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.png"))
    draw(tmp_path / "plain.png").rename(path)
    manifest = restyle(model, [path], tmp_path / "out", Wish(("discs",)))
    assert results(manifest) == ["caf____discs__1.png"]
    assert manifest["sources"][0]["file"].endswith("caf??.png")
    assert (tmp_path / "out" / results(manifest)[0]).is_file()
