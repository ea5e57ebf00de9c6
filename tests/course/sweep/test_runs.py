"""Lessons with other parameters, through papermill: what a run leaves, and grids of runs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from gan_lessons.cli.lessons import _grid
from gan_lessons.cli.main import app
from gan_lessons.course import notebook
from gan_lessons.course.notebook import KERNEL, new_cell
from gan_lessons.course.sweep import parameters, reports, runs

PARAMETERS = """\
preset = "smoke"
seed = 0
lr = 0.1
loss = "hinge"
sizes = [1, 2]
chosen = None
slow = False
"""
CLAIMS = """\
from gan_lessons import claim, record
claim("loss", {"hinge": 1.0, "ns": 2.0}[loss] + seed / 10, 0, 1.5, preset=preset)
record("undefined", float("nan"))
"""
LAST = """\
import os, signal, time
print("slow", slow, flush=True)
if slow:
    time.sleep(60)
if chosen == "stands still":
    os.kill(os.getpid(), signal.SIGSTOP)
if chosen == "dies":
    os.kill(os.getpid(), signal.SIGKILL)
record("end", lr, source="stored")
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with one tiny lesson."""
    root = tmp_path_factory.mktemp("course")
    sources = [("setup", "pass"), ("parameters", PARAMETERS), ("a", CLAIMS), ("b", LAST)]
    cells = [new_cell("code", text, tag=tag, name=tag) for tag, text in sources]
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}, "cells": cells}
    notebook.write_notebook(root / "notebooks" / "04_tiny.ipynb", made)
    return root


@pytest.fixture(autouse=True)
def here(course, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DATA", str(course))


def stored(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def test_run_leaves_its_notebook_and_what_it_found(tmp_path):
    result = runs.run_lesson("04", {"seed": "3", "lr": "1e-2"}, tmp_path / "run")
    assert stored(tmp_path / "run") == result
    assert result["lesson"] == "04_tiny" and result["status"] == "finished" and not result["error"]
    assert result["parameters"]["seed"] == 3 and result["parameters"]["lr"] == 0.01
    loss, undefined, end = result["claims"]
    assert loss["name"] == "loss" and loss["value"] == 1.3 and loss["verdict"] == "holds"
    assert undefined["value"] == "nan" and undefined["verdict"] == "recorded"
    assert end["value"] == 0.01
    assert result["seconds"] > 0 and result["cpu_seconds"] > 0
    assert "commit" in result["made"] and "torch" in result["made"]
    executed = notebook.read_notebook(tmp_path / "run" / "04_tiny.ipynb")
    outputs = [cell["outputs"] for cell in notebook.code_cells(executed)]
    assert "slow False" in outputs[-1][0]["text"]


def test_claim_that_does_not_hold_loses_nothing(tmp_path):
    result = runs.run_lesson("04", {"loss": "ns"}, tmp_path)
    assert result["status"] == "claims do not hold" and result["error"] is None
    assert [each["verdict"] for each in result["claims"]][0] == "does not hold"
    assert result["claims"][-1]["name"] == "end"
    assert "GAN_LESSONS_CLAIMS_GO_ON" not in os.environ


def test_error_is_a_sentence_and_what_was_found_before_is_kept(tmp_path):
    result = runs.run_lesson("04", {"loss": "none"}, tmp_path)
    assert result["status"] == "failed" and result["claims"] == []
    assert "KeyError: 'none'" in result["error"] and "\n" not in result["error"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"epochs": 3}, "04_tiny has no parameter 'epochs'; its own are: preset = 'smoke', seed"),
        ({"seed": "many"}, "seed takes a value of type int, got 'many'; .*seed = 0"),
        ({"seed": 1.5}, "seed takes a value of type int, got 1.5"),
        ({"seed": True}, "seed takes a value of type int, got True"),
        ({"loss": 3}, "loss takes a value of type str, got 3"),
        ({"sizes": "3"}, "sizes takes a value of type list, got 3"),
        ({"preset": "huge"}, "there is no preset 'huge'; use smoke, class, full"),
        ({"preset": "ful"}, r"no preset 'ful' \(did you mean 'full'\?\)"),
        ({"preset": "Smoke"}, r"no preset 'Smoke' \(did you mean 'smoke'\?\)"),
        ({"sead": 1}, r"no parameter 'sead' \(did you mean 'seed'\?\); its own are: preset"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(given, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        runs.run_lesson("04", given, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_texts_are_read_as_the_type_that_the_lesson_has(course):
    lesson = parameters.lesson_named("04")
    given = {"lr": "1", "sizes": "[3]", "chosen": "cat", "slow": "true", "loss": "1"}
    wanted = {"lr": 1.0, "sizes": [3], "chosen": "cat", "slow": True, "loss": "1"}
    values = parameters.parameters_of(lesson, given)
    assert {name: values[name] for name in wanted} == wanted and type(values["lr"]) is float


def test_finished_run_is_not_written_over_by_another(tmp_path):
    first = runs.run_lesson("04", {"seed": 1}, tmp_path)
    for other in ({"seed": 2}, {"seed": 1, "lr": 0.5}, {}):
        with pytest.raises(ValueError, match=r"holds a finished run with .*seed = 1|lr = 0.1"):
            runs.run_lesson("04", other, tmp_path)
    assert stored(tmp_path) == first
    assert runs.run_lesson("04", {"seed": 1}, tmp_path)["status"] == "finished"
    assert runs.run_lesson("04", {"seed": 2}, tmp_path, force=True)["parameters"]["seed"] == 2
    # What failed or was cut off is nobody's result.
    (tmp_path / "run.json").write_text(json.dumps({"lesson": "04_tiny", "status": "running"}))
    assert runs.run_lesson("04", {"seed": 3}, tmp_path)["parameters"]["seed"] == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"slow": True}, "a cell took longer than 2 s and was stopped; if it needs longer, say"),
        ({"chosen": "stands still"}, "a cell took longer than 2 s and was stopped"),
        ({"chosen": "dies"}, "the kernel died"),
    ],
    ids=["slow", "stands still", "dies"],
)
def test_no_cell_is_waited_for_without_end(given, sentence, tmp_path):
    begun = time.monotonic()
    result = runs.run_lesson("04", given, tmp_path, cell_seconds=2)
    assert time.monotonic() - begun < 60
    assert result["status"] == "failed" and result["error"].startswith(sentence)
    assert [each["name"] for each in result["claims"]] == ["loss", "undefined"]


def test_run_tells_what_was_measured_from_what_was_stored(tmp_path):
    found = {each["name"]: each["source"] for each in runs.run_lesson("04", {}, tmp_path)["claims"]}
    assert found == {"loss": "measured", "undefined": "measured", "end": "stored"}


def test_lesson_is_named_by_its_beginning(course):
    assert parameters.lesson_named("04_tiny.ipynb").stem == "04_tiny"
    with pytest.raises(ValueError, match="no lesson begins with '07'; there are: 04_tiny"):
        parameters.lesson_named("07")


GRID = """\
lesson: 04
parameters: {lr: 1e-2}
grid:
  loss: [hinge, ns, none]
  seed: [0, 1]
"""


@pytest.fixture(scope="module")
def swept(course, tmp_path_factory):
    """A grid of six runs, two at a time: two losses that run, and one that does not exist."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "grid.yaml").write_text(GRID)
    lines = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GAN_LESSONS_DATA", str(course))
        found = runs.sweep(folder / "grid.yaml", folder / "out", jobs=2, report=lines.append)
    return folder, found, lines


def test_grid_runs_every_combination(swept):
    folder, found, lines = swept
    statuses = ["finished"] * 2 + ["claims do not hold"] * 2 + ["failed"] * 2
    assert [run["status"] for run in found] == statuses
    assert [run["parameters"]["seed"] for run in found] == [0, 1] * 3
    assert found[0] == stored(folder / "out" / "lr=1e-2,loss=hinge,seed=0")
    assert lines[0] == "04_tiny: 6 runs, 0 of them there already" and len(lines) == 7
    assert all(run["cpu_seconds"] > 0 for run in found)


def test_grid_goes_on_where_it_was_cut_off(swept):
    folder, found, _ = swept
    kept = folder / "out" / "lr=1e-2,loss=hinge,seed=0"
    before = (kept / "run.json").stat().st_mtime_ns
    # One was cut off, one was made with another grid, and two had failed.
    other = folder / "out" / "lr=1e-2,loss=hinge,seed=1" / "run.json"
    other.write_text(json.dumps({"lesson": "04_tiny", "status": "running"}))
    lines = []
    again = runs.sweep(folder / "grid.yaml", folder / "out", report=lines.append)
    assert lines[0] == "04_tiny: 6 runs, 3 of them there already"
    assert (kept / "run.json").stat().st_mtime_ns == before
    assert [run["status"] for run in again] == [run["status"] for run in found]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lesson: 04\ngrid: {seed: 3}", "needs `lesson:`"),
        ("lesson: 04", "needs `lesson:`"),
        ("lesson: 04\ngrid: {seed: [1]}\nseeds: 3", "needs `lesson:`"),
        ("- 04", "needs `lesson:`"),
        ("a: [", "is not YAML"),
        ("lesson: 04\ngrid: {seed: [1], epochs: [2]}", "no parameter 'epochs'"),
        ("lesson: 04\ngrid: {seed: [1, 2, 1]}", "asks twice for one run"),
        ("lesson: 04\ngrid: {loss: [a b, a/b]}", "differ by signs alone"),
        ("lesson: 04\nparameters: {seed: x}\ngrid: {lr: [1]}", "seed takes a value of type int"),
    ],
)
def test_grid_that_cannot_be_run_is_refused(text, sentence, tmp_path):
    (tmp_path / "grid.yaml").write_text(text)
    with pytest.raises(ValueError, match=sentence):
        runs.sweep(tmp_path / "grid.yaml", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("package", "command", "sentence"),
    [
        ("yaml", ("sweep", "grid.yaml"), "grids need PyYAML: pip install 'gan-lessons[train]'."),
        (
            "nbformat",
            ("run", "04"),
            "Working on notebooks needs the notebook extra: pip install 'gan-lessons[notebook]'.",
        ),
    ],
)
def test_what_has_to_be_installed_is_told(
    package, command, sentence, course, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "grid.yaml").write_text(GRID)
    monkeypatch.chdir(tmp_path)
    assert cli(*command, "--out", tmp_path / "out") == 1
    assert capsys.readouterr().err.strip() == sentence


def test_folders_of_runs_stay_where_they_belong():
    assert runs.slug({"picture": "../a b", "seed": 1}) == "picture=.._a_b,seed=1"


def test_report_has_a_line_a_group_with_mean_and_spread(swept):
    folder, *_ = swept
    rows = reports.rows(folder / "out")
    assert reports.varied(rows) == ["loss"]
    lines = reports.table(rows, only=["loss", "end"]).splitlines()
    assert lines[0] == "| loss | runs | loss | end |"
    assert "| hinge | 2 | 1.05 ± 0.071 | 0.01 (stored) |" in lines
    assert "| ns | 2 | 2.05 ± 0.071 | 0.01 (stored) |" in lines
    assert "6 runs; in 2 a claim did not hold, 2 failed." in lines
    assert lines[-1].startswith("- loss=none, seed=1: code cell")
    assert "nan" in reports.table(rows, only=["undefined"])


def test_report_groups_by_what_is_asked(swept):
    folder, *_ = swept
    rows = reports.rows(folder / "out")
    table = reports.table(rows, by=["seed", "loss"], only=["end"])
    assert "| 0 | hinge | 1 | 0.01 (stored) |" in table
    with pytest.raises(ValueError, match="no run has a parameter 'epochs'"):
        reports.table(rows, by=["epochs"])
    with pytest.raises(ValueError, match="no run recorded 'fid'; they recorded: loss, undefined"):
        reports.table(rows, only=["fid"])


def test_stored_figure_that_differs_between_runs_keeps_its_spread():
    every = [{"values": {"a": v}, "stored": {"a"}, "parameters": {}, "status": "finished"}
             for v in (1.0, 2.0)]  # fmt: skip
    assert "1.5 ± 0.71" in reports.table(every)
    assert "| 1 (stored) |" in reports.table([every[0], every[0]])
    assert "| 1 ± 0 |" in reports.table([every[0], every[0] | {"stored": set()}])


def test_figure_shows_mean_and_spread(swept):
    folder, *_ = swept
    figure = reports.figure(reports.rows(folder / "out"), "loss", show=False)
    (axes,) = figure.axes
    heights = [bar.get_height() for bar in axes.patches]
    assert heights == pytest.approx([1.05, 2.05])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["hinge", "ns"]


def test_folder_without_runs_is_told(tmp_path):
    with pytest.raises(ValueError, match="holds no finished run"):
        reports.rows(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(ValueError, match="run.json is damaged"):
        reports.rows(tmp_path)


def test_report_is_written_beside_the_runs(swept, capsys):
    folder, *_ = swept
    assert cli("report", folder / "out", "--by", "seed, loss", "--of", "end") == 0
    assert "| seed | loss | runs | end |" in capsys.readouterr().out
    assert "| 0 | hinge | 1 | 0.01 (stored) |" in (folder / "out" / "report.md").read_text()
    with Image.open(folder / "out" / "report.png") as picture:
        assert picture.width > 300


def cli(*words) -> int:
    """Run the command in this process; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        app([str(word) for word in words], prog_name="gan-lessons")
    return left.value.code


def test_command_runs_a_lesson(tmp_path, capfd):
    assert cli("run", "-p", "seed", "2", "04", "-p", "lr", "-1", "--out", tmp_path) == 0
    out, err = capfd.readouterr()
    assert "WARNING" not in err  # what a kernel says goes to the same terminal
    assert "loss: 1.2 (holds)" in out and "end: -1.0 (recorded)" in out
    assert stored(tmp_path)["parameters"]["seed"] == 2


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["04", "-p", "loss", "none"], 1, "KeyError: 'none'"),
        (["04", "-p", "epochs", "3"], 1, "no parameter 'epochs'"),
        (["04", "-p", "preset", "huge"], 1, "there is no preset 'huge'; use smoke, class, full"),
        (["04", "-p", "loss"], 2, "a name and a value are expected"),
        (["04", "05"], 2, "one lesson is expected, got 04 05"),
        (["-p", "seed", "1"], 2, "Missing argument 'lesson'"),
        (["04", "--seed", "1"], 2, "parameters are given as -p NAME VALUE"),
    ],
)
def test_command_explains_what_is_wrong(words, code, sentence, tmp_path, capsys):
    assert cli("run", *words, "--out", tmp_path / "run") == code
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_help_names_the_option_for_parameters(capsys):
    assert cli("run", "--help") == 0
    assert "-p NAME VALUE" in capsys.readouterr().out


def test_a_grid_of_the_course_has_a_name(root, tmp_path, monkeypatch):
    monkeypatch.delenv("GAN_LESSONS_DATA")
    monkeypatch.chdir(tmp_path)
    own = root / "notebooks" / "params" / "00_pictures.yaml"
    for name in ("00_pictures", "notebooks/params/00_pictures.yaml"):
        assert _grid(Path(name)) == own
    (tmp_path / "00_pictures").write_text("mine")
    assert _grid(Path("00_pictures")) == Path("00_pictures")
    assert _grid(Path("mine.yaml")) == Path("mine.yaml")


def test_command_for_grids_fails_where_a_run_failed(swept, capsys):
    folder, *_ = swept
    assert cli("sweep", folder / "grid.yaml", "--out", folder / "out") == 1
    assert "6 runs, 4 of them there already" in capsys.readouterr().out


def test_grids_of_the_course_fit_their_lessons(root, monkeypatch):
    monkeypatch.delenv("GAN_LESSONS_DATA")
    grids = sorted((root / "notebooks" / "params").glob("*.yaml"))
    assert grids
    for path in grids:
        lesson, every = runs.read_sweep(path)
        assert len(every) > 1 and path.stem.startswith(lesson.stem[:3])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_ctrl_c_stops_the_lesson_and_leaves_no_result(course, tmp_path):
    command = [sys.executable, "-m", "gan_lessons", "run", "04", "-p", "slow", "true"]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path)], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    # What the last cell but one printed is stored when the last one, which waits, is begun.
    deadline = time.monotonic() + 120
    target = tmp_path / "04_tiny.ipynb"
    while not (target.exists() and "claim loss: 1 in" in target.read_text()):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)  # half of what the cell would wait
    assert process.returncode == 130 and said.strip().splitlines()[-1].startswith("Stopped.")
    assert stored(tmp_path)["status"] == "running"
    with pytest.raises(ValueError, match="holds no finished run"):
        reports.rows(tmp_path)
