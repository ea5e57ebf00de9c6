"""What a lesson stored, against what its cell says now, where that is the same everywhere.

Cells that are tagged `nbval-check-output` are compared whenever the lessons are run. What a
machine adds of its own, its times and its versions, is compared here line by line.
"""

from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.doctor import as_text, examine

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
# Lines of the doctor that the course alone decides, and no machine.
OURS = ("emoji_styles", "painted_photos", "model ")


def stored_doctor() -> str:
    lesson = notebook.read_notebook(NOTEBOOKS / "00_start_here.ipynb")
    (cell,) = (c for c in notebook.code_cells(lesson) if "as_text(examine())" in c["source"])
    return cell["outputs"][0]["text"]


def ours(text: str) -> list[str]:
    """Lines about data and models; a locally built archive of another size is nobody else's."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    kept = [line for line in lines if line.split(" ", 1)[-1].startswith(OURS)]
    return [line for line in kept if "_128" not in line and "_256" not in line]


def test_lesson_00_says_of_data_and_models_what_the_doctor_says_now():
    now = ours(as_text(examine()))
    assert ours(stored_doctor()) == now
    assert sum("checksum right" in line for line in now) >= 4


def test_no_stored_output_says_that_something_of_ours_is_not_what_it_should_be():
    for path in notebook.notebooks(NOTEBOOKS):
        for cell in notebook.code_cells(notebook.read_notebook(path)):
            text = " ".join(output.get("text", "") for output in cell["outputs"])
            assert "is not what its README states" not in text, path.name


@pytest.mark.parametrize("path", notebook.notebooks(NOTEBOOKS), ids=lambda path: path.stem)
def test_cells_whose_output_is_checked_name_no_time(path):
    for cell in notebook.code_cells(notebook.read_notebook(path)):
        if "nbval-check-output" in notebook.tags(cell):
            assert "perf_counter" not in cell["source"] and "seconds" not in cell["source"]
