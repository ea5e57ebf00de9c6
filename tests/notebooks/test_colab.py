"""The set-up cell in a Colab that is faked, and the first lesson from the wheel alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.publish import build_lessons, colab

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
STORED = notebook.notebooks(NOTEBOOKS)
FIRST = NOTEBOOKS / "00_start_here.ipynb"

# Stands in for `python -m pip` and writes down what it was asked for.
RECORDER = """\
import json, pathlib, sys
pathlib.Path({record!r}).write_text(json.dumps(sys.argv[1:]))
"""


@pytest.fixture
def fake_colab(tmp_path) -> Path:
    """A folder that makes Python believe it runs in Colab."""
    package = tmp_path / "fake" / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""Stands in for Colab."""\n')
    return tmp_path / "fake"


def run_setup(source: str, tmp_path: Path, *paths: Path) -> tuple[str, str]:
    """Runs a set-up cell where `gan_lessons` is not installed; gives its output and pip's call."""
    record = tmp_path / "pip.json"
    stand_in = tmp_path / "stand_in" / "pip"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("")
    (stand_in / "__main__.py").write_text(RECORDER.format(record=str(record)))
    search = os.pathsep.join(map(str, [stand_in.parent, *paths]))
    # -S leaves out site-packages, and with it the course that is installed there.
    command = [sys.executable, "-S", "-c", source]
    environment = os.environ | {"PYTHONPATH": search}
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    return result.stdout + result.stderr, record.read_text() if record.exists() else ""


def setup_of(path: Path) -> str:
    return next(notebook.code_cells(notebook.read_notebook(path)))["source"]


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.relative_to(NOTEBOOKS).as_posix())
def test_set_up_cell_of_a_notebook(path, fake_colab, tmp_path):
    repository = colab.repository_of(notebook.read_notebook(path))
    printed, asked = run_setup(setup_of(path), tmp_path, fake_colab)
    assert (f"github.com/{repository}" in asked) if repository else "OWNER/NAME" in printed


def test_address_is_installed_in_colab(fake_colab, tmp_path):
    printed, asked = run_setup(colab.setup_source("ada/gan-lessons"), tmp_path, fake_colab)
    course = "gan-lessons[lessons] @ git+https://github.com/ada/gan-lessons"
    assert asked == f'["install", "--quiet", "{course}"]'
    assert not printed


def test_unknown_address_prints_one_instruction_in_colab(fake_colab, tmp_path):
    printed, asked = run_setup(colab.setup_source(), tmp_path, fake_colab)
    assert not asked
    assert len(printed.splitlines()) == 1 and "OWNER/NAME" in printed


@pytest.mark.parametrize("repository", ["", "ada/gan-lessons"])
def test_nothing_happens_elsewhere(repository, tmp_path):
    # Other packages live in the same namespace `google`, and they are no sign of Colab.
    other = tmp_path / "other" / "google" / "protobuf"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("")
    assert run_setup(colab.setup_source(repository), tmp_path, other.parent.parent) == ("", "")


def test_installed_course_is_not_installed_again(fake_colab, tmp_path):
    package = tmp_path / "there" / "gan_lessons"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    source = colab.setup_source("ada/gan-lessons")
    assert run_setup(source, tmp_path, fake_colab, package.parent) == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in STORED if path == FIRST], ids=lambda p: p.stem)
def test_lesson_runs_from_the_wheel_in_an_empty_folder(path, installed, fake_colab, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    lesson = notebook.read_notebook(path)
    witness = "import gan_lessons, sys; print(gan_lessons.__file__, 'google.colab' in sys.modules)"
    # The lesson's own cells come in between, so both ends speak of the package that they used.
    for name, place in (("first", 1), ("last", len(lesson["cells"]) + 1)):
        source = f"import google.colab\n{witness}"
        lesson["cells"].insert(place, notebook.new_cell("code", source, tag="", name=name))
    search = os.pathsep.join([str(installed), str(fake_colab)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", search)
        build_lessons.execute(lesson, empty / path.name)
    for name in ("first", "last"):
        cell = next(cell for cell in lesson["cells"] if cell["id"] == name)
        module, in_colab = cell["outputs"][0]["text"].split()
        assert Path(module).is_relative_to(installed) and in_colab == "True"
