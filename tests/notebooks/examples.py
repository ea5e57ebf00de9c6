"""Small notebooks that keep the contract, made by the code that the course itself is made with."""

from gan_lessons.course.notebook import KERNEL, new_cell
from gan_lessons.course.publish import colab

WORDS = "word " * 30


def cell(kind: str, source: str, *tags: str, name: str, count: int | None = None) -> dict:
    made = new_cell(kind, source, tag="", name=name)
    made["metadata"] = {"tags": list(tags)} if tags else {}
    if kind == "code":
        made["execution_count"] = count
    return made


def lesson(relative: str = "notebooks/01_gan_loss.ipynb") -> dict:
    """A lesson of the right size, executed, with an exercise that nobody attempted."""
    picture = "![A face in eight styles](figures/face.svg)"
    cells = [cell("markdown", f"# The loss\n\n{picture}", name="title")]
    cells.append(cell("code", "import math\nimport random", "imports", name="imports"))
    parameters = 'preset = "smoke"\nseed = 0\nsteps = 300'
    cells.append(cell("code", parameters, "parameters", name="parameters"))
    cells.insert(2, cell("markdown", WORDS, name="before-parameters"))
    for k in range(15):
        cells.append(cell("markdown", f"## Section {k}\n\n{WORDS}", name=f"text-{k}"))
        cells.append(cell("code", "a = 1\nb = 2\nc = 3\nprint(a + b)\n", name=f"code-{k}"))
    length = "length = steps * {'smoke': 1}[preset]\nb = 2\nc = 3\nprint(b)"
    cells[-1]["source"] = length
    cells.append(cell("markdown", f"## Recap\n\n{WORDS * 20}", name="recap"))
    cells.append(cell("markdown", "## Exercises", name="exercises"))
    cells.append(cell("markdown", "### Exercise 1", "exercise", name="exercise-01"))
    cells.append(cell("code", "answer = ...  # your answer", "exercise", name="exercise-02"))
    check = "from gan_lessons import check\n\nwith check('1', answer):\n    assert answer == 4"
    cells.append(cell("code", check, "exercise", name="exercise-03"))
    for k in range(4):
        cells.append(cell("markdown", WORDS, name=f"more-{k}"))
    cells.append(cell("markdown", f"## Further reading\n\n{WORDS * 10}", name="reading"))
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata(), "cells": cells}
    colab.prepare(made, relative)
    return executed(made)


def solutions(relative: str = "notebooks/solutions/01_gan_loss.ipynb") -> dict:
    check = "from gan_lessons import check\n\nwith check('1', answer):\n    assert answer == 4"
    cells = [
        cell("markdown", "# Solutions: the loss", name="title"),
        cell("markdown", "### Exercise 1", "exercise", name="task"),
        cell("code", "answer = 4", "solution", name="solution"),
        cell("code", check, "exercise", name="check"),
    ]
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata(), "cells": cells}
    colab.prepare(made, relative)
    return executed(made)


def metadata() -> dict:
    return {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}


def executed(notebook: dict) -> dict:
    code = [each for each in notebook["cells"] if each["cell_type"] == "code"]
    for count, each in enumerate(code, 1):
        each["execution_count"] = count
    return notebook
