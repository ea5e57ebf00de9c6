"""Results say which code made them."""

import json
import subprocess

import pytest
import torch

from gan_lessons.provenance import commit, provenance


def git(folder, *words):
    settings = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    asked = ["git", *settings, "-C", str(folder), *words]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "gan_lessons").mkdir()
    (tmp_path / "gan_lessons" / "a.py").write_text("x = 1\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "First")
    return tmp_path


def test_commit_is_the_one_that_git_names(checkout):
    wanted = git(checkout, "rev-parse", "HEAD")
    assert commit(checkout) == wanted
    git(checkout, "pack-refs", "--all")
    assert not (checkout / ".git/refs/heads/main").exists()
    assert commit(checkout) == wanted
    git(checkout, "checkout", "-q", "--detach")
    assert commit(checkout) == wanted


def test_changes_of_the_package_are_told(checkout):
    (checkout / "notes.txt").write_text("not of the package")
    assert not commit(checkout).endswith("+changes")
    (checkout / "gan_lessons" / "a.py").write_text("x = 2\n")
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD") + "+changes"


def test_without_git_the_commit_is_read_and_changes_are_not_excluded(checkout, monkeypatch):
    wanted = git(checkout, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", "")
    assert commit(checkout) == f"{wanted}+changes"


def test_installed_package_has_no_commit(tmp_path):
    assert commit(tmp_path) is None


def test_versions_are_plain_data(tmp_path):
    found = provenance(tmp_path)
    assert found["torch"] == torch.__version__
    assert found["threads"] == torch.get_num_threads()
    assert json.loads(json.dumps(found)) == found
