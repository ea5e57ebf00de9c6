import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gan_lessons.images.arrays import array_to_image, is_array
from gan_lessons.images.gate import image_to_tensor


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_every_kind_of_array_holds_the_same_picture(pixels):
    image = array_to_image(pixels)
    assert image.mode == "RGB" and np.array_equal(np.asarray(image), pixels)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)
    for other in (pixels / 255, (pixels / 255).astype(np.float32), tensor, image_to_tensor(image)):
        assert np.array_equal(np.asarray(array_to_image(other)), pixels)


def test_grey_is_taken_too():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for given_grey in (grey, torch.from_numpy(grey)[None]):
        assert np.array_equal(np.asarray(array_to_image(given_grey)), np.dstack([grey] * 3))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.zeros((3, 8, 8), np.uint8), r"shape \(3, 8, 8\)"),
        (np.zeros((1, 8, 8, 3), np.uint8), r"shape \(1, 8, 8, 3\)"),
        (np.zeros((0, 8, 3), np.uint8), r"shape \(0, 8, 3\)"),
        (np.zeros((8, 8, 3), np.int64), "type int64"),
        (np.full((8, 8, 3), 255.0), "from 255 to 255"),
        (np.full((8, 8, 3), np.nan), "from nan to nan"),
        (np.full((8, 8, 3), -1.0), "from -1 to -1"),
        (torch.zeros(8, 8, 3), r"shape \(8, 8, 3\)"),
        (torch.zeros(2, 3, 8, 8), r"shape \(2, 3, 8, 8\)"),
        (torch.zeros(3, 8, 8, dtype=torch.bool), "type torch.bool"),
        (torch.full((3, 8, 8), 2.0), "from 2 to 2"),
        (torch.full((3, 8, 8), torch.inf), "from inf to inf"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(wrong, said):
    assert is_array(wrong)
    with pytest.raises(ValueError, match=f"no picture.*{said}.*numpy array.*torch tensor") as no:
        array_to_image(wrong)
    assert "\n" not in str(no.value)


def test_other_things_are_no_arrays():
    assert not any(map(is_array, ("a.png", b"bytes", [[0]], None)))
