"""The fast loop computes what a literal one does: merged passes, and bfloat16 against float32."""

from dataclasses import replace
from itertools import combinations

import pytest
import torch
from torch import nn

from benchmarks.paper_loop import PaperLoop
from gan_lessons.data.batches import Batches
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

LITERAL = {  # StarGAN v2's generator and weights, without anything that is ours
    "model.generator": "adain", "loss.ds": 1.0, "loss.mismatch": 0.0, "loss.augment": "",
    "loss.r1_interval": 1, "train.batch": 6,
}  # fmt: skip


def batches_of(config, dataset, seed=0):
    latent = config.model.latent_dim
    return Batches(dataset, config.data, batch=config.train.batch, latent_dim=latent, seed=seed)


def doubled(objective, batch):
    """Networks and batch in float64."""
    for network in objective.networks.values():
        network.double()
    parts = {k: v.double() for k, v in vars(batch).items() if v.is_floating_point()}
    return replace(batch, **parts)


def kind(batch, from_latent):
    """The same samples with all styles from latents, or all from references."""
    return replace(batch, from_latent=torch.full((len(batch),), from_latent))


def both(batch):
    """Each source twice: with its latent, then with its reference."""
    twice = {k: torch.cat([v, v]) for k, v in vars(batch).items()}
    n = len(batch)
    return replace(batch, **twice | {"from_latent": torch.arange(2 * n) < n})


def gradient(objective, phase, batch, step):
    """All gradients of one phase's networks, in one row."""
    networks = [objective.networks[name] for name in phase.networks]
    for network in networks:
        network.zero_grad(set_to_none=True)
    sum(weight * value for weight, value in phase.terms(batch, step).values()).backward()
    return torch.cat([p.grad.flatten() for n in networks for p in n.parameters()])


@pytest.mark.parametrize("phase", [0, 1], ids=["D", "G"])
@pytest.mark.parametrize("generator", ["modulated", "adain"])
def test_one_pass_of_both_kinds_has_half_the_summed_gradient_of_two(
    tiny_config, tiny_dataset, phase, generator
):
    config = tiny_config.override({"model.generator": generator, "loss.ds": 0.3})
    objective = StarGAN(config)
    nn.init.normal_(objective.networks["generator"].to_rgb.weight, std=0.1)
    batch = doubled(objective, batches_of(config, tiny_dataset)(0))
    phase = objective.phases[phase]
    merged = gradient(objective, phase, both(batch), 0)
    latent, reference = (
        gradient(objective, phase, kind(batch, k), 0).nan_to_num() for k in (True, False)
    )
    torch.testing.assert_close(2 * merged, latent + reference, rtol=1e-9, atol=1e-12)


def take_over(theirs, ours):
    """Give the literal networks, one branch a domain, the numbers of ours."""
    theirs["generator"].load_state_dict(ours["generator"].state_dict())
    for mine, other in zip(ours["mapping_network"].shared, theirs["mapping_network"].trunk[::2]):
        other.load_state_dict(mine.state_dict())
    for domain, branch in enumerate(theirs["mapping_network"].pick.branches):
        for mine, other in zip(ours["mapping_network"].unshared, branch[::2], strict=True):
            other.load_state_dict({"weight": mine.weight[domain], "bias": mine.bias[domain]})
    for name in ("style_encoder", "discriminator"):
        theirs[name].trunk.load_state_dict(ours[name].trunk.state_dict())
        heads = ours[name].heads
        for domain, branch in enumerate(theirs[name].pick.branches):
            branch.load_state_dict({"weight": heads.weight[domain], "bias": heads.bias[domain]})


def test_the_generator_learns_from_what_the_paper_says(tiny_config, tiny_dataset):
    config = tiny_config.override(LITERAL)
    objective, literal = StarGAN(config), PaperLoop(config.model)
    batch = doubled(objective, batches_of(config, tiny_dataset)(0))
    for network in literal.networks.values():
        network.double()
    take_over(literal.networks, objective.networks)
    gradient(objective, objective.phases[1], both(batch), 0)
    sum(literal.generator_loss(batch, way) for way in (True, False)).backward()
    for mine, other in zip(
        objective.networks["generator"].parameters(),
        literal.networks["generator"].parameters(),
        strict=True,
    ):
        torch.testing.assert_close(2 * mine.grad, other.grad, rtol=1e-9, atol=1e-12)


def trained(config, dataset, precision, seed, steps=200):
    """Mean of each term over the last quarter of a short training."""
    config = config.override({"train.seed": seed})
    objective = StarGAN(config)
    state = create_state(objective, config, torch.device("cpu"), precision)
    batches, seen = batches_of(config, dataset, seed), {}
    for step in range(steps):
        terms = train_step(objective, state, batches(step), step, scale=1.0)
        if step >= 3 * steps // 4:
            for name, value in terms.items():
                seen.setdefault(name, []).append(value.item())
    return {name: sum(values) / len(values) for name, values in seen.items()}


@pytest.mark.slow
def test_bfloat16_trains_as_float32_does_within_the_noise_of_seeds(tiny_config, tiny_dataset):
    config, seeds = tiny_config.override({"loss.lazy": 4, "loss.r1_interval": 8}), range(3)
    runs = {p: [trained(config, tiny_dataset, p, s) for s in seeds] for p in ("fp32", "bf16")}
    for name in ("adv_d", "adv_g", "cyc", "sty"):
        exact, coarse = ([run[name] for run in runs[p]] for p in ("fp32", "bf16"))
        noise = max(abs(a - b) for a, b in combinations(exact, 2))
        apart = abs(sum(coarse) - sum(exact)) / len(exact)
        assert apart < noise, f"{name}: {exact} in float32, {coarse} in bfloat16"
