"""A lesson with other parameters: what a run leaves, however it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.sweep import costs, reports, runs, supervise

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")


def test_run_leaves_its_notebook_and_what_it_found(tmp_path, stored):
    result = runs.run_lesson("04", {"seed": "3", "lr": "1e-2"}, tmp_path / "run")
    assert stored(tmp_path / "run") == result
    assert result["lesson"] == "04_tiny" and result["status"] == "finished" and not result["error"]
    assert result["parameters"]["seed"] == 3 and result["parameters"]["lr"] == 0.01
    loss, undefined, end = result["claims"]
    assert loss["name"] == "loss" and loss["value"] == 1.3 and loss["verdict"] == "holds"
    assert undefined["value"] == "nan" and undefined["verdict"] == "recorded"
    assert end["value"] == 0.01
    assert [each["source"] for each in result["claims"]] == ["measured", "measured", "stored"]
    assert result["seconds"] > 0 and result["cpu_seconds"] > 0
    assert "commit" in result["made"] and "torch" in result["made"]
    executed = notebook.read_notebook(tmp_path / "run" / "04_tiny.ipynb")
    outputs = [cell["outputs"] for cell in notebook.code_cells(executed)]
    assert "slow 0" in outputs[-1][0]["text"]


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


def test_finished_run_is_not_written_over_by_another(tmp_path, stored):
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


@posix
@pytest.mark.parametrize(
    ("given", "limit", "sentence"),
    [
        ({"slow": 60}, 2, "a cell took longer than 2 s and was stopped; if it needs"),
        ({"chosen": "stands still"}, 2, "a cell took longer than 2 s and was stopped"),
        ({"chosen": "dies"}, 60, "the kernel died"),
        ({"chosen": "client stands still"}, 2, "nothing was heard of the run"),
        ({"chosen": "client dies"}, 60, "the process that executes lessons died"),
    ],
    ids=["slow cell", "stopped", "dead", "client stopped", "client dead"],
)
def test_whatever_hangs_is_ended_by_its_limit(
    given, limit, sentence, tmp_path, monkeypatch, wait_until
):
    monkeypatch.setattr(supervise, "GRACE", 4)
    begun = time.monotonic()
    told = tmp_path / "told"
    given = given | {"count_in": str(told)}
    result = runs.run_lesson("04", given, tmp_path / "run", cell_seconds=limit)
    assert time.monotonic() - begun < 60
    assert result["status"] == "failed"
    place, _, error = result["error"].partition("): ")
    assert error.startswith(sentence)
    assert place == "code cell 5 of 5 (import os, signal, time"
    assert [each["name"] for each in result["claims"]] == ["loss", "undefined"]
    executed = notebook.read_notebook(tmp_path / "run" / "04_tiny.ipynb")
    assert len(list(notebook.code_cells(executed))) == 5
    *_, kernel = told.read_text().strip().split(",")
    wait_until(lambda: is_gone(kernel), 10)


@posix
def test_killed_run_leaves_no_process_and_no_half_notebook(tmp_path, wait_until):
    process, told = begin_slow_run(tmp_path, wait_until)
    process.kill()
    process.wait()
    *_, kernel = told.read_text().strip().split(",")
    wait_until(lambda: is_gone(kernel), 30)
    executed = notebook.read_notebook(tmp_path / "run" / "04_tiny.ipynb")
    assert "claim loss" in str(executed)
    # The folder is free again, and what was cut off is made anew.
    again = runs.run_lesson("04", {}, tmp_path / "run")
    assert again["status"] == "finished"


@posix
def test_picture_that_is_none_ends_nothing(tmp_path):
    result = runs.run_lesson("04", {"chosen": "breaks a picture"}, tmp_path)
    assert result["status"] == "finished" and result["claims"][-1]["name"] == "end"


def test_paths_count_from_where_the_command_is_given(course, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs.run_lesson("04", {"chosen": "writes", "count_in": "counted"}, "out")
    assert (tmp_path / "written_here").exists() and (tmp_path / "counted").exists()
    assert [path.name for path in (course / "notebooks").iterdir()] == ["04_tiny.ipynb"]


@posix
def test_two_runs_of_one_folder_come_one_after_the_other(tmp_path, stored, wait_until):
    process, told = begin_slow_run(tmp_path, wait_until, slow="4")
    given = {"slow": 4, "count_in": str(told)}
    result = runs.run_lesson("04", given, tmp_path / "run", again=False)
    assert process.wait() == 0
    assert result == stored(tmp_path / "run") and told.read_text().count("begun") == 1


@posix
def test_full_disk_is_told_and_keeps_what_was_stored(course, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    run = f"{sys.executable} -m gan_lessons run 04 -p chosen prints --out {disk}/run"
    look = f"{sys.executable} -m json.tool {disk}/run/04_tiny.ipynb > {tmp_path}/notebook"
    inside = (
        f"mount -t tmpfs -o size=48k none {disk} || exit 77; {run}; code=$?; {look}; exit $code"
    )
    command = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", inside]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except FileNotFoundError:
        pytest.skip("this system has no unshare")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no disk can be made here")
    assert done.returncode == 1
    assert "the disk is full" in done.stderr and "Traceback" not in done.stderr
    assert "claim loss" in (tmp_path / "notebook").read_text()


def test_cost_is_told_from_what_was_measured(another_course):
    lesson = another_course()
    assert costs.told(lesson, {}) == "04_tiny, preset smoke: time, memory and disk not measured"
    measured = {"seconds": 9, "cpu_seconds": 60, "memory": 2**30, "disk": 2**21}
    folder = lesson.parents[1] / "data" / "lessons"
    folder.mkdir(parents=True)
    (folder / "costs.json").write_text(json.dumps({"04_tiny": {"smoke": measured}}))
    told = costs.told(lesson, {"preset": "smoke"}, runs=5, jobs=2)
    assert "about 3 min, 2,048 MiB of memory and 10.0 MiB on disk for 5 runs, 2 at a time" in told
    assert "not measured" in costs.told(lesson, {"preset": "class"})


def test_each_lesson_s_cost_is_told_as_stored(root, monkeypatch):
    monkeypatch.delenv("GAN_LESSONS_DATA")
    lessons = {path.stem: path for path in (root / "notebooks").glob("*.ipynb")}
    assert set(costs.stored()) == set(lessons)
    for name, lesson in lessons.items():
        told = costs.told(lesson, {})
        cost = costs.stored()[name]["smoke"]
        assert min(cost[kind] for kind in ("seconds", "cpu_seconds", "memory", "disk")) > 0
        assert f"{cost['memory'] / costs.MIB:,.0f} MiB of memory" in told


def test_command_runs_a_lesson(tmp_path, capfd, stored, cli):
    assert cli("run", "-p", "seed", "2", "04", "-p", "lr", "-1", "--out", tmp_path) == 0
    out, err = capfd.readouterr()
    assert "WARNING" not in err  # what a kernel says goes to the same terminal
    assert "loss: 1.2 (holds)" in out and "end: -1.0 (recorded)" in out
    assert stored(tmp_path)["parameters"]["seed"] == 2


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["04", "-p", "loss", "none"], 1, "KeyError: 'none'"),
        (["04", "-p", "loss", "ns"], 4, ""),
        (["04", "-p", "epochs", "3"], 2, "no parameter 'epochs'"),
        (["07"], 2, "no lesson begins with '07'"),
        (["04", "-p", "preset", "huge"], 2, "there is no preset 'huge'; use smoke, class, full"),
        (["04", "-p", "loss"], 2, "a name and a value are expected"),
        (["04", "05"], 2, "one lesson is expected, got 04 05"),
        (["-p", "seed", "1"], 2, "Missing argument 'lesson'"),
        (["04", "--seed", "1"], 2, "parameters are given as -p NAME VALUE"),
    ],
)
def test_command_explains_what_is_wrong(words, code, sentence, tmp_path, capsys, cli):
    assert cli("run", *words, "--out", tmp_path / "run") == code
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_help_names_the_option_for_parameters(capsys, cli):
    assert cli("run", "--help") == 0
    assert "-p NAME VALUE" in capsys.readouterr().out


@posix
def test_stopped_lesson_leaves_what_there_is_and_no_result(tmp_path, stored, wait_until):
    process, told = begin_slow_run(tmp_path, wait_until)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)  # half of what the cell would wait
    assert process.returncode == 130 and said.strip().splitlines()[-1] == "Stopped."
    assert "Traceback" not in said
    left = stored(tmp_path / "run")
    assert left["status"] == "stopped" and left["error"].startswith("code cell 5 of 5 (import os")
    assert [each["name"] for each in left["claims"]] == ["loss", "undefined"]
    assert "slow 60" in str(notebook.read_notebook(tmp_path / "run" / "04_tiny.ipynb"))
    with pytest.raises(ValueError, match="holds no finished run"):
        reports.rows(tmp_path)


SWALLOWS = """\
import os, signal, sys, time
library = sys.argv.pop(1)
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
class Swallows:
    def find_spec(self, name, path=None, target=None):
        if name == library:
            sys.meta_path.remove(self)
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(1)
            except KeyboardInterrupt:
                pass
sys.meta_path.insert(0, Swallows())
from gan_lessons.__main__ import main
main()
"""


@posix
@pytest.mark.parametrize(
    ("library", "command", "code", "said"),
    [
        ("typer", ("run", "04"), -signal.SIGINT, ""),
        ("nbformat", ("run", "04"), 130, "Stopped."),
        ("nbformat", ("sweep", "grid.yaml"), 130, "Stopped."),
    ],
)
def test_interrupt_while_libraries_are_read_begins_nothing(library, command, code, said, tmp_path):
    (tmp_path / "grid.yaml").write_text("lesson: 04\ngrid: {seed: [0, 1]}")
    words = [sys.executable, "-c", SWALLOWS, library, *command, "--out", "out"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == code and done.stderr.strip() == said
    assert not (tmp_path / "out").exists()


def begin_slow_run(folder: Path, wait_until, slow: str = "60") -> tuple[subprocess.Popen, Path]:
    """Starts the command on a lesson whose last cell waits, and comes back when it does."""
    told = folder / "told"
    given = ["-p", "slow", slow, "-p", "count_in", str(told)]
    process = subprocess.Popen(
        [sys.executable, "-m", "gan_lessons", "run", "04", *given, "--out", str(folder / "run")],
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    wait_until(lambda: told.exists() and told.read_text().endswith("\n"), 120)
    return process, told


def is_gone(process: str) -> bool:
    """Says whether a process has ended, whether or not anybody has asked for its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
