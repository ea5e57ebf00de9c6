"""What many runs say together."""

import json
import re

import pytest
from PIL import Image

from gan_lessons.course import notebook
from gan_lessons.course.sweep import grid, page, reports


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


RUN = {
    "lesson": "01_gan_loss",
    "parameters": {"seed": 1},
    "claims": [{"name": "a", "value": 1.0, "verdict": "holds"}],
    "seconds": 1.0,
    "cpu_seconds": 1.0,
    "status": "finished",
    "error": None,
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("claims", [{"name": "a", "value": 1.0}]),
        ("claims", [{"name": ["a"], "value": 1.0, "verdict": "holds"}]),
        ("claims", [{"name": "a", "value": 1.0, "verdict": [1]}]),
        ("claims", "x"),
        ("cpu_seconds", "x"),
        ("seconds", [1]),
        ("parameters", [1]),
        ("lesson", 5),
    ],
)
def test_a_run_of_a_stranger_s_is_told_as_damaged(key, value, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps(RUN))
    assert "1 runs" in page.write_report(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(RUN | {key: value}))
    with pytest.raises(ValueError, match="run.json is damaged"):
        page.write_report(tmp_path)


@pytest.mark.parametrize("status", ["finished", "failed"])
def test_no_run_steers_the_terminal_or_the_page(status, tmp_path):
    odd = "\x1b[31m<script>alert(1)</script>"
    claims = [{"name": odd, "value": 1.0, "verdict": odd}]
    run = RUN | {"status": status, "error": odd, "parameters": {odd: odd}, "claims": claims}
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert "\x1b" not in page.write_report(tmp_path)
    assert "<script>alert" not in (tmp_path / "report.html").read_text()


def test_report_is_written_beside_the_runs(swept, capsys, cli):
    folder, *_ = swept
    assert cli("report", folder / "out", "--by", "seed, loss", "--of", "end") == 0
    assert "| seed | loss | runs | end |" in capsys.readouterr().out
    assert "| 0 | hinge | 1 | 0.01 (stored) |" in (folder / "out" / "report.md").read_text()
    with Image.open(folder / "out" / "report.png") as picture:
        assert picture.width > 300


def test_page_shows_table_curves_pictures_and_every_number(swept):
    folder, *_ = swept
    text = page.page(reports.rows(folder / "out"))
    assert "<h1>Runs of 04_tiny</h1>" in text and "6 runs" in text
    assert "loss: did not hold in 2 of 6" in text
    assert "KeyError: &#x27;none&#x27;" in text
    assert ">1.05 ± 0.071</td>" in text and ">1.1 holds</td>" in text
    assert 'class="broken">2.1 does not hold' in text
    assert 'alt="loss, by loss. loss = hinge: 1.05 ± 0.071; loss = ns: 2.05 ± 0.071"' in text
    assert "<script" not in text and 'src="http' not in text
    assert 'href="lr%3D0.01' in text


SHEET = """\
import numpy as np
from gan_lessons import plots
tones = {"hinge": (40, 90), "ns": (160, 220)}[loss]
plots.image_grid([[np.full((8, 8, 3), tone, np.uint8) for tone in tones]])
plots.curves({"curve": ([0, 1], tones)}, x_label="x", y_label="tone")
"""


def test_sheets_of_pictures_stand_side_by_side_as_the_notebooks_show_them(another_course, tmp_path):
    another_course(b=SHEET)
    (tmp_path / "grid.yaml").write_text("lesson: 04\ngrid: {loss: [hinge, ns]}")
    runs = grid.sweep(tmp_path / "grid.yaml", tmp_path / "out", report=print)
    assert len(runs) == 2 and not any(run["error"] for run in runs)
    page.write_report(tmp_path / "out")
    _, side_by_side = (tmp_path / "out" / "report.html").read_text().split("Pictures side by side")
    shown = re.findall(r'src="data:(image/\w+);base64,([^"]+)"', side_by_side)
    stored = []
    for path in (tmp_path / "out").rglob("*.ipynb"):
        for cell in notebook.code_cells(notebook.read_notebook(path)):
            for output in cell["outputs"]:
                data = output.get("data", {})
                kinds = [kind for kind in data if kind.startswith("image/")]
                stored += [(kind, data[kind].replace("\n", "")) for kind in kinds]
    assert sorted(shown) == sorted(stored)
    assert [kind for kind, _ in shown] == ["image/jpeg"] * 2 + ["image/png"] * 2


def test_what_runs_say_is_shown_and_never_obeyed(tmp_path):
    evil = "<script>alert(1)</script> | *x* `y`"
    claim = {"name": evil, "value": 1.0, "verdict": "does not hold"}
    for seed, loss in enumerate(("a", evil, "c")):
        run = {
            "lesson": "04_tiny",
            "parameters": {"loss": loss, "seed": seed},
            "claims": [claim | {"value": seed + 0.5}],
            "seconds": 1.0,
            "status": "finished" if seed < 2 else "failed",
            "error": evil if seed == 2 else None,
        }
        (tmp_path / str(seed)).mkdir()
        (tmp_path / str(seed) / "run.json").write_text(json.dumps(run))
    table = page.write_report(tmp_path)
    assert "<script" not in table and "<script" not in (tmp_path / "report.html").read_text()
    lines = [line.replace("\\|", "") for line in table.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {4}


def test_runs_that_did_not_end_are_left_out_and_told(tmp_path, cli, capsys):
    for name, status in (("a", "finished"), ("b", "running"), ("c", "stopped")):
        run = {"lesson": "04_tiny", "parameters": {}, "seconds": 1.0, "status": status}
        run |= {"claims": [{"name": "x", "value": 1.5, "verdict": "recorded"}], "error": None}
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(run))
    assert cli("report", tmp_path) == 3
    said = capsys.readouterr()
    assert "| 1 | 1.5 |" in said.out and said.err == "Left out, not at its end: b, c.\n"


def test_numbers_are_drawn_along_an_axis_with_their_spread():
    every = [
        {"values": {"a": lr + seed}, "stored": set(), "status": "finished"}
        | {"parameters": {"lr": lr, "seed": seed, "loss": loss}}
        for lr in (0.001, 0.01, 0.1)
        for seed in (0, 1)
        for loss in "xy"
    ]
    (axes,) = reports.figure(every, "a", show=False).axes
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "lr"
    whiskers = axes.containers
    assert len(whiskers) == 2 and all(each.has_yerr for each in whiskers)
