import numpy as np
from PIL import Image, ImageFont

from gan_lessons.images.labels import LETTERS, LINE, fitted, label_columns

SHEET = Image.new("RGB", (400, 50), (0, 90, 200))


def inked(sheet: Image.Image) -> np.ndarray:
    """Columns of pixels of the line above that have ink."""
    line = np.asarray(sheet, int)[:LINE]
    assert (np.asarray(sheet)[LINE:] == np.asarray(SHEET)).all(), "pictures are as they were"
    return np.flatnonzero((line < 160).all(axis=2).any(axis=0))


def test_each_name_stands_over_its_column():
    ink = inked(label_columns(SHEET, ["source", "", "", "noto"]))
    assert ink[0] < 10 and not ((ink > 100) & (ink < 300)).any() and ink[-1] < 340
    assert (ink > 300).any()


def test_neighbours_of_one_name_share_it():
    twice = inked(
        label_columns(SHEET, ["", "a_long_name_of_a_style", "a_long_name_of_a_style", ""])
    )
    assert 100 <= twice[0] < 110 and 200 < twice[-1] < 300, "it reaches into its second column"


def test_a_name_too_long_is_cut_and_stays_in_its_place():
    ink = inked(label_columns(SHEET, ["a very long name of a style indeed", "", "", ""]))
    assert ink[-1] < 100
    font = ImageFont.load_default(size=LETTERS)
    assert fitted("noto", 100, font) == "noto"
    assert fitted("openmoji", 40, font).endswith("…") and fitted("openmoji", 3, font) == ""
