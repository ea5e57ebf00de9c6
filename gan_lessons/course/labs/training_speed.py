"""What a step costs on this machine: batch, number format, graphs, and the share of what it could.

Networks, losses and intervals are those of the bundled model's recipe; the pictures are the
course's own. Each row trains for a whole period of the lazy terms after warming up. Convolutions in
float32 may use the shorter format of tensor cores, as PyTorch lets them.
"""

import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from gan_lessons.course.labs.store import Report, Store
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.stargan.architecture import batches
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.presets import preset
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.training.forecast import peak_memory
from gan_lessons.training.loop import compile_forward
from gan_lessons.training.state import create_state
from gan_lessons.training.step import stepper, train_step

LESSON = "13_full_training"
DATA = "emoji_styles"
BATCHES = {"smoke": (4,), "class": (16, 32, 64, 128, 256, 512), "full": (16, 32, 64, 128, 256, 512)}
NO_GRAPHS = {"train.graphs": "false"}
PLAIN = {"train.precision": "fp32", **NO_GRAPHS}


def recipe(batch: int, **changes: object) -> Config:
    """The bundled model's recipe at a batch size."""
    return preset("full").override({"train.batch": str(batch), **changes})


def run(store: Store, preset: str, report: Report) -> None:
    """Measure; on a GPU a few seconds a row."""
    dataset, device = load_dataset(DATA), store.device
    sizes = BATCHES[preset]
    middle = sizes[len(sizes) // 3]
    store.once("arithmetic", lambda: arithmetic(middle, dataset, device))
    store.once("matrix rate", lambda: matrix_rate(device), precision="bf16")
    for batch in sizes:
        row = recipe(batch)
        store.once(f"batch {batch}", lambda row=row: steps(row, dataset, device), precision="auto")
    rows = {"plain float32": PLAIN}
    if preset == "full":  # minutes, for compiling
        rows |= {"no graphs": NO_GRAPHS, "compiled": NO_GRAPHS | {"train.compile": "true"}}
    for name, changes in rows.items():
        row = recipe(middle, **changes)
        store.once(f"batch {middle}, {name}", lambda row=row: steps(row, dataset, device))


def steps(config: Config, dataset: StyleDataset, device: torch.device) -> dict[str, float]:
    """Train for a period and say what it took.

    Args:
        config: the recipe.
        dataset: with its styles.
        device: where to train.

    Returns:
        Milliseconds a step, images a second, peak memory in MiB, and the seconds before that, in
        which kernels are chosen, compiled or recorded.
    """
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    objective, drawn = StarGAN(config), batches(config, dataset, device)
    state = create_state(objective, config, device)
    compile_forward(objective, config.train.compile)
    make, period = stepper(state), config.loss.r1_interval
    warm = 2 * period if device.type == "cuda" else 1

    def go(first: int, last: int) -> float:
        started = time.perf_counter()
        for step in range(first, last):
            train_step(objective, state, drawn(step), step, make=make)
        wait(device)
        return time.perf_counter() - started

    before = go(0, warm)
    seconds = go(warm, warm + period) / period
    return {
        "ms_a_step": 1000 * seconds,
        "images_a_second": config.train.batch / seconds,
        "peak_mib": peak_memory(device) / 2**20,
        "seconds_before": before,
        "precision": state.precision,
    }


def arithmetic(batch: int, dataset: StyleDataset, device: torch.device) -> dict[str, float]:
    """Floating-point operations for each source image, averaged over a period of the lazy terms.

    R1, at one step in a period, is left out: the counter does not look into gradients of gradients.
    """
    config = recipe(batch, **PLAIN, **{"loss.r1": "0"})
    objective, drawn = StarGAN(config), batches(config, dataset, device)
    state = create_state(objective, config, device)
    counted = []
    for step in (0, 1):  # with the lazy terms, and without
        with FlopCounterMode(display=False) as counter:
            train_step(objective, state, drawn(step), step)
        counted.append(counter.get_total_flops())
    lazy, plain = counted
    each = (lazy + (config.loss.lazy - 1) * plain) / config.loss.lazy / batch
    return {"gflop_an_image": each / 1e9}


def matrix_rate(device: torch.device) -> dict[str, float]:
    """What the machine can do: a large matrix product in bfloat16, in TFLOP a second."""
    side = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    times = []
    for _ in range(8):
        wait(device)
        started = time.perf_counter()
        a @ b
        wait(device)
        times.append(time.perf_counter() - started)
    return {"tflop_a_second": 2 * side**3 / min(times[3:]) / 1e12}


def wait(device: torch.device) -> None:
    """Wait for what was started on the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
