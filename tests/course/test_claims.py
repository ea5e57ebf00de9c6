import json
import math
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_lessons.course.claims import GO_ON, MIME, Claim, claim, record, recorded, to_json


def test_claim_prints_one_line_and_holds(capsys):
    result = claim("modes found", torch.tensor(7), 6, 8)
    assert capsys.readouterr().out == "claim modes found: 7 in [6, 8]: holds\n"
    assert result.value == 7.0 and result.verdict == "holds"


@pytest.mark.parametrize(("low", "high"), [(6, 8), (None, 7), (7, None), (7, 7)])
def test_ends_of_the_band_belong_to_it(low, high):
    assert claim("x", 7, low, high).verdict == "holds"


@pytest.mark.parametrize("value", [5.999, 8.001, math.nan, math.inf, -math.inf, np.float32(9)])
def test_value_out_of_the_band_raises_and_is_shown(value, capsys):
    with pytest.raises(AssertionError, match="claim modes"):
        claim("modes", value, 6, 8)
    assert "does not hold" in capsys.readouterr().out


def test_runs_of_ones_own_are_warned_and_go_on(monkeypatch):
    monkeypatch.setenv(GO_ON, "1")
    with pytest.warns(UserWarning, match="the text of this lesson is wrong about it"):
        assert claim("x", 3, 0, 1).verdict == "does not hold"


def test_preset_that_is_not_tested_does_not_raise():
    assert claim("modes", 5, 6, 8, preset="full").verdict == "does not hold"


@pytest.mark.parametrize("value", [5, 7])
def test_overridden_parameter_warns_and_does_not_raise(value):
    with pytest.warns(UserWarning, match="not tested with steps=50 for 300"):
        result = claim("modes", value, 6, 8, steps=(50, 300), lr=(2e-4, 2e-4))
    assert result.overridden == {"steps": 50}


def test_parameters_as_tested_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        claim("modes", 7, 6, 8, steps=(300, 300))
    with pytest.raises(AssertionError):
        claim("modes", 5, 6, 8, steps=(300, 300))


def test_record_holds_to_nothing(capsys):
    assert record("seconds", 0.123456).verdict == "recorded"
    assert capsys.readouterr().out == "record seconds: 0.1235\n"


@pytest.mark.parametrize("ends", [(-math.inf, 8), (np.float32(6), math.inf), (torch.tensor(7), 7)])
def test_what_is_stored_is_plain_json_and_reads_back_the_same(ends):
    result = claim("x", np.float64(7), *ends)
    text = json.dumps(to_json(result), allow_nan=False)
    output = {"data": {MIME: json.loads(text)}}
    assert recorded({"cells": [{"outputs": [output]}]}) == [replace(result, overridden={})]
    assert (result.low, result.high) == tuple(float(end) for end in ends)


def test_only_single_numbers_can_be_claimed():
    with pytest.raises((ValueError, RuntimeError, TypeError)):
        claim("two", torch.ones(2), 0, 1)


def test_notebook_stores_what_was_claimed():
    code = (
        "from IPython.testing.globalipapp import start_ipython\n"
        "import json\n"
        "start_ipython()\n"
        "from IPython.utils.capture import capture_output\n"
        "from gan_lessons.course.claims import claim, record\n"
        "with capture_output() as captured:\n"
        "    claim('a', 1, 0, 2)\n"
        "    claim('b', float('inf'), 0, 1, preset='class')\n"
        "    record('c', 0.5)\n"
        "print(json.dumps([out.data for out in captured.outputs]))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    result = subprocess.run(command, capture_output=True, text=True)
    assert not result.returncode, result.stderr
    data = json.loads(result.stdout.splitlines()[-1])
    assert data[0]["text/plain"] == "claim a: 1 in [0, 2]: holds" and MIME in data[0]
    stream = {"output_type": "stream", "name": "stdout", "text": "hello"}
    outputs = [stream, *({"output_type": "display_data", "data": each} for each in data)]
    cells = [{"cell_type": "code", "outputs": outputs}, {"cell_type": "markdown"}]
    first, second, third = recorded({"cells": cells})
    assert first == Claim("a", 1.0, 0, 2, "holds", "smoke", {})
    assert second.value == math.inf and second.preset == "class"
    assert third == Claim("c", 0.5)


def test_a_tensor_that_has_a_gradient_is_a_number_without_a_warning():
    value = torch.tensor(2.0, requires_grad=True) * 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert claim("twice two", value, 3, 5).value == record("twice two", value).value == 4
