import pytest
import torch

from gan_lessons.data.letter_batches import LetterBatches
from gan_lessons.data.letters import LETTERS, plain_alphabet
from gan_lessons.data.load import load_dataset
from gan_lessons.models.stargan.architecture import objective_of
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.outlines_objective import OutlineStarGAN
from gan_lessons.models.stargan.presets import preset
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("letters")


@pytest.fixture
def config():
    return preset("smoke", data="letters").override({"train.precision": "fp32"})


def batches_of(config, dataset):
    settings = {"batch": config.train.batch, "latent_dim": config.model.latent_dim, "seed": 0}
    return LetterBatches(dataset, config.data, paired=config.loss.paired, **settings)


@pytest.fixture
def batch(config, dataset):
    return batches_of(config, dataset)(0)


def test_the_presets_for_letters_draw_outlines(config):
    assert type(objective_of(config)) is OutlineStarGAN
    assert preset("class", data="letters").model.generator == "outlines"


def test_a_result_is_grey_and_keeps_to_the_range(config):
    generator = build(config.model)["generator"]
    letters = torch.stack([plain_alphabet()[c] for c in "AB"]).float() / 127.5 - 1
    found = generator(letters, torch.randn(2, config.model.style_dim))
    assert found.shape == (2, 3, 64, 64)
    assert found[:, 0].equal(found[:, 1]) and found.abs().max() <= 1


def test_a_classifier_learns_styles_from_real_letters_and_teaches_the_generator(config, dataset):
    judged = {"model.projected": 4, "loss.adv": 0.3, "loss.projected": 0.5}
    asked = {"model.auxiliary": 8, "loss.auxiliary": 0.5}
    objective = objective_of(config.override(judged | asked))
    batch = batches_of(config, dataset)(0)
    judges, generator = objective.networks["projected"], objective.networks["generator"]
    objective.vary = lambda x, uniform: x
    _, loss = objective.discriminator_terms(batch, 1)["aux_d"]
    logits = judges.classify(judges.features(batch.x_trg))
    assert logits.shape == (len(batch), 5)
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(logits, batch.y_trg))
    told = torch.autograd.grad(loss, list(judges.auxiliary.parameters()))
    assert all(g.abs().max() > 0 for g in told)
    weight, passing = objective.generator_terms(batch, 1)["aux_g"]
    taught = torch.autograd.grad(passing, [generator.to_ink.weight])
    assert weight == 0.5 and taught[0].abs().max() > 0
    plain = objective_of(config.override(judged))
    assert "aux_g" not in plain.generator_terms(batch, 1)
    assert "aux_d" not in plain.discriminator_terms(batch, 1)


def test_a_reader_learns_letters_from_real_ones_and_teaches_the_generator(config, dataset):
    judged = {"model.projected": 4, "loss.adv": 0.3, "loss.projected": 0.5}
    objective = objective_of(config.override(judged | {"model.reader": 8, "loss.legible": 0.5}))
    batch = batches_of(config, dataset)(0)
    judges, reader, generator = (
        objective.networks[name] for name in ("projected", "reader", "generator")
    )
    objective.vary = lambda x, uniform: x
    weight, loss = objective.discriminator_terms(batch, 1)["let_d"]
    logits = reader(judges.features(batch.x_trg))
    assert weight == 1 and logits.shape == (len(batch), 26)
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(logits, batch.letter_trg))
    assert all(g.abs().max() > 0 for g in torch.autograd.grad(loss, list(reader.parameters())))
    weight, passing = objective.generator_terms(batch, 1)["let_g"]
    taught = torch.autograd.grad(passing, [generator.to_ink.weight])
    assert weight == 0.5 and taught[0].abs().max() > 0
    assert not {"aux_d", "aux_g"} & set(objective.discriminator_terms(batch, 1))


def test_a_batch_says_which_letters_it_shows(config, dataset):
    plain, batch = plain_alphabet(), batches_of(config.override({"data.size": 64}), dataset)(0)
    for x, number in zip(batch.x_real, batch.letter_real.tolist(), strict=True):
        torch.testing.assert_close(x, plain[LETTERS[number]].float() / 127.5 - 1)
    rows = {image.numpy().tobytes(): key for image, key in zip(dataset.images, dataset.keys)}
    for x, number in zip(batch.x_trg, batch.letter_trg.tolist(), strict=True):
        assert rows[(127.5 * (x + 1)).round().byte().numpy().tobytes()] == LETTERS[number]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"loss.legible": 1.0}, "asks the classifier of model.reader, which is 0"),
        ({"model.reader": 8, "model.generator": "parts"}, 'for model.generator "outlines"'),
        ({"loss.auxiliary": 1.0}, "asks the classifier of model.auxiliary, which is 0"),
        ({"model.auxiliary": 8, "model.projected": 0}, "with model.projected above 0"),
        ({"model.auxiliary": 8, "model.generator": "parts"}, 'for model.generator "outlines"'),
    ],
)
def test_the_classifier_is_for_letters_and_needs_its_features(config, asked, said):
    with pytest.raises(ValueError, match=said):
        config.override({"model.projected": 4, **asked})


def test_nothing_but_the_path_of_a_source_reaches_its_result(config):
    generator = build(config.model)["generator"]
    x = plain_alphabet()["H"][None].float() / 127.5 - 1
    s = torch.randn(1, config.model.style_dim, generator=torch.Generator().manual_seed(0))
    paler = 0.1 + 0.9 * x  # grey paper and dark grey ink
    torch.testing.assert_close(generator(paler, s), generator(x, s))


def test_codes_have_one_length_whatever_the_letter(config, batch):
    encoder = build(config.model)["style_encoder"]
    s = encoder(torch.cat([batch.x_ref, torch.ones(1, 3, 32, 32)]), torch.zeros(9).long())
    length = s.square().mean(dim=1)
    torch.testing.assert_close(length[:-1], torch.ones(8), atol=1e-3, rtol=0)
    assert s.isfinite().all()


@pytest.mark.parametrize("changes", [{}, {"loss.paired": True}, {"loss.adv": 0.0}])
def test_every_term_is_there_and_finite(config, dataset, changes):
    config = config.override(changes)
    objective = objective_of(config)
    terms = objective.generator_terms(batches_of(config, dataset)(0), 0)
    wanted = {"rec", "bce", "con", "den"} | ({"adv_g", "sty"} if config.loss.adv else set())
    assert set(terms) == wanted
    assert all(value.isfinite() for _, value in terms.values())
    assert [phase.name for phase in objective.phases] == (["D", "G"] if config.loss.adv else ["G"])


def test_a_second_judge_looks_through_frozen_features(config, dataset):
    config = config.override(
        {"data.size": 64, "model.projected": 4, "loss.restore_features": 1.0, "train.batch": 4}
    )
    objective, batch = objective_of(config), batches_of(config, dataset)(0)
    assert {"rec_f", "pro_g"} <= set(objective.generator_terms(batch, 0))
    assert {"adv_d", "mis", "r1", "pro_d"} == set(objective.discriminator_terms(batch, 0))


def test_drawn_codes_learn_from_codes_alone(config, batch):
    objective = objective_of(config)
    terms = objective.generator_terms(batch, 1)
    terms["adv_g"][1].backward(retain_graph=True)
    mapping = objective.networks["mapping_network"]
    assert all(p.grad is None for p in mapping.parameters())
    terms["den"][1].backward()
    assert all(p.grad is not None for p in mapping.parameters())


def test_the_encoder_is_not_taught_by_drawn_letters(config, batch):
    objective = objective_of(config)
    generator, encoder = (objective.networks[n] for n in ("generator", "style_encoder"))
    s = torch.randn(8, config.model.style_dim, generator=torch.Generator().manual_seed(0))
    terms = objective.passing_terms(generator(batch.x_real, s), s, batch)
    terms["sty"][1].backward()
    assert all(p.grad is None for p in encoder.parameters())
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in generator.parameters())


def test_a_hand_is_known_by_one_letter_or_by_two(config, batch):
    s1, s2, s = objective_of(config).hands(batch)
    torch.testing.assert_close(s[0], s1[0])
    torch.testing.assert_close(s[1], (s1[1] + s2[1]) / 2)


def test_training_moves_every_network_and_brings_letters_back(config, dataset):
    config = config.override({"train.batch": 4, "train.lr": 3e-3})
    batches = batches_of(config, dataset)
    objective = objective_of(config)
    state = create_state(objective, config, torch.device("cpu"))
    before = {n: [p.clone() for p in x.parameters()] for n, x in objective.networks.items()}
    rec = [train_step(objective, state, batches(step), step)["rec"].item() for step in range(30)]
    for name, network in objective.networks.items():
        moved = [not p.equal(q) for p, q in zip(network.parameters(), before[name], strict=True)]
        assert any(moved), name
    assert sum(rec[-5:]) < 0.8 * sum(rec[:5])
