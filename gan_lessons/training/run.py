"""A training from the first word to the last: the only start, resume and start from weights."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from gan_lessons import provenance as facts
from gan_lessons.config import Recipe
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import encode_image, tensor_to_image
from gan_lessons.images.labels import label_columns
from gan_lessons.images.movement import movement
from gan_lessons.models import store
from gan_lessons.models.architecture import (
    Architecture,
    Batches,
    Column,
    Objective,
    architecture,
)
from gan_lessons.models.recipes import described
from gan_lessons.models.store import Description
from gan_lessons.text import is_plain, printable
from gan_lessons.training import checkpoint
from gan_lessons.training.first_weights import grows, take_weights
from gan_lessons.training.folder_lock import working_in
from gan_lessons.training.forecast import FEW, forecast, refuse_too_large, settle_precision
from gan_lessons.training.loop import train
from gan_lessons.training.patience import best_so_far, patience_of
from gan_lessons.training.precision import device_named, fitted
from gan_lessons.training.processes.distributed import joined_processes
from gan_lessons.training.state import State, create_state

Report = Callable[[str], None]
WARMUP = 200  # steps; the optimiser's moments are empty when only weights are taken over
SHOWN = 8  # pictures of a sample sheet


def train_by_recipe(
    config: Recipe,
    out: str | Path,
    *,
    resume: str = "",
    init_from: str | Path | None = None,
    device: str = "auto",
    dataset: StyleDataset | None = None,
    report: Report = print,
) -> State:
    """Train any model by a recipe; start, resume or go on from weights.

    Where a launcher started several processes, each calls this with the same arguments.

    Args:
        config: the recipe; its class says of which model.
        out: the run's folder: log, samples, checkpoint and weights, loadable as a model.
        resume: "auto" goes on from the folder's checkpoint where there is one.
        init_from: a model or run whose weights to start from, as `store.find` takes it, with a
            fresh optimiser and a warm-up of 200 steps.
        device: "auto", "cuda", "mps" or "cpu".
        dataset: already loaded; otherwise `config.data.name` is.
        report: called with each line for people.

    Returns:
        The state at the end.

    Raises:
        ValueError: if the folder holds a run and `resume` is off, or another training is at work in
            it; if the recipe or the pictures differ from the checkpoint's, the weights do not fit,
            the data set lacks what is asked for, or the batch does not divide among the processes
            or fit into memory.
        ConnectionError: if another process is lost.
    """
    if resume not in ("", "auto"):
        raise ValueError(f'resume takes "auto" or nothing, got {resume!r}')
    with joined_processes(device) as processes, working_in(out, alone=processes.main) as folder:
        report = report if processes.main else lambda line: None
        processes.check(config.train.batch, config.train.accumulate)
        saved = saved_run(folder.root, resume)
        processes.check_same("the checkpoint's step", saved and saved["step"])
        source = None if saved or not init_from else store.find(init_from)
        target = processes.device or device_named(device)
        if dataset is None:
            dataset = load_dataset(config.data.name, size=config.data.size, report=report)
        kind = architecture(config.architecture)
        config = prepared(kind, config, dataset, saved, source, report)

        batches = kind.batches(config, dataset, target)
        objective = kind.objective(config)
        state = create_state(objective, config, target, saved and saved["precision"], processes)
        state.data = content_of(dataset)
        if saved:
            state.restore(saved)
            report(f"resuming after step {state.step}")
        if source:
            take_weights(kind, state, source, dataset, report)
        announce(kind, objective, state, batches, dataset, report)

        patience = patience_of(kind, config, dataset, target)
        look = partial(held_out_sheet, kind, fixed_batch(kind, config, dataset, target), dataset)
        return train(
            objective,
            state,
            batches,
            folder,
            on_sample=lambda state: write_sheet(state, look(state), folder),
            on_checkpoint=lambda state: (
                best_so_far(patience, state)
                and write_models(kind, state, look(state), dataset, folder)
            ),
            report=report,
        )


def saved_run(out: Path, resume: str) -> dict[str, Any] | None:
    """The checkpoint to go on from, or None for a fresh start, where no model lies."""
    path = out / checkpoint.FILE
    if not path.exists():
        # A run that was killed at its first checkpoint has left its model alone, and goes on.
        if not resume and any((out / name).exists() for name in (store.FILE, store.CONFIG)):
            raise ValueError(f"{out} already holds a model; name another folder")
        return None
    if not resume:
        raise ValueError(
            f"{out} already holds a run; add --resume auto to go on with it, or name another folder"
        )
    return checkpoint.read(path)


def prepared(
    kind: Architecture,
    config: Recipe,
    dataset: StyleDataset,
    saved: dict[str, Any] | None,
    source: Path | None,
    report: Report,
) -> Recipe:
    """Fit the recipe to the data and to what the run starts from; refuse what does not fit."""
    check_names(dataset)
    config = kind.fit(config, dataset)
    if saved:
        before = kind.recipe.from_dict(saved["config"])
        checkpoint.check_same_data(saved, content_of(dataset), config.data.name)
        if saved["origin"]:
            warmup = config.train.warmup or before.train.warmup
            config = config.override({"train.warmup": warmup})
        if saved.get("data"):  # the pictures are known to be the same, wherever they lie
            config = config.override({"data.name": before.data.name})
        if told := checkpoint.check_same_recipe(before, config, saved["step"]):
            report(told)
    if kind.beside(config) and not (saved or source):
        raise ValueError(
            "this recipe goes on from trained models: add --init-from and the one to go on with, "
            f"which {' and '.join(kind.beside(config))} is put in front of"
        )
    if source:
        known = store.describe(source)
        styles = kind.styles(config, dataset.styles)
        if known.architecture != config.architecture:
            raise ValueError(
                f"{source.name} is of the architecture {known.architecture}; "
                f"train --model {known.architecture} can begin with its weights"
            )
        if known.styles != styles and (kind.nearest is None or grows(kind, config, known)):
            raise ValueError(
                f"{source} was trained for the styles {', '.join(known.styles)}; "
                f"this data set has {', '.join(styles)}"
            )
        config = config.override({"train.warmup": config.train.warmup or WARMUP})
    return config


def announce(
    kind: Architecture,
    objective: Objective,
    state: State,
    batches: Batches,
    dataset: StyleDataset,
    report: Report,
) -> None:
    """Say what is trained on what, settle the precision of a new run, and say what it will cost."""
    config, device, count = state.config, state.device, state.processes.count
    few = config.override({"train.batch": FEW, "train.accumulate": 1})
    refuse_too_large(objective, state, kind.batches(few, dataset, device))
    settled = "" if state.step else settle_precision(objective, state, batches)
    shown = f"{kind.title} on {dataset.name}: {len(dataset.indices('train'))} training images"
    many = f"{count} processes, " if count > 1 else ""
    report(f"{shown}, {len(dataset.styles)} styles; {many}{device.type}, {state.precision}")
    if settled:
        report(settled)
    if state.step < config.train.steps:
        report(f"this will cost {forecast(objective, state, batches)}")


def check_names(dataset: StyleDataset) -> None:
    """Refuse styles whose names no file could be written with."""
    for style in dataset.styles:
        if not is_plain(style):
            raise ValueError(
                f"the name of the style {printable(style)!r} is not UTF-8 or not one line of text, "
                "and is not written into a model; rename its folder"
            )


def content_of(dataset: StyleDataset) -> dict[str, Any]:
    """What a run must find again when it goes on."""
    return {"styles": list(dataset.styles), "digest": dataset.digest()}


def fixed_batch(
    kind: Architecture, config: Recipe, dataset: StyleDataset, device: torch.device
) -> Any:
    """What the sample sheets of a run show, always the same; not training images.

    Args:
        kind: of the model.
        config: the recipe.
        dataset: its validation images are used where every style has enough.
        device: where the batch is wanted.

    Returns:
        A batch of eight.
    """
    enough = all(len(dataset.indices("valid", style)) >= 2 for style in dataset.styles)
    few = config.override({"train.batch": SHOWN, "train.accumulate": 1})
    return kind.batches(few, dataset, device, split="valid" if enough else "train")(0)


@torch.inference_mode()
def held_out_sheet(
    kind: Architecture, batch: Any, dataset: StyleDataset, state: State
) -> list[Column]:
    """What the averaged networks make of the fixed batch; no columns where there is no sheet."""
    if kind.sheet is None:
        return []
    return kind.sheet(state.averages, fitted(batch, state.precision), state.config, dataset.styles)


def write_sheet(state: State, columns: list[Column], folder: OutputFolder) -> None:
    """Write `samples/STEP.png`: each row a held-out picture and what becomes of it, by name."""
    if not columns:
        return
    from torchvision.utils import make_grid

    cells = torch.stack([column.x.float().cpu() for column in columns], dim=1)
    grid = make_grid(cells.flatten(0, 1), nrow=len(columns), padding=2, pad_value=1)
    sheet = label_columns(tensor_to_image(grid), [column.label for column in columns])
    folder.write_bytes(f"samples/{state.step:06d}.png", encode_image(sheet))


def write_models(
    kind: Architecture,
    state: State,
    columns: list[Column],
    dataset: StyleDataset,
    folder: OutputFolder,
) -> None:
    """Write the run's model, and where the recipe asks for snapshots, a copy that stays."""
    networks = {**state.networks, **state.averages}
    kept = {name: networks[name] for name in kind.kept if name in networks}
    run = provenance(state) | change_of(columns)
    if kind.judged and state.step == state.config.train.steps:
        run |= kind.judged(kept, state.config, dataset)
    known = Description(state.config, kind.styles(state.config, dataset.styles), run)
    store.write_model(folder, kept, known)
    if state.config.train.snapshots:
        snapshot = OutputFolder(folder.path(f"{store.SNAPSHOTS}/{state.step:06d}"))
        store.write_model(snapshot, kept, known)


def change_of(columns: list[Column]) -> dict[str, float]:
    """How far results are from their sources: the mean over all of them, in units of [-1, 1]."""
    made = [column for column in columns if column.source is not None]
    if not made:
        return {}
    changes = [movement(column.source.float(), column.x.float()) for column in made]
    return {"moved": round(sum(changes) / len(changes), 4)}


def provenance(state: State) -> dict[str, Any]:
    """Which run made the weights, by which recipe and which code, on what."""
    gpu = torch.cuda.get_device_name() if state.device.type == "cuda" else None
    code = {k: v for k, v in facts.provenance().items() if k != "threads"}
    return {
        "recipe": described(state.config),
        "steps": state.step,
        "images": state.step * state.config.train.batch,
        "hours": round(state.seconds / 3600, 3),
        "device": gpu or f"CPU, threads: {torch.get_num_threads()}",
        "processes": state.processes.count,
        "precision": state.precision,
        "from": state.origin,
        **code,
    }
