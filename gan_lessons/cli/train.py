"""The command `gan-lessons train`."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from gan_lessons.cli.errors import INTERRUPTED, Device, example, launched

MODELS = dict.fromkeys(("pix2pix", "cyclegan", "adain"), "gan_lessons.training.translators")
MODELS = {"stargan": "gan_lessons.training.run"} | MODELS  # architecture: whose `run` trains it


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line of the course."""
    lines = [
        "gan-lessons train --data emoji_styles --preset class --out runs/first",
        "gan-lessons train --data my_styles/ --preset class --set train.batch=8 --out runs/mine",
        "gan-lessons train --preset full --processes 2 --out runs/two_gpus",
    ]
    app.command(epilog=example(*lines))(train)


def train(
    out: Annotated[Path, typer.Option(help="Folder of the run: checkpoint, log, samples, model.")],
    model: Annotated[str, typer.Option(help=f"Architecture: {', '.join(MODELS)}.")] = "stargan",
    data: Annotated[
        str, typer.Option(help="A bundled set, or a folder with one subfolder a style.")
    ] = "emoji_styles",
    preset: Annotated[str, typer.Option(help="smoke, class, full or paper.")] = "smoke",
    recipe: Annotated[
        Path | None,
        typer.Option(help="recipe.yaml of a model, for --model, --data, --preset.", metavar="FILE"),
    ] = None,
    resume: Annotated[str, typer.Option(help="auto: go on where the run in OUT stopped.")] = "",
    init_from: Annotated[
        Path | None, typer.Option(help="Folder of a model to start from.", show_default=False)
    ] = None,
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
    from gan_lessons.models import store

    model = store.read_recipe(recipe)[0] if recipe else model
    if model not in MODELS:
        raise typer.BadParameter(f"one of {', '.join(MODELS)}", param_hint="--model")
    model, config = store.recipe(recipe, model=model, preset=preset, data=data)
    if processes > 1 and not launched():
        from gan_lessons.training.processes.launch import launch

        raise typer.Exit(launch(processes, sys.argv[1:], device))
    config = config.override(_settings(settings or []))
    state = import_module(MODELS[model]).run(
        config, out, resume=resume, init_from=init_from, device=device, report=typer.echo
    )
    if state.step < config.train.steps:
        raise typer.Exit(INTERRUPTED)
    if state.processes.main:
        again = f"; try: gan-lessons restyle PICTURE --model {out} --out DIR"
        typer.echo(f"the model is in {out}{again if model == 'stargan' else ''}")


def _settings(texts: list[str]) -> dict[str, str]:
    """Fields and values of `--set`."""
    settings = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise typer.BadParameter(f"KEY=VALUE is expected, got {text!r}", param_hint="--set")
        settings[name.strip()] = value.strip()
    return settings
