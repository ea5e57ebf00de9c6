import pytest

from gan_lessons.course.notebook import new_cell
from gan_lessons.course.publish.density import CellDensity, densities, median


def lesson(*cells: tuple[str, str]) -> dict:
    made = [new_cell("code", source, tag=tag, name=str(k)) for k, (source, tag) in enumerate(cells)]
    return {"cells": [new_cell("markdown", "# Title", tag="title", name="title"), *made]}


def test_nodes_are_counted_a_line_and_comments_are_none():
    # The module, and for each line Assign, Name with its Store, and Constant.
    (cell,) = densities(lesson(("# why\na = 1\n\nb = 2", "widget")))
    assert cell == CellDensity(number=2, lines=2, nodes=(1 + 2 * 4) / 2)


def test_golf_weighs_more_than_the_same_in_plain_lines():
    golf = "a, b = (f(x) for x in (1, 2))"
    plain = "a = f(1)\nb = f(2)"
    dense, clear = densities(lesson((golf, "widget"), (plain, "widget")))
    assert dense.nodes > 1.5 * clear.nodes


@pytest.mark.parametrize("tag", ["setup", "imports", "parameters", "exercise"])
def test_what_is_not_the_lesson_s_own_code_counts_for_nothing(tag):
    assert densities(lesson(("a = 1", tag), ("%matplotlib inline", "widget"))) == []


def test_the_median_weighs_each_cell_by_its_lines():
    assert median([CellDensity(1, 1, 30.0), CellDensity(2, 5, 8.0), CellDensity(3, 1, 20.0)]) == 8
    assert median([]) == 0
