"""Equal calls give equal bytes, whatever else the machine does meanwhile and however often.

`GAN_LESSONS_CALLS=100 pytest tests/restyle/test_same_bytes.py` makes a hundred calls.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lessons.widgets.explorer.pictures import bundled

CALLS = int(os.environ.get("GAN_LESSONS_CALLS", "3"))
BUSY = "while True: sum(range(10_000))"


@pytest.fixture
def load():
    """Two processes that do nothing but take the processor from others."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    yield
    for process in busy:
        process.kill()
        process.wait()


def restyled(source: Path, out: Path, threads: int) -> dict[str, str]:
    """What a fresh process makes of a picture: digests of the results by name."""
    options = ["--model", "emoji64", "--seed", "5", "--count", "2", "--out", str(out)]
    command = [sys.executable, "-m", "gan_lessons", "restyle", str(source), *options]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    results = sorted(out.glob("*.png"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in results}


@pytest.mark.slow
def test_equal_calls_give_equal_bytes_under_load(load, tmp_path):
    source = tmp_path / "snail.png"
    bundled("fluent/snail").save(source)
    threads = [1 + number % 2 for number in range(CALLS)]
    made = [restyled(source, tmp_path / str(k), each) for k, each in enumerate(threads)]
    assert len(made[0]) == 16 and len(set(made[0].values())) > 8
    for each, one in zip(threads, made, strict=True):
        assert one == made[0], f"with {each} of threads"
