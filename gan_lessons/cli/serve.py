"""Commands of `gan-lessons` that bring a model to people who have no notebook."""

from pathlib import Path
from typing import Annotated

import typer

from gan_lessons.cli.errors import Model, called, example

FORMATS = ("web", "onnx")


def add_to(app: typer.Typer) -> None:
    """Put the commands into the command line of the course."""
    lines = ["gan-lessons export emoji64 --format web --out site"]
    app.command(epilog=example(*lines))(export)
    lines = [
        "gan-lessons explore",
        "gan-lessons explore --model runs/mine",
        "gan-lessons explore --port 8080 --no-browser",
    ]
    app.command(epilog=example(*lines))(explore)


def export(
    model: Model,
    out: Annotated[Path, typer.Option(help="Folder for what is written.")],
    format: Annotated[str, typer.Option(help="web or onnx.")] = "web",
    runtime: Annotated[
        Path | None,
        typer.Option(help="Folder with the npm package onnxruntime-web, if it is fetched already."),
    ] = None,
) -> None:
    """Write a model for use without PyTorch.

    web: a static folder for any web server, with a page that restyles pictures on the visitor's
    own device. onnx: the networks alone.
    """
    if format not in FORMATS:
        raise typer.BadParameter(f"one of {', '.join(FORMATS)}", param_hint="--format")
    from gan_lessons.export import onnx_graphs as graphs
    from gan_lessons.export import readme, web
    from gan_lessons.files import OutputFolder
    from gan_lessons.style_transfer import StyleTransfer

    loaded = StyleTransfer.load(model, device="cpu", precision="fp32")
    shown = called(model)
    if format == "onnx":
        folder = OutputFolder(out)
        graphs.write_graphs(loaded, folder, shown)
        readme.write_readme(folder, loaded, shown)
        typer.echo(f"the networks are in {out}; its README.md says what they take and give")
        return
    web.write_page(loaded, out, shown, runtime=runtime, report=typer.echo)
    typer.echo(f"the page is in {out}; try: python -m http.server --directory {out}")


def explore(
    model: Annotated[
        str,
        typer.Option(
            help="What it opens with: a bundled model, or the folder of one.",
            show_default=False,
        ),
    ] = "",
    port: Annotated[int, typer.Option(help="To listen on; if taken, the next free one.")] = 8866,
    ip: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    places: Annotated[int, typer.Option(min=1, help="Visitors at a time.")] = 6,
    host: Annotated[
        list[str] | None,
        typer.Option(help="A name that it is reached by, such as explorer.example.org; repeat it."),
    ] = None,
) -> None:
    """Serve the style explorer as a page, for people who need see no notebook.

    Pictures are shrunk in the visitor's browser and kept in memory only. A visitor who does nothing
    for ten minutes makes place.
    """
    from gan_lessons.app.serve import serve

    serve(model=model, port=port, ip=ip, browser=browser, places=places, hosts=host or ())
