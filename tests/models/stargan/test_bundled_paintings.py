"""paintings256 keeps what its card says of it, on a few test photographs."""

import pytest
import torch

from gan_lessons.data.paintings import load_painted_photos
from gan_lessons.images.gate import image_to_tensor, tensor_to_image
from gan_lessons.metrics.edges import edge_f1
from gan_lessons.models.stargan.painting import Opponents, palette_of
from gan_lessons.style_transfer import StyleTransfer

WORKS = {"van_gogh": "The harvest", "morisot": "Hollyhocks", "ukiyo_e": "Great wave off Kanagawa"}


@pytest.fixture(scope="module")
def model():
    return StyleTransfer.load("paintings256", device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def pictures():
    return load_painted_photos(64)


@pytest.fixture(scope="module")
def photo(pictures):
    return named(pictures, "Myrabella 7")


def named(pictures, title):
    return tensor_to_image(pictures.images[pictures.names.index(title)].float() / 127.5 - 1)


def palette(image):
    return palette_of(Opponents()(image_to_tensor(image)[None]))[0]


@pytest.mark.parametrize("style", WORKS)
def test_a_result_takes_its_works_palette_and_keeps_its_photographs_edges(
    model, pictures, photo, style
):
    work = named(pictures, WORKS[style])
    (made,) = model.restyle(photo, style, reference=work, size=160)
    source = photo.resize(made.size)
    before, after = ((palette(x) - palette(work)).norm() for x in (source, made))
    assert after < 0.7 * before
    kept = edge_f1(image_to_tensor(made)[None], image_to_tensor(source)[None]).item()
    assert kept > 0.5


def test_works_of_one_painter_give_different_results(model, pictures, photo):
    titles = ("The harvest", "Church at Auvers", "The night café")
    works = [named(pictures, title) for title in titles]
    made = model.restyle(photo, "van_gogh", reference=works, size=128)
    stack = torch.stack([image_to_tensor(image) for image in made])
    apart = torch.cdist(stack.flatten(1), stack.flatten(1), p=1) / stack[0].numel()
    assert apart[~torch.eye(3, dtype=torch.bool)].min() > 0.05


def test_draws_differ_and_come_again_by_their_seed(model, photo):
    made = model.restyle(photo, "morisot", count=4, seed=0, size=128)
    stack = torch.stack([image_to_tensor(image) for image in made])
    assert stack.std(dim=0).mean() > 0.05
    again = model.restyle(photo, "morisot", count=4, seed=0, size=128)
    assert [image.tobytes() for image in again] == [image.tobytes() for image in made]
    (alone,) = model.restyle(photo, "morisot", count=1, seed=0, size=128)
    assert (image_to_tensor(alone) - stack[0]).abs().max() < 2.1 / 127.5  # rounding


def test_an_even_sky_gets_strokes_where_the_camera_left_noise(model, pictures):
    noise = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(0))
    sky = tensor_to_image(0.4 + 0.03 * (noise - 0.5))
    work = named(pictures, "The harvest")
    (made,) = model.restyle(sky, "van_gogh", reference=work)
    painted, empty = (image_to_tensor(image).std() for image in (made, sky))
    assert painted > 5 * empty


def test_tiles_have_the_palette_and_the_strokes_of_the_whole(model, pictures, photo):
    x = model.prepare(photo, 160)
    s = model.codes("ukiyo_e", reference=named(pictures, "Great wave off Kanagawa"))
    away = (model.translate(x, s) - model.translate(x, s, tile=96)).abs() * 127.5
    assert away.mean() < 2
