"""An objective of a module's own `config`, and its batches."""

import pytest
import torch
from torch import nn

from gan_lessons.data.batches import Batches
from gan_lessons.models.stargan.architecture import objective_of


@pytest.fixture
def objective(config):
    """Its generator does something from the start."""
    objective = objective_of(config)
    torch.manual_seed(1)
    nn.init.normal_(objective.networks["generator"].to_rgb.weight, std=0.1)
    return objective


@pytest.fixture
def batches_of():
    """Batches of a recipe and a data set."""

    def batches(config, dataset):
        settings = {"batch": config.train.batch, "latent_dim": config.model.latent_dim}
        return Batches(dataset, config.data, seed=0, **settings)

    return batches


@pytest.fixture
def batch(config, batches_of, tiny_dataset):
    """The first one."""
    return batches_of(config, tiny_dataset)(0)
