import io

import numpy as np
import pytest
from PIL import Image

from gan_lessons.images.animation import SUFFIX, encode_animation


def frames(count: int = 5, side: int = 16) -> list[Image.Image]:
    """A square that walks from the left to the right."""
    made = []
    for k in range(count):
        image = Image.new("RGB", (side, side), "white")
        image.paste((200, 30, 40), (2 * k, 4, 2 * k + 6, 12))
        made.append(image)
    return made


def played(data: bytes) -> tuple[str, list[np.ndarray], list[int], int]:
    with Image.open(io.BytesIO(data)) as image:
        pictures, pauses = [], []
        for k in range(image.n_frames):
            image.seek(k)
            pictures.append(np.asarray(image.convert("RGB")))
            pauses.append(round(image.info["duration"]))
        return image.format, pictures, pauses, image.info.get("loop", 0)


@pytest.mark.parametrize("kind", SUFFIX)
def test_a_walk_goes_there_and_back_for_ever(kind):
    format, pictures, pauses, loop = played(encode_animation(frames(), kind))
    assert format == {"gif": "GIF", "webp": "WEBP", "apng": "PNG"}[kind] and loop == 0
    assert len(pictures) == 8
    assert pauses == [420, 70, 70, 70, 420, 70, 70, 70]
    for k, picture in enumerate(pictures):
        wanted = np.asarray(frames()[min(k, 8 - k)])
        tolerance = 6 if kind == "webp" else 0  # its edges are coarse; the next picture is 20 off
        assert np.abs(picture.astype(int) - wanted).mean() <= tolerance


def test_two_pictures_are_a_walk_and_one_is_none():
    assert len(played(encode_animation(frames(2), "gif"))[1]) == 2
    with pytest.raises(ValueError, match="2 pictures or more, got 1"):
        encode_animation(frames(1))


@pytest.mark.parametrize("kind", ["mp4", "GIF", ""])
def test_another_kind_is_refused_with_those_there_are(kind):
    with pytest.raises(ValueError, match="one of gif, webp, apng"):
        encode_animation(frames(), kind)
