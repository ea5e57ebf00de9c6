"""Results are kept one by one, with what made them, and a run that was cut off goes on."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from gan_lessons.course.labs import card
from gan_lessons.course.labs.store import (
    Store,
    load_weights,
    plain,
    read_store,
    readable,
    results,
    weights_config,
)

LESSON = "03_dcgan"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder of course files with an empty one for the lesson."""
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    (tmp_path / "data" / "lessons").mkdir(parents=True)
    return tmp_path / "data" / "lessons" / LESSON


def quiet(home, preset="class", **more):
    return Store(home, preset=preset, report=lambda line: None, **more)


def busy():
    return {"norms": torch.tensor([1.0, 2.0]).cumsum(0), "steps": 3}


def test_result_is_made_once_and_says_what_made_it(home):
    calls = []
    store = quiet(home)
    first = store.once("norms/batch", lambda: calls.append(1) or busy())
    assert quiet(home).once("norms/batch", lambda: calls.append(1) or busy()) == first
    assert len(calls) == 1
    assert first["norms"] == [1, 3] and first["steps"] == 3 and first["cpu_seconds"] >= 0
    made = first["made"]
    assert made["preset"] == "class" and made["device"] == "cpu" and made["precision"] == "fp32"
    assert made["threads"] == torch.get_num_threads() and made["torch"] == torch.__version__
    assert "commit" in made
    assert results(LESSON) == {"norms/batch": first}


def test_cpu_seconds_are_those_of_the_work(home):
    def work():
        total = torch.zeros(())
        for _ in range(20):
            total = total + torch.randn(400, 400).mm(torch.randn(400, 400)).sum()
        return {}

    store = quiet(home)
    nothing = store.once("nothing", dict)["cpu_seconds"]
    assert store.once("work", work)["cpu_seconds"] > nothing


def test_interrupted_run_keeps_what_was_made_and_goes_on(home):
    def interrupted():
        raise KeyboardInterrupt

    store = quiet(home)
    store.once("a", busy)
    with pytest.raises(KeyboardInterrupt):
        store.once("b", interrupted)
    assert list(results(LESSON)) == ["a"]
    again = quiet(home)
    again.once("a", interrupted)
    again.once("b", busy)
    assert list(results(LESSON)) == ["a", "b"]


def test_two_runs_side_by_side_lose_nothing(home):
    first, second = quiet(home), quiet(home)
    first.once("a", busy)
    second.once("b", busy)
    first.once("c", busy)
    assert list(results(LESSON)) == ["a", "b", "c"]


def test_another_preset_needs_another_folder(home):
    quiet(home).once("a", busy)
    with pytest.raises(ValueError, match="holds results of preset class.*--out"):
        quiet(home, "smoke")
    with pytest.raises(ValueError, match="no preset 'fast'"):
        quiet(home, "fast")


def test_forgotten_result_is_made_anew(home):
    store = quiet(home)
    store.once("a", lambda: {"x": 1})
    store.forget("a")
    assert store.once("a", lambda: {"x": 2})["x"] == 2


@pytest.mark.parametrize("made", [3, {"made": "by me"}, {"cpu_seconds": 1}])
def test_result_that_cannot_be_kept_is_refused(home, made):
    with pytest.raises(ValueError, match="a result is a dictionary without cpu_seconds and made"):
        quiet(home).once("a", lambda: made)


def test_weights_come_back_in_half_precision_with_their_config(home):
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    network(torch.randn(70000, 3))  # so that the running averages are not the initial ones
    network[1].num_batches_tracked.fill_(70000)  # more than half precision can count

    def make():
        store.weights("critic", network, {"width": 4})
        return {}

    store = quiet(home)
    store.once("a", make)
    (path,) = home.glob("*.safetensors")
    assert load_file(path)["0.weight"].dtype is torch.float16
    config = weights_config(LESSON, "critic")
    again = nn.Sequential(nn.Linear(3, config["width"]), nn.BatchNorm1d(4))
    loaded = load_weights(LESSON, "critic", again)
    assert loaded is again and not loaded.training
    assert loaded[1].num_batches_tracked == 70000
    for key, value in network.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[key], value, rtol=1e-3, atol=1e-4)
    entry = read_store(home)["weights"]["critic"]
    assert entry["result"] == "a" and entry["bytes"] == path.stat().st_size
    assert entry["parameters"] == 3 * 4 + 4 + 4 + 4


@pytest.mark.parametrize("value", [float("nan"), 1e6])
def test_weights_that_half_precision_does_not_hold_are_refused(home, value):
    network = nn.Linear(1, 1)
    nn.init.constant_(network.weight, value)
    with pytest.raises(ValueError, match="critic: weight holds numbers"):
        quiet(home).weights("critic", network, {})


def test_weights_of_other_layers_or_none_are_told(home):
    quiet(home).weights("critic", nn.Linear(3, 4), {})
    with pytest.raises(ValueError, match="other layers than this network"):
        load_weights(LESSON, "critic", nn.Linear(3, 5))
    with pytest.raises(ValueError, match="no weights 'judge' of 03_dcgan.*labs 03"):
        load_weights(LESSON, "judge", nn.Linear(3, 5))
    (home / "critic.safetensors").write_bytes(b"PK")
    with pytest.raises(ValueError, match="is damaged"):
        load_weights(LESSON, "critic", nn.Linear(3, 4))
    with pytest.raises(ValueError, match="no file name"):
        quiet(home).weights("../critic", nn.Linear(1, 1), {})


def test_the_command_asks_for_the_device_that_made_the_results():
    made = {"results": {"a": {"made": {"device": "cpu"}}}, "preset": "class", "lesson": LESSON}
    assert "--device" not in card.command(made)
    made["results"]["b"] = {"made": {"device": "NVIDIA A"}}
    assert card.command(made, "out").endswith("--preset class --device auto --out out")


def test_missing_results_name_the_command(home):
    with pytest.raises(ValueError, match="python -m gan_lessons.course.labs 04"):
        results("04_losses")
    home.mkdir()
    (home / "results.json").write_text("{")
    with pytest.raises(ValueError, match="results.json is damaged"):
        results(LESSON)


def test_file_is_for_people():
    value = {"a": {"curve": [1.5, 2.0], "name": "ü", "none": {}}, "rows": [[1, 2], [3]]}
    text = readable(value)
    assert json.loads(text) == value
    assert '  "curve": [1.5, 2.0],\n  "name": "ü"' in text


def test_what_json_does_not_know_is_refused():
    with pytest.raises(ValueError, match="holds a function"):
        plain({"f": busy})
    assert plain((float("inf"), True, 10**20)) == [None, True, 10**20]


def test_card_says_what_is_there(home):
    store = quiet(home, about="Five ways to start.", data="emoji_styles")
    store.once("norms", busy)
    store.once("hinge | r1", busy)
    store.weights("critic", nn.Linear(3, 4), {})
    text = (home / "README.md").read_text()
    assert "Five ways to start." in text and "CC BY-SA 4.0" in text
    assert f"labs {LESSON[:2]} --preset class --out runs/lessons" in text
    assert "| norms | 0 s | CPU, " in text and r"| hinge \| r1 | 0 s |" in text
    assert "| critic.safetensors | 16 |" in text
    quiet(home).once("more", busy)  # nobody told it again what it is about
    assert "Five ways to start." in (home / "README.md").read_text()
