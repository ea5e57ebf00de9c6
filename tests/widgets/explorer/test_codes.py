import io

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("ipywidgets")
pytest.importorskip("anywidget")

from gan_lessons.widgets import StyleExplorer  # noqa: E402
from gan_lessons.widgets.explorer.codes import CHOSEN, DRAW, SIDE, code_map, project  # noqa: E402
from gan_lessons.widgets.explorer.panels import CODES, REFERENCE  # noqa: E402


def test_the_plane_is_that_in_which_real_codes_differ_most():
    random = torch.Generator().manual_seed(0)
    plane = torch.randn(50, 2, generator=random) * torch.tensor([5.0, 2.0])
    turned = torch.linalg.qr(torch.randn(16, 16, generator=random)).Q
    real = torch.cat([plane, 0.01 * torch.randn(50, 14, generator=random)], 1) @ turned + 3
    at, other = project(real, real[:7])
    assert np.allclose(at[:7], other, atol=1e-4)
    # Distances within the plane are kept.
    wanted = torch.cdist(plane, plane).numpy()
    assert np.abs(np.linalg.norm(at[:, None] - at[None], axis=2) - wanted).max() < 0.2


def test_pictures_and_draws_stand_where_their_codes_are():
    real = torch.tensor([[-1.0, 0, 0], [1, 0, 0], [0, 0.3, 0], [0, -0.3, 0]])
    colours = np.array([(200, 0, 0), (0, 200, 0), (90, 90, 90), (90, 90, 90)], np.uint8)
    pictures = np.broadcast_to(colours[:, None, None], (4, 8, 8, 3))
    shown = code_map(pictures, real, torch.tensor([[0.0, 0, 5]]), torch.tensor([[0.5, 0, 0]]))
    assert shown.shape == (SIDE, SIDE, 3)
    red, green, dot, ring = (
        np.argwhere((shown == colour).all(axis=2)).mean(0)
        for colour in (colours[0], colours[1], DRAW, CHOSEN)
    )
    assert abs(abs(red[1] - green[1]) - (SIDE - 48)) < 4 and abs(red[0] - green[0]) < 2
    assert np.abs(dot - (red + green) / 2).max() < 3, "what leaves the plane stands on it"
    assert np.abs(ring - (0.25 * red + 0.75 * green)).max() < 3


@pytest.fixture(scope="module")
def explorer():
    return StyleExplorer(device="cpu")


def test_the_map_of_codes_is_drawn_when_somebody_looks(explorer):
    panels = explorer.panels
    assert not panels.codes.map.value
    panels.tabs.selected_index = CODES
    first = panels.codes.map.value
    assert Image.open(io.BytesIO(first)).size == (SIDE, SIDE)
    explorer.styles.buttons[3].click()
    assert panels.codes.map.value != first and "openmoji" in panels.codes.said.value


def test_references_stand_side_by_side_each_in_the_corner_of_its_result(explorer):
    panels = explorer.panels
    for colour in ("red", "blue"):
        data = io.BytesIO()
        Image.new("RGB", (40, 40), colour).save(data, "PNG")
        panels._take_reference(data.getvalue())
    panels.tabs.selected_index = REFERENCE
    own = list(explorer.exploration.album.own)
    assert [b.description for b in panels.beside.buttons] == ["reference 1", "✓ reference 2"]
    pictures = explorer.exploration.by_references(explorer.state, own)
    assert (pictures[0, -10:, :10] == (255, 0, 0)).all()
    assert (pictures[1, -10:, :10] == (0, 0, 255)).all()
    alone = explorer.exploration.result(explorer.state)
    assert np.abs(pictures[1, :, 30:].astype(int) - alone[:, 30:]).max() <= 1
    panels.beside.buttons[0].click()
    assert explorer.state.here.reference == own[0]


def test_a_model_whose_pictures_are_elsewhere_says_so(vivid_model):
    panels = StyleExplorer(vivid_model, device="cpu").panels
    panels.tabs.selected_index = CODES
    assert "not here" in panels.codes.said.value
