import os
import subprocess
import sys

import pytest
import torch

from gan_lessons.training import precision


def test_half_precision_on_a_cpu_is_refused():
    with pytest.raises(ValueError, match="fp16.*GPUs.*bf16 or fp32"):
        precision.resolve("fp16", "cpu")


def test_an_unknown_precision_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'fp8'.*auto, fp32, bf16, fp16"):
        precision.resolve("fp8", "cpu")


def test_a_named_precision_is_taken_at_its_word():
    assert precision.resolve("fp32", "cpu") == "fp32"
    assert precision.resolve("bf16", "cpu") == "bf16"
    assert precision.resolve("fp16", "cuda") == "fp16"


UNITS = """
from gan_lessons.training import precision
print(precision.bf16_units("cpu") or "none", precision.resolve("auto", "cpu"))
"""


def asked(**environment: str) -> list[str]:
    """What a fresh process says that its processor has, and what it chooses."""
    told = subprocess.run(
        [sys.executable, "-c", UNITS],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.split()


def test_auto_takes_bf16_where_the_processor_has_units_for_it():
    units, chosen = asked()
    assert units in ("matrix", "vector", "none")
    assert chosen == ("fp32" if units == "none" else "bf16")


def test_units_that_the_libraries_may_not_use_do_not_count():
    assert asked(ONEDNN_MAX_CPU_ISA="AVX2") == ["none", "fp32"]


def test_auto_answers_the_same_under_load():
    busy = [sys.executable, "-c", "while True: pass"]
    load = [subprocess.Popen(busy) for _ in range(4)]
    try:
        assert len({tuple(asked()) for _ in range(3)}) == 1
    finally:
        for process in load:
            process.kill()
            process.wait()


@pytest.mark.parametrize(("name", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_run_in_the_precision_and_weights_stay(name, dtype):
    layer = torch.nn.Linear(4, 4)
    with precision.autocast(name, "cpu"):
        y = layer(torch.ones(1, 4))
    assert y.dtype == dtype and layer.weight.dtype == torch.float32
    assert layer(torch.ones(1, 4)).dtype == torch.float32


def test_devices_by_name():
    assert precision.device_named("cpu") == torch.device("cpu")
    assert precision.device_named("auto") == precision.best_device()
    for name in ("tpu", "meta", "gpu"):
        with pytest.raises(ValueError, match=f"'{name}'.*auto, cuda, mps or cpu"):
            precision.device_named(name)


@pytest.mark.parametrize(
    ("name", "present"),
    [("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available())],
)
def test_a_device_that_is_not_there_is_refused(name, present):
    if present:
        assert precision.device_named(name).type == name
    else:
        with pytest.raises(ValueError, match=f'no {name.upper()} device.*"auto"'):
            precision.device_named(name)
