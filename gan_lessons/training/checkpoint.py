"""A training's state as a file, whole, so that resuming equals never having stopped."""

import warnings
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import torch

from gan_lessons.config import PRECISIONS, Recipe
from gan_lessons.files import OutputFolder
from gan_lessons.models.record import are_styles
from gan_lessons.reading import open_regular
from gan_lessons.training.state import FORMAT, State

FILE = "checkpoint.pt"
FREE = {  # change no weight
    "train.log_every", "train.sample_every", "train.checkpoint_every", "train.snapshots",
    "train.patience",
}  # fmt: skip
VALIDATED = {"best": float, "step": int, "since": int}
PARTS = {  # that a checkpoint cannot do without, and what each is
    "config": dict, "step": int, "seconds": float, "origin": dict, "precision": str,
    "networks": dict, "averages": dict, "optimisers": dict, "scaler": dict, "memories": dict,
}  # fmt: skip


def save(state: State, folder: OutputFolder) -> Path:
    """Write the checkpoint; a kill at any moment leaves the old one or the new one, whole.

    Args:
        state: what to save.
        folder: the run's folder.

    Returns:
        The file's path.

    Raises:
        OSError: if the disk is full; the previous checkpoint is untouched then.
    """
    with folder.open(FILE) as handle:
        try:
            torch.save(state.parts(), handle)
        except RuntimeError as error:
            # After a failed write torch still closes its archive, and that failure hides the first.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
    return folder.root / FILE


def check_finite(state: State) -> None:
    """Refuse weights that must not be saved; a gradient may fail where its term was finite.

    Args:
        state: about to be saved.

    Raises:
        FloatingPointError: naming the network and the step.
    """
    for name, network in state.networks.items():
        if not torch.stack([p.isfinite().all() for p in network.parameters()]).all():
            raise FloatingPointError(
                f"weights of the {name} are no longer finite after step {state.step}; the last "
                "checkpoint is sound. Resume from it with a smaller learning rate or with "
                "precision fp32"
            )


def read(path: Path) -> dict[str, Any]:
    """Read a checkpoint without executing anything in it.

    Args:
        path: a file that `save` wrote.

    Returns:
        Its parts.

    Raises:
        ValueError: if it is no checkpoint of this package, or damaged.
    """
    try:
        with open_regular(path) as handle, warnings.catch_warnings(action="ignore"):
            _check_plain(handle)
            parts = torch.load(handle, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError):
        raise
    except Exception:  # on bytes that are no checkpoint the reader raises nearly anything
        raise ValueError(
            f"{path} is not a readable checkpoint; nothing in it was executed. "
            "Give the folder of a run made by `gan-lessons train`"
        ) from None
    if not isinstance(parts, dict) or parts.get("format") != FORMAT:
        raise ValueError(f"{path} is a checkpoint of something else, not of a run of this package")
    lacking = [name for name, kind in PARTS.items() if not isinstance(parts.get(name), kind)]
    if lacking := lacking or _of_another_kind(parts):
        raise ValueError(
            f"{path} is damaged: it lacks {', '.join(lacking)}. Restore it from a copy, or start "
            "anew in another folder, with --init-from this one"
        )
    return parts


def _of_another_kind(parts: dict[str, Any]) -> list[str]:
    """Names of what is read without being tried as weights are, and is not what it should be."""
    data, validation = (parts.get(name) or {} for name in ("data", "validation"))
    fits = {
        "precision": parts["precision"] in PRECISIONS[1:],
        "data": isinstance(data, dict) and are_styles(data.get("styles", ["none"])),
        "validation": isinstance(validation, dict)
        and (not validation or VALIDATED.keys() == validation.keys())
        and all(isinstance(value, VALIDATED[key]) for key, value in validation.items()),
    }
    return [name for name, right in fits.items() if not right]


def _check_plain(handle: BinaryIO) -> None:
    """Refuse an archive that unpacks to more than it is: `save` packs nothing."""
    with zipfile.ZipFile(handle) as archive:
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise ValueError("a part of it is packed")
    handle.seek(0)


def check_same_recipe(saved: Recipe, asked: Recipe, step: int) -> str:
    """Refuse to resume under a recipe that would not have led to this checkpoint.

    A run may always be made longer. It may be made shorter as long as the learning rate's decay has
    not begun under either length.

    Args:
        saved: the checkpoint's recipe.
        asked: the recipe to go on with.
        step: finished steps.

    Returns:
        What is not as if the run had had its length from the start, for people; else nothing.

    Raises:
        ValueError: naming each field that differs.
    """
    free, decay = set(FREE), min(saved.train.decay_start, asked.train.decay_start)
    longer = asked.train.steps > saved.train.steps
    if longer or step <= decay:
        free.add("train.steps")
    different = [d for d in asked.differences(saved) if d.split(":")[0] not in free]
    if different:
        raise ValueError(
            "this run was started with another recipe; resume with the same one, or go on from "
            f"its weights with --init-from. Different: {'; '.join(different)}"
        )
    if longer and step > decay:
        return (
            f"the learning rates had begun to fall towards step {saved.train.steps}; now they rise "
            f"again to what a run of {asked.train.steps} steps has here, so the result is not that "
            "of one that was planned so long"
        )
    return ""


def check_same_data(saved: dict[str, Any], data: dict[str, Any], name: str) -> None:
    """Refuse to go on with other pictures than a run began with; wherever they lie.

    Args:
        saved: a checkpoint's parts.
        data: styles and digest of the data set.
        name: of the data set, as it was asked for.

    Raises:
        ValueError: saying what differs and what to do.
    """
    before = saved.get("data") or {}
    if (theirs := before.get("styles")) and list(theirs) != list(data["styles"]):
        raise ValueError(
            f"this run was trained for the styles {', '.join(theirs)}; {name} has "
            f"{', '.join(data['styles'])}"
        )
    if before.get("digest", data["digest"]) != data["digest"]:
        raise ValueError(
            f"the pictures in {name} are not those that this run was trained on; put those back, "
            "name the folder they are in with --data, or go on from its weights with --init-from"
        )
