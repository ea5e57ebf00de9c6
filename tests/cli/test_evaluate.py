import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.evaluation import protocol
from gan_lessons.evaluation.benchmark import Bench
from gan_lessons.training.run import train_by_recipe


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def model(drawn_set, tiny_config, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("run") / "drawn"
    recipe = tiny_config.override({"data.name": str(drawn_set), "train.steps": 1})
    train_by_recipe(recipe, out, device="cpu", report=lambda line: None)
    return out


@pytest.fixture
def quick(monkeypatch):
    few = replace(protocol.PROTOCOLS["smoke"], pairs=1, draws=2, seeds=(0,), latents=4)
    monkeypatch.setitem(protocol.PROTOCOLS, "smoke", few)


def test_ctrl_c_keeps_what_is_measured_and_the_same_command_ends_it(
    model, quick, tmp_path, monkeypatch
):
    command = ("evaluate", model, "--out", tmp_path, "--device", "cpu", "--pairs", "by-name")
    with monkeypatch.context() as patch:
        patch.setattr(
            Bench, "measure", lambda self, *unit: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        stopped = invoke(*command)
    assert stopped.exit_code == 130
    assert "stopped after 0 of 1" in stopped.output
    done = invoke(*command)
    assert done.exit_code == 0, done.output
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["model"]["name"] == "drawn"
    assert results["figures"]["truth_mean"]["limit"]["value"] == 0
    assert results["data"]["name"] == "drawings"


def test_names_in_a_folder_prove_no_pairs(model, quick, tmp_path):
    done = invoke("evaluate", model, "--out", tmp_path, "--device", "cpu")
    assert done.exit_code == 0, done.output
    assert "note: nothing says that two pictures of one name show the same thing" in done.output
    assert "note: small samples: 2 test pictures in each pair." in done.output
    figures = json.loads((tmp_path / "results.json").read_text())["figures"]
    assert figures["truth_mean"]["model"] is None and figures["style"]["model"] is not None


def test_mistakes_are_one_sentence(model, tmp_path):
    guessed = invoke("evaluate", model, "--pairs", "guess", "--out", tmp_path)
    assert guessed.exit_code == 1
    assert guessed.stderr.strip() == "pairs are found by-name or none, got 'guess'."
    other = invoke("evaluate", model, "--protocol", "long", "--out", tmp_path)
    assert other.exit_code == 1
    assert other.stderr.strip() == "no protocol 'long'; they are smoke, class, full, curve."
    nothing = invoke("evaluate", tmp_path / "nothing", "--out", tmp_path)
    assert nothing.exit_code == 1
    assert len(nothing.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [("average", [], "two models or more"), ("widen", ["--by", "-3"], "must be above 0")],
)
def test_a_refused_model_leaves_no_folder(model, tmp_path, command, more, said):
    refused = invoke(command, model, *more, "--out", tmp_path / "new")
    assert refused.exit_code == 1 and said in refused.stderr
    assert not (tmp_path / "new").exists()


def test_features_take_no_size(tmp_path):
    refused = invoke("data", "build", "features", "--size", 64, "--out", tmp_path)
    assert refused.exit_code == 1
    assert "leave out --size" in refused.stderr
