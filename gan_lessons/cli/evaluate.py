"""The commands of `gan-lessons` that measure a model and use what its training kept on the way."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gan_lessons.cli.errors import Device, Model, Precision, called, example

Protocol = Annotated[str, typer.Option(help="smoke, curve, class or full.")]
Pairs = Annotated[
    str | None,
    typer.Option(
        help="by-name: test pictures of one name in two styles show the same thing; none: they do "
        "not. Left out, a folder has no pairs, and the course's own sets say for themselves."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Put the commands into the command line of the course."""
    lines = ["gan-lessons evaluate emoji64 --protocol smoke --out measured"]
    lines += ["gan-lessons evaluate runs/mine --pairs by-name --out measured"]
    app.command(epilog=example(*lines))(evaluate)
    lines = ["gan-lessons curve runs/first --out curve", "gan-lessons curve runs/a runs/b --out ab"]
    app.command(epilog=example(*lines))(curve)
    lines = ["gan-lessons average runs/first --after 1000 --out runs/first_mean"]
    app.command(epilog=example(*lines))(average)
    lines = ["gan-lessons widen runs/letters --by 1.3 --out runs/wider"]
    app.command(epilog=example(*lines))(widen)


def evaluate(
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for results.json, results.md and a sheet.")],
    protocol: Protocol = "smoke",
    pairs: Pairs = None,
    split: Annotated[
        str, typer.Option(help="test, or valid to choose between trainings of one's own.")
    ] = "test",
    standard: Annotated[
        bool,
        typer.Option(
            "--standard",
            help="Also KID on Inception and LPIPS, in standard.json; downloads their networks.",
        ),
    ] = False,
    truncation: Annotated[
        float,
        typer.Option(min=0, max=2, help="How far styles lie from their mean; see restyle."),
    ] = 1.0,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Measure a model beside what it must beat; says first how long it takes.

    No training picture is restyled. Ctrl-C keeps what is measured; the same command goes on.
    """
    from gan_lessons.evaluation import benchmark
    from gan_lessons.evaluation import protocol as protocols
    from gan_lessons.evaluation.standard import Networks, measure_standard
    from gan_lessons.style_transfer import StyleTransfer

    loaded = StyleTransfer.load(
        model, device=device, precision=precision, truncation=truncation
    )
    networks = Networks.load(loaded.device) if standard else None  # first: it may be impossible
    dataset = benchmark.load(loaded, None, pairs, typer.echo)
    if networks:
        benchmark.check_styles(dataset, "--standard")
    plan = replace(protocols.protocol(protocol), split=split)
    options = {"which": plan, "dataset": dataset, "report": typer.echo}
    if networks:
        options["then"] = lambda bench: measure_standard(bench, networks, out, report=typer.echo)
    benchmark.evaluate(loaded, called(model), out, **options)


def curve(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN", help="Runs with snapshots; a model is a single point."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for curve.json, curve.md and curve.png.")],
    protocol: Protocol = "curve",
    pairs: Pairs = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Measure a model along its training: what more of it brings.

    A run keeps its snapshots when it is trained with --set train.snapshots=true. Ctrl-C keeps what
    is measured; the same command goes on from there, and adds what the run has kept since.
    """
    from gan_lessons.evaluation import curve as measuring

    named = {called(run): run for run in runs}
    if len(named) < len(runs):
        raise ValueError("two of the runs have the same name; rename the folder of one")
    measuring.curve(
        named,
        out,
        which=protocol,
        pairs=pairs,
        device=device,
        precision=precision,
        report=typer.echo,
    )


def average(
    models: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="Runs with snapshots, or single models.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the model that is their mean.")],
    after: Annotated[int, typer.Option(help="Leave out the snapshots before this step.")] = 0,
) -> None:
    """Average the snapshots of a run, or a model and what came of it, into one model.

    Measure it: an average over a way that still leads somewhere is behind the last snapshot.
    """
    from gan_lessons.models import derived, store
    from gan_lessons.training.folder_lock import working_in

    chosen: list[Path] = []
    for model in models:
        kept = store.snapshots(model)
        chosen += [path for path in kept if int(path.name) >= after] if kept else [model]
    with working_in(derived.unused(out)) as folder:
        derived.average_models(chosen, folder)
    typer.echo(f"the mean of {len(chosen)} models is in {out}")


def widen(
    model: Model,
    by: Annotated[float, typer.Option(help="Factor on a drawn code's distance from the mean.")],
    out: Annotated[Path, typer.Option(help="Folder of the new model.")],
) -> None:
    """Let the draws of a model differ more; results by references stay as they are.

    A generator may show less than all by which codes differ. Choose the factor on pictures that
    are no test pictures, and look at the draws: too wide ones leave the style.
    """
    from gan_lessons.models import derived, store
    from gan_lessons.training.folder_lock import working_in

    with working_in(derived.unused(out)) as folder:
        derived.widen_model(store.find(model), by, folder)
    typer.echo(f"{called(model)} with draws {by:g} times as far from their mean is in {out}")
