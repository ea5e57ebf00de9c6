"""Sets without known pairs, with few pictures, and models that do nothing."""

from dataclasses import replace

import pytest
import torch

from gan_lessons.evaluation import tables
from gan_lessons.evaluation.bench import Bench
from gan_lessons.evaluation.benchmark import evaluate, load
from gan_lessons.evaluation.notes import FEW, small, unmoved
from gan_lessons.evaluation.protocol import Protocol
from gan_lessons.style_transfer import StyleTransfer

PLAN = Protocol("tiny", pairs=2, sources=2, train=7, draws=2, seeds=(0,), latents=8, referred=1)
NEEDS_TRUTH = ("truth_mean", "truth_best", "content", "worth", "truth_by_true", "truth_by_random")


@pytest.fixture(scope="module")
def model(tiny_model):
    return StyleTransfer.load(tiny_model, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def unpaired(tiny_dataset):
    """As a camera names pictures: one number in every style, of different things."""
    return replace(tiny_dataset, paired=False)


@pytest.fixture(scope="module")
def found(model, unpaired, tmp_path_factory):
    out = tmp_path_factory.mktemp("unpaired")
    return evaluate(model, "mine", out, which=PLAN, dataset=unpaired, report=lambda line: None)


def test_names_alone_make_no_truth(found):
    for key in NEEDS_TRUTH:
        entry = found["figures"][key]
        assert entry["model"] is None and not entry["variants"] and not entry["baselines"], key
    assert any("--pairs by-name" in note for note in found["notes"])


def test_what_needs_no_truth_is_measured_all_the_same(found):
    figures = found["figures"]
    for key in ("style", "kid", "diversity", "movement", "memorisation"):
        assert figures[key]["model"]["pictures"] > 0, key
    for key in ("match", "spread", "spread_palette"):
        assert figures[key]["variants"]["model, one reference"]["pictures"] == 2 * 10, key
    assert figures["kid"]["floor"] and figures["style"]["limit"]["value"] == 1
    text = tables.markdown(found)
    assert "truth" not in text.split("| figure |")[1] and "| match" in text


def test_pairs_that_are_asked_for_are_measured(model, unpaired):
    assert not load(model, unpaired).paired
    assert load(model, unpaired, "by-name").paired
    assert not load(model, replace(unpaired, paired=True), "none").paired
    with pytest.raises(ValueError, match="by-name or none, got 'guess'"):
        load(model, unpaired, "guess")
    with_pairs, without = (Bench(model, replace(unpaired, paired=p), PLAN) for p in (True, False))
    assert with_pairs.fingerprint() != without.fingerprint()  # nor are both mixed in one folder


def test_every_test_picture_is_a_source_where_no_pairs_are_known(model, unpaired):
    keys = tuple(f"{i}" for i in range(len(unpaired)))
    bench = Bench(model, replace(unpaired, keys=keys), PLAN, rivalled=False)
    assert [len(bench.bed.shared(pair)) for pair in bench.bed.pairs] == [2, 2]
    task = bench.task(bench.bed.pairs[0], 0)
    assert not task.paired and len(task.true) == 2


def test_a_model_that_does_nothing_is_said_to_do_nothing(
    model, tiny_dataset, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        StyleTransfer, "translate", lambda self, x, s: x.expand(len(s), -1, -1, -1).clone()
    )
    lines = []
    options = {"which": PLAN, "dataset": tiny_dataset, "figures_only": True}
    still = evaluate(model, "still", tmp_path, report=lines.append, **options)
    assert unmoved(still) and still["figures"]["movement"]["model"]["value"] == 0
    assert any(line.startswith("note: still has not moved from its source yet") for line in lines)
    worth = still["figures"]["worth"]["variants"]["model, one reference"]["value"]
    match = still["figures"]["match"]["variants"]["model, one reference"]["value"]
    assert worth == 1 and match == pytest.approx(1 / 7, abs=1e-5)


def test_a_model_that_repaints_has_moved(found, vivid_model, tiny_dataset, tmp_path):
    vivid = StyleTransfer.load(vivid_model, device="cpu", precision="fp32")
    options = {"which": PLAN, "dataset": tiny_dataset, "figures_only": True}
    moved = evaluate(vivid, "vivid", tmp_path, report=lambda line: None, **options)
    assert not unmoved(moved) and moved["figures"]["movement"]["model"]["value"] > 0.1
    assert not any("has not moved" in note for note in moved["notes"])


def test_enough_pictures_need_no_word(model, tiny_dataset):
    copies = FEW // 2  # of two test and eight training things
    many = replace(
        tiny_dataset,
        images=tiny_dataset.images.repeat(copies, 1, 1, 1),
        labels=tiny_dataset.labels.repeat(copies),
        keys=tuple(f"{key} {i}" for i in range(copies) for key in tiny_dataset.keys),
        splits=tiny_dataset.splits * copies,
    )
    plan = replace(PLAN, sources=0, train=0)
    assert small(Bench(model, many, plan, rivalled=False)) == []
    (told,) = small(Bench(model, many, replace(plan, sources=FEW - 1), rivalled=False))
    assert f"{FEW - 1} test pictures in each pair" in told
    thin = small(Bench(model, many, replace(plan, train=9), rivalled=False))
    told = f"fewer than {FEW} training pictures to compare with: discs, squares, stripes."
    chance = "match is among 9 references in some style, where chance finds 1 in 9."
    assert thin == [told, chance]


@pytest.fixture(scope="module")
def few(unpaired):
    """A style of so few pictures that none was put aside for testing."""
    alone = [unpaired.labels[i] == 2 and split == "test" for i, split in enumerate(unpaired.splits)]
    splits = ["train" if own else split for own, split in zip(alone, unpaired.splits, strict=True)]
    return replace(unpaired, splits=tuple(splits))


def test_a_style_without_test_pictures_is_not_measured_and_that_is_said(model, few, tmp_path):
    plan = replace(PLAN, pairs=0)
    found = evaluate(model, "mine", tmp_path, which=plan, dataset=few, report=lambda line: None)
    assert "not measured, for want of test pictures: stripes." in found["notes"]
    assert any(note.startswith("style is not judged") for note in found["notes"])
    assert found["figures"]["kid"]["model"]["pictures"] > 0


def test_a_style_without_test_pictures_is_neither_source_nor_target(model, few):
    bench = Bench(model, few, replace(PLAN, pairs=0), rivalled=False)
    assert bench.judge is None and "stripes" in small(bench)[-2]
    assert sorted(bench.bed.pairs) == [("discs", "squares"), ("squares", "discs")]


def test_labels_of_the_judge_are_in_order():
    from gan_lessons.evaluation.bench import labelled

    x, y = labelled([torch.zeros(2, 3, 1, 1), torch.ones(1, 3, 1, 1)], "cpu")
    assert x.shape == (3, 3, 1, 1) and y.tolist() == [0, 0, 1]
