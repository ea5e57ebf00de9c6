"""Which number format a training computes in, asked of the machine rather than guessed."""

import time
from contextlib import nullcontext
from dataclasses import fields, replace
from functools import cache
from typing import Any

import torch
from torch import nn

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def best_device() -> torch.device:
    """The fastest device present: cuda, then mps, then cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_named(name: str) -> torch.device:
    """A device by name; "auto" is the fastest present.

    Raises:
        ValueError: if this machine has no such device.
    """
    if name == "auto":
        return best_device()
    try:
        device = torch.device(name)
        known = device.type in ("cuda", "mps", "cpu")
    except RuntimeError:
        known = False
    if not known:
        raise ValueError(f"no device {name!r}; use auto, cuda, mps or cpu")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError('no CUDA device on this machine; use device "auto" or "cpu"')
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"no device {name!r}; there are {torch.cuda.device_count()}, from cuda:0")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError('no MPS device on this machine; use device "auto" or "cpu"')
    return device


@cache
def resolve(precision: str, device_type: str) -> str:
    """Turn "auto" into what is fast on a device.

    On a GPU: bf16 where it has units for it, else fp16. On a CPU, bf16 only where a small
    convolution, forward and backward, really runs 1.5 times as fast in it; processors without
    such units emulate bf16 slowly.

    Args:
        precision: "auto", "fp32", "bf16" or "fp16".
        device_type: "cuda", "mps" or "cpu".

    Returns:
        "fp32", "bf16" or "fp16".

    Raises:
        ValueError: for fp16 on a CPU, which has no use for it, or an unknown name.
    """
    if precision not in ("auto", *DTYPES):
        raise ValueError(f"no precision {precision!r}; use auto, {', '.join(DTYPES)}")
    if precision == "fp16" and device_type == "cpu":
        raise ValueError("fp16 trains on GPUs only; use precision auto, bf16 or fp32 on a CPU")
    if precision != "auto":
        return precision
    if device_type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if device_type == "mps":
        return "fp32"
    return "bf16" if 1.5 * seconds("bf16") < seconds("fp32") else "fp32"


def for_training(precision: str, device_type: str) -> str:
    """What `resolve` says, and "fp64", in which two runs can be compared to the eighth digit.

    Args:
        precision: "auto", "fp32", "bf16", "fp16" or "fp64".
        device_type: "cuda", "mps" or "cpu".

    Returns:
        "fp32", "bf16", "fp16" or "fp64".

    Raises:
        ValueError: as `resolve` does, and for fp64 on a Mac's GPU.
    """
    if precision != "fp64":
        return resolve(precision, device_type)
    if device_type == "mps":
        raise ValueError("an mps device has no fp64; use device cpu, or precision fp32")
    return precision


def fitted(batch: Any, precision: str) -> Any:
    """A batch in the precision that the networks are kept in.

    Args:
        batch: a frozen dataclass of tensors.
        precision: resolved.

    Returns:
        The batch itself; for fp64, with its numbers in double.
    """
    if precision != "fp64":
        return batch
    parts = {f.name: getattr(batch, f.name) for f in fields(batch)}
    return replace(batch, **{k: v.double() for k, v in parts.items() if v.is_floating_point()})


def seconds(precision: str) -> float:
    """Shortest of five timed forward and backward passes of a small convolution on the CPU."""
    conv = nn.Conv2d(64, 64, 3, padding=1).to(memory_format=torch.channels_last)
    x = torch.zeros(8, 64, 16, 16).to(memory_format=torch.channels_last)
    times = []
    for _ in range(7):
        start = time.perf_counter()
        with autocast(precision, "cpu"):
            y = conv(x)
        y.float().sum().backward()
        times.append(time.perf_counter() - start)
    return min(times[2:])  # the first two pay for kernel set-up


def autocast(precision: str, device_type: str):
    """A context in which convolutions and matrix products run in a resolved precision."""
    if precision in ("fp32", "fp64"):
        return nullcontext()
    return torch.autocast(device_type, DTYPES[precision])
