"""What holds for each objective: phases keep to their networks, and a resumed run is the run."""

from dataclasses import fields, replace

import pytest
import torch

from gan_lessons.config import TrainConfig
from gan_lessons.data.samples import Pairs, Samples
from gan_lessons.files import OutputFolder
from gan_lessons.models.adain.objective import AdaINTransfer
from gan_lessons.models.adain.recipe import AdaINConfig, AdaINRecipe
from gan_lessons.models.cut.objective import CUT
from gan_lessons.models.cut.recipe import CUTConfig, CUTRecipe
from gan_lessons.models.cyclegan.objective import CycleGAN
from gan_lessons.models.cyclegan.recipe import CycleGANConfig, CycleGANRecipe
from gan_lessons.models.dcgan.recipe import DCGANConfig, DCGANRecipe
from gan_lessons.models.denoiser.objective import Denoising
from gan_lessons.models.denoiser.recipe import DenoiserConfig, DenoiserRecipe
from gan_lessons.models.flow.objective import Flow
from gan_lessons.models.flow.recipe import FlowConfig, FlowRecipe
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import GANLoss
from gan_lessons.models.mlp.recipe import DenseGANRecipe, MLPConfig
from gan_lessons.models.pix2pix.objective import Pix2Pix
from gan_lessons.models.pix2pix.recipe import Pix2PixConfig, Pix2PixRecipe
from gan_lessons.models.vae.objective import VAE
from gan_lessons.models.vae.recipe import VAEConfig, VAERecipe
from gan_lessons.training import checkpoint
from gan_lessons.training.loop import train
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update

CPU = torch.device("cpu")
BATCH = 4
PLACES = [("cpu", "fp32"), ("cpu", "bf16")]
if torch.cuda.is_available():
    PLACES += [("cuda", "fp32"), ("cuda", "bf16"), ("cuda", "fp16")]


def short(**changes):
    """Four steps whose learning rates do not depend on how many there are."""
    return TrainConfig(
        **{"steps": 4, "batch": BATCH, "decay": 0.0, "precision": "fp32", "log_every": 1, **changes}
    )


def made(kind, config, data):
    """A maker of (config, objective, batches), fresh each time."""

    def make(steps=4):
        recipe = config.override({"train.steps": steps})
        return recipe, kind(recipe), data(recipe)

    return make


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def samples(x, recipe):
    """Batches whose noise is a latent, or has the shape of a sample where there are none."""
    classes = torch.arange(len(x)) % max(1, getattr(recipe.model, "classes", 1))
    latent = getattr(recipe.model, "latent_dim", x.shape[1:])
    return Samples(x, classes, batch=BATCH, latent=latent, seed=0)


def points(recipe):
    return samples(random(20, 2), recipe)


def pictures(recipe):
    return samples(random(20, 3, 8, 8), recipe)


def pairs(paired):
    def draw(recipe):
        a, b = random(20, 3, 16, 16), random(20, 3, 16, 16, seed=1)
        return Pairs(a, b, paired=paired, batch=BATCH, latent=12, seed=0)

    return draw


SMALL = MLPConfig(latent_dim=3, generator_width=6, discriminator_width=5)
CONV = DCGANConfig(size=8, latent_dim=3, width=4)
CLASSY = MLPConfig(latent_dim=3, classes=3, condition="embedding", spectral=True)
CASES = {
    "mlp": made(GAN, DenseGANRecipe(SMALL, train=short()), points),
    "mlp, WGAN-GP": made(
        GAN, DenseGANRecipe(SMALL, GANLoss("wasserstein", gp=10, critic_steps=3), short()), points
    ),
    "mlp, R3GAN, classes": made(
        GAN, DenseGANRecipe(CLASSY, GANLoss("relativistic", r1=1, r2=1), short()), points
    ),
    "dcgan": made(GAN, DCGANRecipe(CONV, train=short()), pictures),
    "dcgan, residual, spectral, classes": made(
        GAN,
        DCGANRecipe(
            replace(CONV, residual=True, upsample="resize", norm=False, spectral=True, classes=2),
            GANLoss("hinge", r1=1, penalty_interval=2, augment="shift,cutout"),
            short(),
        ),
        pictures,
    ),
    "pix2pix": made(
        Pix2Pix,
        Pix2PixRecipe(
            Pix2PixConfig(depth=3, width=4, critic_width=4, critic_depth=1), train=short()
        ),
        pairs(paired=True),
    ),
    "cyclegan": made(
        CycleGAN,
        CycleGANRecipe(
            CycleGANConfig(size=16, width=4, blocks=1, critic_width=4, critic_depth=1, buffer=6),
            train=short(),
        ),
        pairs(paired=False),
    ),
    "adain": made(
        AdaINTransfer, AdaINRecipe(AdaINConfig(width=8), train=short()), pairs(paired=False)
    ),
    "cut": made(
        CUT,
        CUTRecipe(
            CUTConfig(width=4, blocks=2, critic_width=4, critic_depth=1, projected=6, places=4),
            train=short(),
        ),
        pairs(paired=False),
    ),
    "vae": made(VAE, VAERecipe(VAEConfig(size=8, width=4, latent_dim=3), train=short()), pictures),
    "denoiser": made(
        Denoising, DenoiserRecipe(DenoiserConfig(width=4, blocks=1), train=short()), pictures
    ),
    "flow": made(
        Flow, FlowRecipe(FlowConfig(width=4, max_width=6, depth=1), train=short()), pictures
    ),
    "flow, dense": made(Flow, FlowRecipe(FlowConfig("dense", width=6), train=short()), points),
    "vae, dense": made(
        VAE, VAERecipe(VAEConfig("dense", data_dim=2, width=6), train=short()), points
    ),
}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=CASES)
def make(request):
    return CASES[request.param]


def leaves(value, path=""):
    """All values of a checkpoint by path, tensors as bytes; the clock and the length left out."""
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        parts = [leaves(part, f"{path}/{key}") for key, part in value.items()]
        return {name: leaf for part in parts for name, leaf in part.items()}
    if path in ("/seconds", "/config/train/steps"):
        return {}
    is_tensor = isinstance(value, torch.Tensor)
    return {path: value.contiguous().numpy().tobytes() if is_tensor else repr(value)}


def sit(make, steps, folder):
    """Train to a step in a folder, going on from its checkpoint where there is one."""
    config, objective, batches = make(steps)
    state = create_state(objective, config, CPU)
    path = folder / checkpoint.FILE
    if path.exists():
        saved = checkpoint.read(path)
        then = type(config).from_dict(saved["config"])
        checkpoint.check_same_recipe(then, config, saved["step"])
        state.restore(saved)
    torch.manual_seed(steps)  # global randomness must not matter
    train(
        objective, state, batches, OutputFolder(folder),
        on_sample=lambda s: None, on_checkpoint=lambda s: None, report=lambda line: None,
    )  # fmt: skip
    return leaves(checkpoint.read(path))


def test_resuming_equals_never_having_stopped(make, tmp_path):
    whole = sit(make, 4, tmp_path / "whole")
    half = sit(make, 2, tmp_path / "halves")
    resumed = sit(make, 4, tmp_path / "halves")
    assert whole.keys() == resumed.keys()
    assert [key for key, value in whole.items() if value != resumed[key]] == []
    moved = [key for key, value in whole.items() if key in half and value != half[key]]
    assert any(key.startswith("/networks") for key in moved)


def flat(network):
    return torch.cat([p.detach().flatten().clone() for p in network.parameters()])


def batch_on(device, batch):
    return replace(batch, **{f.name: getattr(batch, f.name).to(device) for f in fields(batch)})


def test_a_phase_changes_its_own_networks_and_no_other_in_any_precision(make):
    for device, precision in PLACES:
        config, objective, batches = make()
        state = create_state(objective, config, torch.device(device), precision)
        if precision == "fp16":  # no step is skipped in search of a scale
            state.scaler = torch.amp.GradScaler(device, init_scale=1.0)
        assert {n for phase in objective.phases for n in phase.networks} == set(objective.networks)
        for step in range(2):  # the second round has moments and leftover gradients of the first
            batch = batch_on(device, batches(step))
            for phase in objective.phases:
                before = {name: flat(network) for name, network in state.networks.items()}
                update(objective, state, phase, batch, step, 1.0)
                for name, network in state.networks.items():
                    kept = flat(network).equal(before[name])
                    assert kept == (name not in phase.networks), (name, device, precision)
                    assert flat(network).isfinite().all()


def test_a_phase_pulls_on_every_weight_of_its_networks(make):
    config, objective, batches = make()
    state = create_state(objective, config, CPU)
    # Where only differences of outputs count, what is added to all of them is free.
    family = config.to_dict().get("loss", {}).get("family")
    free = family in ("wasserstein", "relativistic")
    for phase in objective.phases:
        for step in range(2):  # what starts at zero holds back others for one step
            update(objective, state, phase, batches(step), step, 1.0)
        for name in phase.networks:
            idle = [
                key
                for key, weight in state.networks[name].named_parameters()
                if weight.grad is None or not weight.grad.any()
            ]
            assert len(idle) <= (free and name == "discriminator"), (phase.name, name, idle)
            assert all(key.endswith("bias") for key in idle)


def test_a_seed_gives_the_weights_and_global_randomness_is_left_alone(make):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    _, one, _ = make()
    assert torch.get_rng_state().equal(before)
    torch.manual_seed(6)
    _, other, _ = make()
    for name, network in one.networks.items():
        assert flat(network).equal(flat(other.networks[name]))


def test_two_micro_batches_make_the_terms_of_the_batch(make):
    _, whole, batches = make()
    _, parted, _ = make()
    for network in [*whole.networks.values(), *parted.networks.values()]:
        network.eval()  # batch norm looks at the whole batch, spectral norm takes a turn each time
    for one, other in zip(whole.phases, parted.phases, strict=True):
        terms = one.terms(batches(0), 0)
        halves = [other.terms(half, 0) for half in batches(0).split(2)]
        for name, (weight, value) in terms.items():
            mean = sum(half[name][1] for half in halves) / 2
            assert mean.item() == pytest.approx(value.item(), rel=1e-4, abs=1e-6), name
            assert halves[0][name][0] == weight
