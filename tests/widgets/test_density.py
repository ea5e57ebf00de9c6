import asyncio
import io
import math
import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image

ipywidgets = pytest.importorskip("ipywidgets")

from gan_lessons import losses  # noqa: E402
from gan_lessons.widgets.density import (  # noqa: E402
    Densities,
    DensityExplorer,
    log_normal,
    sentence,
)


def picture(explorer) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(explorer.canvas.picture.value))).astype(int)


@pytest.mark.parametrize(("mean", "width"), [(0.0, 1.0), (2.5, 0.6), (-4.0, 2.0), (6.0, 0.3)])
def test_the_value_of_the_best_discriminator_is_the_divergence(mean, width):
    both = Densities(mean, width)
    assert both.value() == pytest.approx(2 * both.jsd() - math.log(4), abs=1e-9)
    assert 0 <= both.jsd() + 1e-12 and both.jsd() <= math.log(2)


def test_equal_densities_cannot_be_told_apart():
    equal = Densities(0.0, 1.0)
    assert equal.jsd() == pytest.approx(0, abs=1e-12)
    assert equal.logits(torch.tensor([-3.0, 0.0, 2.0])).abs().max() < 1e-6
    assert equal.losses()["minimax"] == pytest.approx(-math.log(2))
    assert equal.losses()["nonsaturating"] == pytest.approx(math.log(2))
    assert max(map(abs, equal.gradients().values())) < 1e-12


def test_the_best_discriminator_is_the_share_of_the_data():
    both, x = Densities(1.0, 0.7), torch.linspace(-4, 4, 9, dtype=torch.float64)
    p, q = (torch.distributions.Normal(m, s).log_prob(x).exp() for m, s in ((0, 1), (1.0, 0.7)))
    torch.testing.assert_close(both.logits(x).sigmoid(), p / (p + q))
    torch.testing.assert_close(log_normal(x, 1.0, 0.7), both.log_q(x))


@pytest.mark.parametrize(("mean", "width"), [(0.5, 1.0), (2.0, 0.6), (-3.0, 1.7)])
def test_losses_and_gradients_are_those_of_sampling(mean, width):
    both = Densities(mean, width)
    z = torch.randn(400_000, generator=torch.Generator().manual_seed(0))
    mu = torch.tensor(mean, requires_grad=True)
    logits = both.logits(mu + width * z)  # D knows the number, not the parameter
    for name, loss in (("minimax", losses.minimax_g), ("nonsaturating", losses.nonsaturating_g)):
        sampled = loss(logits)
        (slope,) = torch.autograd.grad(sampled, mu, retain_graph=True)
        assert both.losses()[name] == pytest.approx(sampled.item(), abs=0.02)
        assert both.gradients()[name] == pytest.approx(slope.item(), abs=0.02)


def test_minimax_saturates_and_the_other_does_not():
    near, far = Densities(0.5).gradients(), Densities(6.0).gradients()
    assert near["minimax"] / near["nonsaturating"] == pytest.approx(0.88, abs=0.1)
    assert far["minimax"] < 0.02 * far["nonsaturating"]
    assert far["nonsaturating"] == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize(
    ("mean", "width", "hint"), [(7, 1, "mean of -6 to 6"), (0, 0, "width of 0.3 to 3")]
)
def test_impossible_densities_are_refused(mean, width, hint):
    with pytest.raises(ValueError, match=hint):
        Densities(mean, width)


def test_moving_a_slider_changes_picture_and_sentence():
    explorer = DensityExplorer(2.5, 1.0)
    before = picture(explorer)
    explorer.mean.value = -3.0
    moved = picture(explorer)
    assert (before != moved).any(axis=2).sum() > 500
    assert explorer.canvas.alt == sentence(Densities(-3.0, 1.0))
    explorer.width.value = 0.5
    assert (moved != picture(explorer)).any(axis=2).sum() > 500
    explorer.mean.value, explorer.width.value = 2.5, 1.0
    assert (picture(explorer) == before).all()  # nothing is left of where it was


def test_wild_dragging_draws_few_pictures_ends_right_and_keeps_no_memory():
    explorer = DensityExplorer()

    async def drag(moves):
        for k in range(moves):
            explorer.mean.value = -6 + 12 * (k % 100) / 99
            if k % 10 == 0:
                await asyncio.sleep(0)
        explorer.mean.value = 4.2
        while explorer.latest.waiting:  # a rest lasts as long as the drawing before it
            await asyncio.sleep(0.01)

    tracemalloc.start()
    asyncio.run(drag(200))
    before, calls = tracemalloc.get_traced_memory()[0], explorer.latest.calls
    asyncio.run(drag(2000))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert explorer.latest.calls - calls < 500
    assert explorer.canvas.alt == sentence(Densities(4.2, 1.0))
    assert grown < 500_000


def test_controls_have_names():
    explorer = DensityExplorer()
    assert [explorer.mean.description, explorer.width.description] == ["mean of G", "width of G"]
