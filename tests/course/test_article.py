"""Rows of the appendix: lessons by their names, verdicts from what is stored."""

import json

import pytest

from gan_lessons.course import article
from gan_lessons.course.claims import MIME, Claim
from gan_lessons.course.labs import gan_vs_vae_evidence

ROWS = article.LISTINGS + article.IMPROVEMENTS + article.RIVALS + article.SECURITY


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder of course files whose notebooks record what they are told to."""
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    (tmp_path / "notebooks").mkdir()

    def write(name, *verdicts):
        outputs = [
            {"output_type": "display_data", "metadata": {}, "data": {MIME: vars(claim)}}
            for claim in (Claim("x", 1.0, verdict=each) for each in verdicts)
        ]
        cell = {
            "cell_type": "code", "id": "a", "metadata": {}, "source": "", "execution_count": 1,
            "outputs": outputs,
        }  # fmt: skip
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(json.dumps(content))

    return write


def row(lesson, count=""):
    return article.Row("said", "wrong", "right", lesson, count)


def test_a_lesson_that_is_not_there_is_planned(course):
    assert article.verdict(row("99_never")) == "planned"


def test_claims_are_counted_and_records_are_not(course):
    course("99_never", "holds", "does not hold", "recorded", "holds")
    assert article.verdict(row("99_never")) == "2 of 3 claims hold"


def test_a_lesson_without_claims_has_not_run(course):
    course("99_never", "recorded")
    assert article.verdict(row("99_never")) == "not run yet"


@pytest.mark.parametrize(
    ("judged", "words"),
    [("for", "for the GAN"), ("against", "against the GAN"), ("undecided", "undecided")],
)
def test_counts_of_the_trial_have_its_verdicts(course, monkeypatch, judged, words):
    course("07_gan_vs_vae", "holds")
    monkeypatch.setattr(article.store, "results", lambda lesson: {})
    verdicts = {gan_vs_vae_evidence.CLAIMS[1]: judged}
    monkeypatch.setattr(gan_vs_vae_evidence, "evidence", lambda results: {})
    monkeypatch.setattr(gan_vs_vae_evidence, "verdicts", lambda found: verdicts)
    assert article.verdict(row("07_gan_vs_vae", gan_vs_vae_evidence.CLAIMS[1])) == words


def test_all_three_counts_of_the_trial_have_a_row():
    assert [each.count for each in ROWS if each.count] == list(gan_vs_vae_evidence.CLAIMS)


def test_a_table_has_a_line_for_each_row_and_no_stray_column(course):
    lines = article.table(article.LISTINGS).splitlines()
    assert len(lines) == len(article.LISTINGS) + 2
    assert {line.count("|") for line in lines} == {len(article.HEAD) + 1}
    found = [line.split(" | ")[-1] for line in lines[2:]]
    assert found == [f"{article.verdict(each)} |" for each in article.LISTINGS]
