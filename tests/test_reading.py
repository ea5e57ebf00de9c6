"""Files of a user's are opened without waiting, and only up to the size that is expected."""

import io
import os
from pathlib import Path

import pytest

from gan_lessons.reading import open_regular, read_regular
from gan_lessons.text import read_json, read_yaml
from gan_lessons.training import checkpoint, history

READERS = [open_regular, lambda path: read_regular(path, 9), read_json, read_yaml]


@pytest.fixture
def pipe(tmp_path) -> Path:
    """Nobody writes into it: whoever opens it to read as usual waits for ever."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_is_refused_and_so_are_folders_and_devices(pipe, tmp_path, read):
    (tmp_path / "link").symlink_to(pipe)
    for path in (pipe, tmp_path / "link", Path("/dev/zero")):
        with pytest.raises(ValueError, match="not an ordinary file"):
            read(path)
    with pytest.raises(ValueError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none")


def test_a_pipe_is_no_checkpoint_and_no_log(pipe):
    with pytest.raises(ValueError, match="not a readable checkpoint"):
        checkpoint.read(pipe)
    with pytest.raises(ValueError, match="not an ordinary file"):
        history.read(pipe)


def test_no_descriptor_stays_open(pipe):
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not list what is open")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with pytest.raises(ValueError):
            open_regular(pipe)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_is_read_up_to_its_limit(tmp_path):
    (tmp_path / "x").write_bytes(b"123456789")
    assert read_regular(tmp_path / "x", 9) == b"123456789"
    with pytest.raises(ValueError, match="larger than the"):
        read_regular(tmp_path / "x", 8)
    with open_regular(tmp_path / "x") as handle:
        assert isinstance(handle, io.BufferedReader) and handle.read() == b"123456789"


def test_what_is_no_pipe_is_read_as_ever(tmp_path):
    (tmp_path / "x").write_text('{"a": [1]}')
    assert read_json(tmp_path / "x") == read_yaml(tmp_path / "x") == {"a": [1]}
