"""Texts for people, and what is read of anybody's JSON and YAML."""

import json
from pathlib import Path

import pytest
from safetensors.torch import save_file
from torch import zeros

from gan_lessons.course import bundle, notebook
from gan_lessons.course.sweep import grid, parameters, reports
from gan_lessons.models import recipes, store
from gan_lessons.text import count_of, duration, parse_json, printable, read_json, read_yaml

DEEP = 100_000  # brackets: more than any reader's stack holds
BRACKETS = "[" * DEEP
PAIRED = BRACKETS + "]" * DEEP


def test_texts_for_people():
    counts = [count_of(number, "picture") for number in (0, 1, 3000)]
    assert counts == ["0 pictures", "1 picture", "3,000 pictures"]
    assert [duration(s) for s in (40, 720, 12_000)] == ["40 s", "12 min", "3 h 20 min"]
    assert printable("a\x1b[2J\ud800b") == "a?[2J?b"


def test_plain_values_are_read(tmp_path):
    value = {"a": [1, 2.5, None], "é": "ü"}
    (tmp_path / "a").write_text(json.dumps(value), encoding="utf-8")
    assert read_json(tmp_path / "a") == read_yaml(tmp_path / "a") == value


@pytest.mark.parametrize("text", [BRACKETS, PAIRED, '{"a":' * DEEP, "{", "", "NaN]", "\ud800"])
def test_what_is_no_json_is_one_kind_of_error(text, tmp_path):
    with pytest.raises(ValueError) as caught:
        parse_json(text)
    assert "\n" not in str(caught.value)


OBJECT = "!!python/object:os.system x"


MARKED = ['a: !!int ""', 'a: !!float ""', "a: !!bool x", "a: !!timestamp x"]


@pytest.mark.parametrize("text", [BRACKETS, PAIRED, "a: [", OBJECT, "a: 1\n b: 2", *MARKED])
def test_what_is_no_yaml_is_one_kind_of_error(text, tmp_path):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ValueError, match="it is no YAML"):
        read_yaml(tmp_path / "a.yaml")


def deep_file(folder: Path, name: str) -> Path:
    (folder / name).write_text(PAIRED)
    return folder / name


READERS = {
    "a grid": lambda folder: grid.read_sweep(deep_file(folder, "grid.yaml")),
    "a recipe": lambda folder: recipes.read_recipe(deep_file(folder, "recipe.yaml")),
    "a run": lambda folder: reports.rows(deep_file(folder, "run.json").parent),
    "a notebook": lambda folder: notebook.read_notebook(deep_file(folder, "a.ipynb")),
    "a model": lambda folder: store.describe(deep_file(folder, store.CONFIG).parent),
    "a parameter": lambda folder: parameters._fitted("sizes", PAIRED, [1]),
}


@pytest.mark.parametrize("name", READERS)
def test_brackets_without_end_are_one_sentence_wherever_they_are_read(name, tmp_path):
    save_file({"a": zeros(1)}, tmp_path / "weights.safetensors")
    with pytest.raises((ValueError, TypeError)) as caught:
        READERS[name](tmp_path)
    said = str(caught.value)
    assert "\n" not in said and len(said) < 400 and not isinstance(caught.value, RecursionError)


def test_model_whose_record_is_damaged_is_listed_without_it(tmp_path):
    deep_file(tmp_path, "config.json")
    assert bundle._run(tmp_path) == {}
