"""The stored table of margins: true to the notebooks, complete, replayed where it is closest."""

from pathlib import Path

import pytest

from gan_lessons.course import claims, notebook
from gan_lessons.course.margins import distances, measure, table
from gan_lessons.course.margins.settings import Setting

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
TABLE = table.read_table(NOTEBOOKS.parent / "data" / "lessons" / table.FILE)
ROWS = TABLE["rows"]
MOVED = [row for row in ROWS if row.nature != distances.FIXED]
BANDS = [row for row in MOVED if row.kind == "claim"]
REPLAYED = 3
CHEAP = 60  # CPU seconds
CLOSEST = [
    row
    for row in MOVED
    if row.kind == "claim" and TABLE["cpu_seconds"].get(row.notebook, 0) < CHEAP
][:REPLAYED]


def test_table_knows_every_notebook_with_claims():
    known = {}
    for path in notebook.notebooks(NOTEBOOKS):
        name = path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
        known[name] = claims.recorded(notebook.read_notebook(path))
    assert set(TABLE["numbers"]) <= set(known)
    page = (NOTEBOOKS.parent / "data" / "lessons" / table.PAGE).read_text(encoding="utf-8")
    left = {name for name, found in known.items() if found} - set(TABLE["numbers"])
    assert not [name for name in left if name not in page], "run make margins"


def test_no_number_stands_nearer_than_three_spreads():
    near = [f"{r.notebook}: {r.name}, {r.distance:.1f}" for r in ROWS if r.distance < distances.FAR]
    assert not near and not [row.name for row in ROWS if row.missing]


def test_bands_of_the_table_are_those_of_the_notebooks():
    for row in (row for row in ROWS if row.kind == "claim"):
        stored = claims.recorded(notebook.read_notebook(NOTEBOOKS / f"{row.notebook}.ipynb"))
        bands = {each.name: each for each in stored if each.verdict != "recorded"}
        assert row.name in bands, f"{row.notebook} has no claim {row.name!r}; run make margins"
        low, high = bands[row.name].low, bands[row.name].high
        room = 0.5  # of a count
        assert row.low is None or low is not None and row.low in (low, low - room)
        assert row.high is None or high is not None and row.high in (high, high + room)


@pytest.mark.parametrize("row", BANDS[: table.SHOWN], ids=lambda row: f"{row.notebook}: {row.name}")
def test_band_that_something_could_leave_names_what_it_refuses(row):
    assert len(row.refuses.split()) > 1


@pytest.mark.slow
@pytest.mark.parametrize("row", CLOSEST, ids=lambda row: f"{row.notebook}: {row.name}")
def test_closest_number_stays_in_its_band_where_it_came_closest(row):
    found = measure.measure(
        NOTEBOOKS / f"{row.notebook}.ipynb", Setting.named(row.worst_at), until=row.name
    )
    (value,) = (each["value"] for each in found["values"] if each["name"] == row.name)
    assert row.low is None or value >= row.low
    assert row.high is None or value <= row.high
