"""The curve of a real run with two snapshots, measured on twelve things in three styles."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.evaluation import contestants, curve_picture, measures
from gan_lessons.evaluation.benchmark import Bench, evaluate
from gan_lessons.evaluation.curve import CURVE, PICTURE, TABLE, curve, found
from gan_lessons.evaluation.curve_card import Curve, CurvePoint, read_curve
from gan_lessons.evaluation.progress import weights_of
from gan_lessons.evaluation.protocol import PROTOCOLS, Protocol
from gan_lessons.images.gate import open_image
from gan_lessons.models import store
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.training.run import train_by_recipe

PLAN = Protocol("tiny", pairs=2, sources=2, train=7, draws=2, seeds=(0,), latents=8)
SMALL = 60_000  # bytes of a picture


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def silent(line):
    pass


@pytest.fixture(scope="module")
def recipe(drawn_set, tiny_config):
    """Two checkpoints of four samples each, both kept."""
    return tiny_config.override(
        {
            "data.name": str(drawn_set),
            "train.steps": 2,
            "train.checkpoint_every": 1,
            "train.snapshots": True,
        }
    )


@pytest.fixture(scope="module")
def first(recipe, tmp_path_factory) -> Path:
    """A run with snapshots after 4 and 8 images."""
    out = tmp_path_factory.mktemp("runs") / "first"
    train_by_recipe(recipe, out, device="cpu", report=silent)
    return out


@pytest.fixture(scope="module")
def second(recipe, first) -> Path:
    """A run of one step without snapshots that went on from the other's weights: 8 + 4 images."""
    out = first.parent / "second"
    once = recipe.override({"train.steps": 1, "train.snapshots": False})
    train_by_recipe(once, out, init_from=first, device="cpu", report=silent)
    return out


@pytest.fixture(scope="module")
def lines():
    return []


@pytest.fixture(scope="module")
def out(first, second, tmp_path_factory, lines) -> Path:
    out = tmp_path_factory.mktemp("curves") / "out"
    named = {"second": second, "first": first}
    options = {"which": PLAN, "pairs": "by-name", "device": "cpu", "precision": "fp32"}
    curve(named, out, report=lines.append, **options)
    return out


@pytest.fixture(scope="module")
def told(out):
    return json.loads((out / CURVE).read_text())


def test_points_stand_in_the_order_of_images_seen(told):
    names = ["first/000001", "first/000002", "second"]
    assert [point["name"] for point in told["points"]] == names
    assert [point["images"] for point in told["points"]] == [4, 8, 12]
    assert [point["steps"] for point in told["points"]] == [1, 2, 1]
    assert len({point["weights"] for point in told["points"]}) == 3


def test_what_asks_for_no_model_is_measured_once_for_all_points(first, monkeypatch, tmp_path):
    asked, measure = [], measures.measure
    monkeypatch.setattr(
        measures,
        "measure",
        lambda described, *rest: asked.append(described) or measure(described, *rest),
    )
    options = {"which": PLAN, "pairs": "by-name", "device": "cpu", "precision": "fp32"}
    curve({"first": first}, tmp_path, report=silent, **options)
    units, ways = 2, 3  # pairs under one seed, and ways to use a model
    methods = len(contestants.methods(None)) + ways
    assert len(asked) == units * (methods + ways)  # the second of both points uses the model alone


def test_a_point_of_a_curve_is_what_the_model_has_alone(out, first, tmp_path):
    (folder,) = (path for path in store.snapshots(first) if path.name == "000002")
    model = StyleTransfer.load(folder, device="cpu", precision="fp32")
    evaluate(
        model, "alone", tmp_path, which=PLAN, pairs="by-name", figures_only=True, report=silent
    )
    alone, point = (
        json.loads((place / "results.json").read_text())
        for place in (tmp_path, out / "points" / "first" / "000002")
    )
    assert alone["pairs"] == point["pairs"] and alone["figures"] == point["figures"]


def test_points_quote_what_evaluate_measured(told, out):
    for point in told["points"]:
        results = json.loads((out / "points" / point["name"] / "results.json").read_text())
        figures = results["figures"]
        for key in ("truth_mean", "content", "kid", "diversity"):
            assert point["ways"]["model"][key] == figures[key]["model"]["value"]
        for way in ("model, one reference", "model, mean code"):
            assert point["ways"][way]["kid"] == figures["kid"]["variants"][way]["value"]
            assert "diversity" not in point["ways"][way]  # there is one result for each source
        better = point["better_than_copying"]["model"]
        assert set(better) == {"truth_mean", "content", "kid"}
        assert better["kid"] == results["comparisons"]["model"]["kid"]["copying"]
        assert point["computed"]["commit"] == results["computed"]["commit"]
        assert (
            told["copying"]["truth_mean"] == figures["truth_mean"]["baselines"]["copying"]["value"]
        )
        assert told["real"]["kid"] == figures["kid"]["floor"]["value"]
    assert told["real"]["truth_mean"] == 0 and told["real"]["content"] == 1
    assert told["real"]["style"] == 1  # discs, squares and stripes are easily told apart
    assert told["protocol"]["measured_pairs"] == 2 and told["format"] == "gan_lessons curve 1"


def test_a_folder_without_known_pairs_has_a_curve_of_what_needs_no_truth(first, tmp_path):
    options = {"which": PLAN, "device": "cpu", "precision": "fp32", "report": silent}
    told = curve({"first": first}, tmp_path, **options)
    assert set(told.points[0].ways["model"]) == {"style", "kid", "diversity"}
    assert set(told.points[0].better_than_copying["model"]) == {"kid"}
    assert (tmp_path / PICTURE).exists() and "| copying |" in (tmp_path / TABLE).read_text()


def test_what_all_points_share_is_left_out(out):
    results = json.loads((out / "points" / "second" / "results.json").read_text())
    assert results["rivals"] == [] and "speed" not in results
    assert "AdaIN" not in results["figures"]["truth_mean"]["baselines"]
    assert not (out / "points" / "second" / "sheet.png").exists()


def test_people_get_a_table_and_a_picture(out, told):
    text = (out / TABLE).read_text()
    for point in told["points"]:
        shown = (
            f"| {point['name']} | {point['images']} | {point['ways']['model']['truth_mean']:.3f} |"
        )
        assert shown in text
    assert "| copying |  |" in text and " of 2 |" in text
    assert f"]({PICTURE})" in text
    assert open_image(out / PICTURE).size == (1100, 682)
    assert (out / PICTURE).stat().st_size < SMALL


def test_progress_names_the_points_and_their_cost(lines):
    assert lines[0] == "3 points, 4 to 12 images seen; the first takes the longest"
    assert lines[1] == "1 of 3: first/000001, 4 images seen"
    assert sum(line.startswith("this will take ") for line in lines) == 3


def test_interrupted_and_resumed_measures_nothing_twice(first, told, tmp_path, monkeypatch):
    measured, whole = [], Bench.measure

    def stop_at_the_fourth(self, *unit):
        measured.append((weights_of(self.model), *unit))
        if len(measured) == 4:
            raise KeyboardInterrupt
        return whole(self, *unit)

    monkeypatch.setattr(Bench, "measure", stop_at_the_fourth)
    wish = {"which": PLAN, "pairs": "by-name", "device": "cpu", "precision": "fp32"}
    wish |= {"report": silent}
    with pytest.raises(KeyboardInterrupt):
        curve({"first": first}, tmp_path, **wish)
    assert not (tmp_path / CURVE).exists()
    again = curve({"first": first}, tmp_path, **wish)
    assert len(measured) == 4 + 1 and measured[4] == measured[3]  # two points of two pairs
    assert [each.ways for each in again.points] == [each["ways"] for each in told["points"][:2]]
    assert asdict(read_curve(tmp_path)) == json.loads(json.dumps(asdict(again)))
    monkeypatch.delattr(Bench, "measure")
    assert curve({"first": first}, tmp_path, **wish) == again


def test_the_command_measures_a_run_by_its_own_protocol(first, tmp_path):
    done = invoke("curve", first, "--out", tmp_path, "--device", "cpu")
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / CURVE).read_text())
    assert [point["name"] for point in told["points"]] == ["first/000001", "first/000002"]
    assert told["protocol"]["name"] == "curve" and told["protocol"]["measured_pairs"] == 6
    assert told["protocol"]["draws"] == 2 and told["protocol"]["seeds"] == [0]
    assert {path.name for path in tmp_path.iterdir()} == {CURVE, TABLE, PICTURE, "points"}


def test_a_single_model_and_the_protocols_of_evaluations_are_taken_too(
    second, tmp_path, monkeypatch
):
    few = replace(PROTOCOLS["full"], pairs=1, draws=2, seeds=(0,), latents=4)
    monkeypatch.setitem(PROTOCOLS, "full", few)
    options = ("--protocol", "full", "--device", "cpu", "--out", tmp_path)
    assert invoke("curve", second, *options).exit_code == 0
    told = json.loads((tmp_path / CURVE).read_text())
    assert [point["name"] for point in told["points"]] == ["second"]
    assert told["protocol"]["name"] == "full"


def test_a_bundled_model_is_one_point():
    (only,) = found({"emoji64": "emoji64"})
    made = store.describe(only.folder).run
    assert only.name == "emoji64" and only.steps == made["steps"]
    assert only.images == made["images"] + made["from"]["images"] > 1_536_000


def refused(*arguments) -> str:
    result = invoke("curve", *arguments)
    assert result.exit_code == 1 and len(result.stderr.strip().splitlines()) == 1
    return result.stderr.strip()


def test_mistakes_are_one_sentence(first, second, tmp_path):
    out = ("--out", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    assert "holds neither snapshots nor a model; give a run" in refused(tmp_path / "empty", *out)
    assert "no model" in refused("nothing", *out)
    assert refused(first, "--protocol", "long", *out).endswith(
        "they are smoke, class, full, curve."
    )
    assert "two of the runs have the same name" in refused(first, first, *out)
    other = refused(first, "emoji64", *out)
    assert "first/000001 has the styles discs, squares, stripes; emoji64 has noto" in other
    assert other.endswith("a curve is of models of the same styles.")
    sizes = refused("emoji64", "emoji128", *out)
    assert "emoji64 is of emoji_styles at 64 px, emoji128 of emoji_styles at 128 px" in sizes
    assert not (tmp_path / "out").exists()


def test_a_model_that_does_not_say_what_it_saw_is_refused(second, tmp_path):
    model = StyleTransfer.load(second, device="cpu")
    model.run = {}
    model.save(tmp_path / "made")
    assert "does not say how many images" in refused(tmp_path / "made", "--out", tmp_path / "out")


def test_a_snapshot_that_a_kill_cut_short_is_no_point(first, tmp_path):
    cut = first / "snapshots" / "000003"
    cut.mkdir()
    (cut / store.FILE).write_bytes(b"")
    assert len(found({"first": first})) == 2


def test_real_pictures_are_drawn_where_the_scale_allows(told):
    from matplotlib.figure import Figure

    axes = {key: Figure().subplots() for key in curve_picture.SHOWN}
    shown = {"truth_mean": 3.1, "content": 0.66, "kid": 140.0}
    point = CurvePoint("a", 0, 0, "", {"model": shown}, {}, {})
    known = Curve(
        **{"styles": [], "protocol": {}, "data": {}, "features": {}},
        points=[replace(point, images=images) for images in (1_000, 5_000, 20_000)],
        copying={"truth_mean": 3.2, "content": 0.67, "kid": 280.0},
        real={"truth_mean": 0.0, "content": 1.0, "kid": 22.0},
    )
    for key, panel in axes.items():
        curve_picture.panel(panel, key, known)
    names = {key: [text.get_text() for text in panel.texts] for key, panel in axes.items()}
    assert "real 22.0" in names["kid"] and "copying 280.0" in names["kid"]
    assert "lower is better; real pictures, off the scale: 0.000" in names["truth_mean"]
    assert names["style"] == ["not measured"]
    assert axes["kid"].get_xscale() == "log"
    low, high = axes["content"].get_ylim()
    assert high - low >= curve_picture.LEAST * 0.67
