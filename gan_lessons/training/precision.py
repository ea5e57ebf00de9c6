"""Which number format a training computes in, asked of the machine."""

from contextlib import nullcontext
from dataclasses import fields, replace
from typing import Any

import torch

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


def bf16_units(device_type: str = "cpu") -> str:
    """What a device has to compute in bfloat16 with, asked of the hardware and never of a clock.

    A clock gives another answer when the machine is busy, and with it other pictures for one seed.

    Args:
        device_type: "cuda", "mps" or "cpu".

    Returns:
        "matrix" (AMX, or a GPU's tensor cores), "vector" (AVX512-BF16), or "" where bfloat16 would
        be emulated, which is slower than float32. With ONEDNN_MAX_CPU_ISA=AVX2, which keeps the
        libraries from using them, a CPU's do not count.
    """
    if device_type == "cuda":
        return "matrix" if torch.cuda.is_bf16_supported(including_emulation=False) else ""
    if device_type != "cpu" or not torch.backends.mkldnn.is_available():
        return ""
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return ""
    if torch.cpu._is_amx_tile_supported():
        return "matrix"
    return "vector" if torch.cpu._is_avx512_bf16_supported() else ""


def resolve(precision: str, device_type: str) -> str:
    """Turn "auto" into what a device has units for: the same answer at every start.

    On a GPU: bf16 where it has units for it, else fp16. On a CPU: bf16 where the processor has
    units for it, else fp32. On a Mac's GPU: fp32.

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
    if bf16_units(device_type):
        return "bf16"
    return "fp16" if device_type == "cuda" else "fp32"


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


def autocast(precision: str, device_type: str):
    """A context in which convolutions and matrix products run in a resolved precision."""
    if precision in ("fp32", "fp64"):
        return nullcontext()
    return torch.autocast(device_type, DTYPES[precision])
