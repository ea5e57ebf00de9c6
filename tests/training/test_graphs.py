import pytest
import torch

from gan_lessons.data.batches import Batches
from gan_lessons.files import OutputFolder
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.presets import preset
from gan_lessons.training import checkpoint
from gan_lessons.training.graphs import Graphs
from gan_lessons.training.loop import train
from gan_lessons.training.state import create_state
from gan_lessons.training.step import descend, stepper, update

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")


@pytest.fixture
def config(tiny_config):
    """Every kind of step occurs, and each of them often enough to be replayed."""
    changes = {"loss.lazy": 3, "loss.r1_interval": 2, "loss.ds": 0.3, "train.steps": 24}
    return tiny_config.override(changes)


@pytest.fixture
def exact():
    """Single precision as it is written, without the shorter format of tensor cores."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def batches_of(config, dataset, device):
    return Batches(
        dataset,
        config.data,
        batch=config.train.batch,
        latent_dim=config.model.latent_dim,
        seed=0,
        device=device,
    )


def trained(config, dataset, device, folder, resumed=False):
    objective = StarGAN(config)
    state = create_state(objective, config, torch.device(device))
    if resumed:
        state.restore(checkpoint.read(folder.root / checkpoint.FILE))
    quiet = {"on_sample": lambda s: None, "on_checkpoint": lambda s: None, "report": lambda s: None}
    return train(objective, state, batches_of(config, dataset, device), folder, **quiet)


def weights(state):
    networks = state.networks.values()
    return torch.cat([p.detach().flatten().cpu() for n in networks for p in n.parameters()])


def test_steps_of_one_kind_compute_alike(config, tiny_dataset):
    objective = StarGAN(config)
    batch = batches_of(config, tiny_dataset, "cpu")(0)
    for phase in objective.phases:
        found = {}
        for step in range(12):
            named = {k: (w, v.item()) for k, (w, v) in phase.terms(batch, step).items()}
            assert found.setdefault(phase.kind(step), named) == named
        assert len(found) == 2


def test_a_weight_that_falls_makes_each_step_its_own_kind(config):
    objective = StarGAN(config.override({"loss.ds_steps": 10}))
    kinds = [objective.phases[1].kind(step) for step in range(6)]
    assert len(set(kinds)) == 6


def test_on_a_cpu_nothing_is_recorded(config):
    state = create_state(StarGAN(config), config, torch.device("cpu"))
    assert not Graphs.usable(state)
    assert stepper(state) is descend


def test_a_checkpoint_of_a_recorded_run_goes_on_without_graphs(config, tiny_dataset):
    objective = StarGAN(config)
    state = create_state(objective, config, torch.device("cpu"))
    parts = state.parts()
    for optimiser in parts["optimisers"].values():
        for group in optimiser["param_groups"]:
            group |= {"lr": torch.tensor(9.0), "capturable": True}
    state.restore(parts)
    batch = batches_of(config, tiny_dataset, "cpu")(0)
    update(objective, state, objective.phases[0], batch, 0, 0.5)
    (group,) = state.optimisers["D"].param_groups
    assert group["lr"] == 0.5 * config.train.discriminator_lr and not group["capturable"]


@gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_graphs_make_the_same_training(config, tiny_dataset, tmp_path, exact, precision):
    config = config.override({"train.precision": precision})
    found = []
    for graphs in ("true", "false"):
        recipe = config.override({"train.graphs": graphs})
        folder = OutputFolder(tmp_path / graphs)
        found.append(weights(trained(recipe, tiny_dataset, "cuda", folder)))
    start = weights(create_state(StarGAN(config), config, torch.device("cuda")))
    moved = (found[0] - start).norm()
    assert (found[0] - found[1]).norm() < (0.01 if precision == "fp32" else 0.2) * moved


@gpu
def test_a_gpu_trains_as_a_cpu_does(config, tiny_dataset, tmp_path, exact):
    found = [
        weights(trained(config, tiny_dataset, device, OutputFolder(tmp_path / device)))
        for device in ("cuda", "cpu")
    ]
    start = weights(create_state(StarGAN(config), config, torch.device("cpu")))
    assert (found[0] - found[1]).norm() < 0.02 * (found[0] - start).norm()


@gpu
def test_resuming_on_a_gpu_equals_never_stopping(config, tiny_dataset, tmp_path, exact):
    config = config.override({"train.decay": "0"})
    whole = weights(trained(config, tiny_dataset, "cuda", OutputFolder(tmp_path / "whole")))
    folder = OutputFolder(tmp_path / "cut")
    trained(config.override({"train.steps": "11"}), tiny_dataset, "cuda", folder)
    parts = weights(trained(config, tiny_dataset, "cuda", folder, resumed=True))
    start = weights(create_state(StarGAN(config), config, torch.device("cuda")))
    assert (whole - parts).norm() < 0.01 * (whole - start).norm()


@gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_the_whole_model_trains_on_a_gpu(tiny_dataset, tmp_path, precision):
    changes = {"train.steps": 40, "train.batch": 4, "train.precision": precision}
    config = preset("class", data="tiny", domains=3).override(changes)
    state = trained(config, tiny_dataset, "cuda", OutputFolder(tmp_path))
    assert state.step == 40 and weights(state).isfinite().all()
