import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gan_lessons.data.batches import Batches
from gan_lessons.models.stargan.architecture import sheet
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.training.loop import compile_forward
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update

PLACES = [("cpu", "fp32"), ("cpu", "bf16")]
if torch.cuda.is_available():
    PLACES += [("cuda", "fp32"), ("cuda", "bf16"), ("cuda", "fp16")]


def batches_of(config, dataset, device="cpu"):
    return Batches(
        dataset,
        config.data,
        batch=config.train.batch,
        latent_dim=config.model.latent_dim,
        seed=0,
        device=device,
    )


def awake(objective):
    """Lets the generator change its source, as it does after the first steps."""
    torch.manual_seed(1)
    nn.init.normal_(objective.networks["generator"].to_rgb.weight, std=0.1)
    return objective


@pytest.fixture
def config(tiny_config):
    return tiny_config.override({"train.batch": 6, "loss.ds": 0.3})


@pytest.fixture
def objective(config):
    return awake(StarGAN(config))


@pytest.fixture
def batch(config, tiny_dataset):
    return batches_of(config, tiny_dataset)(0)


def flat(network):
    return torch.cat([p.detach().flatten().clone() for p in network.parameters()])


# What a step touches


@pytest.mark.parametrize("kind", ["modulated", "adain"])
@pytest.mark.parametrize(("device", "precision"), PLACES)
def test_a_phase_changes_its_own_networks_and_no_other(
    config, tiny_dataset, device, precision, kind
):
    config = config.override({"model.generator": kind})
    objective = awake(StarGAN(config))
    batch = batches_of(config, tiny_dataset, device)(0)
    state = create_state(objective, config, torch.device(device), precision)
    if precision == "fp16":  # no step is skipped in search of a scale
        state.scaler = torch.amp.GradScaler(device, init_scale=1.0)
    own = {
        "D": {"discriminator"},
        "G": {"generator", "mapping_network", "style_encoder"},
    }
    assert {phase.name: set(phase.networks) for phase in objective.phases} == own
    for _ in range(2):  # the second round has moments and leftover gradients of the first
        for phase in objective.phases:
            before = {name: flat(network) for name, network in state.networks.items()}
            update(objective, state, phase, batch, 0, 1.0)
            for name, network in state.networks.items():
                assert flat(network).equal(before[name]) == (name not in own[phase.name]), name
                assert flat(network).isfinite().all()


@pytest.mark.parametrize("phase", [0, 1])
def test_a_phase_pulls_on_every_weight_of_its_networks(objective, config, batch, phase):
    state = create_state(objective, config, torch.device("cpu"), "fp32")
    update(objective, state, objective.phases[phase], batch, 0, 1.0)
    for name, network in state.networks.items():
        for key, weight in network.named_parameters():
            if name in objective.phases[phase].networks:
                assert weight.grad is not None and weight.grad.any(), f"{name}.{key}"
            else:
                assert weight.grad is None, f"{name}.{key}"


# The terms, against the paper's equations one sample at a time


def one_by_one(objective, batch):
    """Codes, translations and second translations, each sample by itself."""
    nets = objective.networks
    codes, others = [], []
    for i in range(len(batch)):
        y = batch.y_trg[i : i + 1]
        if batch.from_latent[i]:
            draws = batch.z_trg[i : i + 1], batch.z_trg2[i : i + 1]
            first, second = (nets["mapping_network"](z, y) for z in draws)
        else:
            references = batch.x_ref[i : i + 1], batch.x_ref2[i : i + 1]
            first, second = (nets["style_encoder"](x, y) for x in references)
        codes.append(first), others.append(second)
    s, s2 = torch.cat(codes), torch.cat(others)
    return s, nets["generator"](batch.x_real, s), nets["generator"](batch.x_real, s2)


def test_generator_terms_are_their_equations(config, tiny_dataset, batch):
    objective = awake(StarGAN(config.override({"loss.augment": ""})))
    nets = objective.networks
    s, x_fake, x_fake2 = one_by_one(objective, batch)
    assert batch.from_latent.any() and not batch.from_latent.all()
    logits = nets["discriminator"](x_fake, batch.y_trg)
    back = nets["generator"](x_fake, nets["style_encoder"](batch.x_real, batch.y_org))
    expected = {
        "adv_g": (1.0, F.softplus(-logits).mean()),
        "sty": (1.0, (nets["style_encoder"](x_fake, batch.y_trg) - s).abs().mean()),
        "cyc": (1.0, (back - batch.x_real).abs().mean()),
        "ds": (-0.3, (x_fake - x_fake2).abs().mean()),
    }
    terms = objective.generator_terms(batch, step=3)
    assert set(terms) == set(expected)
    for name, (weight, value) in expected.items():
        assert terms[name][0] == weight
        assert terms[name][1].item() == pytest.approx(value.item(), rel=1e-4), name
        assert value.item() > 1e-3, name


def test_discriminator_terms_are_their_equations(config, batch):
    objective = awake(StarGAN(config.override({"loss.augment": "", "loss.r1": 0.5})))
    critic = objective.networks["discriminator"]
    _, x_fake, _ = one_by_one(objective, batch)
    x = batch.x_ref.clone().requires_grad_()
    real = critic(x, batch.y_trg)
    (slope,) = torch.autograd.grad(real.sum(), x)
    both = torch.cat([real, critic(batch.x_real, batch.y_org)])
    expected = F.softplus(-both).mean() + F.softplus(critic(x_fake, batch.y_trg)).mean()
    terms = objective.discriminator_terms(batch, step=4)
    assert terms["adv_d"][0] == 1
    assert terms["adv_d"][1].item() == pytest.approx(expected.item(), rel=1e-5)
    penalty = slope.square().sum(dim=(1, 2, 3)).mean().item() / 2
    claimed = F.softplus(critic(batch.x_real, batch.y_trg))
    false = torch.stack([v for v, a, b in zip(claimed, batch.y_org, batch.y_trg) if a != b])
    assert 0 < len(false) < 6
    assert terms["mis"][0] == config.loss.mismatch == 0.5
    assert terms["mis"][1].item() == pytest.approx(false.sum().item() / 6, rel=1e-5)
    assert set(terms) == {"adv_d", "mis", "r1"}
    assert terms["r1"][0] == 0.5 * config.loss.r1_interval
    assert terms["r1"][1].item() == pytest.approx(penalty, rel=1e-4)


def test_references_are_real_images_of_the_target_domain(batch, tiny_dataset):
    known = torch.nn.functional.interpolate(
        tiny_dataset.images.float(), (16, 16), mode="bilinear", antialias=True
    )
    for x, domains in (
        (batch.x_real, batch.y_org), (batch.x_ref, batch.y_trg), (batch.x_ref2, batch.y_trg)
    ):  # fmt: skip
        for picture, domain in zip(x, domains.tolist(), strict=True):
            distance = ((picture + 1) * 127.5 - known).abs().amax(dim=(1, 2, 3))
            assert distance.min() < 0.01
            assert tiny_dataset.labels[distance.argmin()] == domain


def test_the_penalty_is_lazy_and_weighted_up_by_as_much(config, batch):
    objective = StarGAN(config.override({"loss.r1": 0.25, "loss.r1_interval": 4}))
    weights = [objective.discriminator_terms(batch, step).get("r1", (0,))[0] for step in range(9)]
    assert weights == [1, 0, 0, 0, 1, 0, 0, 0, 1]


@pytest.mark.parametrize(("setting", "gone"), [("loss.cyc", "cyc"), ("loss.ds", "ds")])
def test_a_term_of_no_weight_is_not_computed(config, batch, setting, gone):
    terms = StarGAN(config.override({setting: 0})).generator_terms(batch, 0)
    assert gone not in terms and len(terms) == 3
    for setting, gone in (("loss.r1", "r1"), ("loss.mismatch", "mis")):
        terms = StarGAN(config.override({setting: 0})).discriminator_terms(batch, 0)
        assert gone not in terms and len(terms) == 2


def test_the_diversity_weight_follows_its_schedule(config, batch):
    objective = StarGAN(config.override({"loss.ds": 0.4, "loss.ds_steps": 8}))
    weights = [objective.generator_terms(batch, step).get("ds", (0,))[0] for step in (0, 2, 6, 8)]
    assert weights == pytest.approx([-0.4, -0.3, -0.1, 0])


def test_real_and_fake_images_are_augmented_before_the_discriminator(objective, batch):
    seen = []
    critic = objective.networks["discriminator"]
    objective.forward["discriminator"] = lambda x, y: (seen.append(x), critic(x, y))[1]
    objective.discriminator_terms(batch, 1)
    objective.generator_terms(batch, 1)
    told, judged = seen
    real, other, fake = told.chunk(3)
    assert not real.equal(batch.x_ref) and not other.equal(batch.x_real)
    assert real.shape == fake.shape == judged.shape == batch.x_ref.shape
    assert not fake.requires_grad and judged.requires_grad


def test_without_mismatch_the_sources_are_not_judged(config, batch):
    objective = awake(StarGAN(config.override({"loss.augment": "", "loss.mismatch": 0})))
    critic = objective.networks["discriminator"]
    _, x_fake, _ = one_by_one(objective, batch)
    expected = F.softplus(-critic(batch.x_ref, batch.y_trg)).mean()
    expected = expected + F.softplus(critic(x_fake, batch.y_trg)).mean()
    terms = objective.discriminator_terms(batch, step=1)
    assert terms["adv_d"][1].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_penalty_keeps_the_eager_discriminator(objective, batch):
    compiled_calls = []
    critic = objective.networks["discriminator"]

    def compiled(x, y):
        compiled_calls.append(x.requires_grad)
        return critic(x, y)

    objective.forward["discriminator"] = compiled
    terms = objective.discriminator_terms(batch, 0)
    assert compiled_calls == [False] and "r1" in terms


def test_compiling_leaves_the_networks_themselves_alone(objective):
    networks = dict(objective.networks)
    compile_forward(objective, False)
    assert objective.forward == networks
    compile_forward(objective, True)  # compiles at the first call, which never comes here
    assert objective.networks == networks
    assert all(objective.forward[name] is not network for name, network in networks.items())


# Sample sheets


def test_a_sheet_shows_sources_and_two_draws_of_every_style(objective, config, batch):
    source, *drawn = sheet(objective.networks, batch, config, ("a", "b", "c"))
    assert [column.label for column in drawn] == ["a", "a", "b", "b", "c", "c"]
    assert source.x.equal(batch.x_real)
    generator, mapping = objective.networks["generator"], objective.networks["mapping_network"]
    for row, domain in ((0, 0), (4, 2)):
        for draw, z in enumerate((batch.z_trg, batch.z_trg2)):
            s = mapping(z[:1], torch.tensor([domain]))
            expected = generator(batch.x_real[row : row + 1], s)[0]
            torch.testing.assert_close(drawn[2 * domain + draw].x[row], expected)
    assert not any(column.x.requires_grad for column in drawn)
