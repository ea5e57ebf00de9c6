import pytest
import torch

from gan_lessons.data.samples import Pairs
from gan_lessons.files import OutputFolder
from gan_lessons.models.cyclegan.objective import CycleGAN
from gan_lessons.models.cyclegan.recipe import CycleGANConfig, CycleGANLoss, CycleGANRecipe
from gan_lessons.training import checkpoint
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update

SMALL = CycleGANConfig(size=8, width=4, halvings=1, blocks=1, critic_width=4, critic_depth=1)
CPU = torch.device("cpu")


def cyclegan(**loss):
    return CycleGAN(CycleGANRecipe(SMALL, CycleGANLoss(**loss)))


@pytest.fixture
def batches():
    a, b = torch.rand(2, 8, 3, 8, 8) * 2 - 1
    return Pairs(a, b, paired=False, batch=4, seed=0)


def test_terms_are_their_equations(batches):
    objective, batch = cyclegan(), batches(0)
    to_b, to_a, critic_a, critic_b = objective.networks.values()
    a, b = batch.x_a, batch.x_b
    terms = objective.discriminator_terms(batch, 0) | objective.generator_terms(batch, 0)
    expected = {
        "adv_d_a": (0.5, ((critic_a(a) - 1) ** 2).mean() / 2 + (critic_a(to_a(b)) ** 2).mean() / 2),
        "adv_d_b": (0.5, ((critic_b(b) - 1) ** 2).mean() / 2 + (critic_b(to_b(a)) ** 2).mean() / 2),
        "adv_g_a": (1.0, ((critic_a(to_a(b)) - 1) ** 2).mean() / 2),
        "adv_g_b": (1.0, ((critic_b(to_b(a)) - 1) ** 2).mean() / 2),
        "cyc": (10.0, (to_a(to_b(a)) - a).abs().mean() + (to_b(to_a(b)) - b).abs().mean()),
        "id": (5.0, (to_b(b) - b).abs().mean() + (to_a(a) - a).abs().mean()),
    }
    assert set(terms) == set(expected)
    for name, (weight, value) in expected.items():
        assert terms[name][0] == weight
        assert terms[name][1].item() == pytest.approx(value.item(), rel=1e-5), name


def test_without_weight_there_is_no_identity_term(batches):
    assert "id" not in cyclegan(identity=0.0).generator_terms(batches(0), 0)


def test_the_judges_are_shown_what_the_buffers_hand_out(batches):
    objective = cyclegan()
    objective.memories["b"] = lambda x, uniform: torch.zeros_like(x)
    batch = batches(0)
    critic = objective.networks["critic_b"]
    zeros = critic(torch.zeros(4, 3, 8, 8))
    expected = ((critic(batch.x_b) - 1) ** 2).mean() / 2 + (zeros**2).mean() / 2
    value = objective.discriminator_terms(batch, 0)["adv_d_b"][1]
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_buffers_are_part_of_a_checkpoint(batches, tmp_path):
    config = CycleGANRecipe(SMALL)
    objective = CycleGAN(config)
    state = create_state(objective, config, CPU, "fp32")
    update(objective, state, objective.phases[0], batches(0), 0, 1.0)
    saved = checkpoint.read(checkpoint.save(state, OutputFolder(tmp_path)))
    fresh = CycleGAN(config)
    create_state(fresh, config, CPU, "fp32").restore(saved)
    for domain, buffer in objective.memories.items():
        assert fresh.memories[domain].images.equal(buffer.images) and buffer.images.any()
        assert fresh.memories[domain].seen == 4


def test_a_checkpoint_from_before_there_were_buffers_is_read(tiny_config):
    from gan_lessons.models.stargan.objective import StarGAN

    state = create_state(StarGAN(tiny_config), tiny_config, CPU)
    older = {key: value for key, value in state.parts().items() if key != "memories"}
    state.restore({**older, "step": 7})
    assert state.step == 7


@pytest.mark.parametrize("wrong", [{"family": "relativistic"}, {"cyc": -1.0}, {"identity": -1.0}])
def test_impossible_games_are_refused(wrong):
    with pytest.raises(ValueError, match=f"loss.{next(iter(wrong))}"):
        CycleGANLoss(**wrong)
