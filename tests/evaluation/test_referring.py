"""What references do, on contestants whose answer is known."""

from dataclasses import replace

import pytest
import torch

from gan_lessons.evaluation import referring
from gan_lessons.evaluation.bench import Bench
from gan_lessons.evaluation.protocol import Protocol
from gan_lessons.metrics.diversity import diversity
from gan_lessons.metrics.features import as_float, perceive
from gan_lessons.style_transfer import StyleTransfer

PLAN = Protocol("tiny", pairs=2, sources=2, train=8, draws=2, seeds=(0,), latents=8, referred=2)


@pytest.fixture(scope="module")
def bench(tiny_model, tiny_dataset):
    model = StyleTransfer.load(tiny_model, device="cpu", precision="fp32")
    return Bench(model, tiny_dataset, PLAN, rivalled=False)


@pytest.fixture(scope="module")
def task(bench):
    return referring.some(bench.task(("discs", "squares"), 0), 0)


def measured(bench, task, method):
    return referring.measure(method, task, bench.train("squares").scale, "cpu")


def test_a_sleeping_encoder_is_found_out(bench, task):
    asleep = measured(bench, task, lambda task, x_ref: -task.x[:, None].expand_as(x_ref))
    assert asleep["worth"] == 1 and asleep["truth_by_true"] == asleep["truth_by_random"]
    assert asleep["match"] == pytest.approx(1 / 8)
    assert asleep["spread"] == pytest.approx(0, abs=1e-5)
    assert asleep["spread_palette"] == pytest.approx(0, abs=1e-5)


def test_handing_back_the_reference_is_matched_worth_most_and_as_wide_as_the_style(bench, task):
    found = measured(bench, task, lambda task, x_ref: x_ref)
    assert found["match"] == 1 and found["truth_by_true"] < 1e-4 and found["worth"] < 1e-3
    real = diversity(perceive(task.train)[None]).item()
    assert found["spread"] == pytest.approx(real, rel=1e-3) and found["truth_by_random"] > 0.1


def test_colours_of_the_references_are_given_one_by_one(bench, task):
    rows = referring.reference_sets(task)
    x_ref = as_float(task.train[rows.flatten()]).unflatten(0, rows.shape)
    made = referring.recoloured(task, x_ref)
    assert made.shape == x_ref.shape
    again = referring.recoloured(replace(task, x=task.x[1:]), x_ref[1:, 2:3])
    torch.testing.assert_close(again[0, 0], made[1, 2])


def test_no_source_gets_a_reference_twice_and_seeds_differ(bench):
    first, second = (bench.task(("discs", "squares"), seed) for seed in (0, 1))
    rows = referring.reference_sets(first)
    assert rows.shape == (2, 8) and all(len(set(row)) == 8 for row in rows.tolist())
    assert torch.equal(rows, referring.reference_sets(first))
    assert not torch.equal(rows, referring.reference_sets(second))


def test_some_sources_keep_their_truth(bench):
    whole = bench.task(("discs", "squares"), 3)
    one = referring.some(whole, 1)
    assert len(one.x) == len(one.true) == 1
    (row,) = [i for i, x in enumerate(whole.x) if torch.equal(x, one.x[0])]
    assert torch.equal(one.true[0], whole.true[row])
    assert len(referring.some(whole, 0).x) == 2
