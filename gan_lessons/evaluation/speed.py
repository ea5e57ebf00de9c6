"""What a model costs in use: milliseconds and memory, at each precision."""

import time
import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.training.precision import autocast

BATCHES = (1, 32)
REPEATS = 3


class Allocations(TorchDispatchMode):
    """Counts the bytes of tensors that live at one time, on devices that do not count themselves.

    Work space inside one operation is not seen.
    """

    def __init__(self):
        super().__init__()
        self.live: dict[int, int] = {}
        self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run an operation and note what it made."""
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                key = storage._cdata
                if key not in self.live:
                    self.live[key] = storage.nbytes()
                    weakref.finalize(tensor, self.live.pop, key, None)
                self.peak = max(self.peak, sum(self.live.values()))
        return out


def precisions(device: str) -> tuple[str, ...]:
    """Those that a device computes in."""
    return ("fp32", "bf16", "fp16") if device == "cuda" else ("fp32", "bf16")


@torch.inference_mode()
def measure_speed(model: StyleTransfer) -> list[dict]:
    """Time and memory of one pass of the generator.

    Args:
        model: any.

    Returns:
        For each precision and batch size milliseconds an image and peak MiB, weights left out.
    """
    size, width = model.size, model.networks["generator"].style_dim
    rows = []
    for precision in precisions(model.device.type):
        for batch in BATCHES:
            x = torch.zeros(batch, 3, size, size, device=model.device)
            x = x.contiguous(memory_format=torch.channels_last)
            s = torch.zeros(batch, width, device=model.device)
            rows.append({"precision": precision, "batch": batch, **one(model, x, s, precision)})
    return rows


def one(model: StyleTransfer, x: torch.Tensor, s: torch.Tensor, precision: str) -> dict:
    """Time and memory at one precision and batch size."""
    generator, kind = model.networks["generator"], model.device.type

    def run() -> None:
        with autocast(precision, kind):
            generator(x, s)
        if kind == "cuda":
            torch.cuda.synchronize()

    run()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return {
        "ms_an_image": round(1000 * min(times) / len(x), 2),
        "peak_mib": round(peak(run, kind) / 2**20, 3),
    }


def peak(run, kind: str) -> int:
    """Most bytes held at one time during a call."""
    if kind == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run()
        return torch.cuda.max_memory_allocated() - before
    with Allocations() as counted:
        run()
    return counted.peak
