"""The command `gan-lessons train`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gan_lessons.cli.errors import INTERRUPTED, Device, example, launched
from gan_lessons.models.listing import names as architectures

if TYPE_CHECKING:  # reading it is a fortieth of what a command's start takes
    from gan_lessons.config import Recipe

PRESETS = (
    "smoke (what it is without this) or full; stargan has class and paper too. With --init-from "
    "and without this: the model's own recipe, shortened."
)
INIT_FROM = (
    "A model to start from: a bundled one, or a folder. Styles of the same name are taken over, "
    "others are learned."
)


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line of the course."""
    lines = [
        "gan-lessons train --data emoji_styles --preset class --out runs/first",
        "gan-lessons train --data my_styles/ --preset class --set train.batch=8 --out runs/mine",
        "gan-lessons train --data my_styles/ --init-from emoji64 --out runs/tuned",
        "gan-lessons train --preset full --processes 2 --out runs/two_gpus",
    ]
    app.command(epilog=example(*lines))(train)


def train(
    out: Annotated[Path, typer.Option(help="Folder of the run: checkpoint, log, samples, model.")],
    model: Annotated[
        str, typer.Option(help=f"Architecture: {', '.join(architectures())}.")
    ] = "stargan",
    data: Annotated[
        str, typer.Option(help="A bundled set, or a folder with one subfolder a style.")
    ] = "emoji_styles",
    preset: Annotated[str, typer.Option(help=PRESETS)] = "",
    recipe: Annotated[
        Path | None,
        typer.Option(
            help="recipe.yaml, or a bundled model's name; for --model, --data, --preset.",
            metavar="FILE",
        ),
    ] = None,
    resume: Annotated[str, typer.Option(help="auto: go on where the run in OUT stopped.")] = "",
    init_from: Annotated[str, typer.Option(help=INIT_FROM)] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="One field of the recipe; repeatable."),
    ] = None,
    device: Device = "auto",
    processes: Annotated[
        int, typer.Option(min=1, help="On this machine: one a GPU, or several on its CPU.")
    ] = 1,
) -> None:
    """Train a model; says first what it will cost.

    Ctrl-C finishes the step in hand and saves; go on with --resume auto. OUT is a model that
    `gan-lessons restyle --model OUT` takes.

    Several processes train one model; train.batch counts the samples of all of them. For several
    machines, or if you know them better, use `accelerate launch --multi_gpu --num_processes 2 -m
    gan_lessons train ...` or `torchrun --nproc-per-node 2 -m gan_lessons train ...`; both need no
    GPU with --device cpu. A run goes on with any number of processes.
    """
    from gan_lessons.training.run import train_by_recipe

    config = _recipe(recipe, model, preset, data, init_from)
    if processes > 1 and not launched():
        from gan_lessons.training.processes.launch import launch

        raise typer.Exit(launch(processes, sys.argv[1:], device))
    config = config.override(_settings(settings or []))
    state = train_by_recipe(
        config, out, resume=resume, init_from=init_from, device=device, report=typer.echo
    )
    if state.step < config.train.steps:
        raise typer.Exit(INTERRUPTED)
    if state.processes.main:
        typer.echo(_farewell(out))


def _recipe(file: Path | None, model: str, preset: str, data: str, init_from: str) -> "Recipe":
    """The recipe that the options ask for, before `--set`."""
    from gan_lessons.models.recipes import preset_recipe, read_recipe
    from gan_lessons.training.first_weights import tuning_recipe

    if file:
        return read_recipe(file)
    if model not in architectures():
        raise typer.BadParameter(f"one of {', '.join(architectures())}", param_hint="--model")
    if init_from and not preset:
        return tuning_recipe(init_from, data)
    return preset_recipe(model, preset or "smoke", data)


def _farewell(out: Path) -> str:
    """Where the model is, what to try with it, and whether it has learnt anything."""
    from gan_lessons.models import card, store
    from gan_lessons.models.architecture import architecture

    known = store.describe(out)
    kind = architecture(known.architecture)
    line = f"the model is in {out}"
    if kind.use:
        reference = " --reference PAINTING" if kind.needs_reference else ""
        where = shlex.quote(str(out))
        line += f"; try: gan-lessons restyle PICTURE{reference} --model {where} --out DIR"
    still = card.unmoved(known.run)
    return f"{line}\n{still}" if still else line


def _settings(texts: list[str]) -> dict[str, str]:
    """Fields and values of `--set`."""
    settings = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise typer.BadParameter(f"KEY=VALUE is expected, got {text!r}", param_hint="--set")
        settings[name.strip()] = value.strip()
    return settings
