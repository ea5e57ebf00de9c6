"""How the command speaks: errors as one sentence with an exit code, and examples below the help."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup

from gan_lessons.interrupt import out_of_memory
from gan_lessons.text import printable

LEFT_OUT, BROKEN, INTERRUPTED = 3, 4, 130
EXPECTED = (ValueError, OSError, FloatingPointError)

# Words that several commands take.
Model = Annotated[
    str, typer.Argument(help="A bundled model, a folder, or OWNER/NAME on the Hugging Face hub.")
]
Device = Annotated[str, typer.Option(help="auto, cuda, mps or cpu.")]
Precision = Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")]
Json = Annotated[bool, typer.Option("--json", help="Print it for programs.")]


@contextlib.contextmanager
def wrong_call(kind: type[ValueError]) -> Iterator[None]:
    """Lets errors of a kind count as a command line that cannot be understood."""
    try:
        yield
    except kind as error:
        raise typer.BadParameter(str(error)) from None


class Progress:
    """Shows which cell of a lesson runs: one line that is written over, or a line now and then.

    Nothing but a terminal can write over a line; elsewhere a line comes every ten seconds at most.
    """

    def __init__(self):
        self.begun = self.last = time.monotonic()
        self.over = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        if self.over:
            typer.echo("\r\x1b[K", nl=False, err=True)

    def __call__(self, number: int, of: int, line: str) -> None:
        """Tells of a cell that begins."""
        now = time.monotonic()
        told = f"cell {number} of {of}, after {now - self.begun:.0f} s: {printable(line)[:50]}"
        if self.over:
            typer.echo(f"\r\x1b[K{told}", nl=False, err=True)
        elif now - self.last >= 10:
            self.last = now
            typer.echo(told, err=True)


def called(model: str) -> str:
    """What results call a model: its folder's own name, or the name that it was asked for by."""
    return Path(model).resolve().name if Path(model).is_dir() else model


class OneSentence(TyperGroup):
    """A group of commands that turns the errors of users into one sentence and an exit code."""

    def invoke(self, ctx):
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (Exception, KeyboardInterrupt) as error:
            code, sentence = _judge(error)
            if not code or os.environ.get("GAN_LESSONS_DEBUG"):
                raise
        if not launched() or _speaks():
            warn(sentence)
        raise typer.Exit(code)


class ListCommand(TyperCommand):
    """A command whose `--reference` takes all words that follow, up to the next option."""

    lists = ("--reference",)

    def parse_args(self, ctx, args):
        """Read the command line."""
        try:
            return super().parse_args(ctx, spread(args, self.lists))
        except typer.BadParameter as error:
            words = [word for word in self.lists if word in args]
            if words and error.param is not None and error.param.param_type_name == "argument":
                sentence = f"name it before {words[0]}, which takes all words that follow"
                raise typer.BadParameter(sentence, ctx, error.param) from None
            raise


def spread(words: list[str], lists: tuple[str, ...]) -> list[str]:
    """Repeat an option before each of the words that follow it.

    >>> spread(["cat.png", "--reference", "a.png", "b.png", "--out", "o"], ("--reference",))
    ['cat.png', '--reference', 'a.png', '--reference', 'b.png', '--out', 'o']
    """
    spreaded, option = [], ""
    for place, word in enumerate(words):
        if word == "--":
            return [*spreaded, *words[place:]]
        if word.startswith("-") and len(word) > 1:
            option = word if word in lists else ""
            last = place + 1 == len(words) or words[place + 1].startswith("-")
            spreaded += [] if option and not last else [word]
        else:
            spreaded += [option, word] if option else [word]
    return spreaded


def _judge(error: BaseException) -> tuple[int, str]:
    """Exit code and sentence for an error of the user or the machine; 0 for all others."""
    if isinstance(error, BrokenPipeError):
        return 0, ""  # the reader, such as `head`, has seen enough; the library knows what to do
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, "Stopped."
    if isinstance(error, EXPECTED):
        return 1, _sentence(error)
    if out_of_memory(error):
        return 1, "Memory did not suffice; ask for smaller pictures, or lower train.batch."
    return 0, ""


def launched() -> bool:
    """Whether a launcher started this process beside others, which may have the same error."""
    return os.environ.get("WORLD_SIZE", "1") != "1"


def _speaks() -> bool:
    from gan_lessons.training.processes.heartbeat import speaks

    return speaks()


def warn(line: str) -> None:
    """Print a line on standard error."""
    typer.echo(line, err=True)


def example(*lines: str) -> str:
    """What stands below the options of a command."""
    return "\n  ".join(["\b\nExample:", *lines])  # the mark keeps lines from being wrapped


def _sentence(error: Exception) -> str:
    said = str(error)
    if isinstance(error, OSError) and error.filename and said.startswith("[Errno"):
        said = f"{error.filename}: {error.strerror}"
    text = printable(" ".join(said.split())) or f"{type(error).__name__} without a reason"
    return text if text.endswith((".", "!", "?")) else f"{text}."
