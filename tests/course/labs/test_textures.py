"""Lesson 10's experiment: pictures are kept beside what made them, and come nearer to paintings."""

import pytest
import torch

from gan_lessons.course.labs import pictures, textures


@pytest.fixture(scope="module")
def made(smallest):
    return smallest(textures)


def test_statistics_come_nearer_to_the_paintings(made):
    _, results = made
    assert len(results) == 2
    for result in results.values():
        assert result["style"] < result["style_before"]
        assert result.get("content", 0) < 1


def test_every_result_names_its_picture(made, monkeypatch):
    folder, results = made
    monkeypatch.setenv("GAN_LESSONS_DATA", str(folder.parents[2]))
    for result in results.values():
        file = result["picture"]["file"]
        assert (folder / file).stat().st_size == result["picture"]["bytes"]
        x = pictures.picture(textures.LESSON, file.removesuffix(".webp"))
        assert x.shape == (1, 3, result["side"], result["side"])
    with pytest.raises(ValueError, match="no picture 'sunflowers'.*make it with"):
        pictures.picture(textures.LESSON, "sunflowers")


def test_statistics_forget_places_and_content_does_not():
    x = textures.square(textures.TEXTURE_OF, 32)
    banks = [textures.filters(3)]
    wanted = textures.statistics(x, banks)
    rolled = x.roll(16, dims=3)
    other = textures.square(textures.REDRAWN_AFTER, 32)
    near = textures.style_loss(textures.statistics(rolled, banks), wanted)
    far = textures.style_loss(textures.statistics(other, banks), wanted)
    assert near < 0.1 * far
    network = textures.Encoder((textures.BLOCK,))
    moved = textures.relative_error(textures.things(network, rolled), textures.things(network, x))
    assert moved > 0.2
    assert textures.relative_error(torch.zeros(2), torch.ones(2)) == 1
