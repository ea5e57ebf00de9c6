"""Shapes from a file are not built where they ask for far more than the file holds."""

import json
import shutil
import subprocess
import sys
import time

import pytest
import torch
from torch import nn

from gan_lessons.models import budget, store
from gan_lessons.models.budget import Budget, TooLarge


def test_numbers_are_counted_before_they_are_filled(monkeypatch):
    monkeypatch.setattr(budget, "SPARE", 0)
    with Budget(72):
        nn.Linear(8, 8)  # 64 weights and 8 of the bias
    with pytest.raises(TooLarge, match="far more numbers"), Budget(71):
        nn.Linear(8, 8)
    with pytest.raises(TooLarge), Budget(10**6):
        torch.empty(10**12 // 10**3)


@pytest.mark.parametrize(
    "shapes", [{"width": 2**13, "max_width": 2**13}, {"blocks": 10**6}, {"mapping_width": 2**15}]
)
def test_a_recipe_that_asks_for_too_much_is_one_sentence(tmp_path, shapes):
    folder = tmp_path / "greedy"
    shutil.copytree(store.find("emoji64"), folder)
    values = json.loads((folder / store.CONFIG).read_text())
    values["config"]["model"] |= shapes
    (folder / store.CONFIG).write_text(json.dumps(values))
    started = time.process_time()
    with pytest.raises(ValueError, match="does not fit config.json beside it|is damaged"):
        store.read_networks(folder, store.describe(folder), ("generator", "mapping_network"))
    assert time.process_time() - started < 20


def test_loading_brings_no_compiler_along():
    code = (
        "import sys; from gan_lessons import StyleTransfer; StyleTransfer.load('emoji64'); "
        "assert 'torch._dynamo' not in sys.modules and 'torchvision' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not done.returncode, done.stderr
