"""The list of longer runs, and the command that makes them."""

import sys

import pytest

from gan_lessons.course.labs import __main__ as command
from gan_lessons.course.labs import catalogue
from gan_lessons.course.labs.store import read_store

MODULE = '''\
"""How long a walk
takes.

More of it.
"""

LESSON = "03_walks"
DATA = "emoji_styles"


def run(store, preset, report):
    for steps in (1, 2):
        store.once(f"walk/{steps}", lambda: walk(store, steps))


def walk(store, steps):
    if steps == STOP:
        raise KeyboardInterrupt
    return {"length": steps, "device": store.device.type}


STOP = 0
'''


@pytest.fixture
def walks(tmp_path, monkeypatch):
    """A folder of experiments with one in it, and a folder of course files with none made."""
    package = tmp_path / "walking_experiments"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "walks.py").write_text(MODULE)
    (package / "not_one.py").write_text('"""Names no lesson."""\n')
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(catalogue, "HERE", package)
    monkeypatch.setattr(catalogue, "__package__", package.name)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


def test_experiments_are_found_by_the_lesson_that_they_name(walks):
    (found,) = catalogue.experiments()
    assert found == catalogue.Experiment(
        "walks", "03_walks", "How long a walk takes.", "emoji_styles"
    )
    assert catalogue.experiments("03") == [found]
    with pytest.raises(ValueError, match="no experiment for a lesson '04'; there are: 03_walks"):
        catalogue.experiments("04")


def test_list_says_what_is_made_and_what_it_took(walks, capsys):
    assert command.main([]) == 0
    assert "03_walks  (walks): nothing made" in capsys.readouterr().out
    assert command.main(["03"]) == 0
    out = capsys.readouterr().out
    assert "03_walks: cost not measured yet" in out and "walk/2 took" in out
    assert read_store(walks / "data/lessons/03_walks")["results"]["walk/2"]["length"] == 2
    assert command.main([]) == 0
    out = capsys.readouterr().out
    assert "(walks): complete" in out and "2 results, preset class, 0 s of CPU time on cpu" in out
    assert "labs 03 --preset class --out runs/lessons" in out


def test_cost_is_said_before(walks, capsys):
    command.main(["03"])
    command.main(["03", "--out", str(walks / "mine")])
    assert "03_walks: 2 results to make, about 0 s of CPU time" in capsys.readouterr().out
    command.main(["03"])
    assert "all that came with the course is there" in capsys.readouterr().out


def test_forecast_counts_what_is_missing(tmp_path):
    assert catalogue.forecast_labs({"a": 100.0, "b": 200.0}, tmp_path).endswith(
        "about 5 min of CPU time"
    )


def test_ctrl_c_keeps_what_is_made_and_the_same_command_goes_on(walks, monkeypatch, capsys):
    monkeypatch.setattr("walking_experiments.walks.STOP", 2)
    assert command.main(["03"]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    command.main([])
    assert "cut off after 1 result" in capsys.readouterr().out
    monkeypatch.setattr("walking_experiments.walks.STOP", 0)
    assert command.main(["03"]) == 0
    out = capsys.readouterr().out
    assert "walk/1 is there" in out and "walk/2 took" in out


def test_result_is_made_again_when_asked(walks, capsys):
    command.main(["03"])
    capsys.readouterr()
    assert command.main(["03", "--again", "walk/1"]) == 0
    out = capsys.readouterr().out
    assert "walk/1 took" in out and "walk/2 is there" in out


def test_errors_of_users_are_one_sentence(walks, capsys):
    command.main(["03"])
    assert command.main(["03", "--preset", "smoke"]) == 1
    assert command.main(["12"]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 2 and "preset class" in said[0]


def test_every_experiment_of_the_course_says_what_it_is():
    for each in catalogue.experiments():
        assert each.about, f"{each.name} has no docstring"
        assert each.data in ("", "emoji_styles", "letters", "painted_photos"), each
