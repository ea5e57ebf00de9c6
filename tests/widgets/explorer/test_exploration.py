from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

pytest.importorskip("ipywidgets")

from gan_lessons import load_dataset, tensor_to_image  # noqa: E402
from gan_lessons.images.gate import ImageError  # noqa: E402
from gan_lessons.widgets.explorer.exploration import Exploration, latent  # noqa: E402
from gan_lessons.widgets.explorer.pictures import (  # noqa: E402
    KEPT,
    LARGEST,
    PICTURES,
    Album,
    is_photograph,
    square,
    works,
)
from gan_lessons.widgets.explorer.state import REACH, SIZES, Point, State  # noqa: E402

numbers = st.floats(-REACH, REACH)
points = st.builds(
    Point,
    style=st.text(min_size=1, max_size=20).filter(str.strip),
    seed=st.integers(0, 2**31 - 1),
    index=st.integers(0, 9_999),
    x=numbers,
    y=numbers,
    reference=st.sampled_from(["", "noto/red apple", "mine-0123456789"]),
)
states = st.builds(
    State,
    model=st.sampled_from(["emoji64", "runs/a & b=c", "ü/%20"]),
    picture=st.sampled_from(["noto/red apple", "mine-0123456789"]),
    here=points,
    there=st.none() | points,
    walk=st.floats(0, 1),
    strength=st.floats(0, 1.5),
    size=st.sampled_from(SIZES),
    first=st.integers(0, 9_999),
)


@given(states)
def test_a_state_comes_back_from_its_line(state):
    if state.there is None:
        state = replace(state, walk=0.0)
    assert State.from_text(f"  {state.to_text()}\n") == state


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "copy the whole line"),
        ("hello", "copy the whole line"),
        ("model=a&picture=b", "style"),
        ("model=a&picture=b&style=c&seed=one", "seed is a whole number, got 'one'"),
        ("model=a&picture=b&style=c&seed=-1", "seed lies in 0..2.14748e\\+09, got -1"),
        ("model=a&picture=b&style=c&x=nan", "x lies in -2..2, got nan"),
        ("model=a&picture=b&style=c&draw=0", "draw lies in 1..10000, got 0"),
        ("model=a&picture=b&style=c&size=4096", "size is one of 64, 128, got 4096"),
        ("model=a&picture=b&style=c&command=rm", "a state has no 'command'"),
    ],
)
def test_what_is_no_state_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        State.from_text(text)


@given(st.text(max_size=300))
def test_no_text_does_more_than_raise_a_value_error(text):
    try:
        State.from_text(text)
    except ValueError:
        pass


@pytest.fixture(scope="module")
def exploration():
    return Exploration(device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def start(exploration):
    return exploration.start().at(style="openmoji", seed=3)


def codes(exploration, state, points):
    return exploration._codes(state, points)


def test_draws_are_those_of_the_package(exploration, start):
    model = exploration.model(start.model)
    expected = model.codes("openmoji", count=8, seed=3)
    assert torch.allclose(codes(exploration, start, exploration.points(start)), expected, atol=1e-6)
    source = Image.fromarray(exploration.source(start))
    for picture, whole in zip(
        exploration.results(start), model.restyle(source, "openmoji", count=8, seed=3), strict=True
    ):
        assert np.abs(picture.astype(int) - np.asarray(whole)).max() <= 1


def test_a_reference_gives_the_styles_of_the_package(exploration, start):
    model, name = exploration.model(start.model), "openmoji/pig face"
    state = start.at(reference=name)
    expected = model.codes("openmoji", count=3, seed=3, reference=exploration.album[name])
    found = codes(exploration, state, exploration.points(state, 3))
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(found, codes(exploration, start, exploration.points(start, 3)))


def test_more_goes_on_where_the_first_draws_ended(exploration, start):
    two = exploration.results(start, 16)
    later = exploration.results(start.but(first=8), 8)
    assert np.abs(two[8:].astype(int) - later).max() <= 1


def test_the_sheet_and_every_style_show_the_same_results(exploration, start):
    sheet = exploration.sheet(start, 2)
    assert sheet.shape == (8, 2, 64, 64, 3)
    assert np.abs(sheet[:, 0].astype(int) - exploration.every_style(start)).max() <= 1
    place = exploration.model(start.model).styles.index("openmoji")
    assert np.abs(sheet[place].astype(int) - exploration.results(start, 2)).max() <= 1


def test_the_map_has_the_draw_in_its_middle_and_keeps_its_length(exploration, start):
    z = latent(start.here, 16)
    moved = latent(replace(start.here, x=1.0), 16)
    assert moved.norm() == pytest.approx(z.norm().item(), rel=1e-5)
    # One length aside is an eighth of a turn: the direction is at a right angle to the draw.
    assert (moved @ z / z.norm() ** 2).item() == pytest.approx(2**-0.5, abs=1e-4)
    up = latent(replace(start.here, y=1.0), 16)
    assert (moved @ up / z.norm() ** 2).item() == pytest.approx(0.5, abs=1e-4)
    chart = exploration.chart(start, 3)
    assert np.abs(chart[64:128, 64:128].astype(int) - exploration.result(start)).max() <= 1
    corner = exploration.result(start.at(x=-REACH, y=REACH))  # the upper left
    assert np.abs(chart[:64, :64].astype(int) - corner).max() <= 1


def test_strength_goes_from_the_source_through_the_result(exploration, start):
    source, result = exploration.source(start), exploration.result(start)
    assert (exploration.result(start.but(strength=0.0)) == source).all()
    half = exploration.result(start.but(strength=0.5)).astype(int)
    assert np.abs(2 * half - source - result).max() <= 2
    more = exploration.result(start.but(strength=1.5)).astype(int)
    assert np.abs(more - source).mean() > np.abs(result.astype(int) - source).mean()


def test_a_walk_has_its_ends(exploration, start):
    state = start.but(there=Point("fluent_ink"), walk=1.0)
    end = exploration.result(start.but(here=Point("fluent_ink")))
    assert np.abs(exploration.result(state).astype(int) - end).max() <= 1
    frames = exploration.frames(state, 5)
    assert np.abs(frames[0].astype(int) - exploration.result(start)).max() <= 1
    assert np.abs(frames[-1].astype(int) - end).max() <= 1
    middle = exploration.result(state.but(walk=0.5))
    assert np.abs(frames[2].astype(int) - middle).max() <= 1
    with pytest.raises(ValueError, match="2 pictures or more"):
        exploration.frames(state, 1)


def test_without_an_end_a_walk_leads_from_the_source_to_the_result(exploration, start):
    frames = exploration.frames(start, 3)
    assert (frames[0] == exploration.source(start)).all()
    assert (frames[-1] == exploration.result(start)).all()


def test_what_cannot_be_drawn_is_refused(exploration, start):
    for state, words in (
        (start.but(model="nowhere/at all/x"), "no model"),
        (start.but(picture="noto/nothing"), "no picture"),
        (start.at(style="cubism"), "no style 'cubism'"),
        (start.at(reference="mine-unknown"), "bring it again"),
    ):
        with pytest.raises(ValueError, match=words):
            exploration.check(state)


def test_strangers_name_no_folders(tmp_path, exploration, start):
    guarded = Exploration(folders=False)
    for name in (str(tmp_path), "someone/else", "../emoji64"):
        with pytest.raises(ValueError, match="choose one of the models here"):
            guarded.check(start.but(model=name))
    assert guarded.check(start)


def test_a_model_of_ones_own_is_a_folder(tmp_path, exploration, start):
    exploration.model(start.model).save(tmp_path / "mine")
    own = Exploration(device="cpu", precision="fp32")
    there = start.but(model=str(tmp_path / "mine"))
    # Saved weights are rounded to half precision, as the bundled ones were.
    assert np.abs(own.result(there).astype(int) - exploration.result(start)).max() <= 1


def test_strangers_get_a_model_of_the_hosts_by_its_name_alone(tmp_path, exploration, start):
    exploration.model(start.model).save(tmp_path / "mine")
    offered = Exploration(folders=False, own=str(tmp_path / "mine"), device="cpu")
    assert offered.models() == ("mine", *exploration.models())
    there = offered.start()
    assert there.model == "mine" and str(tmp_path) not in there.to_text()
    assert offered.check(there) and offered.check(start)
    for name in (str(tmp_path / "mine"), str(tmp_path)):
        with pytest.raises(ValueError, match="choose one of the models here: mine, emoji64"):
            offered.check(there.but(model=name))


@pytest.mark.parametrize("picture", PICTURES)
def test_it_opens_on_a_style_that_differs_from_the_source(exploration, picture):
    opened = exploration.start(picture=picture)
    family = picture.split("/")[0]
    assert opened.here.style != family
    source = exploration.source(opened).astype(int)
    others = np.abs(exploration.every_style(opened).astype(int) - source).mean(axis=(1, 2, 3))
    styles = exploration.model(opened.model).styles
    others = others[[style not in (family, "photo") for style in styles]]
    change = np.abs(exploration.result(opened).astype(int) - source).mean()
    assert change > 0.98 * others.max() and change > 5


def test_what_is_remembered_stays_bounded(exploration, start):
    for seed in range(100):
        exploration.result(start.at(seed=seed, reference="noto/red apple", x=0.5))
    assert len(exploration.known) <= 64


def test_an_album_keeps_few_pictures_small_and_by_content():
    album = Album()
    names = [album.take(Image.new("RGB", (900, 30 + k), (k, 0, 0))) for k in range(KEPT + 3)]
    assert len(album.own) == KEPT and names[0] not in album.own and names[-1] in album.own
    kept = album[names[-1]]
    assert kept.size == (LARGEST, LARGEST) and kept.getpixel((5, 5)) == (255, 255, 255)
    assert album.take(Image.new("RGB", (900, 30 + KEPT), (KEPT, 0, 0))) == names[KEPT]
    with pytest.raises(ValueError, match="bring it again"):
        album[names[0]]


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
def test_an_album_refuses_what_is_no_picture_and_names_no_file(data):
    album = Album()
    with pytest.raises(ImageError, match="your picture: "):
        album.take(data)
    assert not album.own


def test_a_model_of_paintings_begins_on_a_photograph_after_a_work():
    paintings = Exploration(device="cpu")
    state = paintings.start("paintings256")
    assert state.picture == "photo/world-lemur" and state.here.style != "photo"
    assert state.here.reference.startswith(f"{state.here.style}/")
    model, tiles = paintings.model("paintings256"), paintings.every_style(state)
    sheet = paintings.sheet(state)
    for style, tile, results in zip(model.styles, tiles, sheet, strict=True):
        first = "".join(works(model, style)[:1])
        assert bool(first) == (style != "photo")
        there = state.at(style=style, reference=first)
        for shown in (tile, results[0]):
            assert np.abs(paintings.result(there).astype(int) - shown).max() <= 1


def test_a_photograph_begins_with_the_model_of_paintings(exploration):
    beach = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8))
    for picture in ("photo/world-chameleon", exploration.album.take(beach)):
        assert exploration.start(picture=picture).model == "paintings256"
        assert exploration.start("emoji64", picture).model == "emoji64"
    drawing = Image.new("RGB", (90, 160), (240, 240, 240))
    drawing.paste((200, 0, 0), (20, 40, 70, 120))
    assert exploration.start(picture=exploration.album.take(drawing)).model == "emoji64"


def test_emoji_are_no_photographs_and_nearly_all_photographs_are():
    emoji, photos = load_dataset("emoji_styles", size=64), load_dataset("painted_photos", size=64)
    photos = photos.subset(None, "photo")

    def share(dataset) -> float:
        pictures = (tensor_to_image(image.float() / 127.5 - 1) for image in dataset.images)
        return np.mean([is_photograph(picture) for picture in pictures])

    assert share(emoji.subset("test")) == 0 and share(photos) > 0.9


def test_of_a_photograph_the_middle_is_taken_and_a_drawing_stays_whole():
    noise = np.random.default_rng(0).integers(0, 100, (60, 120, 3), np.uint8)
    assert np.asarray(square(Image.fromarray(noise), 60)).max() < 100, "no white is added"
    drawing = square(Image.new("RGB", (120, 60), (9, 9, 9)), 60)
    assert drawing.getpixel((30, 2)) == (255, 255, 255) and drawing.getpixel((30, 30)) == (9, 9, 9)
