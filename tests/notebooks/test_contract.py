"""Every notebook keeps the contract, and the contract finds what it is there to find."""

import importlib.util
from pathlib import Path

import nbformat
import pytest

from gan_lessons.course import notebook
from gan_lessons.course.publish import colab, contract, links

_spec = importlib.util.spec_from_file_location("examples", Path(__file__).parent / "examples.py")
examples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(examples)

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
STORED = notebook.notebooks(NOTEBOOKS)


def id_of(path: Path) -> str:
    return path.relative_to(NOTEBOOKS).as_posix()


@pytest.mark.parametrize("path", STORED, ids=id_of)
def test_stored_notebook_keeps_the_contract(path):
    assert not contract.violations(notebook.read_notebook(path), path, NOTEBOOKS)


@pytest.mark.parametrize("path", STORED, ids=id_of)
def test_stored_notebook_is_valid_and_written_as_jupyterlab_would(path):
    text = path.read_text(encoding="utf-8")
    node = nbformat.reads(text, as_version=4)
    nbformat.validate(node)
    assert nbformat.writes(node) + "\n" == text


def test_all_notebooks_name_the_same_repository():
    assert len({colab.repository_of(notebook.read_notebook(path)) for path in STORED}) <= 1


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of notebooks with one lesson, its solutions and its picture."""
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "face.svg").write_text("<svg/>")
    notebook.write_notebook(tmp_path / "01_gan_loss.ipynb", examples.lesson())
    solutions, place = examples.solutions(), tmp_path / "solutions" / "01_gan_loss.ipynb"
    links.write_links(solutions, place, tmp_path)
    notebook.write_notebook(place, solutions)
    return tmp_path


def check(folder: Path, edit, name: str = "01_gan_loss.ipynb") -> str:
    path = folder / name
    edited = notebook.read_notebook(path)
    edit(edited["cells"], edited)
    return "\n".join(contract.violations(edited, path, folder))


def named(cells: list, name: str) -> dict:
    return next(cell for cell in cells if cell["id"] == name)


def test_the_example_keeps_the_contract(folder):
    assert not check(folder, lambda cells, _: None)
    assert not check(folder, lambda cells, _: None, "solutions/01_gan_loss.ipynb")


EDITS = {
    "has to be one": lambda c, n: named(c, "parameters")["metadata"].clear(),
    "The preset changes no work": lambda c, n: named(c, "code-14").update(
        source='claim("a", 1, 0, 2, preset=preset, **{"preset": preset})\nprint(f"{preset}")'
    ),
    "plain literals": lambda c, n: named(c, "parameters").update(source="steps = 3 * 100"),
    'preset = "smoke"': lambda c, n: named(c, "parameters").update(source='preset = "full"'),
    "batch_size is called batch": lambda c, n: named(c, "parameters").update(
        source='preset = "smoke"\nbatch_size = 3'
    ),
    "imports cell has 23 lines": lambda c, n: named(c, "imports").update(
        source="import math\n" * 23
    ),
    "tagged imports": lambda c, n: named(c, "imports")["metadata"].clear(),
    "not run once each": lambda c, n: named(c, "code-3").update(execution_count=99),
    "stores an error": lambda c, n: put(c, output_type="error", traceback=[], ename="", evalue=""),
    "stores the view": lambda c, n: show(c, "application/vnd.jupyter.widget-view+json", {}),
    "static picture": lambda c, n: named(c, "code-0")["metadata"].update(tags=["widget"]),
    "names a folder of the machine": lambda c, n: show(c, "text/plain", "/home/ada/lesson.py"),
    "third code cell in a row": lambda c, n: [c.remove(named(c, f"text-{k}")) for k in (4, 5)],
    "tags that the course does not know": lambda c, n: named(c, "code-0")["metadata"].update(
        tags=["parameter"]
    ),
    "without a reason": lambda c, n: named(c, "code-0")["metadata"].update(tags=["nbval-skip"]),
    "has 41 lines": lambda c, n: named(c, "code-0").update(source="a = 1\n" * 41),
    "is empty": lambda c, n: named(c, "text-0").update(source="\n"),
    "not normalised": lambda c, n: n["metadata"].update(widgets={}),
    "does not exist": lambda c, n: named(c, "text-0").update(source="![A curve](figures/no.svg)"),
    "no alternative text": lambda c, n: named(c, "text-0").update(source="![](figures/face.svg)"),
    "not those that there are": lambda c, n: named(c, "text-0").update(
        source="[lesson 09](09_gone.ipynb)"
    ),
    "A link leads to other.md": lambda c, n: named(c, "text-0").update(source="[all](other.md)"),
    "shows 1 picture without alternative text": lambda c, n: show(c, "image/png", "aGVsbG8="),
    "not the set-up cell": lambda c, n: named(c, "setup").update(source="!pip install torch"),
    "neither the Colab badge": lambda c, n: named(c, "title").update(
        source="# T\n\n![A](figures/face.svg)"
    ),
    "not the title": lambda c, n: c.insert(0, examples.cell("markdown", "Hello.", name="hello")),
    "cells; the course keeps": lambda c, n: [
        c.remove(named(c, f"text-{k}")) for k in range(0, 9, 2)
    ],
    "text cells for each code cell": lambda c, n: c.extend(
        examples.cell("markdown", "More.", name=f"x{k}") for k in range(20)
    ),
    "lines in the median": lambda c, n: [
        named(c, f"code-{k}").update(source="a = 1") for k in range(15)
    ],
    "lines in nine of ten": lambda c, n: [
        named(c, f"code-{k}").update(source="a = 1\n" * 30) for k in range(4)
    ],
    "nodes of the syntax tree a line; ": lambda c, n: [
        named(c, f"code-{k}").update(source="a = [(x, y) for x, y in zip(*z) if x + y < 3]\n" * 6)
        for k in range(15)
    ],
    "words; ": lambda c, n: named(c, "recap").update(source="## Recap"),
    "has to end with the sections": lambda c, n: named(c, "recap").update(source="## Summary"),
    "No picture": lambda c, n: named(c, "title").update(source=f"# T\n\n{colab.PLACEHOLDER}"),
    "solution stands in the lesson": lambda c, n: named(c, "code-0")["metadata"].update(
        tags=["solution"]
    ),
    "passes its own check": lambda c, n: put(
        c, "exercise-03", output_type="stream", name="stdout", text="1: passed\n"
    ),
}


def put(cells: list, cell_name: str = "code-0", **output) -> None:
    named(cells, cell_name)["outputs"].append(output)


def show(cells: list, kind: str, value) -> None:
    put(cells, output_type="display_data", data={kind: value}, metadata={})


@pytest.mark.parametrize("sentence", EDITS)
def test_break_is_found(sentence, folder):
    assert sentence in check(folder, EDITS[sentence])


SOLUTION_EDITS = {
    "is not solved": lambda c, n: put(
        c, "check", output_type="stream", name="stdout", text="1: not attempted\n"
    ),
    "no solution in it": lambda c, n: c.remove(named(c, "solution")),
    "neither set-up nor exercise": lambda c, n: c.append(
        examples.cell("markdown", "By the way.", name="aside")
    ),
}


@pytest.mark.parametrize("sentence", SOLUTION_EDITS)
def test_break_in_solutions_is_found(sentence, folder):
    found = check(folder, SOLUTION_EDITS[sentence], "solutions/01_gan_loss.ipynb")
    assert sentence in found


def test_exercises_need_solutions(folder):
    (folder / "solutions" / "01_gan_loss.ipynb").unlink()
    assert "without a notebook of solutions" in check(folder, lambda c, n: None)


def test_large_notebook_is_found(folder):
    path = folder / "01_gan_loss.ipynb"
    path.write_text(path.read_text() + " " * contract.MAX_BYTES)
    assert "MB" in check(folder, lambda c, n: None)


def test_optional_part_counts_for_no_size_and_ends_with_the_next_heading(folder):
    def long_part(heading):
        def edit(cells, notebook):
            place = cells.index(named(cells, "recap"))
            part = examples.cell("markdown", f"{heading}\n\n{'A word. ' * 2000}", name="long")
            cells.insert(place, part)

        return edit

    assert "words; " not in check(folder, long_part("## 9. Optional: the theory"))
    assert "words; " in check(folder, long_part("## 9. The theory"))
    assert "words; " in check(folder, long_part("### Optional: the theory"))

    def longer_recap(cells, notebook):
        long_part("## Optional: the theory")(cells, notebook)
        named(cells, "recap")["source"] += "\n\n" + "A word. " * 2000

    assert "words; " in check(folder, longer_recap)


def test_deliberate_error_and_skipped_cell_with_reason_are_fine(folder):
    def edit(cells, _):
        put(cells, output_type="error", traceback=[], ename="ValueError", evalue="")
        named(cells, "code-0")["metadata"]["tags"] = ["raises-exception"]
        skipped = named(cells, "code-1")
        skipped["metadata"]["tags"] = ["nbval-skip"]
        skipped["source"] = "# Not run in tests: it takes an hour.\n" + skipped["source"]

    assert not check(folder, edit)


def test_picture_with_alternative_text_stands_for_a_widget(folder):
    def edit(cells, _):
        named(cells, "code-0")["metadata"]["tags"] = ["widget"]
        data = {"image/png": "iVBORw0KGgo="}
        described = {"image/png": {"alt": "Two curves that meet"}}
        put(cells, output_type="display_data", data=data, metadata=described)

    assert not check(folder, edit)
