"""What using a model costs: precision, resolution, styles, and the start of the package."""

import subprocess
import sys
import time
from collections.abc import Callable

import torch

from benchmarks.timing import by_turns, quartiles, ratio
from gan_lessons.style_transfer import StyleTransfer

MODEL, BATCH, ROUNDS = "emoji64", 16, 9


def restyling(precision: str, channels_last: bool, size: int, styles: int, compiled: bool):
    """One pass of the bundled generator over a batch, in so many styles."""
    torch.set_grad_enabled(False)
    model = StyleTransfer.load(MODEL, precision=precision)
    generator = model.networks["generator"]
    layout = torch.channels_last if channels_last else torch.contiguous_format
    generator.to(memory_format=layout)
    generator = torch.compile(generator) if compiled else generator
    x = torch.zeros(BATCH, 3, size, size, device=model.device).to(memory_format=layout)
    y = torch.arange(BATCH, device=model.device) % styles
    z = torch.zeros(BATCH, model.config.model.latent_dim, device=model.device)

    def call(number: int) -> None:
        with torch.autocast(x.device.type, torch.bfloat16, enabled=model.precision == "bf16"):
            generator(x, model.networks["mapping_network"](z, y))

    return call


def seconds_of(statement: str) -> float:
    """Shortest of three times that a fresh Python takes for a statement."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def run(report: Callable[[str], None] = print) -> None:
    """Print the ratios."""
    usual = ("auto", True, 64, 8, False)  # precision, channels last, size, styles, compiled
    asked = {
        "usual": usual,
        "float32 contiguous": ("fp32", False, *usual[2:]),
        "compiled": (*usual[:4], True),
        "128 px": (*usual[:2], 128, *usual[3:]),
        "1 style": (*usual[:3], 1, usual[4]),
    }
    made = {name: (restyling, *args) for name, args in asked.items()}
    found = by_turns(made, warm=3, rounds=ROUNDS)
    report(f"Restyling with {MODEL}, batch {BATCH}, {ROUNDS} rounds by turns")
    chosen = found["usual"]
    report(f"  auto against float32 contiguous: {ratio(found['float32 contiguous'], chosen)}")
    report(f"  compiled against eager: {ratio(chosen, found['compiled'])}")
    low, middle, high = quartiles(found["128 px"], chosen)
    report(f"  128 px against 64 px: {middle:.1f} times the time ({low:.1f} to {high:.1f}), "
           "4 times the pixels")  # fmt: skip
    low, middle, high = quartiles(chosen, found["1 style"])
    report(f"  8 styles in a batch against 1: {middle:.2f} times ({low:.2f} to {high:.2f})")
    both = seconds_of("import gan_lessons") / seconds_of("import torch")
    report(f"Start: importing the package takes {both:.2f} times what torch alone takes")
