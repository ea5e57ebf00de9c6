"""Measuring on letters: some of the bundled ones, by contestants whose answers are known."""

import json
from dataclasses import replace

import pytest
import torch

from gan_lessons.data.letters import PLAIN
from gan_lessons.data.load import load_dataset
from gan_lessons.evaluation import letter_results
from gan_lessons.evaluation.benchmark import RESULTS, TABLE, bench_for, check_styles, evaluate
from gan_lessons.evaluation.letter_bench import LetterBench
from gan_lessons.evaluation.letter_contestants import (
    BY_FOUR,
    BY_ONE,
    COPY,
    DRAWS,
    FEATURES,
    NEAREST,
    PIXELS,
    RANDOM,
    REAL,
    TRUE,
    Asked,
)
from gan_lessons.evaluation.letters import PLANS, LetterBed, LetterPlan
from gan_lessons.evaluation.protocol import mixed, protocol
from gan_lessons.images.gate import open_image
from gan_lessons.metrics.features import as_float
from gan_lessons.models.architecture import architecture
from gan_lessons.models.stargan.architecture import ARCHITECTURE

ALPHABET = "ABEHKMRS"
STYLES = ("sans", "serif")
FACES = 10  # of each style and split
PLAN = LetterPlan("tiny", faces=0, train=0, letters=2, draws=12, seeds=(0, 1))


@pytest.fixture(scope="module")
def dataset():
    """Eight letters of 48 typefaces."""
    whole = load_dataset("letters")
    labels, chosen = whole.labels.tolist(), {PLAIN}
    for style in STYLES:
        for split in ("train", "test"):
            own = {
                whole.series[i]
                for i in range(len(whole))
                if whole.splits[i] == split and whole.styles[labels[i]] == style
            }
            chosen |= set(mixed(own - {PLAIN})[:FACES])
    rows = [i for i in range(len(whole)) if whole.series[i] in chosen and whole.keys[i] in ALPHABET]
    return replace(
        whole,
        styles=STYLES,
        images=whole.images[rows],
        labels=whole.labels[rows],
        **{
            name: tuple(getattr(whole, name)[i] for i in rows)
            for name in ("keys", "splits", "series", "families")
        },
    )


class Stand:
    """What a bench asks of a model, without one."""

    device, precision, size, styles, run = torch.device("cpu"), "fp32", 64, STYLES, {"steps": 1}
    truncation = 1.0
    kind = ARCHITECTURE

    def __init__(self, dataset):
        self.dataset = dataset
        self.faces = sorted(set(dataset.series))
        where = zip(dataset.series, dataset.keys, range(len(dataset)))
        self.rows = {(face, letter): row for face, letter, row in where}
        self.networks = {"style_encoder": Reading(self.read)}

    def codes(self, style, *, count=1, seed=0):
        random = torch.Generator().manual_seed(seed)
        return torch.randint(len(self.faces), (count, 1), generator=random).float()

    def letter_of(self, x):
        own = [(self.dataset.images[self.rows[PLAIN, c]], c) for c in ALPHABET]
        return next(c for image, c in own if torch.equal(as_float(image), x))


class Reading(torch.nn.Module):
    """A style encoder."""

    def __init__(self, read):
        super().__init__()
        self.read = read

    def forward(self, x, y):
        return torch.stack([self.read(one) for one in x])


class Oracle(Stand):
    """Knows every typeface at sight; one that lacks a letter answers with the plain one's."""

    def read(self, x):
        images = as_float(self.dataset.images)
        (row,) = (images - x).abs().flatten(1).sum(dim=1).argsort()[:1].tolist()
        return torch.tensor([float(self.faces.index(self.dataset.series[row]))])

    def translate(self, x, s):
        x = x.expand(len(s), -1, -1, -1)
        keys = [(self.faces[round(code.item())], self.letter_of(one)) for one, code in zip(x, s)]
        rows = [self.rows.get(key, self.rows[PLAIN, key[1]]) for key in keys]
        return as_float(self.dataset.images[rows])


class Asleep(Stand):
    """Sees nothing, and gives its source back."""

    def read(self, x):
        return torch.zeros(1)

    def translate(self, x, s):
        return x.expand(len(s), -1, -1, -1).clone()


@pytest.fixture(scope="module")
def oracle(dataset):
    return LetterBench(Oracle(dataset), dataset, PLAN)


@pytest.fixture(scope="module")
def measured(oracle):
    return oracle.measure(("serif",), 0)


@pytest.fixture(scope="module")
def asleep(dataset, tmp_path_factory):
    """The whole evaluation of a model that does nothing."""
    out, lines = tmp_path_factory.mktemp("asleep"), []
    plan = replace(PLAN, seeds=(0,))
    found = evaluate(
        Asleep(dataset), "asleep", out, which=plan, dataset=dataset, figures_only=True,
        report=lines.append,
    )  # fmt: skip
    return found, out, lines


def test_an_oracle_is_the_truth_and_is_found_among_ten(measured):
    for way in (BY_ONE, BY_FOUR, TRUE):
        assert measured[way]["truth_l1"] == 0 and measured[way]["truth"] < 1e-5
    assert measured[BY_FOUR]["match"] == measured[TRUE]["match"] >= 0.5
    assert measured[COPY]["match"] <= 0.3 and measured[RANDOM]["match"] <= 0.3


def test_an_oracles_draws_are_as_diverse_as_what_is_right(measured):
    drawn, real = measured[DRAWS], measured[REAL]
    for own in (drawn, real):
        assert 0.6 < own["diversity_right"] < 1.6
        assert own["coverage"] > 0.5
    assert drawn["consistency"] < 0.8  # alphabets of real typefaces


def test_whoever_gives_the_source_back_is_known_by_every_measure(asleep):
    found, _, _ = asleep
    for one in found["styles"]:
        drawn, answers = one["figures"][DRAWS], one["figures"][BY_FOUR]
        assert drawn["diversity_right"] == pytest.approx(0, abs=1e-6)
        assert drawn["coverage"] < 0.6 * one["figures"][REAL]["coverage"]
        assert answers["truth_l1"] == pytest.approx(one["figures"][COPY]["truth_l1"])
        assert answers["movement"] == 0
    assert any("asleep has not moved from its source yet" in note for note in found["notes"])
    serif = next(one for one in found["styles"] if one["style"] == "serif")
    assert serif["figures"][DRAWS]["style"] < 0.3  # the source is sans


def test_more_letters_given_find_a_nearer_typeface(measured):
    one, four, chance = (
        measured[name] for name in (
            NEAREST.format(PIXELS, "one"), NEAREST.format(PIXELS, "four"), RANDOM
        )
    )  # fmt: skip
    assert four["truth_l1"] <= one["truth_l1"] < chance["truth_l1"]
    by_features = measured[NEAREST.format(FEATURES, "four")]
    assert by_features["truth"] < chance["truth"]


def test_the_nearest_typeface_of_a_copied_one_is_its_copy(dataset):
    """Held-out typefaces that stand among the training ones under another name."""
    rows = [i for i in range(len(dataset)) if dataset.splits[i] == "test"]
    copied = replace(
        dataset,
        images=torch.cat([dataset.images, dataset.images[rows]]),
        labels=torch.cat([dataset.labels, dataset.labels[rows]]),
        keys=dataset.keys + tuple(dataset.keys[i] for i in rows),
        splits=dataset.splits + ("train",) * len(rows),
        series=dataset.series + tuple(f"copy of {dataset.series[i]}" for i in rows),
        families=dataset.families + tuple(dataset.families[i] for i in rows),
    )
    bench = LetterBench(Asleep(dataset), copied, PLAN)
    asked = Asked(bench.bed, "sans", 0)
    for sense in (PIXELS, FEATURES):
        made = bench.contestants[NEAREST.format(sense, "four")](asked)
        whole = set(bench.bed.whole("test", "sans"))
        known = torch.tensor([asked.questions[i].face in whole for i in asked.of.tolist()])
        assert known.any() and torch.equal(made[known], asked.true[known])


def test_judges_read_letters_and_tell_styles(oracle):
    assert oracle.judges.letter.accuracy > 0.8
    assert oracle.judges.style.accuracy > 0.7


def test_letters_that_are_given_are_not_asked_for(oracle, dataset):
    first, second = (oracle.bed.questions("sans", seed) for seed in (0, 1))
    assert len(first) == FACES and first != second
    for question in first:
        assert len(question.given) == 4 and not set(question.given) & set(question.wanted)
        assert len(question.wanted) == len(ALPHABET) - 4


def test_trainings_are_compared_without_a_look_at_test_letters(dataset, measured):
    """The same typefaces under the name of the other split give the same measures."""
    names = {"test": "valid", "train": "train"}
    moved = replace(dataset, splits=tuple(names[split] for split in dataset.splits))
    choosing = replace(PLAN, split="valid")
    bench = LetterBench(Oracle(moved), moved, choosing)
    assert bench.measure(("serif",), 0) == measured
    assert bench.judges.style.accuracy > 0.7
    rows = dict.fromkeys(bench.units(), measured)
    assert bench.summary("oracle", rows, 0)["data"]["split"] == "valid"
    assert bench_for(Oracle(moved), moved, replace(protocol("curve"), split="valid")).styles
    with pytest.raises(ValueError, match="split: one of valid, test, got 'train'"):
        replace(PLAN, split="train")


def test_typefaces_are_taken_out_of_many_families(dataset):
    few = LetterBed(dataset, replace(PLAN, faces=4, train=4), 64)
    families = dict(zip(dataset.series, dataset.families))
    own = {families[f] for part, kind, f in few.rows if (part, kind) == ("test", "serif")}
    chosen = few.faces("test", "serif")
    assert len(chosen) == 4
    assert len({families[face] for face in chosen}) == min(4, len(own))
    assert set(chosen) < set(LetterBed(dataset, PLAN, 64).faces("test", "serif"))


def test_a_letter_that_is_missing_is_left_out_of_its_typeface(dataset):
    face = LetterBed(dataset, PLAN, 64).faces("test", "sans")[0]
    kept = [i for i in range(len(dataset)) if (dataset.series[i], dataset.keys[i]) != (face, "K")]
    fewer = replace(
        dataset,
        images=dataset.images[kept],
        labels=dataset.labels[kept],
        **{
            name: tuple(getattr(dataset, name)[i] for i in kept)
            for name in ("keys", "splits", "series", "families")
        },
    )
    bed = LetterBed(fewer, PLAN, 64)
    assert face in bed.faces("test", "sans") and face not in bed.whole("test", "sans")
    assert face not in bed.letter("test", "sans", "K").faces
    assert face in bed.letter("test", "sans", "A").faces
    (question,) = [one for one in bed.questions("sans", 0) if one.face == face]
    assert "K" not in question.given + question.wanted


def test_a_set_without_the_plain_typeface_is_refused(dataset):
    renamed = tuple("another" if face == PLAIN else face for face in dataset.series)
    with pytest.raises(ValueError, match=f"no typeface {PLAIN}"):
        LetterBed(replace(dataset, series=renamed), PLAN, 64)


def test_card_holds_every_measure_and_people_get_a_table(asleep):
    found, out, lines = asleep
    stored = json.loads((out / RESULTS).read_text())
    assert stored == json.loads(json.dumps(found)) and stored["format"] == letter_results.FORMAT
    assert set(found["figures"]) == set(letter_results.MEASURES)
    truth = found["figures"]["truth_l1"]
    assert set(truth["variants"]) == {BY_ONE, BY_FOUR} and truth["limit"]["value"] == 0
    assert {COPY, RANDOM} < set(truth["baselines"])
    assert found["figures"]["kid"]["floor"]["styles"] == len(STYLES)
    assert found["data"]["typefaces"] == 2 * FACES and found["judges"]["letter"]["accuracy"] > 0.8
    text = (out / TABLE).read_text()
    assert "| distance to the true letter, L1 in [-1, 1] (lower is better) |" in text
    assert "| serif | 10 |" in text and "**Note:** asleep has not moved" in text
    assert lines[0] == "tiny: 2 styles, 1 seeds, 2 letters, 12 draws of each"


def test_people_get_a_picture(oracle):
    sheet = open_image(oracle.sheet())
    assert sheet.size == (150 + 10 * 100, 30 + 2 * 5 * 100)


def test_protocols_of_letters_have_the_names_of_all(dataset):
    bench = bench_for(Asleep(dataset), dataset, "smoke")
    assert isinstance(bench, LetterBench) and bench.protocol == PLANS["smoke"]
    with pytest.raises(ValueError, match="smoke, class, full, curve"):
        bench_for(Asleep(dataset), dataset, "long")


def test_what_is_made_of_the_measures_of_styles_is_refused(dataset):
    with pytest.raises(ValueError, match="a curve is for sets of styles; letters has measures"):
        check_styles(dataset, "a curve")
    check_styles(replace(dataset, name="drawings"), "a curve")


def test_what_knows_one_answer_has_no_draws_to_measure(dataset):
    one = Asleep(dataset)
    one.kind = architecture("pix2pix")
    with pytest.raises(ValueError, match="letters are measured by draws, which pix2pix has not"):
        bench_for(one, dataset, "smoke")


def test_few_typefaces_are_said_to_be_few(oracle):
    told = oracle.notes({"figures": {"movement": {"model": None, "variants": {"a": {"value": 1}}}}})
    assert told == [
        "small samples: held-out typefaces are few in sans 10, serif 10; KID, coverage and "
        "precision of fewer than 20 say little, and match needs ten."
    ]
