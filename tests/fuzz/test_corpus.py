"""The cases that were found, replayed, and damaged a little: see `make fuzz`."""

import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

sys.path.insert(0, str(Path(__file__).parent))
import damage  # noqa: E402
import targets  # noqa: E402

EVERY = [(name, path) for name in targets.TARGETS for path in damage.cases(name)]


@pytest.mark.parametrize(("name", "path"), EVERY, ids=lambda each: Path(str(each)).name)
def test_found_cases_are_refused_or_read(name, path):
    began = time.process_time()
    targets.TARGETS[name](path.read_bytes())
    assert time.process_time() - began < 10


@pytest.mark.parametrize("name", targets.TARGETS)
def test_damaged_cases_are_refused_or_read(name):
    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(damage.damaged(name))
    def fuzz(data):
        targets.TARGETS[name](data)

    fuzz()
