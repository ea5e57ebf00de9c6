import pytest

from gan_lessons.course import notebook


def empty() -> dict:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


def test_notebooks_come_in_the_order_of_the_course(tmp_path):
    names = ["solutions/00_a.ipynb", "10_b.ipynb", "00_a.ipynb", ".ipynb_checkpoints/00_a.ipynb"]
    for name in names:
        notebook.write_notebook(tmp_path / name, empty())
    found = [path.relative_to(tmp_path).as_posix() for path in notebook.notebooks(tmp_path)]
    assert found == ["00_a.ipynb", "10_b.ipynb", "solutions/00_a.ipynb"]


def test_what_is_written_is_read_back(tmp_path):
    made = empty()
    made["cells"] = [notebook.new_cell("code", "x = 1\n\ny = 2", tag="setup", name="a")]
    path = notebook.write_notebook(tmp_path / "a.ipynb", made)
    read = notebook.read_notebook(path)
    assert read["cells"] == made["cells"]
    assert notebook.tags(read["cells"][0]) == ["setup"]
    assert notebook.code_lines(read["cells"][0]) == 2


@pytest.mark.parametrize("text", ["", "no json", "[]"])
def test_file_that_is_no_notebook_is_refused(text, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(ValueError, match="a.ipynb is not a notebook"):
        notebook.read_notebook(path)


def test_broken_notebook_is_not_written(tmp_path):
    broken = empty() | {"cells": [{"cell_type": "code", "id": "a"}]}
    with pytest.raises(ValueError, match="a.ipynb is no valid notebook"):
        notebook.write_notebook(tmp_path / "a.ipynb", broken)
    assert not list(tmp_path.iterdir())


def test_a_wrapped_claim_counts_as_one_line():
    source = "a = 1\n\nclaim(\n    'one', a, 0, 2,\n    refuses='two'\n)\nf(\n    a\n);"
    assert notebook.code_lines({"source": source}) == 5
    assert notebook.code_lines({"source": "!ls\n\n%time 1"}) == 2
