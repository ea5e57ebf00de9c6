import pytest

from gan_lessons.course import notebook
from gan_lessons.course.publish import colab


def plain(title: str = "# Title\n\nText.") -> dict:
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": title},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": "x = 1"}
        | {"execution_count": None, "outputs": []},
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


@pytest.fixture
def folder(tmp_path):
    notebook.write_notebook(tmp_path / "00_start_here.ipynb", plain())
    notebook.write_notebook(tmp_path / "solutions" / "01_gan_loss.ipynb", plain("# Solutions"))
    notebook.write_notebook(tmp_path / ".ipynb_checkpoints" / "00_start_here.ipynb", plain())
    return tmp_path


def test_address_and_badge_reach_every_notebook(folder):
    assert len(colab.write_addresses("ada/gan-lessons", folder)) == 2
    start, solutions = (notebook.read_notebook(path) for path in notebook.notebooks(folder))
    badge = "colab.research.google.com/github/ada/gan-lessons/blob/main/notebooks/"
    assert f"{badge}00_start_here.ipynb)" in start["cells"][0]["source"]
    assert f"{badge}solutions/01_gan_loss.ipynb)" in solutions["cells"][0]["source"]
    assert start["cells"][0]["source"].startswith("# Title\n\n[![Open in Colab]")
    assert start["cells"][0]["source"].endswith("\n\nText.")
    assert start["cells"][1]["source"] == colab.setup_source("ada/gan-lessons")
    assert colab.repository_of(solutions) == "ada/gan-lessons"


def test_writing_twice_changes_nothing_and_another_address_replaces_the_first(folder):
    colab.write_addresses("ada/gan-lessons", folder)
    assert not colab.write_addresses("ada/gan-lessons", folder)
    assert len(colab.write_addresses("bob/course.v2", folder)) == 2
    start = notebook.read_notebook(folder / "00_start_here.ipynb")
    assert "ada/" not in str(start) and str(start).count("Open in Colab") == 1
    assert len(start["cells"]) == 3


def test_notebook_without_an_address_says_how_to_get_one():
    lesson = plain()
    colab.prepare(lesson, "notebooks/00.ipynb")
    assert colab.PLACEHOLDER in lesson["cells"][0]["source"]
    assert colab.repository_of(lesson) == ""
    assert "publish" not in colab.PLACEHOLDER and "gan-lessons colab" not in colab.PLACEHOLDER
    assert "REPOSITORY" in colab.PLACEHOLDER and "REPOSITORY" in lesson["cells"][1]["source"]


def test_an_older_sentence_is_replaced():
    lesson = plain("# Title\n\n*To open this in Colab, publish the repository and run `it` once.*")
    colab.prepare(lesson, "notebooks/00.ipynb")
    assert lesson["cells"][0]["source"] == f"# Title\n\n{colab.PLACEHOLDER}"


def test_known_address_survives_a_rebuild():
    lesson = plain()
    colab.prepare(lesson, "notebooks/00.ipynb", "ada/gan-lessons")
    colab.prepare(lesson, "notebooks/00.ipynb")
    assert colab.repository_of(lesson) == "ada/gan-lessons"


@pytest.mark.parametrize("address", ["", "ada", "https://github.com/a/b", "a/b/c", 'a/"b', "a b/c"])
def test_wrong_address_is_refused(address, folder):
    with pytest.raises(ValueError, match="OWNER/NAME"):
        colab.write_addresses(address, folder)


def test_notebook_without_a_title_is_refused():
    with pytest.raises(ValueError, match="title"):
        colab.prepare(plain("Hello"), "notebooks/00.ipynb")
