"""JupyterLab is opened for real, on the checkout's notebooks or a copy of the installed ones."""

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


def test_checkout_is_opened_where_it_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(jupyterlab, "share", lambda *parts: tmp_path / "checkout" / "notebooks")
    assert jupyterlab.lessons_folder(tmp_path) == tmp_path / "checkout" / "notebooks"
    assert not list(tmp_path.iterdir())


def test_installed_notebooks_are_copied_and_never_over_a_learners_work(tmp_path, monkeypatch):
    shared = tmp_path / "_share" / "notebooks"
    (shared / "figures").mkdir(parents=True)
    (shared / "00_start_here.ipynb").write_text("new")
    (shared / "01_loss.ipynb").write_text("new")
    (shared / "figures" / "face.svg").write_text("<svg/>")
    monkeypatch.setattr(jupyterlab, "share", lambda *parts: shared)
    beside = tmp_path / "mine"
    (beside / jupyterlab.COPY).mkdir(parents=True)
    (beside / jupyterlab.COPY / "01_loss.ipynb").write_text("edited")
    folder = jupyterlab.lessons_folder(beside)
    assert (folder / "00_start_here.ipynb").read_text() == "new"
    assert (folder / "figures" / "face.svg").exists()
    assert (folder / "01_loss.ipynb").read_text() == "edited"


def test_missing_jupyterlab_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setattr(jupyterlab, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="gan-lessons\\[notebook\\]"):
        jupyterlab.main([])


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the test ends JupyterLab by a POSIX signal")
def test_jupyterlab_serves_the_first_lesson(tmp_path):
    command = [sys.executable, "-u", "-m", "gan_lessons.course.jupyterlab", "--no-browser"]
    first = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    notebook.write(tmp_path / "notebooks" / jupyterlab.FIRST, first)
    places = {"JUPYTER_RUNTIME_DIR": str(tmp_path / "run"), "GAN_LESSONS_DATA": str(tmp_path)}
    environment = os.environ | places
    process = subprocess.Popen(
        [*command, "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        said = process.stdout.readline()
        address = re.search(r"JupyterLab is at (http://\S+)", said)[1]
        assert "/lab/tree/00_start_here.ipynb?token=" in address
        with urllib.request.urlopen(address, timeout=60) as page:
            assert page.status == 200 and b"JupyterLab" in page.read()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
