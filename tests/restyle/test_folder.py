import copy
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gan_lessons.restyle.folder import restyle_files
from gan_lessons.restyle.gallery import gallery_page
from gan_lessons.restyle.sources import distinct, find_sources
from gan_lessons.restyle.wish import Wish, check_cost, of_one
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
    wish = Wish(("discs",), 2, references=(reference,))
    manifest = restyle(model, [cat], tmp_path / "out", wish)
    [listed] = manifest["asked"]["references"]
    assert listed["file"] == str(reference)
    assert (tmp_path / "out" / listed["preview"]).is_file()
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
    wish = Wish(tuple(styles), 2)
    made = [one["file"] for stem in distinct(stems) for one in wish.names(stem)]
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
    place = "47.3769 N 8.5417 E"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", place)
    exif = Image.Exif()
    exif[0x010E] = place
    paths = [
        draw(tmp_path / "a.png", pnginfo=text, exif=exif),
        draw(tmp_path / "b.jpg", exif=exif, comment=place.encode()),
    ]
    assert all(place.encode() in path.read_bytes() for path in paths)
    restyle(model, paths, tmp_path / "out")
    made = [p for p in (tmp_path / "out").rglob("*") if p.suffix in (".png", ".webp")]
    assert len(made) == 6
    for path in made:
        assert place.encode() not in path.read_bytes()
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
    missing = Wish(STYLES, references=(tmp_path / "no.png",))
    wishes = [Wish(("nope",)), Wish(STYLES, count=0), missing]
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
        "asked": {
            "styles": [evil],
            "count": 1,
            "seed": 0,
            "references": [{"file": evil, "preview": f"{evil}.webp"}],
            "strength": 1.5,
            "truncation": 0.5,
            "animation": "",
        },
        "versions": {evil: evil},
        "stopped": evil,
        "sources": [
            {
                "file": evil,
                "preview": f"{evil}.webp",
                "results": [
                    {"style": evil, "reference": evil, "seed": 0, "index": 1, "file": f"{evil}.png"}
                ],
            }
        ],
        "skipped": [{"file": evil, "reason": evil}],
    }
    links = Links(gallery_page(manifest))
    assert "script" not in links.tags
    assert unquote(links.targets[1]) == f"{evil}.webp"
    assert links.images[0]["alt"] == f"{evil}, the source"
    assert len(links.images) == 3 and all(image["alt"] for image in links.images)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_names_that_are_no_text_do_no_harm(model, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.png"))
    draw(tmp_path / "plain.png").rename(path)
    manifest = restyle(model, [path], tmp_path / "out", Wish(("discs",)))
    assert results(manifest) == ["caf____discs__1.png"]
    assert manifest["sources"][0]["file"].endswith("caf??.png")
    assert (tmp_path / "out" / results(manifest)[0]).is_file()


def test_each_reference_gives_its_style_and_is_named(model, tmp_path):
    cat = draw(tmp_path / "cat.png")
    references = (draw(tmp_path / "discs" / "red.png", seed=5), draw(tmp_path / "x" / "red.png"))
    lines = []
    wish = Wish(("discs", "squares"), 2, references=references)
    manifest = restyle(model, [cat], tmp_path / "out", wish, lines=lines)
    assert results(manifest) == [
        f"cat__{style}__{name}__{k}.png"
        for style in ("discs", "squares")
        for name in ("red", "red-2")
        for k in (1, 2)
    ]
    for one in manifest["sources"][0]["results"]:
        assert one["reference"] in map(str, references)
        want = model.restyle(cat, one["style"], count=one["index"], reference=one["reference"])[-1]
        made = np.asarray(Image.open(tmp_path / "out" / one["file"]), int)
        assert np.abs(made - np.asarray(want, int)).max() <= 1
    assert lines[0] == f"{references[0]} lies in the folder of discs, and is read as squares"
    assert lines[1] == f"{references[1]} is read once as a picture of each style: discs, squares"
    images = Links((tmp_path / "out" / "gallery.html").read_text(encoding="utf-8")).images
    assert sum(image["alt"].startswith("the reference ") for image in images) == 4
    assert {"alt": f"{cat} in the style discs after {references[0]}, result 2"}.items() <= dict(
        next(image for image in images if image["src"].endswith("discs__red__2.png"))
    ).items()


@pytest.mark.parametrize("kind", ["gif", "webp", "apng"])
def test_a_walk_is_an_animation_between_two_draws(model, tmp_path, kind):
    cat = draw(tmp_path / "cat.png")
    wish = Wish(("discs", "stripes"), 2, seed=3, animation=kind, frames=4)
    manifest = restyle(model, [cat], tmp_path / "out", wish)
    suffix = "png" if kind == "apng" else kind
    assert results(manifest) == [f"cat__discs__stripes__{k}.{suffix}" for k in (1, 2)]
    ends = [model.restyle(cat, style, count=2, seed=3) for style in wish.styles]
    for k, name in enumerate(results(manifest)):
        with Image.open(tmp_path / "out" / name) as played:
            assert played.n_frames == 6
            for frame, end in ((0, ends[0][k]), (3, ends[1][k])):
                played.seek(frame)
                off = np.abs(np.asarray(played.convert("RGB"), int) - np.asarray(end, int))
                # Noise, which this picture is, leaves WebP as coarse as it can be.
                assert off.mean() < {"apng": 1, "gif": 12, "webp": 64}[kind]
    again = restyle(model, [tmp_path], tmp_path, wish)
    assert len(restyle(model, [tmp_path], tmp_path, wish)["sources"]) == len(again["sources"])


def test_a_walk_within_a_style_leads_from_draw_to_draw(model):
    wish = Wish(("discs", "discs"), 2, animation="gif", frames=3)
    codes, drawn = wish.codes(model), model.codes("discs", count=4)
    torch.testing.assert_close(codes[[0, 3, 2, 5]], drawn)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"styles": ("discs",), "animation": "gif"}, "two ends, got 1 style"),
        ({"styles": STYLES, "animation": "gif"}, "two ends, got 3 styles"),
        ({"styles": STYLES[:2], "animation": "mp4"}, "one of gif, webp, apng"),
        ({"styles": STYLES[:2], "animation": "gif", "frames": 1}, "2 to 1,000 frames, got 1"),
        ({"styles": STYLES[:2], "animation": "gif", "frames": 10**9}, "2 to 1,000 frames"),
        ({"styles": STYLES[:2], "animation": "gif", "references": ("a.png",)}, "drawn styles"),
        ({"styles": STYLES, "strength": 1.6}, "strength lies in 0..1.5"),
        ({"styles": STYLES, "strength": float("nan")}, "strength lies in 0..1.5"),
    ],
)
def test_what_cannot_be_wished_is_refused(wish, said):
    with pytest.raises(ValueError, match=said):
        Wish(**wish)


def test_a_walk_too_large_for_memory_is_skipped(model, tmp_path):
    paths = [draw(tmp_path / "long.png", (2000, 2)), draw(tmp_path / "a.png")]
    wish = Wish(STYLES[:2], size=100, animation="gif", frames=30)
    manifest = restyle(model, paths, tmp_path / "out", wish)
    assert [s["file"] for s in manifest["sources"]] == [str(paths[1])]
    assert "30 pictures of 100000 x 100 pixels" in manifest["skipped"][0]["reason"]


def test_strength_goes_from_the_source_to_the_result(model, tmp_path):
    cat = draw(tmp_path / "cat.png")
    restyle(model, [cat], tmp_path / "none", Wish(("discs",), strength=0))
    restyle(model, [cat], tmp_path / "much", Wish(("discs",), strength=1.5))
    none, much = (Image.open(tmp_path / out / "cat__discs__1.png") for out in ("none", "much"))
    assert none.tobytes() == Image.open(cat).tobytes()
    assert much.tobytes() == model.restyle(cat, "discs", strength=1.5)[0].tobytes()
    assert "at strength 1.5" in (tmp_path / "much" / "gallery.html").read_text()


def test_truncation_is_told_by_manifest_and_gallery(vivid_model, tmp_path):
    one = StyleTransfer.load(vivid_model, device="cpu", precision="fp32", truncation=0)
    manifest = restyle(one, [draw(tmp_path / "cat.png")], tmp_path / "out", Wish(("discs",), 2))
    first, second = (Image.open(tmp_path / "out" / f"cat__discs__{k}.png") for k in (1, 2))
    assert first.tobytes() == second.tobytes()
    assert manifest["asked"]["truncation"] == 0
    assert "at truncation 0" in (tmp_path / "out" / "gallery.html").read_text()


@pytest.mark.parametrize("count", [10**8, 10**20, 10**400])
def test_more_than_the_disk_holds_is_refused_by_its_forecast(model, tmp_path, count):
    sources = [tmp_path / "missing.png", draw(tmp_path / "cat.png")]
    with pytest.raises(ValueError, match=r"results: about .* and .* GiB, and .* smaller --count"):
        restyle(model, sources, tmp_path / "out", Wish(STYLES, count=count))
    assert not (tmp_path / "out").exists()


def test_the_forecast_is_near_what_comes(model, tmp_path):
    cat = draw(tmp_path / "cat.png", (64, 64))
    seconds, size = of_one(model, Wish(STYLES), [cat])
    manifest = restyle(model, [cat], tmp_path / "out", Wish(STYLES, count=4))
    made = [(tmp_path / "out" / name).stat().st_size for name in results(manifest)]
    assert 0.5 < size / np.mean(made) < 2 and 0 < seconds < 10


def test_long_runs_say_what_they_cost(model, tmp_path, monkeypatch):
    monkeypatch.setattr("gan_lessons.restyle.wish.of_one", lambda *_: (3.0, 2**20))
    cat, out = draw(tmp_path / "cat.png"), tmp_path / "out"
    assert check_cost(model, Wish(STYLES, 40), [cat], out) == (
        "120 results: about 6 min and 0.12 GiB"
    )
    assert not check_cost(model, Wish(STYLES, 5), [cat], out)  # 45 s


@pytest.mark.skipif(os.name != "posix", reason="other systems have other limits")
@pytest.mark.parametrize("stem", ["long" * 25, "ü" * 50])
def test_a_result_of_too_long_a_path_is_skipped_and_the_others_are_made(model, tmp_path, stem):
    out = tmp_path / "out"
    while len(os.fsencode(out)) < 4000:
        out /= "d" * min(200, 4030 - len(os.fsencode(out)))
    paths = [draw(tmp_path / "in" / f"{stem}.png"), draw(tmp_path / "in" / "cat.png")]
    warned = []
    manifest = restyle(model, paths, out, Wish(STYLES), warned=warned)
    assert [s["file"] for s in manifest["sources"]] == [str(paths[1])]
    assert len(results(manifest)) == 3 and manifest["stopped"] is None
    [one] = manifest["skipped"]
    assert one["file"] == str(paths[0]) and "too long" in one["reason"] and stem in one["reason"]
    assert len(warned) == 1


def test_the_longest_names_still_fit(model, tmp_path):
    long = "a" * 120
    wish = Wish((long, "b" * 120), 10**9, references=(f"{long}.png", f"{long}x.png"))
    walk = Wish(wish.styles, 1, animation="webp")
    [stem] = distinct([long])
    for name in (f"{stem}__{'a' * 100}__{'a' * 24}-2__1000000000.png", walk.names(stem)[0]["file"]):
        assert len(name.encode()) <= 255
    few = Wish(wish.styles, 1, references=wish.references).names(stem)
    assert len({one["file"] for one in few}) == 4
    assert max(len(one["file"].encode()) for one in few) <= 245


def test_numbers_that_json_does_not_know_become_null(model, tmp_path):
    model = copy.copy(model)
    model.run = {"hours": float("nan"), "loss": [1.0, float("inf")]}
    returned = restyle(model, [draw(tmp_path / "a.png")], tmp_path / "out")
    text = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")

    def refuse(name):
        raise AssertionError(name)

    stored = json.loads(text, parse_constant=refuse)
    assert stored == returned
    assert stored["model"]["run"] == {"hours": None, "loss": [1.0, None]}
