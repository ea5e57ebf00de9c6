"""The trial of lesson 07: equal terms, measures from results, verdicts from measures."""

import pytest
import torch

from gan_lessons.course import repair
from gan_lessons.course.labs import four_models, gan_vs_vae, gan_vs_vae_evidence
from gan_lessons.course.labs.store import Store, read_store
from gan_lessons.data.samples import Samples
from gan_lessons.metrics.perceptual import apart

WIDTH = gan_vs_vae.BUDGETS["class"].width


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """All results of the smallest preset, in a folder."""
    folder = tmp_path_factory.mktemp("trial") / "07_gan_vs_vae"
    store = Store(folder, preset="smoke", report=lambda line: None)
    gan_vs_vae.run(store, "smoke", lambda line: None)
    return read_store(folder)


def test_equal_parameters():
    makers = (four_models.gan, four_models.vae, four_models.conditional_gan, four_models.denoiser)
    networks = [make(WIDTH, 0, "fp32").objective.networks for make in makers]
    sizes = [four_models.parameters(each) for each in networks]
    assert abs(sizes[0] / sizes[1] - 1) < 0.02
    assert max(sizes) / min(sizes) < 1.05


def test_what_draws_is_the_same_network_in_both():
    gan, vae = (make(WIDTH, 3, "fp32") for make in (four_models.gan, four_models.vae))
    first = gan.objective.networks["generator"].state_dict()
    second = vae.objective.networks["decoder"].state_dict()
    assert list(first) == list(second)
    assert all(first[key].equal(second[key]) for key in first)


def test_both_get_the_same_seconds(made):
    for seed in range(2):
        pair = made["results"][f"rivals, seed {seed}"]
        limit = gan_vs_vae.BUDGETS["smoke"].seconds
        for who in ("gan", "vae"):
            assert pair[who]["train_seconds"] >= limit
            assert pair[who]["seconds"] == sorted(pair[who]["seconds"])
            assert pair[who]["images"] == pair[who]["steps"] * four_models.BATCH
            assert pair[who]["gflops_a_step"] > 0


def test_turns_are_of_a_second():
    order = []

    class Counted:
        spent = 0.0

        def __init__(self, name):
            self.name = name

        def advance(self, until):
            order.append(self.name)
            self.spent = until

    gan_vs_vae.in_turns({name: Counted(name) for name in "ab"}, until=2.5)
    assert order == list("ababab")


def test_only_the_first_seeds_weights_are_kept(made):
    names = {"gan_generator", "vae_encoder", "vae_decoder", "conditional_generator"}
    assert set(made["weights"]) == names | {"denoiser_denoiser"}
    assert made["complete"] == []  # the catalogue says that, not the experiment


def test_repairers_get_pairs_that_are_damaged_anew():
    images = torch.randint(0, 256, (16, 3, 32, 32), dtype=torch.uint8)
    batches = Samples(images, batch=8, latent=four_models.LATENT, seed=0)
    for make, before, truth in (
        (four_models.conditional_gan, "x_a", "x_b"),
        (four_models.denoiser, "z", "x_real"),
    ):
        rival = make(8, 0, "fp32")
        batch, later = rival.batch(batches(0)), rival.batch(batches(1))
        assert getattr(batch, truth).equal(batches(0).x_real)
        damaged = getattr(batch, before)
        assert not damaged.equal(getattr(batch, truth))
        assert damaged[2::4].eq(0).any() and not damaged.equal(getattr(later, before))


def test_the_denoiser_learns_from_the_damaged_picture_and_not_from_noise():
    images = torch.randint(0, 256, (16, 3, 32, 32), dtype=torch.uint8)
    rival = four_models.denoiser(8, 0, "fp32")
    batch = rival.batch(Samples(images, batch=8, latent=four_models.LATENT, seed=0)(0))
    # It starts at f(x) = 0, so its first error is that of doing nothing.
    loss = rival.objective.terms(batch, 0)["l1"][1]
    assert loss.item() == pytest.approx((batch.z - batch.x_real).abs().mean().item(), rel=1e-5)


def test_spread_is_the_mean_over_pairs():
    features = torch.randn(6, 9, generator=torch.Generator().manual_seed(0))
    pairs = [apart(features[i], features[j]).item() for i in range(6) for j in range(i)]
    assert gan_vs_vae.spread(features) == pytest.approx(sum(pairs) / len(pairs), rel=1e-4)


def test_measures_and_verdicts_come_from_the_results(made):
    found = gan_vs_vae_evidence.evidence(made["results"])
    assert tuple(found) == gan_vs_vae_evidence.CLAIMS
    counts = {claim: [len(m) for m in exhibits.values()] for claim, exhibits in found.items()}
    assert list(counts.values()) == [[4], [3, 12, 12], [3]]
    pair = [made["results"][f"rivals, seed {seed}"] for seed in range(2)]
    nearer = [each["vae"]["kid"] - each["gan"]["kid"] for each in pair]
    last = found["training efficiency"]["samples over time"][2]
    assert last.advantage == pytest.approx(sum(nearer) / 2)
    assert set(gan_vs_vae_evidence.verdicts(found).values()) <= {"for", "against", "undecided"}


def curve(*kids):
    return {"seconds": [10.0, 20.0, 40.0, 80.0][: len(kids)], "curve": list(kids)}


def test_seconds_to_a_level():
    assert gan_vs_vae_evidence.seconds_to(curve(8, 4, 2, 1), 2) == 40
    assert gan_vs_vae_evidence.seconds_to(curve(8, 4, 2, 1), 9) == 10
    # Half of the way down lies half of the way along the logarithm of the seconds.
    assert gan_vs_vae_evidence.seconds_to(curve(8, 4, 2, 1), 3) == pytest.approx(20 * 2**0.5)


def test_time_ratio_favours_who_is_there_first():
    slow, fast = curve(9, 8, 6, 4), curve(6, 4, 3, 2)
    assert gan_vs_vae_evidence.time_ratio(fast, slow) == pytest.approx(4)
    assert gan_vs_vae_evidence.time_ratio(slow, fast) == pytest.approx(1 / 4)


def rival(kid, spread, recall, error):
    kinds = ("none", *repair.KINDS)
    figures = {"psnr": [20.0 - error] * 3, "ssim": [0.9 - error] * 3, "perceptual": [error] * 3}
    restored = {way: dict.fromkeys(kinds, figures) for way in ("search", "encoder")}
    shown = {"recall": recall, "coverage": recall, "spread": spread}
    return curve(*kid) | shown | {"restored": restored}


@pytest.mark.parametrize(("better", "expected"), [("gan", "for"), ("vae", "against")])
def test_whoever_is_better_everywhere_wins_every_claim(better, expected):
    worse = {"gan": "vae", "vae": "gan"}[better]
    results = {"real": {"train": {"spread": 5.0}}}
    for seed in range(3):
        drift = 0.01 * seed
        results[f"rivals, seed {seed}"] = {
            better: rival((4, 3, 2 + drift, 1), 4.5 + drift, 0.5 + drift, 0.1),
            worse: rival((9, 8, 7, 6), 3.0, 0.1, 0.3 + drift),
        }
        repaired = {
            name: {"restored": rival((1,), 1, 1, error)["restored"]["search"]}
            for name, error in (
                ("conditional", 0.1 if better == "gan" else 0.3),
                ("denoiser", 0.3 if better == "gan" else 0.1),
            )
        }
        results[f"repairers, seed {seed}"] = repaired
    found = gan_vs_vae_evidence.verdicts(gan_vs_vae_evidence.evidence(results))
    assert found == dict.fromkeys(gan_vs_vae_evidence.CLAIMS, expected)
