"""The command of `gan-lessons` that measures a model."""

from pathlib import Path
from typing import Annotated

import typer

from gan_lessons.console import Device, Model, Precision, called, example


def add_to(app: typer.Typer) -> None:
    """Put the command into the command line of the course."""
    lines = ["gan-lessons evaluate emoji64 --protocol smoke --out measured"]
    app.command(epilog=example(*lines))(evaluate)


def evaluate(
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for results.json, results.md and sheet.png.")],
    protocol: Annotated[str, typer.Option(help="smoke, class or full.")] = "smoke",
    standard: Annotated[
        bool,
        typer.Option(
            "--standard",
            help="Also KID on Inception and LPIPS, in standard.json; downloads their networks.",
        ),
    ] = False,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Measure a model beside what it must beat; says first how long it takes.

    Only test pictures are used. Ctrl-C keeps what is measured; the same command goes on from there.
    """
    from gan_lessons.metrics import benchmark
    from gan_lessons.metrics.standard import Networks
    from gan_lessons.metrics.standard import evaluate as evaluate_standard
    from gan_lessons.style_transfer import StyleTransfer

    loaded = StyleTransfer.load(model, device=device, precision=precision)
    networks = Networks.load(loaded.device) if standard else None  # first: it may be impossible
    benchmark.evaluate(loaded, called(model), out, which=protocol, report=typer.echo)
    if networks:
        bench = benchmark.Bench(loaded, benchmark.load(loaded, None), benchmark.protocol(protocol))
        evaluate_standard(bench, networks, out, report=typer.echo)
