import pytest
import torch
from torch import nn

from gan_lessons.config import TrainConfig
from gan_lessons.data.samples import Samples
from gan_lessons.data.toy import ring
from gan_lessons.files import OutputFolder
from gan_lessons.models.flow.networks import sample
from gan_lessons.models.flow.objective import Flow
from gan_lessons.models.flow.recipe import FlowConfig, FlowRecipe
from gan_lessons.training.loop import train
from gan_lessons.training.state import create_state


class ToOnePoint(nn.Module):
    """The true velocity where all data are one point: straight to it."""

    def __init__(self, point):
        super().__init__()
        self.point = nn.Parameter(point)

    def forward(self, x, t):
        return (self.point - x) / (1 - t)[:, None]


def test_the_true_velocity_costs_nothing_and_its_samples_are_the_data():
    point = torch.tensor([0.5, -2.0])
    networks = {"velocity": ToOnePoint(point)}
    batch = Samples(point[None], batch=50, latent=2, seed=0)(0)
    weight, value = Flow(FlowRecipe(), networks).terms(batch, 0)["v"]
    assert weight == 1 and value.item() < 1e-4
    made = sample(networks["velocity"], torch.randn(9, 2), steps=7)
    torch.testing.assert_close(made, point.expand(9, 2))


def test_at_rest_the_loss_is_the_spread_of_the_lines():
    class Rest(nn.Module):
        def forward(self, x, t):
            return torch.zeros_like(x)

    x = torch.full((1, 3), 2.0)
    batch = Samples(x, batch=20_000, latent=3, seed=0)(0)
    value = Flow(FlowRecipe(), {"velocity": Rest()}).terms(batch, 0)["v"][1]
    assert value.item() == pytest.approx(2.0**2 + 1, rel=0.03)  # E (x - z)^2


def test_a_ring_is_learnt_within_seconds(tmp_path):
    mixture = ring(4, radius=1.5, std=0.15)
    x, _ = mixture.sample(2000, torch.Generator().manual_seed(0))
    config = FlowRecipe(
        FlowConfig("dense", data_dim=2, width=48, depth=3),
        TrainConfig(steps=300, batch=128, lr=4e-3, beta1=0.9, ema_half_life=2.0, precision="fp32"),
    )
    objective = Flow(config)
    state = create_state(objective, config, torch.device("cpu"))
    train(
        objective, state, Samples(x, batch=128, latent=2, seed=0), OutputFolder(tmp_path),
        on_sample=lambda s: None, on_checkpoint=lambda s: None, report=lambda line: None,
    )  # fmt: skip
    noise = torch.randn(1000, 2, generator=torch.Generator().manual_seed(1))
    made = sample(state.averages["velocity"], noise, steps=20)
    reached = mixture.reached(made)
    assert (reached > 100).sum() == 4 and reached.sum() > 600
    assert mixture.reached(noise).sum() < 400
