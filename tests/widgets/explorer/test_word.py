import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("ipywidgets")
pytest.importorskip("anywidget")

from gan_lessons.data import letters  # noqa: E402
from gan_lessons.images.gate import tensor_to_image, to_uint8  # noqa: E402
from gan_lessons.widgets import StyleExplorer  # noqa: E402
from gan_lessons.widgets.explorer.panels import WORD  # noqa: E402
from gan_lessons.widgets.explorer.word import LONGEST, spelled  # noqa: E402


@pytest.fixture(scope="module")
def explorer(letters_model):
    return StyleExplorer(letters_model, device="cpu")


def read(image) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.value)), float)


@pytest.mark.parametrize(
    ("text", "word", "left"),
    [
        ("hands", "HANDS", ""),
        ("  To  be ", "TO BE", ""),
        ("Größe 2!", "GRE ", "öß2!"),
        ("a1b1", "AB", "1"),
        ("ΑΒΓ", "", "ΑΒΓ"),
        ("\n\t", "", ""),
        ("x" * 99, "X" * LONGEST, ""),
    ],
)
def test_a_word_is_of_capitals_and_names_what_it_leaves_out(text, word, left):
    assert spelled(text) == (word, left)


def test_a_model_of_letters_begins_with_one(explorer):
    assert explorer.state.picture == "letter/R"
    assert explorer.panels.tabs.children[WORD] is explorer.panels.word.page
    plain = letters.plain_alphabet()["R"].permute(1, 2, 0).numpy()
    assert np.array_equal(explorer.exploration.source(explorer.state), plain)


def test_a_row_is_one_style_code(explorer):
    exploration, state = explorer.exploration, explorer.state.but(first=2)
    rows = exploration.word(state, "AB A")
    assert rows.shape == (8, 64, 256, 3)
    assert (rows[:, :, 128:192] == 255).all()
    assert np.array_equal(rows[:, :, :64], rows[:, :, 192:])
    model = exploration.model(state.model)
    for k in (0, 5):
        s = model.codes(state.here.style, count=3 + k, seed=state.here.seed)[-1:]
        x = letters.plain_alphabet()["B"].float()[None] / 127.5 - 1
        wanted = to_uint8(model.translate(x, s))[0].permute(1, 2, 0).numpy().astype(int)
        assert np.abs(rows[k, :, 64:128] - wanted).max() <= 1
    assert len({row.tobytes() for row in rows}) == 8


def test_a_hand_is_what_its_letters_have_in_common(explorer):
    exploration, state = explorer.exploration, explorer.state
    alphabet = letters.plain_alphabet()
    names = [exploration.album.take(tensor_to_image(alphabet[each])) for each in "QX"]
    rows = exploration.word(state, "A", names)
    model = exploration.model(state.model)
    own = model.codes(state.here.style, reference=[exploration.album[name] for name in names])
    x = alphabet["A"].float()[None] / 127.5 - 1
    wanted = to_uint8(model.translate(x, own.mean(0, keepdim=True)))[0].permute(1, 2, 0).numpy()
    assert np.abs(rows[0] - wanted.astype(int)).max() <= 1
    assert not np.array_equal(rows[0], rows[1])


def test_what_is_typed_is_shown_and_what_cannot_be_is_named(explorer):
    panels = explorer.panels
    panels.tabs.selected_index = WORD
    before = [image.value for image in panels.word.rows.children]
    assert all(before) and "HANDS in 8 hands" in panels.word.note.value
    panels.word.text.value = "né 7"
    assert "Left out, since only A to Z are known here: é 7." in panels.word.note.value
    assert read(panels.word.rows.children[0]).shape == (64, 128, 3)
    explorer.styles.buttons[0].click()
    drawn = read(panels.word.rows.children[3])
    wanted = explorer.exploration.word(explorer.state, "N ")[3]
    assert np.abs(drawn - wanted).mean() < 4  # JPEG
    data = io.BytesIO()
    Image.new("RGB", (90, 70), "black").save(data, "PNG")
    panels.word.take(data.getvalue())
    assert len(panels.word.shown_references.children) == 1
    assert not np.array_equal(read(panels.word.rows.children[3]), drawn)
    panels.word.take(b"no picture")
    assert len(panels.word.references) == 1 and 'role="alert"' in explorer.said.value
    panels.word.forget()
    assert np.array_equal(read(panels.word.rows.children[3]), drawn)


def test_other_models_have_no_such_page(explorer):
    panels = explorer.panels
    panels.tabs.selected_index = WORD
    there = explorer.exploration.start("emoji64")
    explorer.set_state(there)
    assert len(panels.tabs.children) == WORD and panels.tabs.selected_index == 0
