"""Links between lessons: previous, next, every "lesson NN", and none to one that does not exist."""

from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.notebook import new_cell
from gan_lessons.course.publish import links

LESSONS = {"01": "01_loss.ipynb", "02": "02_first.ipynb", "12": "12_style.ipynb"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("See lesson 02.", "See [lesson 02](02_first.ipynb)."),
        ("Lesson 02's ring", "[Lesson 02](02_first.ipynb)'s ring"),
        ("lessons 01 and 02", "[lessons 01](01_loss.ipynb) and [02](02_first.ipynb)"),
        ("lessons 01 to 12", "[lessons 01](01_loss.ipynb) to [12](12_style.ipynb)"),
        ("lessons 01, 07 and 12", "[lessons 01](01_loss.ipynb), 07 and [12](12_style.ipynb)"),
        ("lesson 77 is planned", "lesson 77 is planned"),
        ("lesson 02 in `lesson 02`", "[lesson 02](02_first.ipynb) in `lesson 02`"),
        ("## What lesson 02 said", "## What lesson 02 said"),
        ("in 02 and in lesson 0215", "in 02 and in lesson 0215"),
        ("`solutions/01_loss.ipynb`", "[`solutions/01_loss.ipynb`](solutions/01_loss.ipynb)"),
        ("(lesson 12, section 3)", "([lesson 12](12_style.ipynb), section 3)"),
    ],
)
def test_mentions_become_links(text, wanted):
    assert links.linked(text, LESSONS) == wanted
    assert links.linked(wanted, LESSONS) == wanted  # written again, the same


def test_link_follows_a_lesson_that_got_another_name():
    old = links.linked("lessons 02 and 07", {"02": "02_old.ipynb", "07": "07_gone.ipynb"})
    assert old == "[lessons 02](02_old.ipynb) and [07](07_gone.ipynb)"
    assert links.linked(old, LESSONS) == "[lessons 02](02_first.ipynb) and 07"


def test_lesson_needs_no_link_to_itself():
    assert links.linked("lesson 02", LESSONS, "02_first.ipynb") == "lesson 02"
    assert links.linked("lesson 02", LESSONS, "01_loss.ipynb", "../") == (
        "[lesson 02](../02_first.ipynb)"
    )


def made(title: str, *texts: str) -> dict:
    cells = [new_cell("markdown", f"# {title}\n\n*Colab.*\n\nA picture.", tag="x", name="title")]
    cells += [new_cell("markdown", text, tag="x", name=f"t{k}") for k, text in enumerate(texts)]
    exercise = new_cell("markdown", "**1.** As in lesson 01.", tag="exercise", name="e")
    cells.insert(1, exercise)
    metadata = {"kernelspec": dict(notebook.KERNEL)}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


@pytest.fixture
def course(tmp_path) -> Path:
    lessons = {
        "01_loss": made("01 · The loss", "After lesson 02."),
        "02_first": made("02 · A first GAN", "After lesson 01."),
        "appendix_terms": made("Appendix · Terms", "Terms."),
        "solutions/02_first": made("Solutions: 02", "Lesson 01."),
    }
    for name, lesson in lessons.items():
        notebook.write_notebook(tmp_path / f"{name}.ipynb", lesson)
    return tmp_path


def written(path: Path, root: Path) -> list[str]:
    found = notebook.read_notebook(path)
    links.write_links(found, path, root)
    notebook.write_notebook(path, found)
    return [cell["source"] for cell in found["cells"]]


def test_ways_stand_below_the_title_and_at_the_end(course):
    for _ in range(2):  # the second time nothing is added
        title, exercise, last = written(course / "02_first.ipynb", course)
    way = "Previous: [01 · The loss](01_loss.ipynb) · "
    way += "Next: [Appendix · Terms](appendix_terms.ipynb)"
    assert title == f"# 02 · A first GAN\n\n*Colab.*\n\n{way}\n\nA picture."
    assert exercise == "**1.** As in lesson 01."  # the same text as in the solutions
    assert last == f"After [lesson 01](01_loss.ipynb).\n\n{way}"


def test_a_new_lesson_is_linked_by_its_neighbours(course):
    assert len(links.refresh(course)) == 4 and not links.refresh(course)
    notebook.write_notebook(course / "03_more.ipynb", made("03 · More", "After lesson 02."))
    changed = {path.name for path in links.refresh(course)}
    assert changed == {"02_first.ipynb", "03_more.ipynb", "appendix_terms.ipynb"}


def test_first_and_last_have_one_way(course):
    assert written(course / "01_loss.ipynb", course)[0].split("\n")[4] == (
        "Next: [02 · A first GAN](02_first.ipynb)"
    )
    assert written(course / "appendix_terms.ipynb", course)[-1].endswith(
        "\n\nPrevious: [02 · A first GAN](02_first.ipynb)"
    )


def test_solutions_lead_back_to_their_lesson(course):
    title, _, last = written(course / "solutions" / "02_first.ipynb", course)
    assert title.split("\n")[4] == "Lesson: [02 · A first GAN](../02_first.ipynb)"
    assert last == "[Lesson 01](../01_loss.ipynb)."
