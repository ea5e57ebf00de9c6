"""What a clone weighs: every line of the budget, over the files that git tracks."""

from pathlib import PurePosixPath

import pytest

MIB = 2**20
# Patterns of tracked files, and how many MiB they may take together.
BUDGETS = {
    "data/emoji_styles/**": 14,
    "data/painted_photos/**": 10,
    "data/letters/**": 10,
    "data/features/**": 5,
    "data/backbone/**": 1,
    "data/models/**": 41,
    "data/lessons/**": 4,
    "notebooks/**": 12,
}
REST = 4  # code, tests, texts, pictures of the README


def line_of(path: PurePosixPath) -> str | None:
    return next((line for line in BUDGETS if path.parts[: line.count("/")] == folder(line)), None)


def folder(line: str) -> tuple[str, ...]:
    return PurePosixPath(line).parts[:-1]


def mib(root, paths) -> float:
    return sum((root / path).stat().st_size for path in paths) / MIB


@pytest.mark.parametrize("line", BUDGETS)
def test_budget_is_kept(line, root, tracked):
    paths = [path for path in tracked if line_of(path) == line]
    assert mib(root, paths) <= BUDGETS[line]


def test_everything_else_is_small(root, tracked):
    paths = [path for path in tracked if line_of(path) is None]
    assert mib(root, paths) <= REST


def test_everything_in_data_has_a_line(tracked):
    lost = [path for path in tracked if path.parts[0] == "data" and line_of(path) is None]
    assert not [path for path in lost if len(path.parts) > 2], "give the folder a budget"


def test_archives_of_other_sizes_are_not_tracked(tracked):
    assert not [path for path in tracked if path.stem.endswith(("_128", "_256"))]


def test_a_file_is_counted_where_it_lies():
    assert line_of(PurePosixPath("data/models/emoji64/model.safetensors")) == "data/models/**"
    assert line_of(PurePosixPath("notebooks/00_start_here.ipynb")) == "notebooks/**"
    assert line_of(PurePosixPath("gan_lessons/images/gate.py")) is None
    assert line_of(PurePosixPath("data/README.md")) is None
