"""The parameters of a lesson: which it has, and what may stand in their place."""

import datetime

import pytest

from gan_lessons.course.sweep import parameters, runs


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"epochs": 3}, "04_tiny has no parameter 'epochs'; its own are: preset = 'smoke', seed"),
        ({"seed": "many"}, "seed takes a value of type int, got 'many'; .*seed = 0"),
        ({"seed": 1.5}, "seed takes a value of type int, got 1.5"),
        ({"seed": True}, "seed takes a value of type int, got True"),
        ({"loss": 3}, "loss takes a value of type str, got 3"),
        ({"sizes": "3"}, "sizes takes a value of type list, got 3"),
        ({"preset": "huge"}, "there is no preset 'huge'; use smoke, class, full"),
        ({"preset": "ful"}, r"no preset 'ful' \(did you mean 'full'\?\)"),
        ({"preset": "Smoke"}, r"no preset 'Smoke' \(did you mean 'smoke'\?\)"),
        ({"chosen": {1, 2}}, r"chosen takes a plain value \(a finite number, .* got {1, 2}; the"),
        ({"chosen": "{1, 2}"}, "chosen takes a plain value .* got {1, 2}"),
        ({"chosen": "1j"}, "chosen takes a plain value .* got 1j"),
        ({"chosen": datetime.date(2020, 1, 1)}, "chosen takes a plain value .* got datetime.date"),
        ({"chosen": "b'x'"}, "chosen takes a plain value"),
        ({"chosen": "1e999"}, "chosen takes a plain value .* got inf"),
        ({"chosen": {1: 2}}, "chosen takes a plain value"),
        ({"loss": "\udc80"}, "loss takes a plain value"),
        ({"lr": 10**400}, "lr takes a value of type float"),
        ({"sizes": [[[[object()]]]]}, "sizes takes a plain value"),
        ({"sead": 1}, r"no parameter 'sead' \(did you mean 'seed'\?\); its own are: preset"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(given, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        runs.run_lesson("04", given, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_texts_are_read_as_the_type_that_the_lesson_has(course):
    lesson = parameters.lesson_named("04")
    given = {"lr": "1", "sizes": "[3]", "chosen": "cat", "slow": "7", "loss": "1"}
    wanted = {"lr": 1.0, "sizes": [3], "chosen": "cat", "slow": 7, "loss": "1"}
    values = parameters.parameters_of(lesson, given)
    assert {name: values[name] for name in wanted} == wanted and type(values["lr"]) is float


def test_lesson_is_named_by_its_beginning(course):
    assert parameters.lesson_named("04_tiny.ipynb").stem == "04_tiny"
    with pytest.raises(ValueError, match="no lesson begins with '07'; there are: 04_tiny"):
        parameters.lesson_named("07")


def test_one_value_has_one_form(course):
    lesson = parameters.lesson_named("04")
    read = [parameters.parameters_of(lesson, {"lr": lr}) for lr in ("1e-3", "0.001", 0.001)]
    assert read[0] == read[1] == read[2]


def test_notebook_of_ones_own_is_a_lesson_too(another_course, monkeypatch, course):
    lesson = another_course()
    monkeypatch.setenv("GAN_LESSONS_DATA", str(course))
    assert parameters.lesson_named(str(lesson)) == lesson


@pytest.mark.parametrize("cell", ["lr = 1 / 3", "import os", "lr = (", "lr = 0.1\nprint(lr)"])
def test_parameters_that_are_no_literals_are_told(cell, another_course):
    lesson = another_course(parameters=cell)
    with pytest.raises(ValueError, match="`parameters` of 04_tiny.ipynb holds more than plain"):
        parameters.parameters_of(lesson, {})


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"cells": 3}', '{"nbformat": 4}'])
def test_file_that_is_no_notebook_is_told(text, another_course, tmp_path):
    lesson = another_course()
    lesson.write_text(text)
    with pytest.raises(ValueError, match="04_tiny.ipynb is not a notebook"):
        runs.run_lesson("04", {}, tmp_path / "run")
    assert not (tmp_path / "run").exists()
