"""The training of pix2pix, CycleGAN and AdaIN, what the course's model is compared with."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from gan_lessons.config import Recipe
from gan_lessons.data.load import load_dataset
from gan_lessons.data.pairs import (
    Jittered,
    MixedData,
    PairData,
    all_styles,
    styles_apart,
    styles_side_by_side,
)
from gan_lessons.data.samples import PairBatch, Pairs
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import encode_image, tensor_to_image
from gan_lessons.models import translator_store
from gan_lessons.models.adain.objective import AdaINTransfer
from gan_lessons.models.adain.recipe import AdaINRecipe
from gan_lessons.models.cyclegan.objective import CycleGAN
from gan_lessons.models.cyclegan.recipe import CycleGANRecipe
from gan_lessons.models.pix2pix.objective import Pix2Pix
from gan_lessons.models.pix2pix.recipe import Pix2PixRecipe
from gan_lessons.training import checkpoint
from gan_lessons.training.checkpoint import State
from gan_lessons.training.loop import compile_forward, train
from gan_lessons.training.precision import device_named, fitted
from gan_lessons.training.processes.distributed import Processes, together
from gan_lessons.training.run import Cost, checkpoint_of, peak_memory, provenance, write_all
from gan_lessons.training.step import stepper, train_step

Report = Callable[[str], None]
SHOWN = 8  # pictures of a sample sheet


@dataclass(frozen=True)
class Pix2PixTraining(Pix2PixRecipe):
    """pix2pix on a pair of styles, each thing with its true drawing."""

    data: PairData = field(default_factory=PairData)


@dataclass(frozen=True)
class CycleGANTraining(CycleGANRecipe):
    """CycleGAN on a pair of styles, without knowing what belongs together."""

    data: PairData = field(default_factory=PairData)


@dataclass(frozen=True)
class AdaINTraining(AdaINRecipe):
    """AdaIN's decoder on all styles."""

    data: MixedData = field(default_factory=MixedData)


@dataclass(frozen=True)
class Kind:
    """What the three differ in.

    Attributes:
        recipe: the class of its recipe.
        objective: what makes networks and phases of a recipe.
        pictures: from set, settings and split to the two stacks that batches are drawn from.
        row: from averaged networks and a batch to the columns of a sample sheet.
        kept: names of the networks that are stored for use.
        paired: whether picture i of one stack answers picture i of the other.
        smoke: fields of a recipe that takes seconds.
    """

    recipe: type[Recipe]
    objective: Callable
    pictures: Callable[[StyleDataset, PairData | MixedData, str], tuple[Tensor, Tensor]]
    row: Callable[[dict[str, nn.Module], PairBatch], list[Tensor]]
    kept: tuple[str, ...]
    paired: bool
    smoke: dict


SMALL = {"train.steps": 20, "train.batch": 4, "train.log_every": 5, "train.sample_every": 10,
         "train.checkpoint_every": 10, "data.size": 32}  # fmt: skip
KINDS = {
    "pix2pix": Kind(
        Pix2PixTraining, Pix2Pix, styles_side_by_side,
        row=lambda nets, batch: [batch.x_a, nets["generator"](batch.x_a), batch.x_b],
        kept=("generator",), paired=True,
        smoke=SMALL | {"model.depth": 3, "model.width": 8, "model.critic_width": 8,
                       "model.critic_depth": 1},
    ),
    "cyclegan": Kind(
        CycleGANTraining, CycleGAN, styles_apart,
        row=lambda nets, batch: [
            batch.x_a, nets["a_to_b"](batch.x_a), batch.x_b, nets["b_to_a"](batch.x_b)
        ],
        kept=("a_to_b",), paired=False,
        smoke=SMALL | {"model.width": 8, "model.blocks": 1, "model.critic_width": 8,
                       "model.critic_depth": 1},
    ),
    "adain": Kind(
        AdaINTraining, AdaINTransfer, all_styles,
        row=lambda nets, batch: [batch.x_a, batch.x_b, nets["transfer"](batch.x_a, batch.x_b)],
        kept=("transfer",), paired=False,
        smoke=SMALL | {"model.width": 16, "model.layers": 1, "data.paintings": False},
    ),
}  # fmt: skip


def recipe_for(architecture: str, preset: str, data: str) -> Recipe:
    """A recipe without a file.

    Args:
        architecture: a key of `KINDS`.
        preset: "smoke", or "full", which the recipe's own defaults are.
        data: name or folder of a data set.

    Returns:
        The recipe.

    Raises:
        ValueError: for another preset.
    """
    kind = KINDS[architecture]
    changes = {"smoke": kind.smoke, "full": {}}
    if preset not in changes:
        raise ValueError(f"{architecture} has the presets {', '.join(changes)}, not {preset!r}")
    return kind.recipe().override(changes[preset] | {"data.name": data})


def run(
    config: Recipe,
    out: str | Path,
    *,
    resume: str = "",
    init_from: str | Path | None = None,
    device: str = "auto",
    dataset: StyleDataset | None = None,
    report: Report = print,
) -> State:
    """Train a translator by its recipe; start, or go on where a run stopped.

    Args:
        config: the recipe, of one of `KINDS`.
        out: the run's folder.
        resume: "auto" goes on from the folder's checkpoint where there is one.
        init_from: refused; these are trained from random weights.
        device: "auto", "cuda", "mps" or "cpu".
        dataset: already loaded; otherwise `config.data.name` is.
        report: called with each line for people.

    Returns:
        The state at the end.

    Raises:
        ValueError: if the folder holds a run and `resume` is off or the recipe differs, or the set
            lacks a style.
    """
    if resume not in ("", "auto"):
        raise ValueError(f'resume takes "auto" or nothing, got {resume!r}')
    if init_from:
        raise ValueError("--init-from is for the architecture stargan; leave it out here")
    with together(device) as processes:
        report = report if processes.main else lambda line: None
        saved = checkpoint_of(Path(out), resume)
        processes.check_same("the checkpoint's step", saved and saved["step"])
        target = processes.device or device_named(device)
        dataset = dataset or load_dataset(config.data.name, size=config.data.size)
        return _run(config, OutputFolder(out), saved, target, dataset, report, processes)


def _run(
    config: Recipe,
    folder: OutputFolder,
    saved: dict | None,
    device: torch.device,
    dataset: StyleDataset,
    report: Report,
    processes: Processes,
) -> State:
    """What `run` does, once it is known who takes part and what it starts from."""
    name = architecture_of(config)
    kind = KINDS[name]
    objective = kind.objective(config)
    state = checkpoint.create(objective, config, device, saved and saved["precision"], processes)
    if saved:
        then = type(config).from_dict(saved["config"])
        checkpoint.check_same_recipe(then, config, saved["step"])
        state.restore(saved)
        report(f"resuming after step {state.step}")
    latent = getattr(objective.networks.get("generator"), "dropped", 0)
    batches = batches_of(kind, dataset, config, device, latent=latent)
    shown = f"{name} on {dataset.name}: {len(batches.x_a)} and {len(batches.x_b)} pictures"
    report(f"{shown}; {device.type}, {state.precision}")
    if getattr(config.data, "jitter", False):
        batches = Jittered(batches, config.train.seed)
    if state.step < config.train.steps:
        report(f"this will cost {forecast(kind, state, batches)}")
    held_out = batches_of(kind, dataset, config, device, split="valid", batch=SHOWN)(0)
    return train(
        objective,
        state,
        batches,
        folder,
        on_sample=lambda s: write_sheet(kind, s, held_out, folder),
        on_checkpoint=lambda s: write_all(s, folder, partial(write_model, name, s)),
        report=report,
    )


def architecture_of(config: Recipe) -> str:
    """The name of a recipe's architecture."""
    return next(name for name, kind in KINDS.items() if isinstance(config, kind.recipe))


def batches_of(
    kind: Kind,
    dataset: StyleDataset,
    config: Recipe,
    device: torch.device,
    *,
    split: str = "train",
    batch: int = 0,
    latent: int = 0,
) -> Pairs:
    """Batches of one split; of the training pictures where the set has no other."""
    split = split if len(dataset.indices(split)) else "train"
    x_a, x_b = kind.pictures(dataset, config.data, split)
    return Pairs(
        x_a, x_b, paired=kind.paired, batch=batch or config.train.batch, seed=config.train.seed,
        latent=latent, device=device,
    )  # fmt: skip


def forecast(kind: Kind, state: State, batches: Callable[[int], PairBatch]) -> Cost:
    """Measure a few steps on copies and say what the rest will cost."""
    config = state.config
    trial = kind.objective(config)
    compile_forward(trial, config.train.compile)
    scratch = checkpoint.create(trial, config, state.device, state.precision, state.processes)
    make, times = stepper(scratch), []
    for step in range(5):  # the first pay for kernels and graphs
        start = time.perf_counter()
        terms = train_step(trial, scratch, batches(step), step, make=make)
        next(iter(terms.values())).item()  # wait for the device
        times.append(time.perf_counter() - start)
    per_step, left = min(times), config.train.steps - state.step
    weights = sum(p.numel() for n in state.networks.values() for p in n.parameters())
    sheet = 3 * config.data.size**2 * SHOWN * 4
    disk = 4 * 4 * weights + (left // config.train.sample_every + 1) * sheet
    return Cost(per_step, per_step * left, peak_memory(state.device), disk, state.processes.count)


@torch.inference_mode()
def write_sheet(kind: Kind, state: State, batch: PairBatch, folder: OutputFolder) -> None:
    """Write `samples/STEP.png`: each row a held-out picture and what becomes of it."""
    columns = kind.row(state.averages, fitted(batch, state.precision))
    cells = torch.stack([x.float().cpu() for x in columns], dim=1)
    grid = torchvision.utils.make_grid(
        cells.flatten(0, 1), nrow=len(columns), padding=2, pad_value=1
    )
    folder.write_bytes(f"samples/{state.step:06d}.png", encode_image(tensor_to_image(grid)))


def write_model(name: str, state: State, folder: OutputFolder) -> None:
    """Write the averaged networks that are of use, with their recipe and a card."""
    networks = {key: state.averages[key] for key in KINDS[name].kept}
    made = {k: v for k, v in provenance(state).items() if k != "recipe"}
    translator_store.write(folder, name, networks, state.config, made)


def load(folder: Path) -> tuple[str, Recipe, dict[str, nn.Module]]:
    """Read a stored translator.

    Args:
        folder: of a translator or of its run.

    Returns:
        Its architecture, its recipe, and the kept networks by name, on the CPU, not in training.

    Raises:
        ValueError: if the folder holds none, or its files are damaged.
    """
    found = translator_store.describe(folder)
    kind = KINDS.get(found.get("architecture"))
    if kind is None:
        raise ValueError(f"{folder} holds an architecture that this version does not know")
    config = kind.recipe.from_dict(found.get("config"))
    networks = {name: kind.objective(config).networks[name] for name in kind.kept}
    translator_store.fill(folder, networks)
    ready = {name: net.eval().requires_grad_(False) for name, net in networks.items()}
    return found["architecture"], config, ready
