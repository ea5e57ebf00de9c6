"""What is decided before several processes meet; what they do together is in test_two_processes."""

import sys

import pytest
import torch

from gan_lessons.training.processes.distributed import ALONE, joined_processes, on_cpu
from gan_lessons.training.processes.heartbeat import speaks


@pytest.fixture(autouse=True)
def unlaunched(monkeypatch):
    for name in ("WORLD_SIZE", "MASTER_ADDR", "ACCELERATE_USE_CPU", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)


def test_a_process_alone_needs_no_accelerate(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with joined_processes("auto") as processes:
        assert processes is ALONE and processes.main and speaks()
    x = torch.arange(3.0)
    assert processes.share(x) is x and processes.mean(x) is x and processes.shared(x) is x
    assert processes.any(True) and not processes.any(False)
    processes.check(6, 3)
    with pytest.raises(ValueError, match="multiple of 4 .1 processes x 4 micro-batches., got 6"):
        processes.check(6, 4)


def test_several_need_accelerate(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ValueError, match="pip install 'gan-lessons"), joined_processes("cpu"):
        pass


def test_a_launcher_that_starts_one_of_several_is_refused(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    with pytest.raises(ValueError, match="starts one process, whatever"), joined_processes("cpu"):
        pass


@pytest.mark.parametrize(
    ("device", "gpus", "flag", "cpu"),
    [
        ("cpu", 2, "", True),
        ("auto", 0, "", True),
        ("auto", 2, "true", True),
        ("auto", 2, "false", False),
        ("cuda", 2, "", False),
    ],
)
def test_where_processes_train(monkeypatch, device, gpus, flag, cpu):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("ACCELERATE_USE_CPU", flag)
    assert on_cpu(device) == cpu


def test_a_gpu_each_or_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="2 processes were started on a machine with 1 GPU"):
        on_cpu("auto")
    with pytest.raises(ValueError, match="device is auto, cuda or cpu, got 'cuda:1'"):
        on_cpu("cuda:1")
