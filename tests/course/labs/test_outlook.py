"""The contest of lesson 19: equal terms, students that start from their teacher, what is kept."""

import pytest
import torch

from gan_lessons.course.labs import four_models, outlook, outlook_models
from gan_lessons.course.labs.four_models import DISCRIMINATOR, GENERATOR
from gan_lessons.course.labs.store import Store, read_store
from gan_lessons.data.samples import Samples
from gan_lessons.models.flow.networks import build, sample
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

WIDTH = 4


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """All results of the smallest preset, in a folder."""
    folder = tmp_path_factory.mktemp("contest") / "19_outlook"
    store = Store(folder, preset="smoke", report=lambda line: None)
    outlook.run(store, "smoke", lambda line: None)
    return folder


@pytest.fixture
def teacher():
    """A velocity that is not at rest."""
    velocity = build(outlook_models.velocity_shape(WIDTH))["velocity"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        torch.nn.init.normal_(velocity.to_rgb.weight, std=0.1)
    return velocity


@pytest.fixture
def pairs():
    """Noise, and pictures that say which pair they are of."""
    noise = outlook.starts(6, 0)
    ends = torch.arange(6.0).view(6, 1, 1, 1).expand_as(noise) / 6
    return noise, ends


def student(teacher, pairs, *, judged):
    return outlook_models.student(WIDTH, 0, teacher, pairs, judged=judged)


def batches():
    images = torch.randint(0, 256, (12, *outlook_models.PICTURE), dtype=torch.uint8)
    return Samples(images, torch.arange(12) % 6, batch=32, latent=outlook_models.PICTURE, seed=0)


def test_equal_parameters():
    width = outlook.BUDGETS["class"].width
    sizes = [
        four_models.parameters(make(width, 0).objective.networks)
        for make in (outlook_models.gan, outlook_models.flow)
    ]
    assert max(sizes) / min(sizes) < 1.02


def test_a_student_begins_as_its_teachers_single_step(teacher, pairs):
    generator = student(teacher, pairs, judged=True).objective.networks[GENERATOR]
    noise = outlook.starts(5, 1)
    with torch.no_grad():
        torch.testing.assert_close(generator(noise), sample(teacher, noise, 1))


def test_a_students_noise_is_that_of_its_pair(teacher, pairs):
    rival = student(teacher, pairs, judged=True)
    raw = batches()(0)
    batch = rival.batch(raw)
    assert batch.x_real.equal(raw.x_real) and not batch.z.equal(raw.z)
    assert batch.z.equal(pairs[0][batch.y])
    with torch.no_grad():
        terms = rival.objective.generator_terms(batch, 0)
        off = rival.objective.networks[GENERATOR](batch.z) - batch.y.view(-1, 1, 1, 1) / 6
    assert terms["pair"][1].item() == pytest.approx(off.square().mean().item(), rel=1e-5)


@pytest.mark.parametrize("judged", [False, True])
def test_only_a_judged_student_has_a_judge(teacher, pairs, judged):
    rival = student(teacher, pairs, judged=judged)
    state = create_state(rival.objective, rival.recipe, torch.device("cpu"))
    before = [p.clone() for p in rival.objective.networks[DISCRIMINATOR].parameters()]
    terms = train_step(rival.objective, state, rival.batch(batches()(0)), 0, scale=1.0)
    assert ("adv_g" in terms) == ("adv_d" in terms) == judged
    after = list(rival.objective.networks[DISCRIMINATOR].parameters())
    assert any(not a.equal(b) for a, b in zip(before, after, strict=True)) == judged


def test_both_get_the_same_seconds_and_every_number_of_steps_is_measured(made):
    stored = read_store(made)["results"]
    for seed in range(2):
        found = stored[f"contest, seed {seed}"]
        limit = outlook.BUDGETS["smoke"].seconds
        for who in ("gan", "flow"):
            assert limit <= found[who]["train_seconds"] < limit + 0.5
            assert found[who]["seconds"] == sorted(found[who]["seconds"])
        by_steps = found["flow"]["by_steps"]
        assert by_steps["steps"] == list(outlook.STEPS)
        assert all(len(by_steps[key]) == len(outlook.STEPS) for key in (*outlook.FIGURES, "ms"))
        assert by_steps["ms"][-1] > 4 * by_steps["ms"][0] > 0


def test_the_first_seed_leaves_both_networks_and_a_sheet(made):
    assert set(read_store(made)["weights"]) == {"gan", "flow"}
    assert (made / f"{outlook.SHEET}.webp").is_file()


def test_bundled_students_drew_from_the_noise_that_is_said():
    velocity = outlook.stored_networks()["flow"]
    ends = sample(velocity, outlook.starts(outlook.SHOWN, 0), outlook.TEACHER).flatten(1)
    for pictures in outlook.stored_students().values():
        drawn = pictures.flatten(1)
        together = torch.corrcoef(torch.cat([ends, drawn]))[: len(ends), len(ends) :]
        assert together.diag().mean() > together.mean() + 0.2
