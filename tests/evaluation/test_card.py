"""`results.json` read back: every number under its name, and a sentence for all other files."""

import json
from dataclasses import asdict

import pytest

from gan_lessons.evaluation.card import FILE, read_results
from gan_lessons.evaluation.curve_card import CURVE, read_curve
from gan_lessons.evaluation.letter_card import read_letters
from gan_lessons.evaluation.painting_card import read_paintings
from gan_lessons.models.store import find

MODELS = ("emoji64", "emoji128")


def pruned(value):
    """Plain data without what is empty: what a card may leave out, it may also hold as nothing."""
    if isinstance(value, dict):
        parts = {key: pruned(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part not in (None, [], {})}
    return [pruned(part) for part in value] if isinstance(value, list | tuple) else value


@pytest.fixture
def plain():
    return json.loads((find("emoji64") / FILE).read_text())


@pytest.mark.parametrize(
    ("name", "file", "read"),
    [
        *((name, FILE, read_results) for name in MODELS),
        ("letters64", FILE, read_letters),
        ("letters64_paired", FILE, read_letters),
        ("paintings256", FILE, read_paintings),
        ("emoji64", CURVE, read_curve),
    ],
)
def test_nothing_is_lost(name, file, read):
    values = json.loads((find(name) / file).read_text())
    del values["format"]
    assert pruned(asdict(read(find(name)))) == pruned(values)


@pytest.mark.parametrize("read", [read_results, read_paintings, read_curve])
def test_the_card_of_another_set_is_one_sentence(tmp_path, read):
    (tmp_path / FILE).write_text((find("letters64") / FILE).read_text())
    with pytest.raises(ValueError, match="damaged or no c"):
        read(tmp_path / FILE)


def test_letters_are_found_by_their_style():
    results = read_letters(find("letters64"))
    assert results.figures["kid"].model.styles == len(results.styles)
    assert results.style("mono").figures["model"]["kid"] > 0
    with pytest.raises(ValueError, match="nothing of gothic"):
        results.style("gothic")


def test_names_lead_to_the_numbers(plain):
    results = read_results(find("emoji64") / FILE)
    kid = plain["figures"]["kid"]
    assert results.figures["kid"].model.value == kid["model"]["value"]
    assert results.figures["kid"].real.value == kid["floor"]["value"]
    assert results.figures["style"].real == results.figures["style"].limit
    assert list(results.figures["kid"].methods)[0] == "model"
    assert set(results.figures["kid"].methods) >= set(kid["baselines"])
    lead = plain["comparisons"]["model"]["kid"]["copying"]
    assert results.comparisons["model"]["kid"]["copying"].better == lead["better"]
    first = plain["pairs"][0]
    assert results.pair(first["source"], first["target"]).figures == first["figures"]


@pytest.mark.parametrize(("name", "pick"), [("kid", min), ("content", max)])
def test_the_best_baseline_is_the_best_on_the_better_side(plain, name, pick):
    values = {n: each["value"] for n, each in plain["figures"][name]["baselines"].items()}
    found, value = read_results(find("emoji64")).figures[name].best_baseline()
    assert found == pick(values, key=values.get) and value.value == values[found]


def test_a_pair_that_was_not_measured_is_said(plain):
    with pytest.raises(ValueError, match="nothing of noto to marble"):
        read_results(find("emoji64")).pair("noto", "marble")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda card: card | {"format": "gan_lessons results 0"},
        lambda card: {key: value for key, value in card.items() if key != "figures"},
        lambda card: card | {"surprise": 1},
        lambda card: card | {"pairs": [{"source": "noto"}]},
        lambda card: card | {"figures": {"kid": {"title": "KID"}}},
        lambda card: [card],
        lambda card: "a text",
    ],
)
def test_another_file_is_one_sentence(tmp_path, plain, spoil):
    (tmp_path / FILE).write_text(json.dumps(spoil(plain)))
    with pytest.raises(ValueError, match="damaged or no card of this version; evaluate"):
        read_results(tmp_path)


def test_no_json_and_no_file_are_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="no .*results.json; write one with"):
        read_results(tmp_path)
    (tmp_path / FILE).write_text("[" * 100_000)
    with pytest.raises(ValueError, match="damaged"):
        read_results(tmp_path)
