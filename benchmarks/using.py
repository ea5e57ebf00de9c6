"""What using a model costs: precision, resolution, styles, and the start of the package."""

import subprocess
import sys
import time
from collections.abc import Callable

import torch

from benchmarks.timing import alone, ratio
from gan_lessons.style_transfer import StyleTransfer

MODEL, BATCH, CALLS = "emoji64", 16, 7


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

    def timed(precision="auto", channels_last=True, size=64, styles=8, compiled=False):
        args = (precision, channels_last, size, styles, compiled)
        return alone(restyling, *args, warm=3, calls=CALLS)

    report(f"Restyling with {MODEL}, batch {BATCH}")
    usual = timed()
    report(f"  auto against float32 contiguous: {ratio(timed('fp32', False), usual)}")
    report(f"  compiled against eager: {ratio(usual, timed(compiled=True))}")
    large = timed(size=128).median / usual.median
    report(f"  128 px against 64 px: {large:.1f} times the time, 4 times the pixels")
    one = usual.median / timed(styles=1).median
    report(f"  8 styles in a batch against 1: {one:.2f} times the time")
    both = seconds_of("import gan_lessons") / seconds_of("import torch")
    report(f"Start: importing the package takes {both:.2f} times what torch alone takes")
