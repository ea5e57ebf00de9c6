import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from gan_lessons.config import TrainConfig
from gan_lessons.data.samples import Pairs
from gan_lessons.models.cut.networks import encoded
from gan_lessons.models.cut.objective import CUT
from gan_lessons.models.cut.recipe import CUTConfig, CUTLoss, CUTRecipe
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

SMALL = CUTConfig(
    width=4, halvings=1, blocks=1, critic_width=4, critic_depth=1, projected=6, places=4
)


@pytest.fixture
def batch():
    a, b = torch.rand(2, 8, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return Pairs(a, b, paired=False, batch=4, seed=0)(0)


def by_hand(objective, x_fake, x_real, uniform):
    """PatchNCE, patch by patch."""
    to_b, project = objective.networks["a_to_b"], objective.networks["projector"]
    layers = zip(project(encoded(to_b, x_fake), uniform), project(encoded(to_b, x_real), uniform))
    found = []
    for queries, keys in layers:
        for q, k in zip(queries, keys):
            likeness = torch.tensor(
                [[F.cosine_similarity(a, b, dim=0).item() / 0.07 for b in k] for a in q]
            )
            found.append((likeness.logsumexp(dim=1) - likeness.diagonal()).mean())
    return torch.stack(found).mean()


def test_terms_are_their_equations(batch):
    objective = CUT(CUTRecipe(SMALL))
    to_b, critic, _ = objective.networks.values()
    a, b, chance = batch.x_a, batch.x_b, batch.uniform
    terms = objective.discriminator_terms(batch, 0) | objective.generator_terms(batch, 0)
    expected = {
        "adv_d": (0.5, ((critic(b) - 1) ** 2).mean() / 2 + (critic(to_b(a)) ** 2).mean() / 2),
        "adv_g": (1.0, ((critic(to_b(a)) - 1) ** 2).mean() / 2),
        "nce": (1.0, by_hand(objective, to_b(a), a, chance[:, 0])),
        "id": (1.0, by_hand(objective, to_b(b), b, chance[:, 1])),
    }
    assert set(terms) == set(expected)
    for name, (weight, value) in expected.items():
        assert terms[name][0] == weight
        assert terms[name][1].item() == pytest.approx(value.item(), rel=1e-4), name


def test_without_weight_there_is_no_identity_term(batch):
    fast = CUT(CUTRecipe(SMALL, CUTLoss(nce=10.0, identity=0.0)))
    terms = fast.generator_terms(batch, 0)
    assert set(terms) == {"adv_g", "nce"} and terms["nce"][0] == 10


def test_nothing_pulls_on_the_source(batch):
    objective = CUT(CUTRecipe(SMALL))
    x_fake, x_real = batch.x_b.requires_grad_(), batch.x_a.requires_grad_()
    objective.patch_nce(x_fake, x_real, batch.uniform[:, 0]).backward()
    assert x_fake.grad.any() and x_real.grad is None


def test_patches_of_new_pictures_become_recognisable_by_training():
    x = torch.rand(48, 3, 4, 4, generator=torch.Generator().manual_seed(1)) * 2 - 1
    x = F.interpolate(x, scale_factor=4)  # mosaics; the other domain has them as negatives
    settings = TrainConfig(lr=2e-3, discriminator_lr=2e-3, weight_decay=0.0, precision="fp32")
    config = CUTRecipe(replace(SMALL, width=8, projected=16), train=settings)
    objective = CUT(config)
    state = create_state(objective, config, torch.device("cpu"))
    batches = Pairs(x[:32], -x[:32], paired=False, batch=8, seed=0)
    for step in range(40):
        train_step(objective, state, batches(step), step, scale=1.0)
    new, places = x[32:], torch.full((16, 2), 0.5)
    with torch.no_grad():
        results = objective.networks["a_to_b"](new)
        own = objective.patch_nce(results, new, places).item()
        others = objective.patch_nce(results.roll(1, dims=0), new, places).item()
    assert own < 0.6 * math.log(16) and others > math.log(16)  # chance among 16 places


@pytest.mark.parametrize(
    "wrong",
    [{"family": "relativistic"}, {"nce": 0.0}, {"identity": -1.0}, {"temperature": 0.0}],
)
def test_impossible_games_are_refused(wrong):
    with pytest.raises(ValueError, match=f"loss.{next(iter(wrong))}"):
        CUTLoss(**wrong)
