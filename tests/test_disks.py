"""A full disk, a read-only one and a vanished input, for real: a small file system in memory."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lessons import files

SCRIPT = """
import os, subprocess, sys
from pathlib import Path
import torch
from gan_lessons import StyleTransfer, tensor_to_image
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import ImageError, encode_image

disk, source = Path(sys.argv[1]), sys.argv[2]
model = StyleTransfer.load(source, device="cpu", precision="fp32")
model.save(disk / "model")
OutputFolder(disk).append_line("log.jsonl", "{}")
picture = encode_image(tensor_to_image(torch.zeros(3, 16, 16, dtype=torch.uint8)))
(disk / "picture.png").write_bytes(picture)

def listing():
    return {p.relative_to(disk).as_posix(): p.read_bytes()
            for p in sorted(disk.rglob("*")) if p.is_file() and p.name != "filler"}

def refused(word, *actions):
    before = listing()
    for action in actions:
        try:
            action()
        except OSError as error:
            assert word in str(error) and "was not written" in str(error), error
        else:
            raise AssertionError(f"written, though: {word}")
    assert listing() == before, set(listing()) ^ set(before)
    StyleTransfer.load(disk / "model", device="cpu", precision="fp32")

with open(disk / "filler", "wb", buffering=0) as filler:
    try:
        while True:
            filler.write(bytes(4096))
    except OSError:
        pass
for network in model.networks.values():
    for p in network.parameters():
        p.add_(1)
refused(
    "the disk is full",
    lambda: model.save(disk / "model"),
    lambda: OutputFolder(disk).append_line("log.jsonl", "x" * 100_000),
    lambda: OutputFolder(disk / "model").write_bytes("new.png", bytes(100_000)),
)
(disk / "filler").unlink()
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
refused(
    "read-only",
    lambda: model.save(disk / "model"),
    lambda: model.save(disk / "another"),
    lambda: OutputFolder(disk).append_line("log.jsonl", "x"),
)
subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
(disk / "picture.png").unlink()
for gone in (disk / "picture.png", disk / "nowhere" / "x.png"):
    try:
        model.restyle(gone, model.styles[0])
    except ImageError as error:
        assert "does not exist" in str(error)
    else:
        raise AssertionError("restyled what is gone")
print("done")
"""


def inside(*command: str) -> list[str]:
    """A command in a namespace of its own, where it may mount."""
    return ["unshare", "--user", "--map-root-user", "--mount", *command]


@pytest.mark.skipif(not shutil.which("unshare"), reason="there is no `unshare` here")
def test_what_was_complete_stays_and_what_is_half_written_goes(tiny_model, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    probe = inside("mount", "-t", "tmpfs", "none", str(disk))
    if (tried := subprocess.run(probe, capture_output=True, text=True)).returncode:
        pytest.skip(f"this system forbids namespaces: {tried.stderr.strip()}")
    shell = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -c "$3" "$1" "$4"'
    command = inside("sh", "-c", shell, "sh", str(disk), sys.executable, SCRIPT, str(tiny_model))
    root = str(Path(files.__file__).parent.parent)
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True
    )
    assert done.stdout.strip() == "done", done.stderr[-3000:]
