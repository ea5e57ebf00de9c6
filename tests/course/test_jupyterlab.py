"""JupyterLab is opened for real, on copies of the lessons that a learner may change."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from gan_lessons.course import jupyterlab, notebook


def test_root_is_let_in_and_options_are_passed_on(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    command = jupyterlab.command(Path("notebooks/00.ipynb"), ["--no-browser", "--port", "8899"])
    assert command[-4:] == ["--allow-root", "--no-browser", "--port", "8899"]
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert "--allow-root" not in jupyterlab.command(Path("notebooks/00.ipynb"), [])


@pytest.fixture(params=["_share", "checkout"])
def course(request, tmp_path, monkeypatch):
    """A course of two lessons and a figure, installed or in a checkout; and where copies go."""
    shared = tmp_path / request.param / "notebooks"
    (shared / "figures").mkdir(parents=True)
    (shared / "00_start_here.ipynb").write_text("one")
    (shared / "01_loss.ipynb").write_text("two")
    (shared / "figures" / "face.svg").write_text("<svg/>")
    monkeypatch.setattr(jupyterlab, "share", lambda *parts: shared)
    beside = tmp_path / "mine"
    home = beside if request.param == "_share" else tmp_path / "checkout"
    return shared, beside, home / jupyterlab.COPY


def texts(folder: Path) -> dict[str, str]:
    notes = jupyterlab.COPIED
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != notes)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_a_learner_gets_copies_and_the_course_stays_as_it_is(course):
    shared, beside, wanted = course
    before = texts(shared)
    folder, kept = jupyterlab.lessons_folder(beside)
    assert folder == wanted and not kept
    assert texts(folder) == before
    (folder / "00_start_here.ipynb").write_text("edited")
    assert texts(shared) == before


def test_what_was_edited_stays_and_what_was_not_follows_the_course(course):
    shared, beside, _ = course
    folder, _ = jupyterlab.lessons_folder(beside)
    (folder / "00_start_here.ipynb").write_text("edited")
    (folder / "notes.txt").write_text("mine")
    assert jupyterlab.lessons_folder(beside) == (folder, [])
    for path in shared.glob("*.ipynb"):
        path.write_text("newer")
    (shared / "02_first_gan.ipynb").write_text("added")
    for _ in range(2):
        assert jupyterlab.lessons_folder(beside) == (folder, ["00_start_here.ipynb"])
        assert texts(folder) == {
            "00_start_here.ipynb": "edited",
            "01_loss.ipynb": "newer",
            "02_first_gan.ipynb": "added",
            "figures/face.svg": "<svg/>",
            "notes.txt": "mine",
        }
    (folder / "00_start_here.ipynb").rename(folder / "before.ipynb")
    assert jupyterlab.lessons_folder(beside) == (folder, [])
    assert texts(folder)["00_start_here.ipynb"] == "newer"


@pytest.mark.parametrize("note", [None, "[1]", "{", "[" * 100_000, "{}"])
def test_without_its_notes_nothing_of_the_learner_is_written_over(course, note):
    shared, beside, folder = course
    jupyterlab.lessons_folder(beside)
    (folder / "01_loss.ipynb").write_text("edited")
    (folder / jupyterlab.COPIED).unlink()
    if note is not None:
        (folder / jupyterlab.COPIED).write_text(note)
    (shared / "01_loss.ipynb").write_text("newer")
    jupyterlab.lessons_folder(beside)
    assert texts(folder)["01_loss.ipynb"] == "edited"


def test_missing_jupyterlab_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setattr(jupyterlab, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="gan-lessons\\[notebook\\]"):
        jupyterlab.main([])


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the test ends JupyterLab by a POSIX signal")
def test_jupyterlab_serves_the_first_lesson(tmp_path):
    command = [sys.executable, "-u", "-m", "gan_lessons.course.jupyterlab", "--no-browser"]
    first = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    notebook.write_notebook(tmp_path / "notebooks" / jupyterlab.FIRST, first)
    places = {"JUPYTER_RUNTIME_DIR": str(tmp_path / "run"), "GAN_LESSONS_DATA": str(tmp_path)}
    environment = os.environ | places
    process = subprocess.Popen(
        [*command, "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        told = process.stdout.readline()
        assert told.startswith(f"Your copies of the lessons are in {tmp_path / jupyterlab.COPY};")
        said = process.stdout.readline()
        address = re.search(r"JupyterLab is at (http://\S+)", said)[1]
        assert "/lab/tree/00_start_here.ipynb?token=" in address
        with urllib.request.urlopen(address, timeout=60) as page:
            assert page.status == 200 and b"JupyterLab" in page.read()
        assert (tmp_path / jupyterlab.COPY / jupyterlab.FIRST).is_file()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
