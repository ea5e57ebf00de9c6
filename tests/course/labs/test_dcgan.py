import json

import numpy as np
import pytest
import torch
from torch import nn

from gan_lessons.course.labs import dcgan as lab
from gan_lessons.course.labs.seed_spread import of, over_seeds
from gan_lessons.course.labs.store import Store
from gan_lessons.models.dcgan.networks import Generator
from gan_lessons.models.dcgan.recipe import DCGANConfig

TINY = DCGANConfig(latent_dim=lab.LATENT, width=2, max_width=4)


def test_gradient_norms_are_those_of_the_layers_without_shortcuts():
    network = Generator(DCGANConfig(latent_dim=5, width=2, max_width=4, residual=True))
    network(torch.randn(4, 5)).square().sum().backward()
    expected = [
        network.blocks[0][0].weight.grad,
        network.blocks[1][0].body[0].weight.grad,
        network.blocks[2][0].body[0].weight.grad,
        network.to_rgb.weight.grad,
    ]
    found = lab.gradient_norms(network)
    assert found == pytest.approx([g.square().sum().sqrt().item() for g in expected])


def test_the_checkerboard_is_seen_and_noise_is_not():
    noise = torch.randn(300, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert lab.checkerboard(noise) == pytest.approx(1, abs=0.05)
    stripes = torch.ones(32).index_fill(0, torch.arange(0, 32, 2), -1.0)
    assert lab.checkerboard(noise + 0.3 * stripes) > 2
    assert lab.checkerboard(noise + 0.3 * stripes[:, None]) > 2
    # A pattern of period 2 that fills the picture has power 32^2 n a^2 in one of 17 bins.
    assert lab.checkerboard(noise + 0.3 * stripes) == pytest.approx(1 + 0.09 * 32 / 2, rel=0.1)


def test_variants_are_all_combinations_shallow_and_deep():
    found = lab.variants()
    assert len(found) == 16 and len({json.dumps(v) for v in found.values()}) == 16
    assert found["deep: norm + he + residual"] == {
        "depth": lab.DEEP, "norm": True, "init": "he", "residual": True,
    }  # fmt: skip
    assert found["shallow: plain"] == {
        "depth": 0, "norm": False, "init": "dcgan", "residual": False,
    }  # fmt: skip


def test_the_first_layers_last_gradient_is_given_for_each_seed():
    def run(norm):
        return {"gradients": {"generator": [[9.0, 8.0], [norm, 7.0]], "discriminator": [[5.0]]}}

    stored = {"deep: he, seed 0": run(3.0), "deep: he, seed 1": run(1.0), "deep: norm, seed 0": {}}
    assert lab.first_gradients(stored, "deep: he") == [1.0, 3.0]


def test_fit_watches_without_changing_the_training():
    images = torch.randint(256, (20, 3, 32, 32), dtype=torch.uint8)
    config = lab.recipe(TINY, steps=4, batch=4)
    seen, unseen = (lab.fit(config, images, every=every) for every in (2, 0))
    assert seen.watched == [0, 2, 3] and unseen.watched == [3]
    for a, b in zip(
        seen.state.networks["generator"].parameters(),
        unseen.state.networks["generator"].parameters(),
        strict=True,
    ):
        assert a.equal(b)
    assert len(seen.terms["adv_d"]) == 3 and np.isfinite(seen.terms["adv_g"]).all()
    assert [len(norms) for norms in seen.gradients["generator"]] == [4] * 3
    assert seen.gradients["discriminator"][-1] == unseen.gradients["discriminator"][-1]


def test_the_same_latents_are_drawn_whatever_draws_them():
    flat = nn.Linear(lab.LATENT, 3 * lab.SIZE**2)
    x = lab.draw(flat, 70)
    assert x.shape == (70, 3, lab.SIZE, lab.SIZE)
    assert lab.draw(flat, 70).equal(x) and not lab.draw(flat, 70, seed=2).equal(x)


@pytest.mark.slow
def test_all_runs_are_made_and_stored(tmp_path):
    store = Store(tmp_path / lab.LESSON, preset="smoke", report=lambda line: None)
    lab.run(store, "smoke", lambda line: None)
    results = json.loads((tmp_path / lab.LESSON / "results.json").read_text())["results"]
    assert {"real", "long", "deep: plain, seed 0", "upsample uneven, seed 0"} < set(results)
    assert len(results) == 2 + 16 + 3 + 1
    assert (tmp_path / lab.LESSON / "generator.safetensors").is_file()


def test_seeds_are_taken_together():
    stored = {
        "a, seed 0": {"kid": 1.0, "way": [9, 2]}, "a, seed 1": {"kid": 3.0, "way": [9, 4]},
        "a + b, seed 0": {"kid": 50.0}, "real": {"kid": 0.0}, "c, seed 0": {"kid": None},
    }  # fmt: skip
    assert over_seeds(stored, "a", "kid") == (2.0, pytest.approx(2**0.5))
    assert over_seeds(stored, "a", "way") == (3.0, pytest.approx(2**0.5))
    assert over_seeds(stored, "a + b", "kid") == (50.0, 0.0)
    assert np.isnan(over_seeds(stored, "c", "kid")[0])
    with pytest.raises(ValueError, match="no run is called 'd'; there are: a, a [+] b, c"):
        of(stored, "d")
