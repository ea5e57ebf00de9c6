import ast

import pytest

from gan_lessons.course.notebook import new_cell, tags
from gan_lessons.course.publish.stubs import exercises, stub, write_stubs

FUNCTION = '''\
import torch
from torch.nn import functional as F


@torch.no_grad()
def loss(logits, *, weight=1.0):
    """Computes it.

    Args:
        logits: numbers.
    """
    # the secret
    return weight * F.softplus(-logits).mean()
'''


def test_function_keeps_signature_and_docstring_and_loses_its_body():
    result = stub(FUNCTION)
    assert "softplus" not in result and "secret" not in result
    assert "@torch.no_grad()\ndef loss(logits, *, weight=1.0):" in result
    assert "logits: numbers." in result and "import torch" in result
    with pytest.raises(NotImplementedError, match="write this"):
        namespace: dict = {}
        exec(result, namespace)
        namespace["loss"](1)


def test_a_decorator_in_the_first_line_is_kept_once():
    code = "# Predict first.\n@torch.no_grad()\ndef f(x):\n    return x\n"
    lines = [line for line in stub(code).splitlines() if line]
    assert lines[:3] == ["# Predict first.", "@torch.no_grad()", "def f(x):"]
    assert lines[3].lstrip().startswith("raise NotImplementedError") and len(lines) == 4


def test_lines_above_your_part_are_kept():
    code = "def f(x):\n    y = x.flatten()\n    # your part\n    return y.mean()"
    assert stub(code).splitlines()[1:3] == ["    y = x.flatten()", "    # your part"]
    assert "mean" not in stub(code)


def test_class_keeps_its_attributes_and_loses_its_methods():
    code = (
        "class Net(nn.Module):\n"
        '    """A net."""\n\n'
        "    width = 8\n\n"
        "    def __init__(self):\n        super().__init__()\n        self.secret = 1\n\n"
        "    def forward(self, x):\n        return x + self.secret\n"
    )
    result = stub(code)
    assert "width = 8" in result and "secret" not in result
    assert result.count("NotImplementedError") == 2
    ast.parse(result)


def test_values_become_open_and_the_rest_goes():
    code = "a, b = solve()\nc: float = 3.0\nprint(a)\nfor k in range(3):\n    print(k)\n"
    lines = stub("# Predict first.\n" + code).splitlines()
    open_ = [f"{name} = ...  # your answer" for name in "abc"]
    assert [line for line in lines if line] == ["# Predict first.", *open_]


@pytest.mark.parametrize("code", ["print(1)", "def f(:", "def f(x): return x", ""])
def test_solution_that_makes_no_stub_is_refused(code):
    with pytest.raises(ValueError):
        stub(code)


def solutions():
    return {
        "cells": [
            new_cell("code", "import torch", tag="setup", name="setup"),
            new_cell("markdown", "### Exercise 1", tag="exercise", name="a"),
            new_cell("code", "answer = 42", tag="solution", name="b"),
            new_cell(
                "code",
                "with check('1', answer):\n    assert answer == 42",
                tag="exercise",
                name="c",
            ),
            new_cell("markdown", "Because.", tag="solution", name="d"),
        ]
    }


def test_exercises_are_taken_over_and_solutions_emptied():
    cells = exercises(solutions())
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code", "code", "markdown"]
    assert cells[1]["source"] == "answer = ...  # your answer"
    assert cells[3]["source"] == "*Your answer:*"
    assert all(tags(cell) == ["exercise"] for cell in cells)
    assert len({cell["id"] for cell in cells}) == 4


def test_writing_stubs_twice_changes_nothing():
    lesson = {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "## Exercises\n\nPredict first."},
            {"cell_type": "markdown", "metadata": {}, "source": "## Further reading"},
        ]
    }
    write_stubs(lesson, solutions())
    once = [dict(cell) for cell in lesson["cells"]]
    write_stubs(lesson, solutions())
    assert lesson["cells"] == once
    assert [cell["source"] for cell in once][::5] == [
        "## Exercises\n\nPredict first.",
        "## Further reading",
    ]


def test_lesson_without_a_place_for_exercises_is_refused():
    with pytest.raises(ValueError, match="## Exercises"):
        write_stubs({"cells": []}, solutions())
