"""Train the bundled models for some minutes on one GPU, one after another.

`python -m gan_lessons.course.labs.bundled_models --minutes 12 --out DIR` first compares the GPU
with the CPU and recorded steps with plain ones, then gives each training its share of the minutes.
What is cut off goes on with the same command. Each model is packed into DIR/home/NAME.zip with its
discriminators, log, recipe and last sample sheet. `--preset smoke` proves the script anywhere.
"""

import argparse
import io
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gan_lessons.config import Recipe
from gan_lessons.data.load import load_dataset
from gan_lessons.files import OutputFolder
from gan_lessons.models.architecture import Terms, architecture
from gan_lessons.models.recipes import preset_recipe
from gan_lessons.training.precision import device_named
from gan_lessons.training.state import create_state
from gan_lessons.training.step import stepper, train_step

KIND = "stargan"
SAVING = 60  # seconds that a stopped training gets to save what it has
STEPS = 4  # of each comparison
SAME, NEAR = 1e-4, 2e-2  # largest relative difference of a term: GPU or CPU, recorded or not


# Of a bundled model's recipe: a GPU takes large batches, and only the minutes end its training.
ON_GPU = ("train.precision=auto", "train.batch=128", "train.decay=0.0")


@dataclass(frozen=True)
class Training:
    """One model to be trained.

    Attributes:
        name: of the bundled model, whose recipe is taken and whose weights it begins with.
        data: its set.
        share: of the minutes.
        steps: at which it ends, if the minutes have not ended it.
    """

    name: str
    data: str
    share: float
    steps: int = 200_000

    def arguments(self, preset: str, out: Path) -> list[str]:
        """Those of `gan-lessons train`."""
        words = ["train", "--out", str(out), "--set", f"train.steps={self.steps}"]
        if preset == "smoke":
            words += ["--data", self.data, "--preset", preset]
        else:
            words += ["--recipe", self.name]
            for change in ON_GPU:
                words += ["--set", change]
        if (out / "checkpoint.pt").exists():
            return [*words, "--resume", "auto"]
        return words if preset == "smoke" else [*words, "--init-from", self.name]


PLAN = (
    Training("letters64", "letters", 0.25),
    Training("emoji64_references", "emoji_styles", 0.25),
    Training("emoji64", "emoji_styles", 0.15),
    Training("paintings256", "painted_photos", 0.2),
    Training("emoji128", "emoji_styles", 0.15),
)


def compare(recipe: Recipe, device: torch.device, report: Callable[[str], None]) -> None:
    """Train a few steps on the CPU, on the device, and with recorded steps, and compare the terms.

    Args:
        recipe: of any model.
        device: the GPU.
        report: called with a line for people.

    Raises:
        ValueError: if they differ by more than rounding.
    """
    plain = recipe.override({"train.precision": "fp32", "train.graphs": "false"})
    known = terms_of(plain, torch.device("cpu"))
    ways = {"the device": (plain, SAME)}
    if device.type == "cuda":
        recorded = recipe.override({"train.precision": "fp32", "train.graphs": "true"})
        ways["recorded steps"] = (recorded, SAME)
        ways["auto precision"] = (recipe.override({"train.precision": "auto"}), NEAR)
    for name, (config, most) in ways.items():
        found = terms_of(config, device)
        away = max(
            abs(found[key].item() - value.item()) / max(1.0, abs(value.item()))
            for key, value in known.items()
        )
        report(f"  {name}: terms of step {STEPS} differ from the CPU's by {away:.1e} at most")
        if not away <= most:
            raise ValueError(f"{name} computes something else than the CPU; nothing is trained")


def terms_of(config: Recipe, device: torch.device) -> dict[str, Tensor]:
    """The terms of the last of a few steps."""
    kind = architecture(config.architecture)
    dataset = load_dataset(config.data.name, size=config.data.size)
    config = kind.fit(config, dataset)
    objective, batches = kind.objective(config), kind.batches(config, dataset, device)
    state = create_state(objective, config, device)
    make = stepper(state)
    found: Terms = {}
    for step in range(STEPS):
        found |= train_step(objective, state, batches(step), step, make=make)
    return found


def train_for(words: list[str], seconds: float) -> int:
    """Run `gan-lessons train`, and stop it in good time, so that it saves.

    Args:
        words: its arguments.
        seconds: after which it is asked to stop.

    Returns:
        Its exit status.
    """
    process = subprocess.Popen([sys.executable, "-m", "gan_lessons", *words])
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        return process.wait(timeout=SAVING)
    except KeyboardInterrupt:
        return process.wait(timeout=SAVING)  # it got the signal too


def pack(run: Path) -> bytes:
    """What is worth keeping of a run, as an archive."""
    kept = [path for path in run.iterdir() if path.suffix in (".md", ".json", ".jsonl", ".yaml")]
    kept += run.glob("*.safetensors")
    kept += sorted(run.glob("samples/*.png"))[-1:]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(kept):
            archive.write(path, path.relative_to(run).as_posix())
    return buffer.getvalue()


def main(words: list[str]) -> int:
    """Compare, train and pack.

    Args:
        words: of the command line.

    Returns:
        0, or 1 where something is wrong.
    """
    parser = argparse.ArgumentParser(
        prog="python -m gan_lessons.course.labs.bundled_models",
        description="Train the bundled models for some minutes on one GPU.",
    )
    parser.add_argument("--minutes", type=float, default=12.0, help="in all; default: 12")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--preset", choices=("smoke", "full"), default="full")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    asked = parser.parse_args(words)
    until = time.monotonic() + 60 * asked.minutes
    try:
        device, home = device_named(asked.device), OutputFolder(asked.out / "home")
        for data in dict.fromkeys(each.data for each in PLAN):
            print(f"comparing on {data}:", flush=True)
            small = preset_recipe(KIND, "smoke", data)
            compare(small, device, lambda line: print(line, flush=True))
        left = sum(each.share for each in PLAN)
        for each in PLAN:
            seconds = (until - time.monotonic()) * each.share / left
            left -= each.share
            run = asked.out / each.name
            print(f"{each.name}: {seconds:.0f} s", flush=True)
            status = train_for(each.arguments(asked.preset, run), seconds)
            if status not in (0, 130):
                raise ValueError(f"the training of {each.name} ended with status {status}")
            print(home.write_bytes(f"{each.name}.zip", pack(run)), flush=True)
    except (ValueError, OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
