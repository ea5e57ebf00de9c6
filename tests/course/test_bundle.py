"""The list of all that was trained for the course, and recipes that train it again."""

import json

import pytest

from gan_lessons.cli.main import app
from gan_lessons.course import bundle
from gan_lessons.course.labs import catalogue
from gan_lessons.course.labs.store import Store
from gan_lessons.files import OutputFolder
from gan_lessons.models import recipes
from gan_lessons.models import store as models
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.models.store import Description, write_model
from gan_lessons.training import history


def cli(*words) -> int:
    """Run the command in this process; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        app([str(word) for word in words], prog_name="gan-lessons")
    return left.value.code


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A course with one small model and one lesson's results."""
    folder = OutputFolder(tmp_path / "data" / "models" / "emoji64")
    run = {"steps": 1200, "images": 19200, "hours": 0.5, "device": "NVIDIA A"}
    write_model(folder, {}, Description(Config(), tuple("abcdefgh"), run))
    store = Store(tmp_path / "data/lessons/03_walks", preset="class", report=lambda line: None)
    store.once("a", lambda: {"x": 1})
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    walks = catalogue.Experiment("walks", "03_walks", "Walks.")
    monkeypatch.setattr(catalogue, "experiments", lambda: [walks])
    return tmp_path


def test_list_says_what_is_there_and_what_is_missing(home, capsys):
    first, second, *_, lesson = bundle.entries()
    assert first.present and first.on_gpu and first.size > 0
    assert first.trained == "NVIDIA A, 0.5 hours, 1,200 steps, 19,200 images"
    assert first.again == ("gan-lessons train --recipe emoji64 --out runs/emoji64")
    assert second.name == "emoji128" and not second.present and not second.again
    assert lesson.present and not lesson.on_gpu and "1 result" in lesson.trained
    assert lesson.again.startswith("python -m gan_lessons.course.labs 03 --preset class")
    assert cli("models") == 0
    out = capsys.readouterr().out
    assert "emoji64: on a GPU: NVIDIA A" in out and "pix2pix: missing" in out
    assert "03_walks (walks), cut off after 1 result: on a CPU" in out


def test_the_command_names_what_a_model_started_from(home):
    folder = OutputFolder(home / "data" / "models" / "emoji128")
    run = {"steps": 5, "from": {"weights": "emoji64", "steps": 1200}}
    write_model(folder, {}, Description(Config(), tuple("abcdefgh"), run))
    again = bundle.entries()[1].again
    assert "emoji128 --init-from emoji64 --out" in again


def test_a_model_that_was_trained_twice_has_a_command_for_each(home):
    folder = OutputFolder(home / "data" / "models" / "emoji128")
    run = {"steps": 5, "device": "CPU", "from": {"weights": "first", "steps": 900}}
    before = {"steps": 900, "device": "NVIDIA A", "from": {}}
    for part, made in ((folder, run), (OutputFolder(folder.path("first")), before)):
        write_model(part, {}, Description(Config(), tuple("abcdefgh"), made))
    entry = bundle.entries()[1]
    assert entry.trained == "NVIDIA A, 900 steps; then CPU, 5 steps" and entry.on_gpu
    first, second = entry.again.split("\n    ")
    assert first == ("gan-lessons train --recipe emoji128/first --out runs/first")
    assert second == (
        "gan-lessons train --recipe emoji128 --init-from runs/first --out runs/emoji128"
    )
    averaged = {"averaged": ["first", "000002", "000005"]}
    write_model(folder, {}, Description(Config(), tuple("abcdefgh"), run | averaged))
    *_, second, mean = bundle.entries()[1].again.split("\n    ")
    assert second.endswith(" --init-from runs/first --out runs/second")
    assert mean == "gan-lessons average runs/first runs/second --after 2 --out runs/emoji128"
    widened = run | averaged | {"widened": 1.3}
    write_model(folder, {}, Description(Config(), tuple("abcdefgh"), widened))
    *_, mean, wide = bundle.entries()[1].again.split("\n    ")
    assert mean.endswith(" --after 2 --out runs/emoji128_narrow")
    assert wide == "gan-lessons widen runs/emoji128_narrow --by 1.3 --out runs/emoji128"
    assert [p.name for p in models.trainings(folder.root)] == ["first", "emoji128"]
    assert "emoji128" in models.bundled() and "first" not in models.bundled()


def test_what_was_made_of_an_earlier_training_is_told_too(home):
    folder = OutputFolder(home / "data" / "models" / "emoji128")
    second = {"averaged": ["first", "second"], "widened": 1.3}
    last = {"averaged": ["second", "third"]}
    stages = ((".", "second", last), ("first", "", {}), ("second", "first", second))
    for path, origin, made in stages:
        part = OutputFolder(folder.root / path)
        made = made | {"steps": 5, "from": {"weights": origin, "steps": 5} if origin else {}}
        write_model(part, {}, Description(Config(), tuple("abcdefgh"), made))
    assert bundle.entries()[1].again.split("\n    ") == [
        "gan-lessons train --recipe emoji128/first --out runs/first",
        "gan-lessons train --recipe emoji128/second --init-from runs/first --out runs/second_alone",
        "gan-lessons average runs/first runs/second_alone --out runs/second_narrow",
        "gan-lessons widen runs/second_narrow --by 1.3 --out runs/second",
        "gan-lessons train --recipe emoji128 --init-from runs/second --out runs/third",
        "gan-lessons average runs/second runs/third --out runs/emoji128",
    ]


def test_priority_comes_first_and_other_models_follow(home):
    other = OutputFolder(home / "data" / "models" / "birds")
    write_model(other, {}, Description(Config(), tuple("abcdefgh"), {}))
    first = [each.name for each in bundle.entries()][: len(bundle.PRIORITY) + 1]
    assert first == [*bundle.PRIORITY, "birds"]


@pytest.mark.parametrize("name", models.bundled())
def test_bundled_model_has_the_recipe_of_each_of_its_trainings(name):
    for folder in models.trainings(models.find(name)):
        recipe = recipes.read_recipe(folder / recipes.FILE)
        assert recipe.architecture == "stargan" and recipe == models.describe(folder).recipe


@pytest.mark.parametrize("name", models.bundled_baselines())
def test_bundled_baseline_has_its_recipe(name):
    folder = models.find(name)
    recipe = recipes.read_recipe(folder / recipes.FILE)
    assert recipe == models.describe(folder).recipe and recipe.architecture == name


@pytest.mark.parametrize("name", ["emoji64", "emoji64/first", "cyclegan"])
def test_a_recipe_of_the_course_has_a_name(name, root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where no such path is
    file = root / "data" / "models" / name / recipes.FILE
    assert recipes.read_recipe(name) == recipes.read_recipe(file)
    for wrong in ("emoji65", "../models/emoji64", "emoji64/second"):
        with pytest.raises(ValueError, match="no recipe"):
            recipes.read_recipe(wrong)


@pytest.mark.slow
def test_one_file_trains_a_model(tmp_path, capsys):
    small = recipes.preset_recipe("stargan", "smoke", "emoji_styles")
    config = small.override({"train.steps": "3", "train.lr": "1e-6"})
    path = recipes.write_recipe(OutputFolder(tmp_path / "m"), config)
    out = tmp_path / "run"
    given = ("--set", "train.steps=2", "--device", "cpu", "--out", out)
    assert cli("train", "--recipe", path, *given) == 0
    trained = models.describe(out).recipe
    assert trained.train.steps == 2 and trained.train.lr == 1e-6
    assert history.read(out / "log.jsonl")[-1]["step"] == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "no recipe"),
        ("a: [", "is not YAML"),
        ("data: {size: 64}", "does not name its `architecture:`"),
        ("- stargan", "does not name its `architecture:`"),
        ("architecture: stargan\ndata: {sizes: 64}", "unknown configuration fields: data.sizes"),
        ("architecture: stargan\ntrain: {steps: many}", "another type: train.steps is 'many'"),
        ("architecture: stargan\ntrain: 3", "is no recipe of this version"),
    ],
)
def test_file_that_is_no_recipe_is_refused(text, sentence, tmp_path, capsys):
    path = tmp_path / "recipe.yaml"
    if text is not None:
        path.write_text(text)
    assert cli("train", "--recipe", path, "--out", tmp_path / "run") == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_unknown_architecture_is_refused(tmp_path, capsys):
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps({"architecture": "flow"}))
    assert cli("train", "--recipe", path, "--out", tmp_path / "run") == 1
    assert "no architecture 'flow'; they are adain, classifier" in capsys.readouterr().err
