"""Grids of runs: read, executed, and gone on with where they were cut off."""

import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gan_lessons.cli.lessons import _grid
from gan_lessons.course.sweep import grid


def test_grid_runs_every_combination(swept, stored):
    folder, found, lines = swept
    statuses = ["finished"] * 2 + ["claims do not hold"] * 2 + ["failed"] * 2
    assert [run["status"] for run in found] == statuses
    assert [run["parameters"]["seed"] for run in found] == [0, 1] * 3
    assert found[0] == stored(next((folder / "out").glob("lr=0.01*loss=hinge,seed=0")))
    assert all(run["cpu_seconds"] > 0 for run in found)


def test_killed_sweep_goes_on_and_makes_no_run_twice(swept, told):
    folder, _, lines = swept
    there = int(re.fullmatch(r"04_tiny: 6 runs, (\d) of them there already", lines[0])[1])
    assert there >= 2 and len(lines) == 1 + 6 - there
    done = Counter(
        (loss, seed) for what, loss, seed, _ in told(folder / "counted") if what == "done"
    )
    assert set(done) == {("hinge", "0"), ("hinge", "1"), ("ns", "0"), ("ns", "1")}
    # Only the run in hand when the sweep was killed may have been made again.
    assert done["hinge", "0"] == 1 and done.total() <= 5


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
        ("lesson: 04\ngrid: {lr: [1e-3, 0.001]}", "asks twice for one run"),
        ("lesson: 04\ngrid: {chosen: [2020-01-01]}", "chosen takes a plain value"),
        ("lesson: 04\ngrid: {loss: [a b, a/b]}", "differ by signs alone"),
        ("lesson: 04\nparameters: {seed: x}\ngrid: {lr: [1]}", "seed takes a value of type int"),
    ],
)
def test_grid_that_cannot_be_run_is_refused(text, sentence, tmp_path):
    (tmp_path / "grid.yaml").write_text(text)
    with pytest.raises(ValueError, match=sentence):
        grid.sweep(tmp_path / "grid.yaml", tmp_path / "out")
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
    package, command, sentence, tiny_grid, tmp_path, monkeypatch, capsys, cli
):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "grid.yaml").write_text(tiny_grid)
    monkeypatch.chdir(tmp_path)
    assert cli(*command, "--out", tmp_path / "out") == 1
    assert capsys.readouterr().err.strip() == sentence


def test_folders_of_runs_stay_where_they_belong():
    assert grid.slug({"picture": "../a b", "seed": 1}) == "picture=.._a_b,seed=1"
    long = [grid.slug({"picture": "ä" * 200 + end}) for end in "ab"]
    assert long[0] != long[1] and all(len(name.encode()) < 200 for name in long)


def test_a_grid_of_the_course_has_a_name(root, tmp_path, monkeypatch):
    monkeypatch.delenv("GAN_LESSONS_DATA")
    monkeypatch.chdir(tmp_path)
    own = root / "notebooks" / "params" / "00_pictures.yaml"
    for name in ("00_pictures", "notebooks/params/00_pictures.yaml"):
        assert _grid(Path(name)) == own
    (tmp_path / "00_pictures").write_text("mine")
    assert _grid(Path("00_pictures")) == Path("00_pictures")


@pytest.mark.parametrize("name", ["mine.yaml", "00_picture"])
def test_a_grid_that_is_nowhere_is_a_wrong_call(name, root, monkeypatch, tmp_path, capsys, cli):
    monkeypatch.delenv("GAN_LESSONS_DATA")
    assert cli("sweep", tmp_path / name, "--out", tmp_path / "out") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "the course's own grids are: 00_pictures, 04_lr_and_steps, 08_steps" in said
    assert not (tmp_path / "out").exists()


def test_command_for_grids_fails_where_a_run_failed(swept, capsys, cli):
    folder, *_ = swept
    assert cli("sweep", folder / "grid.yaml", "--out", folder / "out") == 1
    out = capsys.readouterr().out
    assert "6 runs, 4 of them there already" in out
    assert "not measured" in out.splitlines()[0]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_stopped_sweep_ends_at_once_and_begins_nothing_more(tmp_path, told, stored, wait_until):
    counted = tmp_path / "counted"
    text = f"lesson: 04\nparameters: {{slow: 60, count_in: {counted}}}\ngrid: {{seed: [0, 1, 2]}}"
    (tmp_path / "grid.yaml").write_text(text)
    command = ["sweep", "grid.yaml", "--out", "out", "--jobs", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gan_lessons", *command],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(told(counted)) == 2, 120)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and said.strip() == "Stopped."
    folders = sorted((tmp_path / "out").iterdir())
    assert len(folders) == 2 and len(told(counted)) == 2
    assert {stored(folder)["status"] for folder in folders} == {"stopped"}


def test_grids_of_the_course_fit_their_lessons(root, monkeypatch):
    monkeypatch.delenv("GAN_LESSONS_DATA")
    grids = sorted((root / "notebooks" / "params").glob("*.yaml"))
    assert grids
    for path in grids:
        lesson, every = grid.read_sweep(path)
        assert len(every) > 1 and path.stem.startswith(lesson.stem[:3])
