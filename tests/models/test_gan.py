from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gan_lessons import losses
from gan_lessons.config import TrainConfig
from gan_lessons.data.samples import Samples
from gan_lessons.data.toy import ring
from gan_lessons.files import OutputFolder
from gan_lessons.models.dcgan import networks as dcgan
from gan_lessons.models.dcgan.recipe import DCGANRecipe
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import FAMILIES, GANLoss
from gan_lessons.models.mlp.recipe import DenseGANRecipe, MLPConfig
from gan_lessons.training import history
from gan_lessons.training.loop import train
from gan_lessons.training.state import create_state

SMALL = MLPConfig(latent_dim=3, generator_width=6, discriminator_width=5)


def gan(**loss):
    return GAN(DenseGANRecipe(SMALL, GANLoss(**loss)))


@pytest.fixture
def batch():
    return Samples(torch.randn(20, 2), batch=8, latent=3, seed=0)(0)


@pytest.mark.parametrize("family", FAMILIES)
def test_terms_are_the_losses_of_the_logits(family, batch):
    objective = gan(family=family)
    generate, judge = objective.networks["generator"], objective.networks["discriminator"]
    real, fake = judge(batch.x_real), judge(generate(batch.z))
    for_d, for_g = FAMILIES[family]
    (d,) = objective.discriminator_terms(batch, 0).items()
    (g,) = objective.generator_terms(batch, 0).items()
    assert d[0] == "adv_d" and d[1][0] == 1 and d[1][1].equal(for_d(real, fake))
    given = (real, fake) if family == "relativistic" else (fake,)
    assert g[0] == "adv_g" and g[1][0] == 1 and g[1][1].equal(for_g(*given))


def test_families_are_named_for_their_losses():
    for family, (for_d, for_g) in FAMILIES.items():
        assert for_g is getattr(losses, f"{family}_g")
        shared = "nonsaturating" if family == "minimax" else family
        assert for_d is getattr(losses, f"{shared}_d")


def test_penalties_are_taken_where_they_belong_and_weighted(batch):
    objective = gan(r1=2.0, r2=3.0, gp=10.0, penalty_interval=4)
    judge = objective.networks["discriminator"]
    fake = objective.networks["generator"](batch.z).detach()

    def slope(x):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(judge(x).sum(), x)[0]

    share = batch.uniform[:, 3, :1]
    middle = (1 - share) * batch.x_real + share * fake
    expected = {
        "r1": (8.0, slope(batch.x_real).square().sum(1).mean() / 2),
        "r2": (12.0, slope(fake).square().sum(1).mean() / 2),
        "gp": (40.0, (slope(middle).norm(dim=1) - 1).square().mean()),
    }
    terms = objective.discriminator_terms(batch, 4)
    assert set(terms) == {"adv_d", *expected}
    for name, (weight, value) in expected.items():
        assert terms[name][0] == weight
        assert terms[name][1].item() == pytest.approx(value.item(), rel=1e-4), name
    assert set(objective.discriminator_terms(batch, 5)) == {"adv_d"}


def test_the_discriminator_phase_makes_no_graph_through_the_generator(batch):
    objective = gan(r1=1, r2=1, gp=1)
    terms = objective.discriminator_terms(batch, 0)
    sum(weight * value for weight, value in terms.values()).backward()
    assert all(p.grad is None for p in objective.networks["generator"].parameters())
    assert all(p.grad is not None for p in objective.networks["discriminator"].parameters())


def test_classes_reach_both_networks():
    config = DenseGANRecipe(replace(SMALL, classes=3))
    objective = GAN(config)
    batch = Samples(torch.randn(20, 2), torch.arange(20) % 3, batch=8, latent=3, seed=0)(0)
    told = objective.networks["generator"](batch.z, batch.y)
    fake = objective.networks["discriminator"](told, batch.y)
    assert objective.generator_terms(batch, 0)["adv_g"][1].equal(F.softplus(-fake).mean())
    swapped = replace(batch, y=(batch.y + 1) % 3)
    for terms in (objective.generator_terms, objective.discriminator_terms):
        (one,), (other,) = terms(batch, 0).values(), terms(swapped, 0).values()
        assert one[1] != other[1]


def test_networks_of_your_own_are_trained_as_they_are(batch):
    class Shift(nn.Module):
        def __init__(self):
            super().__init__()
            self.by = nn.Parameter(torch.zeros(2))

        def forward(self, z, y):
            return z[:, :2] + self.by

    class Height(nn.Module):
        def __init__(self):
            super().__init__()
            self.slope = nn.Parameter(torch.ones(2))

        def forward(self, x, y):
            return x @ self.slope

    mine = {"generator": Shift(), "discriminator": Height()}
    objective = GAN(DenseGANRecipe(loss=GANLoss("wasserstein")), mine)
    assert objective.networks is mine
    value = objective.generator_terms(batch, 0)["adv_g"][1]
    assert value.item() == pytest.approx(-batch.z[:, :2].sum(dim=1).mean().item(), rel=1e-5)


def test_images_are_augmented_alike_and_differentiably():
    networks = {"generator": nn.Linear(1, 1), "discriminator": nn.Linear(1, 1)}
    objective = GAN(DenseGANRecipe(loss=GANLoss(augment="shift")), networks)
    seen, gain = [], torch.ones((), requires_grad=True)
    objective.forward = {
        "generator": lambda z, y: z * gain,
        "discriminator": lambda x, y: (seen.append(x), x.mean(dim=(1, 2, 3)))[1],
    }
    x = torch.rand(6, 3, 16, 16)
    batch = Samples(x, batch=6, latent=(3, 16, 16), seed=0)(0)
    objective.discriminator_terms(batch, 0)
    objective.generator_terms(batch, 0)
    real, fake, judged = seen
    assert not real.equal(batch.x_real) and not fake.equal(batch.z)
    assert judged.requires_grad and not fake.requires_grad


def test_the_critic_moves_more_often(tmp_path):
    train_config = TrainConfig(steps=7, batch=8, log_every=1, precision="fp32")
    config = DenseGANRecipe(SMALL, GANLoss("wasserstein", gp=10, critic_steps=3), train_config)
    objective = GAN(config)
    state = create_state(objective, config, torch.device("cpu"))
    train(
        objective, state, Samples(torch.randn(20, 2), batch=8, latent=3, seed=0),
        OutputFolder(tmp_path), on_sample=lambda s: None, on_checkpoint=lambda s: None,
        report=lambda line: None,
    )  # fmt: skip
    lines = history.read(tmp_path / history.FILE)
    assert ["adv_g" in line for line in lines] == [True, False, False, True, False, False, True]
    assert all("adv_d" in line and "gp" in line for line in lines)


def test_a_ring_is_learnt_within_seconds(tmp_path):
    mixture = ring(4, radius=1.0, std=0.1)
    x, _ = mixture.sample(2000, torch.Generator().manual_seed(0))
    settings = TrainConfig(
        steps=300, batch=64, lr=2e-3, discriminator_lr=2e-3, beta1=0.0, weight_decay=0.0,
        ema_half_life=1.0, precision="fp32", log_every=300,
    )  # fmt: skip
    config = DenseGANRecipe(
        MLPConfig(latent_dim=4, discriminator_depth=2), GANLoss(r1=0.1), settings
    )
    objective = GAN(config)
    state = create_state(objective, config, torch.device("cpu"))
    z = torch.randn(1000, 4, generator=torch.Generator().manual_seed(1))
    started = mixture.reached(objective.networks["generator"](z).detach())
    train(
        objective, state, Samples(x, batch=64, latent=4, seed=0), OutputFolder(tmp_path),
        on_sample=lambda s: None, on_checkpoint=lambda s: None, report=lambda line: None,
    )  # fmt: skip
    reached = mixture.reached(state.averages["generator"](z))
    assert (started > 20).sum() < 2
    assert (reached > 20).sum() >= 3 and reached.sum() > 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"family": "lsgan"}, {"r1": -1.0}, {"r2": -1.0}, {"gp": float("nan")},
        {"penalty_interval": 0}, {"critic_steps": 0}, {"augment": "blur"},
    ],
)  # fmt: skip
def test_impossible_games_are_refused(wrong):
    with pytest.raises(ValueError, match=f"loss.{next(iter(wrong))}"):
        GANLoss(**wrong)


def test_a_recipe_survives_being_saved():
    config = DenseGANRecipe(SMALL, GANLoss("hinge", r1=0.5)).override({"train.lr": "2e-4"})
    assert DenseGANRecipe.from_dict(config.to_dict()) == config
    other = config.override({"model.generator_depth": 3})
    assert other.differences(config) == ["model.generator_depth: 3 here, 2 there"]


def test_a_recipe_without_a_data_section_takes_a_size_too():
    config = DCGANRecipe().override({"model.size": "64", "train.steps": 5})
    assert config.model.size == 64 and config.train.steps == 5
    assert isinstance(GAN(config).networks["generator"], dcgan.Generator)
    with pytest.raises(ValueError, match="no field 'data.size'"):
        config.override({"data.size": 64})
