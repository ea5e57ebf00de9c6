"""What is fuzzed: each target takes any bytes and either works or refuses in one sentence."""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from gan_lessons.app.messages import Malformed, may_be_said, read_message
from gan_lessons.config import Recipe
from gan_lessons.course import notebook
from gan_lessons.course.assignments import handout, submission
from gan_lessons.course.sweep import grid, reports
from gan_lessons.data.archive import read_index, read_members
from gan_lessons.images.gate import ImageError, open_layers
from gan_lessons.models import store
from gan_lessons.models.recipes import read_recipe
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.models.stored_tensors import network_tensors
from gan_lessons.text import parse_json
from gan_lessons.training import checkpoint

HOME = Path(tempfile.mkdtemp())
LESSON = "01_gan_loss"
HANDOUT = handout.handout(
    handout.solutions_to(Path(f"{LESSON}.ipynb")), LESSON, handout.Student("ada", "Ada", 1)
)


def placed(name: str, data: bytes) -> Path:
    path = HOME / name
    path.unlink(missing_ok=True)  # what is written over goes to the disk at once, and slowly
    path.write_bytes(data)
    return path


def image(data: bytes) -> None:
    try:
        open_layers(data)
    except ImageError as error:
        assert str(error).count("\n") == 0


def refused(read: Callable, *arguments) -> None:
    try:
        read(*arguments)
    except (ValueError, OSError) as error:
        assert str(error), "an error without words"


def checkpoints(data: bytes) -> None:
    refused(checkpoint.read, placed(checkpoint.FILE, data))


def weights(data: bytes) -> None:
    placed(store.FILE, data)

    def read(folder: Path) -> None:
        for name in store.stored_shapes(folder):
            network_tensors(folder, name)

    refused(read, HOME)


def manifest(data: bytes) -> None:
    """A bundled set's index, within its archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.csv", data)
    refused(read_index, placed("set.zip", packed.getvalue()))
    refused(lambda path: list(read_members(path)), placed("set.zip", data))


def submitted(data: bytes) -> None:
    """What a student hands in, up to where it would be run."""

    def read(path: Path) -> None:
        theirs = notebook.read_notebook(path)
        before, parts, _ = submission.parts_of(HANDOUT, theirs)
        answers = [answer for part in parts for answer in part.answers]
        json.dumps([before, answers, submission.open_answers(theirs, HANDOUT)]).encode()

    refused(read, placed("submission.ipynb", data))


def course(data: bytes) -> None:
    """What a teacher writes: a list of students, a grid; and what is noted of an assignment."""
    refused(handout.read_students, placed("list.csv", data))
    refused(grid.read_sweep, placed("grid.yaml", data))
    placed(handout.FILE, data)
    refused(handout.read_assignment, HOME)


def parameters(data: bytes) -> None:
    """Recipes in YAML, configurations in JSON, notes of runs."""
    refused(read_recipe, placed("recipe.yaml", data))
    placed("run.json", data)
    refused(reports.rows, HOME)
    placed(store.CONFIG, data)
    refused(store.describe, HOME)
    try:
        values = parse_json(data.decode("utf-8"))
    except ValueError:
        return
    refused(lambda: isinstance(Config.from_dict(values), Recipe))


def message(data: bytes) -> None:
    try:
        may_be_said(read_message(data))
    except Malformed:
        pass


TARGETS = {
    "image": image,
    "checkpoint": checkpoints,
    "weights": weights,
    "manifest": manifest,
    "parameters": parameters,
    "message": message,
    "submission": submitted,
    "course": course,
}
