import pytest
import torch

from gan_lessons import StyleTransfer, tensor_to_image
from gan_lessons.course.publish import sheets
from gan_lessons.data.letters import plain_alphabet


@pytest.fixture
def model(tiny_model):
    return StyleTransfer.load(tiny_model, device="cpu", precision="fp32")


@pytest.fixture
def source(tiny_dataset):
    return tiny_dataset.images[0].float() / 127.5 - 1


def cell(sheet, row, column, side=32):
    return sheet[:, side * row : side * (row + 1), side * column : side * (column + 1)]


def test_a_row_of_draws_is_what_the_model_makes_by_these_seeds(model, source):
    sheet = sheets.by_draws(model, source, count=3, seed=5)
    styles = len(model.styles)
    assert sheet.shape == (3, 32 * styles, 32 * 4)
    for row, style in enumerate(model.styles):
        assert cell(sheet, row, 0).equal(source)
        wanted = model.translate(source[None], model.codes(style, count=3, seed=5))
        torch.testing.assert_close(cell(sheet, row, 3), wanted[2])


def test_under_each_reference_stands_its_result(model, source, tiny_dataset):
    sheet = sheets.by_references(model, source, tiny_dataset, count=2)
    assert sheet.shape == (3, 2 * 32 * len(model.styles), 32 * 3)
    style = model.styles[1]
    training = tiny_dataset.subset("train", style).images
    held_up = training[len(training) // 2].float() / 127.5 - 1
    torch.testing.assert_close(cell(sheet, 2, 2), held_up)
    code = model.codes(style, reference=tensor_to_image(held_up))
    torch.testing.assert_close(cell(sheet, 3, 2), model.translate(source[None], code)[0])


def test_a_row_of_an_alphabet_is_one_drawn_hand():
    letters = StyleTransfer.load("letters64", device="cpu", precision="fp32")
    sheet = sheets.alphabets(letters, count=1)
    assert sheet.shape == (3, 64 * 5, 64 * 26)
    x = plain_alphabet()["C"].float()[None] / 127.5 - 1
    (wanted,) = letters.translate(x, letters.codes("serif", seed=0))
    torch.testing.assert_close(cell(sheet, 1, 2, side=64), wanted, rtol=0, atol=1e-3)
