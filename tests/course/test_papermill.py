"""Lessons are papermill's notebooks too: whoever runs them with papermill gets the same runs."""

import papermill
import pytest

from gan_lessons.course.notebook import INJECTED, code_cells, read_notebook, tags, with_parameters
from gan_lessons.files import share

VALUES = {"seed": 3, "lr": 1e-3, "loss": "hinge", "steps": None}


@pytest.mark.parametrize(
    "path", sorted(share("notebooks").glob("[0-9]*.ipynb")), ids=lambda p: p.stem
)
def test_papermill_puts_the_same_values_in_the_same_place(path):
    lesson = read_notebook(path)
    theirs = papermill.parameterize.parameterize_notebook(
        papermill.iorw.load_notebook_node(str(path)),
        VALUES,
        kernel_name="python3",
        language="python",
    )
    ours = with_parameters(lesson, VALUES)
    places = [[INJECTED in tags(cell) for cell in made["cells"]] for made in (ours, theirs)]
    assert places[0] == places[1] and sum(places[0]) == 1
    values = []
    for made in (ours, theirs):
        (cell,) = [cell for cell in code_cells(made) if INJECTED in tags(cell)]
        found = {}
        exec(cell["source"], found)
        values.append({name: found[name] for name in VALUES})
    assert values[0] == values[1] == VALUES
