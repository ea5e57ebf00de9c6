import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from gan_lessons.data.batches import Batches
from gan_lessons.models.stargan import projected_losses
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update


@pytest.fixture
def config(tiny_config):
    return tiny_config.override(
        {"train.batch": 6, "model.projected": 5, "loss.augment": "", "loss.projected": 0.5}
    )


@pytest.fixture
def batch(config, tiny_dataset):
    return Batches(tiny_dataset, config.data, batch=6, latent_dim=config.model.latent_dim, seed=0)(
        0
    )


def maps(seed=0, n=5, domains=3):
    chance = torch.Generator().manual_seed(seed)
    return [torch.randn(n, domains, side, side, generator=chance) for side in (4, 2)]


def test_the_losses_at_nought():
    nought = [torch.zeros(5, 3, side, side) for side in (8, 4, 2, 1)]
    y, y_fake = torch.tensor([0, 1, 2]), torch.tensor([2, 0])
    for_d = projected_losses.discriminator_loss(nought, y, y_fake)
    for_g = projected_losses.generator_loss([m[3:] for m in nought], y_fake)
    assert for_d.item() == pytest.approx(12 * math.log(2))
    assert for_g.item() == pytest.approx(4 * math.log(2))


def test_the_losses_one_image_and_place_at_a_time():
    y, y_fake = [0, 2, 1], [1, 2]
    told = fooled = 0
    for m in maps():
        real = [m[i, y[i]].flatten() for i in range(3)]
        wrong = [m[i, k].flatten() for i in range(3) for k in range(3) if k != y[i]]
        fake = [m[3 + i, y_fake[i]].flatten() for i in range(2)]
        told += F.softplus(-torch.cat(real)).mean() + F.softplus(torch.cat(fake)).mean()
        told += F.softplus(torch.cat(wrong)).mean()
        fooled += F.softplus(-torch.cat(fake)).mean()
    found = projected_losses.discriminator_loss(maps(), torch.tensor(y), torch.tensor(y_fake))
    assert found.item() == pytest.approx(told.item(), rel=1e-5)
    found = projected_losses.generator_loss([m[3:] for m in maps()], torch.tensor(y_fake))
    assert found.item() == pytest.approx(fooled.item(), rel=1e-5)


def test_only_the_claimed_domain_moves_a_generated_image():
    logits = [m.requires_grad_() for m in maps(n=2)]
    projected_losses.generator_loss(logits, torch.tensor([2, 0])).backward()
    for m in logits:
        assert m.grad[0, 2].all() and m.grad[1, 0].all()
        assert not m.grad[0, :2].any() and not m.grad[1, 1:].any()


def test_both_discriminators_learn_in_one_phase_and_the_generator_in_the_other(config, batch):
    objective = StarGAN(config)
    torch.nn.init.normal_(objective.networks["generator"].to_rgb.weight, std=0.1)
    state = create_state(objective, config, torch.device("cpu"), "fp32")
    judges = {"discriminator", "projected"}
    assert set(objective.phases[0].networks) == judges
    assert objective.lrs["projected"] == config.train.discriminator_lr
    for phase in objective.phases:
        before = {
            name: [p.detach().clone() for p in network.parameters()]
            for name, network in state.networks.items()
        }
        update(objective, state, phase, batch, 0, 1.0)
        for name, network in state.networks.items():
            pairs = list(zip(network.parameters(), before[name], strict=True))
            moved = any(not p.equal(b) for p, b in pairs)
            assert moved == (name in phase.networks), name
            if moved:
                assert all(p.grad is not None and p.grad.any() for p in network.parameters()), name


def test_its_terms_stand_beside_the_others(config, batch):
    objective = StarGAN(config)
    told, made = objective.discriminator_terms(batch, 1), objective.generator_terms(batch, 1)
    assert set(told) == {"adv_d", "mis", "pro_d"} and told["pro_d"][0] == 1
    assert set(made) == {"adv_g", "pro_g", "sty", "cyc", "ds"} and made["pro_g"][0] == 0.5
    judge = objective.networks["projected"].eval()  # no further power iteration
    s = objective.styles(batch)
    expected = projected_losses.generator_loss(
        judge(objective.networks["generator"](batch.x_real, s)), batch.y_trg
    )
    found = objective.generator_terms(batch, 1)["pro_g"][1]
    assert found.item() == pytest.approx(expected.item(), rel=1e-4)


def test_lazy_terms_come_rarely_and_weigh_more(config, batch):
    objective = StarGAN(config.override({"loss.lazy": 3, "loss.cyc": 2.0, "loss.ds": 0.5}))
    weights = [objective.generator_terms(batch, step) for step in range(5)]
    assert [terms.get("cyc", (0,))[0] for terms in weights] == [6, 0, 0, 6, 0]
    assert [terms.get("ds", (0,))[0] for terms in weights] == [-1.5, 0, 0, -1.5, 0]
    assert all("sty" in terms for terms in weights)
    assert weights[1]["sty"][1].item() == pytest.approx(weights[0]["sty"][1].item(), rel=1e-4)


def test_diversity_is_also_asked_for_in_features(config, batch):
    objective = StarGAN(config.override({"loss.ds": 0, "loss.ds_features": 0.25}))
    torch.nn.init.normal_(objective.networks["generator"].to_rgb.weight, std=0.1)
    weight, apart = objective.generator_terms(batch, 0)["ds_f"]
    assert weight == -0.25 and apart.item() > 0
    apart.backward()
    assert objective.networks["mapping_network"].shared[0].weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in objective.networks["projected"].parameters())


def test_equal_codes_have_no_diversity_in_features(config, batch):
    objective = StarGAN(config.override({"loss.ds_features": 0.25}))
    same = replace(batch, z_trg2=batch.z_trg, x_ref2=batch.x_ref)
    terms = objective.generator_terms(same, 0)
    assert terms["ds_f"][1].item() == terms["ds"][1].item() == 0


@pytest.mark.parametrize("name", ["ds_features", "nce"])
def test_features_need_the_discriminator_that_has_them(tiny_config, name):
    with pytest.raises(ValueError, match=f"{name} needs the features of model.projected"):
        tiny_config.override({f"loss.{name}": 0.1})


def test_every_place_of_a_result_is_sought_in_its_source(config, batch):
    objective = StarGAN(config.override({"loss.nce": 2.0, "loss.lazy": 3}))
    weights = [objective.generator_terms(batch, step).get("nce", (0,))[0] for step in range(4)]
    assert weights == [6, 0, 0, 6]
    look = objective.networks["projected"].features
    for x_fake in (batch.x_real.flip(3), batch.x_real + 0.1):
        expected = []
        for tap in (1, 2):
            q, k = (F.normalize(look(x)[tap].flatten(2), dim=1) for x in (x_fake, batch.x_real))
            alike = torch.einsum("ncp,ncr->npr", q, k) / 0.07
            own = alike.log_softmax(dim=2).diagonal(dim1=1, dim2=2)
            expected.append(-own.mean().item())
        found = objective.recognisable(x_fake, batch.x_real).item()
        assert found == pytest.approx(sum(expected) / 2, rel=1e-4)


def test_the_search_pulls_on_the_generator_alone(config, batch):
    objective = StarGAN(config.override({"loss.nce": 2.0}))
    torch.nn.init.normal_(objective.networks["generator"].to_rgb.weight, std=0.1)
    objective.generator_terms(batch, 0)["nce"][1].backward()
    assert objective.networks["generator"].from_rgb.weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in objective.networks["projected"].parameters())
