"""A training from the first word to the last: what it costs, start, resume, samples, weights."""

import math
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torchvision

from gan_lessons import provenance as facts
from gan_lessons.data.batches import Batches
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import encode_image, tensor_to_image
from gan_lessons.models import weights
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.presets import described
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.text import duration
from gan_lessons.training import checkpoint
from gan_lessons.training.checkpoint import State
from gan_lessons.training.graphs import Graphs
from gan_lessons.training.loop import compile_forward, train
from gan_lessons.training.precision import device_named, fitted
from gan_lessons.training.processes.distributed import Processes, together
from gan_lessons.training.step import stepper, train_step

Report = Callable[[str], None]
WARMUP = 200  # steps; the optimiser's moments are empty when only weights are taken over


@dataclass(frozen=True)
class Cost:
    """What a training will take, measured on a few steps of it."""

    seconds_per_step: float
    seconds: float  # to the end
    memory: int  # peak bytes, of this process or on the GPU
    disk: int  # bytes of checkpoint, weights and sample sheets
    processes: int = 1

    def __str__(self) -> str:
        each = f" in each of {self.processes} processes" if self.processes > 1 else ""
        return (
            f"{self.seconds_per_step:.2f} s a step, {duration(self.seconds)} to the end, "
            f"{self.memory / 2**30:.1f} GiB of memory at the peak{each}, "
            f"{self.disk / 2**20:.0f} MiB of disk"
        )


def run(
    config: Config,
    out: str | Path,
    *,
    resume: str = "",
    init_from: str | Path | None = None,
    device: str = "auto",
    dataset: StyleDataset | None = None,
    report: Report = print,
) -> State:
    """Train by a recipe; start, resume or go on from weights.

    Where a launcher started several processes, each calls this with the same arguments.

    Args:
        config: the recipe.
        out: the run's folder: log, samples, checkpoint and weights, loadable as a model.
        resume: "auto" goes on from the folder's checkpoint where there is one.
        init_from: folder of a model or run whose weights to start from, with a fresh optimiser
            and a warm-up of 200 steps.
        device: "auto", "cuda", "mps" or "cpu".
        dataset: already loaded; otherwise `config.data.name` is.
        report: called with each line for people.

    Returns:
        The state at the end.

    Raises:
        ValueError: if the folder holds a run and `resume` is off, the recipe differs from the
            checkpoint's, the weights do not fit, the data set has other styles, or the batch does
            not divide among the processes.
        ConnectionError: if another process is lost.
    """
    if resume not in ("", "auto"):
        raise ValueError(f'resume takes "auto" or nothing, got {resume!r}')
    with together(device) as processes:
        report = report if processes.main else lambda line: None
        processes.check(config.train.batch, config.train.accumulate)
        saved = checkpoint_of(Path(out), resume)
        processes.check_same("the checkpoint's step", saved and saved["step"])
        return _run(config, Path(out), saved, init_from, device, dataset, report, processes)


def _run(
    config: Config,
    out: Path,
    saved: dict | None,
    init_from: str | Path | None,
    device: str,
    dataset: StyleDataset | None,
    report: Report,
    processes: Processes,
) -> State:
    """What `run` does, once it is known who takes part and what it starts from."""
    target = processes.device or device_named(device)
    if dataset is None:
        dataset = load_dataset(config.data.name, size=config.data.size, report=report)
    if saved or init_from:
        _same_styles(out if saved else Path(init_from), dataset.styles)
    config = _adapt(config, len(dataset.styles), saved, init_from)
    batches = Batches(
        dataset,
        config.data,
        batch=config.train.batch,
        latent_dim=config.model.latent_dim,
        seed=config.train.seed,
        device=target,
    )
    objective = StarGAN(config)
    resolved = saved and saved["precision"]
    state = checkpoint.create(objective, config, target, resolved, processes)
    if saved:
        state.restore(saved)
        report(f"resuming after step {state.step}")
    elif init_from:
        if anew := _take_weights(state, Path(init_from)):
            report(f"starting anew: {', '.join(anew)}")
    folder = OutputFolder(out)
    shown = f"{dataset.name}: {len(dataset.indices('train'))} training images"
    many = f"{processes.count} processes, " if processes.count > 1 else ""
    report(f"{shown}, {len(dataset.styles)} styles; {many}{target.type}, {state.precision}")
    if state.step < config.train.steps:
        report(f"this will cost {forecast(objective, state, batches)}")

    sheet = fixed_batch(dataset, config, target)
    return train(
        objective,
        state,
        batches,
        folder,
        on_sample=lambda s: write_sheet(s, sheet, folder),
        on_checkpoint=lambda s: write_all(s, folder, partial(write_model, s, dataset.styles)),
        report=report,
    )


def _adapt(config: Config, domains: int, saved: dict | None, init_from) -> Config:
    """Fit the recipe to the data and to what the run starts from; refuse another run's recipe."""
    warmup = config.train.warmup
    if saved and saved["origin"]:
        warmup = warmup or Config.from_dict(saved["config"]).train.warmup
    elif init_from and not saved:
        warmup = warmup or WARMUP
    config = config.override({"model.domains": domains, "train.warmup": warmup})
    if saved:
        checkpoint.check_same_recipe(Config.from_dict(saved["config"]), config, saved["step"])
    return config


def checkpoint_of(out: Path, resume: str) -> dict | None:
    """The checkpoint to go on from, or None for a fresh start."""
    path = out / checkpoint.FILE
    if not path.exists():
        return None
    if not resume:
        raise ValueError(
            f"{out} already holds a run; add --resume auto to go on with it, or name another folder"
        )
    return checkpoint.read(path)


def _same_styles(source: Path, styles: tuple[str, ...]) -> None:
    """Refuse to go on with a model on data whose styles are others, or stand in another order."""
    _, theirs, _ = weights.read_config(source)
    if theirs != styles:
        raise ValueError(
            f"{source} was trained for the styles {', '.join(theirs)}; "
            f"this data set has {', '.join(styles)}"
        )


def _take_weights(state: State, source: Path) -> list[str]:
    """Start networks and averages from stored weights; the optimisers stay fresh.

    Where the pictures have another size, so have the trunks of style encoder and discriminator,
    and these start anew; so does a discriminator that was not there or is not bundled.

    Returns:
        Names of the networks that start anew.
    """
    theirs, _, made = weights.read_config(source)
    stored = weights.stored(source) | {"generator", "mapping_network"}  # no model without these
    if theirs.model.size != state.config.model.size:
        stored -= {"style_encoder", "discriminator"}
    taken = tuple(name for name in state.networks if name in stored)
    for name, network in weights.read(source, taken).items():
        try:
            state.networks[name].load_state_dict(network.state_dict())
        except RuntimeError:
            raise ValueError(
                f"the weights in {source} have other shapes than this recipe's {name}; "
                "use the recipe in their config.json"
            ) from None
    for name, average in state.averages.items():
        average.load_state_dict(state.networks[name].state_dict())
    state.origin = {"weights": source.name, **{k: made.get(k) for k in ("steps", "images")}}
    return [name for name in state.networks if name not in taken]


def forecast(objective: StarGAN, state: State, batches: Batches) -> Cost:
    """Measure a few steps on copies and say what the rest will cost.

    Args:
        objective: what will be trained; left as it was.
        state: its state; left as it was.
        batches: of the training.

    Returns:
        The cost from the state's step to the end.
    """
    config = state.config
    trial = StarGAN(config)
    compile_forward(trial, config.train.compile)
    scratch = checkpoint.create(trial, config, state.device, state.precision, state.processes)
    make = stepper(scratch)
    period = math.lcm(config.loss.r1_interval, config.loss.lazy)
    alike: dict[tuple, list[int]] = {}  # steps of a period, by what is due in them
    for step in range(period):
        alike.setdefault((trial.penalised(step), trial.due(step)), []).append(step)
    times = {}
    rounds = 3 if isinstance(make, Graphs) else 2  # the last counts; graphs are made in the second
    for first, *_ in rounds * list(alike.values()):
        start = time.perf_counter()
        terms = train_step(trial, scratch, batches(first), first, make=make)
        next(iter(terms.values())).item()  # wait for the device
        times[first] = time.perf_counter() - start
    per_step = sum(times[steps[0]] * len(steps) for steps in alike.values()) / period
    left = config.train.steps - state.step
    size = sum(p.numel() for n in state.networks.values() for p in n.parameters())
    averages = sum(p.numel() for n in state.averages.values() for p in n.parameters())
    sheets = left // config.train.sample_every + 1
    per_sheet = 3 * config.data.size**2 * 8 * (2 * config.model.domains + 1) // 2
    models = 1 + config.train.snapshots * (left // config.train.checkpoint_every + 1)
    disk = 4 * (3 * size + averages) + 2 * models * (size + averages) + sheets * per_sheet
    return Cost(per_step, per_step * left, peak_memory(state.device), disk, state.processes.count)


def peak_memory(device: torch.device) -> int:
    """Largest number of bytes held so far: on the GPU, or by this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource
    except ImportError:  # Windows has no such count
        return 0
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def fixed_batch(dataset: StyleDataset, config: Config, device: torch.device):
    """Sources and latents of the sample sheets, the same throughout a run; not training images.

    Args:
        dataset: its validation images are used where every style has enough.
        config: the recipe.
        device: where the batch is wanted.

    Returns:
        A `Batch` of eight.
    """
    enough = all(len(dataset.indices("valid", style)) >= 2 for style in dataset.styles)
    batches = Batches(
        dataset,
        config.data,
        batch=8,
        latent_dim=config.model.latent_dim,
        seed=config.train.seed,
        split="valid" if enough else "train",
        device=device,
    )
    return batches(0)


def write_sheet(state: State, batch, folder: OutputFolder) -> None:
    """Write `samples/STEP.png`: each row a source, then two draws of every style."""
    batch = fitted(batch, state.precision)
    cells = StarGAN.sample(state.averages, batch, state.config.model)
    columns = cells.shape[1]
    grid = torchvision.utils.make_grid(
        cells.flatten(0, 1).float().cpu(), nrow=columns, padding=2, pad_value=1
    )
    image = tensor_to_image(grid)
    folder.write_bytes(f"samples/{state.step:06d}.png", encode_image(image))


def write_all(state: State, folder: OutputFolder, write: Callable[[OutputFolder], None]) -> None:
    """Write the run's model, and where the recipe asks for snapshots, a copy that stays."""
    write(folder)
    if state.config.train.snapshots:
        write(OutputFolder(folder.path(f"{weights.SNAPSHOTS}/{state.step:06d}")))


def write_model(state: State, styles: tuple[str, ...], folder: OutputFolder) -> None:
    """Write the run's weights for use, averages where there are, with configuration and card."""
    networks = {**state.networks, **state.averages}
    weights.write(folder, networks, state.config, styles, provenance(state))


def provenance(state: State) -> dict:
    """Which run made the weights, by which recipe and which code, on what."""
    gpu = torch.cuda.get_device_name() if state.device.type == "cuda" else None
    return {
        "recipe": described(state.config) if isinstance(state.config, Config) else None,
        "steps": state.step,
        "images": state.step * state.config.train.batch,
        "hours": round(state.seconds / 3600, 3),
        "device": gpu or f"CPU, threads: {torch.get_num_threads()}",
        "processes": state.processes.count,
        "precision": state.precision,
        "from": state.origin,
        **{k: v for k, v in facts.provenance().items() if k != "threads"},
    }
