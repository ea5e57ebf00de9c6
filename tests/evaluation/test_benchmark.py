"""The benchmark on a set of twelve things in three styles, with a hardly trained model."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from gan_lessons.evaluation import benchmark, contestants, protocol, speed
from gan_lessons.evaluation import results as results_json
from gan_lessons.evaluation.benchmark import RESULTS, TABLE, Bench, evaluate
from gan_lessons.evaluation.measures import FIGURES, average, real_diversity
from gan_lessons.evaluation.progress import PARTIAL
from gan_lessons.evaluation.protocol import Protocol, TestBed, fitted, pairs, scattered
from gan_lessons.evaluation.tables import compared, head_of, markdown
from gan_lessons.images.gate import open_image
from gan_lessons.metrics.diversity import diversity
from gan_lessons.metrics.features import as_float, perceive
from gan_lessons.metrics.perceptual import distance
from gan_lessons.provenance import commit
from gan_lessons.style_transfer import StyleTransfer

REAL_WIDTHS = ("diversity", "diversity_palette", "spread", "spread_palette")
PLAN = Protocol("tiny", pairs=2, sources=2, train=7, draws=3, seeds=(0, 1), latents=8, referred=2)


@pytest.fixture(scope="module")
def model(tiny_model):
    return StyleTransfer.load(tiny_model, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def lines():
    return []


@pytest.fixture(scope="module")
def folder(model, tiny_dataset, tmp_path_factory, lines):
    out = tmp_path_factory.mktemp("evaluated")
    evaluate(model, "tiny", out, which=PLAN, dataset=tiny_dataset, report=lines.append)
    return out


@pytest.fixture(scope="module")
def results(folder):
    return json.loads((folder / RESULTS).read_text())


def test_card_holds_what_lessons_quote(results):
    assert results["format"] == "gan_lessons results 1"
    assert set(results["figures"]) == set(FIGURES)
    for key, (kind, _) in results_json.LIMITED.items():
        assert kind in results["figures"][key]
    assert results["model"]["run"]["steps"] == 4
    assert results["protocol"]["measured_pairs"] == len(results["pairs"]) == 2
    truth = results["figures"]["truth_mean"]
    trained = {rival["name"] for rival in results["rivals"]}  # those that come with the course
    assert trained <= {"AdaIN"}
    untrained = {"copying", "colour transfer", "nearest training image"}
    assert set(truth["baselines"]) == untrained | trained
    assert set(truth["variants"]) == {"model, one reference", "model, mean code"}
    assert truth["model"]["pictures"] == 2 * 2 * 3 * 2  # pairs, concepts, draws, seeds
    assert len(truth["model"]["seeds"]) == 2 and truth["model"]["spread"] > 0


def test_true_images_are_the_limit(results):
    figures = results["figures"]
    assert figures["truth_mean"]["limit"]["value"] == 0
    assert figures["truth_best"]["limit"]["value"] == 0
    assert figures["content"]["limit"]["value"] == 1


def test_a_set_with_styles_of_its_own_gets_a_judge_of_its_own(results, tiny_dataset):
    judged = results["classifier"]
    assert tuple(judged["styles"]) == tiny_dataset.styles
    assert sum(map(sum, judged["confusion"])) == 6  # two test pictures of each style
    style = results["figures"]["style"]
    assert style["limit"]["value"] == judged["accuracy"] == 1  # discs, squares, stripes
    assert style["baselines"]["copying"]["value"] == 0  # judged to be of the source's style


def test_references_stand_in_the_card_with_what_they_do_to_a_copy(results):
    figures = results["figures"]
    for key in results_json.REFERRED:
        assert figures[key]["model"] is None and figures[key]["variants"].keys() == {
            "model, one reference"
        }
        assert {"copying", "colour transfer"} <= figures[key]["baselines"].keys()
    copied = {key: figures[key]["baselines"]["copying"]["value"] for key in results_json.REFERRED}
    assert copied["worth"] == 1
    assert copied["match"] == pytest.approx(1 / 7, abs=1e-5)  # of seven training pictures
    assert copied["spread"] == pytest.approx(0, abs=1e-5)
    assert copied["truth_by_true"] == pytest.approx(
        figures["truth_mean"]["baselines"]["copying"]["value"], rel=1e-4
    )
    real = figures["spread"]["limit"]["value"]
    assert real == figures["diversity"]["limit"]["value"] > 0.1
    shares = results["shares"]
    assert shares["spread_of_real"] == pytest.approx(
        figures["spread"]["variants"]["model, one reference"]["value"] / real, rel=1e-4
    )
    assert 0.8 < shares["truth_by_true_of_copying"] < 1.2


def test_few_pictures_are_said_to_be_few(results, lines, folder):
    (told,) = [note for note in results["notes"] if note.startswith("small samples")]
    assert told.startswith("small samples: 2 test pictures in each pair. KID,")
    assert f"note: {told}" in lines and f"**Note:** {told}" in (folder / TABLE).read_text()


def test_copying_scores_the_distance_of_source_and_truth(results, tiny_dataset):
    bed = TestBed(tiny_dataset, PLAN, 16)
    by_hand = []
    for source, target in bed.pairs:
        keys = bed.shared((source, target))
        x, true = (bed.images("test", style, keys) for style in (source, target))
        by_hand.append(distance(x, true).mean().item())
    found = results["figures"]["truth_mean"]["baselines"]["copying"]
    assert found["value"] == pytest.approx(sum(by_hand) / len(by_hand), rel=1e-4)
    assert found["spread"] == pytest.approx(0, abs=1e-6)


def test_drawings_by_hand_are_exempt(results):
    assert "nearest training image" not in results["figures"]["kid"]["baselines"]
    assert "nearest training image" not in results["figures"]["memorisation"]["baselines"]
    assert "nearest training image" not in results["figures"]["style"]["baselines"]
    assert results["figures"]["diversity"]["baselines"] == {}


def test_best_draw_is_no_worse_than_the_mean(results):
    for entry in results["pairs"]:
        own = entry["figures"]["model"]
        assert own["truth_best"] <= own["truth_mean"]
        assert own["diversity"] > 0
        one = entry["figures"]["copying"]
        assert one["truth_best"] == one["truth_mean"]


def test_pairs_hold_every_way_and_every_baseline(results):
    for entry in results["pairs"]:
        trained = {rival["name"] for rival in results["rivals"]}
        known = {*contestants.methods(None), *results_json.OURS, *trained, "real images"}
        assert set(entry["figures"]) == known
        assert set(entry["spread"]) == set(results_json.OURS)
        for own in entry["figures"].values():
            assert "truth_mean" in own or own.keys() <= {*REAL_WIDTHS}
    for way in results_json.OURS:
        mean = sum(entry["figures"][way]["kid"] for entry in results["pairs"]) / 2
        known = results["figures"]["kid"]
        value = known["model"] if way == "model" else known["variants"][way]
        assert value["value"] == pytest.approx(mean, rel=1e-4)


def test_leads_are_counted_pair_by_pair():
    def pair(own, copied, nearest):
        figures = {"model": own, "copying": copied, "nearest training image": nearest}
        return {"figures": {name: {"kid": value} for name, value in figures.items()}}

    pairs = [pair(1.0, 2.0, 0.5), pair(1.0, 1.0, 3.0), pair(1.0, 4.0, 2.0)]
    means = {"copying": {"value": 7 / 3}, "nearest training image": {"value": 5.5 / 3}}
    entry = {"better": "lower", "model": {"value": 1.0}, "variants": {}, "baselines": means}
    found = results_json.against("model", "kid", entry, pairs)
    assert found["copying"] == {"by": 1.33333, "better": 2, "equal": 1, "pairs": 3}
    assert found["nearest training image"] == {"by": 0.833333, "better": 2, "equal": 0, "pairs": 3}
    assert found["every baseline"] == {"better": 1, "equal": 1, "pairs": 3}
    higher = results_json.against("model", "kid", entry | {"better": "higher"}, pairs)
    assert higher["copying"]["by"] == -1.33333 and higher["every baseline"]["better"] == 0


def test_shares_are_of_real_pictures_of_copying_and_of_the_draws():
    known = {key: {"model": None, "variants": {}, "baselines": {}} for key in FIGURES}
    nothing = results_json.shares(known)
    assert nothing.pop("style_of_real") == {} and set(nothing.values()) == {None}
    known["style"] = {"model": {"value": 0.6}, "variants": {}, "limit": {"value": 0.8}}
    known["diversity"] |= {"model": {"value": 2}, "limit": {"value": 4}}
    known["diversity_palette"]["model"] = {"value": 0.5}
    for key, value in (("spread", 1), ("spread_palette", 0.2), ("truth_by_true", 3)):
        known[key]["variants"] = {"model, one reference": {"value": value}}
    known["spread"]["limit"] = {"value": 5}
    known["truth_by_true"]["baselines"] = {"copying": {"value": 4}}
    assert results_json.shares(known) == {
        "style_of_real": {"model": 0.75},
        "diversity_kept": 0.25,
        "spread_kept": 0.2,
        "diversity_of_real": 0.5,
        "spread_of_real": 0.2,
        "truth_by_true_of_copying": 0.75,
    }


def test_shares_of_what_a_table_shows_as_nothing_are_none(results):
    seen = {"value": 0.00006}
    known = {key: {"model": None, "variants": {}, "baselines": {}} for key in FIGURES}
    known["diversity"] |= {"model": seen, "limit": {"value": 4}}
    known["diversity_palette"]["model"] = {"value": 5.6}
    known["spread"] |= {"variants": {"model, one reference": seen}, "limit": {"value": 4}}
    known["spread_palette"]["variants"] = {"model, one reference": {"value": 5.6}}
    known["style"] |= {"model": {"value": 0}, "limit": {"value": 1}}
    made = results_json.shares(known)
    assert made["diversity_kept"] is None and made["spread_kept"] is None
    assert made["diversity_of_real"] < 1e-3 and made["style_of_real"] == {"model": 0}
    told = "\n".join(compared(results["comparisons"], made))
    assert "score: draws 0.000." in told and "palettes are matched" not in told


def test_where_no_commit_is_known_the_table_says_so(results):
    unknown = results | {"computed": results["computed"] | {"commit": None}}
    assert "commit not recorded, torch" in "\n".join(head_of(unknown, ""))
    assert f"commit {results['computed']['commit'] or 'not recorded'}" in markdown(results)


def test_card_says_what_measured_and_what_made(results, model):
    assert results["model"]["run"]["commit"] == results["computed"]["commit"] == commit()
    assert results["computed"]["precision"] == "fp32"
    assert len(results["model"]["weights"]) == 64


def test_card_says_what_measuring_took_pair_by_pair(folder, results):
    lines = [json.loads(line) for line in (folder / PARTIAL).read_text().splitlines()[1:]]
    took = [line["cpu_seconds"] for line in lines]
    assert len(took) == 2 * 2 and min(took) > 0  # pairs, seeds
    assert results["computed"]["cpu_seconds"] == round(sum(took))


def test_what_knows_no_chance_is_kept_from_seed_to_seed(model, tiny_dataset):
    bench = Bench(model, tiny_dataset, PLAN)
    pair = bench.bed.pairs[0]
    bench.measure(pair, 0)
    kept = bench.measure(pair, 1)
    assert set(bench.kept[1]) == set(contestants.methods(None)) - {contestants.REPAINTED}
    assert kept == Bench(model, tiny_dataset, PLAN).measure(pair, 1)


def test_people_get_a_table_and_a_picture(folder, results):
    text = (folder / TABLE).read_text()
    value = results["figures"]["truth_mean"]["model"]["value"]
    assert f"{value:.3f} ±" in text and "| copying |" in text
    assert "## Better than the baselines" in text and " of 2" in text
    assert "ms an image" in text and "discs" in text
    sheet = open_image(folder / Bench.sheet_name)
    # Source, truth, draws, reference and mean code, two baselines and what was trained.
    columns = 2 + 3 + 2 + 2 + len(results["rivals"])
    assert sheet.size == (150 + columns * 28, 30 + 2 * 28)


def test_progress_says_how_long_before_and_how_much_is_left(lines):
    assert "2 pairs of styles, 2 seeds" in lines[0]
    assert lines[1].startswith("this will take ")
    assert [line.split()[0] for line in lines[2:6]] == ["1/4", "2/4", "3/4", "4/4"]
    assert "2 concepts" in lines[2] and lines[5].endswith("0 s left")


def test_interrupted_and_resumed_equals_uninterrupted(
    model, tiny_dataset, results, tmp_path, monkeypatch
):
    measured, whole = [], Bench.measure

    def stop_at_the_third(self, *unit):
        measured.append(unit)
        if len(measured) == 3:
            raise KeyboardInterrupt
        return whole(self, *unit)

    monkeypatch.setattr(Bench, "measure", stop_at_the_third)
    said = []
    with pytest.raises(KeyboardInterrupt):
        evaluate(model, "tiny", tmp_path, which=PLAN, dataset=tiny_dataset, report=said.append)
    assert said[-1].startswith("stopped after 2 of 4")
    assert not (tmp_path / RESULTS).exists()
    with (tmp_path / PARTIAL).open("a") as handle:
        handle.write('{"pair": ["discs", "squ')  # as a kill leaves it
    again = evaluate(model, "tiny", tmp_path, which=PLAN, dataset=tiny_dataset, report=said.append)
    assert len(measured) == 3 + 2  # two were kept, one was stopped, one was still to come
    assert measured[3] == measured[2]
    for part in ("figures", "pairs", "protocol", "features", "data"):
        assert json.loads(json.dumps(again[part])) == results[part]


def test_a_finished_evaluation_is_not_measured_again(
    model, tiny_dataset, folder, results, monkeypatch
):
    monkeypatch.delattr(Bench, "measure")
    again = evaluate(
        model, "tiny", folder, which=PLAN, dataset=tiny_dataset, report=lambda line: None
    )
    assert again["figures"] == results["figures"]


def test_the_folder_of_another_evaluation_is_refused(model, tiny_dataset, folder):
    other = replace(PLAN, seeds=(5,))
    with pytest.raises(ValueError, match="name another folder"):
        evaluate(model, "tiny", folder, which=other, dataset=tiny_dataset, report=print)


def test_other_styles_are_refused(model, tiny_dataset, tmp_path):
    renamed = replace(tiny_dataset, styles=("oil", "ink", "chalk"))
    with pytest.raises(ValueError, match="the model has the styles discs"):
        evaluate(model, "tiny", tmp_path, which=PLAN, dataset=renamed, report=print)


def test_sets_without_a_truth_are_refused(tiny_dataset):
    alone = tuple(f"{i}" for i in range(len(tiny_dataset)))
    with pytest.raises(ValueError, match="drawn in two styles; name the pictures of a pair alike"):
        TestBed(replace(tiny_dataset, keys=alone), PLAN, 16)
    training = ("train",) * len(tiny_dataset)
    with pytest.raises(ValueError, match="no test pictures; put pictures"):
        TestBed(replace(tiny_dataset, splits=training), PLAN, 16)


def test_trainings_are_compared_without_a_look_at_test_pictures(tiny_dataset):
    moved = {"test": "valid", "valid": "test"}
    turned = replace(tiny_dataset, splits=tuple(moved.get(s, s) for s in tiny_dataset.splits))
    tested, wanted = TestBed(tiny_dataset, PLAN, 16), TestBed(turned, PLAN, 16)
    found = TestBed(tiny_dataset, replace(PLAN, split="valid"), 16)
    assert found.pairs == wanted.pairs
    for pair in found.pairs:
        assert found.shared(pair) == wanted.shared(pair) != tested.shared(pair)
        assert found.train_keys(pair[1]) == wanted.train_keys(pair[1])
    with pytest.raises(ValueError, match="no valid pictures; put pictures.*valid/STYLE"):
        without = tuple("test" if s == "valid" else s for s in tiny_dataset.splits)
        TestBed(replace(tiny_dataset, splits=without, paired=False), found.protocol, 16)
    with pytest.raises(ValueError, match="split: one of valid, test, got 'train'"):
        replace(PLAN, split="train")


def test_unknown_protocols_are_named():
    with pytest.raises(ValueError, match="smoke, class, full"):
        protocol.protocol("long")


def test_pairs_are_ordered_and_all_styles_take_part():
    styles = tuple("abcdefgh")
    everything = pairs(styles, 0)
    assert len(everything) == len(set(everything)) == 56
    assert [target for _, target in everything] == sorted(target for _, target in everything)
    few = pairs(styles, 8)
    assert sorted(source for source, _ in few) == sorted(target for _, target in few) == [*styles]
    assert set(few) <= set(everything)


def test_samples_are_always_the_same_ones():
    keys = [f"{i}" for i in range(50)]
    assert scattered(keys, 0) == sorted(keys)
    assert scattered(keys, 5) == scattered(keys[::-1], 5)
    assert set(scattered(keys, 5)) < set(scattered(keys, 9))


def test_only_what_both_styles_have_is_measured(tiny_dataset):
    keep = [i for i, s in enumerate(tiny_dataset.splits) if s == "test"][1:]
    rest = [i for i, s in enumerate(tiny_dataset.splits) if s != "test"]
    rows = sorted(keep + rest)
    fewer = replace(
        tiny_dataset,
        images=tiny_dataset.images[rows],
        labels=tiny_dataset.labels[rows],
        keys=tuple(tiny_dataset.keys[i] for i in rows),
        splits=tuple(tiny_dataset.splits[i] for i in rows),
    )
    bed = TestBed(fewer, PLAN, 16)
    assert bed.shared(("discs", "squares")) == bed.shared(("squares", "discs")) == ["thing 11"]
    assert bed.shared(("squares", "stripes")) == ["thing 10", "thing 11"]


def test_pictures_come_as_squares_of_the_models_size():
    image = torch.arange(12, dtype=torch.uint8).view(1, 3, 4).expand(3, -1, -1)
    assert torch.equal(fitted(image, 3), image[:, :, :3])
    assert fitted(image, 2).shape == (3, 2, 2)


def test_each_way_to_use_the_model_gives_what_it_says(model, tiny_dataset):
    bench = Bench(model, tiny_dataset, PLAN)
    pair = bench.bed.pairs[0]
    task = bench.task(pair, 0)
    made = {name: run(task) for name, run in bench.methods.items()}
    assert made[contestants.MODEL].shape == (2, 3, 3, 16, 16)
    assert all(made[name].shape == (2, 1, 3, 16, 16) for name in made if name != contestants.MODEL)
    again = bench.methods[contestants.MODEL](bench.task(pair, 0))
    assert torch.equal(again, made[contestants.MODEL])
    assert not torch.equal(bench.methods[contestants.MODEL](bench.task(pair, 1)), again)
    codes = contestants.drawn(model, task, PLAN.latents, stream=1)
    mean = contestants.restyle(model, task, codes.mean(dim=0, keepdim=True).expand(2, -1))
    torch.testing.assert_close(made[contestants.MEAN], mean)


def test_baselines_stand_alone_where_there_is_no_model():
    assert list(contestants.methods(None)) == [
        "copying", "colour transfer", "nearest training image", "true image",
        "true image, recoloured",
    ]  # fmt: skip


def test_a_true_drawing_takes_the_colours_of_each_reference_and_keeps_its_own_by_itself():
    true = torch.full((2, 3, 8, 8), 255, dtype=torch.uint8)
    true[:, :, 2:6, 2:6] = torch.tensor([200, 30, 30], dtype=torch.uint8)[:, None, None]
    blue = true.clone()
    blue[:, :, 2:6, 2:6] = torch.tensor([30, 30, 200], dtype=torch.uint8)[:, None, None]
    task = SimpleNamespace(true=true)
    x_ref = torch.stack([as_float(blue), as_float(true)], dim=1)
    made = contestants.repainted(task, x_ref)
    torch.testing.assert_close(made, x_ref, atol=0.02, rtol=0)


def test_a_card_says_what_a_palette_alone_gives(results):
    found = {name for name, entry in results["figures"].items() if "recoloured" in entry}
    assert found == set(results_json.RECOLOURED)
    content = results["figures"]["content"]
    assert content["recoloured"]["value"] <= content["limit"]["value"]
    assert contestants.REPAINTED not in content["baselines"]


def test_average_is_over_those_that_have_the_figure():
    assert average([{"kid": 1.0}, {"kid": 3.0, "style": 0.5}]) == {"kid": 2.0, "style": 0.5}


def test_twins_side_by_side_do_not_make_a_style_look_narrow():
    things = torch.randint(0, 256, (4, 3, 16, 16), generator=torch.Generator().manual_seed(0))
    images = things.repeat_interleave(3, dim=0).byte()  # three alike in a row, as clock faces are
    features = perceive(images)
    found = real_diversity(images, features, draws=4, device="cpu")
    assert found["diversity"] == pytest.approx(diversity(features[::3][None]).item(), rel=1e-4)


def test_speed_is_given_for_each_precision_and_batch(results):
    rows = results["speed"]
    assert [(row["precision"], row["batch"]) for row in rows] == [
        ("fp32", 1), ("fp32", 32), ("bf16", 1), ("bf16", 32)
    ]  # fmt: skip
    assert all(row["ms_an_image"] > 0 for row in rows)
    assert rows[1]["peak_mib"] > 10 * rows[0]["peak_mib"] > 0


def test_memory_is_counted_while_tensors_live():
    with speed.Allocations() as counted:
        a = torch.empty(1000, 1000)  # 4 MB
        b = a + 1  # 8 MB
        del a
        c = b.view(-1) * 2  # 8 MB again: a view takes no room
    assert counted.peak == 8_000_000
    assert c.shape == (1_000_000,)


def test_forecast_is_of_the_order_of_the_work(model, tiny_dataset):
    bench = Bench(model, tiny_dataset, PLAN)
    units = bench.units()
    assert 0 < bench.forecast(units[:1]) < bench.forecast(units)


def test_models_set_is_loaded_where_none_is_given(model):
    with pytest.raises(ValueError, match="no data set 'tiny'"):
        benchmark.load(model, None)
