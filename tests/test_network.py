"""Nothing opens a connection unless it was asked to: proven with the network cut, and by a trap."""

import os
import subprocess
import sys

import pytest

from gan_lessons import files

# Everything that a user does with bundled models and own pictures; any connection is an error.
DONE = """
import socket, sys, tempfile
from pathlib import Path

def trap(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        if event != "socket.connect" or not isinstance(arguments[1], (str, bytes)):
            raise AssertionError(f"{event} {arguments}")

sys.addaudithook(trap)
from typer.testing import CliRunner
from gan_lessons.cli.main import app
from gan_lessons import StyleTransfer, load_dataset, tensor_to_image

def run(*words):
    result = CliRunner().invoke(app, list(words))
    assert not result.exit_code, (words, result.output, result.exception)

home = Path(tempfile.mkdtemp())
picture = load_dataset("emoji_styles", size=64).find("red apple", "noto")
tensor_to_image(picture).save(home / "apple.png")
StyleTransfer.load("emoji64", device="cpu").save(home / "copy")
run("restyle", str(home / "apple.png"), "--style", "twemoji", "--out", str(home / "out"))
run("models")
print("done")
"""


def environment() -> dict[str, str]:
    root = os.path.dirname(os.path.dirname(files.__file__))
    return os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}


def test_nothing_asks_the_network():
    done = subprocess.run(
        [sys.executable, "-c", DONE], env=environment(), capture_output=True, text=True
    )
    assert done.stdout.strip().endswith("done"), done.stderr[-3000:]


def test_all_of_it_works_with_the_network_cut():
    """In a namespace that has no network at all, not even the loopback."""
    cut = ["unshare", "--user", "--map-root-user", "--net"]
    try:
        probe = subprocess.run([*cut, "true"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no `unshare` here")
    if probe.returncode:
        pytest.skip(f"this system forbids namespaces: {probe.stderr.strip()}")
    script = DONE.replace("sys.addaudithook(trap)", "")
    done = subprocess.run(
        [*cut, sys.executable, "-c", script], env=environment(), capture_output=True, text=True
    )
    assert done.stdout.strip().endswith("done"), done.stderr[-3000:]
