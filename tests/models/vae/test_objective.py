import math

import pytest
import torch
from torch import nn

from gan_lessons.config import TrainConfig
from gan_lessons.data.samples import SampleBatch, Samples
from gan_lessons.data.toy import ring
from gan_lessons.files import OutputFolder
from gan_lessons.models.vae.networks import reparameterise
from gan_lessons.models.vae.objective import VAE
from gan_lessons.models.vae.recipe import VAEConfig, VAELoss, VAERecipe
from gan_lessons.training.loop import train
from gan_lessons.training.state import create_state

DENSE = VAEConfig(kind="dense", data_dim=2, width=24, latent_dim=2)


def batch_of(x, z):
    n = len(x)
    return SampleBatch(x, torch.zeros(n, dtype=torch.int64), z, torch.zeros(n, 4, 5))


class Posterior(nn.Module):
    """Of a code with one dimension and a linear decoder, the true one."""

    def __init__(self, slope, sigma):
        super().__init__()
        self.precision = 1 + slope**2 / sigma**2
        self.share = slope / sigma**2 / self.precision

    def forward(self, x):
        return self.share * x, torch.full_like(x, -math.log(self.precision))


def test_the_bound_is_tight_where_the_posterior_is_the_true_one():
    # x = 1.7 z + 0.4 noise has the density N(0, 1.7^2 + 0.4^2), and equality holds in the bound.
    slope, sigma, x = 1.7, 0.4, torch.full((400_000, 1), 0.8)
    decoder = nn.Linear(1, 1, bias=False)
    nn.init.constant_(decoder.weight, slope)
    objective = VAE(
        VAERecipe(loss=VAELoss(sigma)), {"encoder": Posterior(slope, sigma), "decoder": decoder}
    )
    z = torch.randn(400_000, 1, generator=torch.Generator().manual_seed(0))
    terms = objective.terms(batch_of(x, z), 0)
    bound = sum(weight * value for weight, value in terms.values()).item()
    bound += math.log(sigma * math.sqrt(2 * math.pi))
    variance = slope**2 + sigma**2
    evidence = 0.8**2 / (2 * variance) + math.log(2 * math.pi * variance) / 2
    assert bound == pytest.approx(evidence, abs=2e-3)


def test_beta_weighs_the_kl_term_alone():
    x, z = torch.randn(6, 2), torch.randn(6, 2)
    plain, heavy = (
        VAE(VAERecipe(DENSE, VAELoss(beta=beta))).terms(batch_of(x, z), 0) for beta in (1.0, 4.0)
    )
    assert set(plain) == {"rec", "kl"}
    assert [plain[n][0] for n in ("rec", "kl")] == [1, 1]
    assert [heavy[n][0] for n in ("rec", "kl")] == [1, 4]
    assert all(plain[n][1].equal(heavy[n][1]) for n in plain)


def test_terms_are_of_a_draw():
    objective = VAE(VAERecipe(DENSE, VAELoss(sigma=0.5)))
    nets, x, z = objective.networks, torch.randn(6, 2), torch.randn(6, 2)
    mean, log_variance = nets["encoder"](x)
    drawn = nets["decoder"](reparameterise(mean, log_variance, z))
    expected = (x - drawn).square().sum(1).mean().item() * 2
    rec = objective.terms(batch_of(x, z), 0)["rec"][1]
    assert rec.item() == pytest.approx(expected, rel=1e-5)


def away(networks, x):
    """Mean squared error of reconstructions by the means of their latents."""
    return (networks["decoder"](networks["encoder"](x)[0]) - x).square().mean().item()


def test_it_learns_to_reconstruct(tmp_path):
    x, _ = ring(4, radius=1.0, std=0.05).sample(1000, torch.Generator().manual_seed(0))
    config = VAERecipe(
        DENSE,
        VAELoss(sigma=0.1),
        TrainConfig(steps=200, batch=64, lr=5e-3, beta1=0.9, ema_half_life=0.5, precision="fp32"),
    )
    objective = VAE(config)
    state = create_state(objective, config, torch.device("cpu"))
    before = away(state.networks, x)
    train(
        objective, state, Samples(x, batch=64, latent=2, seed=0), OutputFolder(tmp_path),
        on_sample=lambda s: None, on_checkpoint=lambda s: None, report=lambda line: None,
    )  # fmt: skip
    after = away(state.averages, x)
    assert before > 0.2 and after < 0.03


@pytest.mark.parametrize("wrong", [{"sigma": 0.0}, {"beta": -1.0}])
def test_impossible_weights_are_refused(wrong):
    with pytest.raises(ValueError, match=f"loss.{next(iter(wrong))}"):
        VAELoss(**wrong)
