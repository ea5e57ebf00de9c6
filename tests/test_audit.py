"""`make audit`: what nobody looked up is never reported as free of faults."""

import json
from importlib.machinery import SourceFileLoader
from types import ModuleType

import pytest

FREE = {"name": "numpy", "version": "2.4.6", "vulns": []}
FAULTY = {
    "name": "pillow",
    "version": "9.0.0",
    "vulns": [{"id": "PYSEC-2022-42979", "fix_versions": ["9.3.0"]}],
}
UNKNOWN = {"name": "torch", "skip_reason": "Dependency not found on PyPI: torch (2.15.0)"}


@pytest.fixture(scope="module")
def audit(root):
    module = ModuleType("audit")
    module.__file__ = str(root / ".ci" / "audit")
    SourceFileLoader("audit", module.__file__).exec_module(module)
    return module


def printed(*packages) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize("said", ["", "ERROR: no connection", "[]", printed(), printed(UNKNOWN)])
def test_no_data_is_no_verdict(audit, said):
    code, words = audit.verdict(said)
    assert code == 0
    assert words.startswith("No verdict") and "\n" not in words


def test_known_faults_end_with_one(audit):
    code, words = audit.verdict(printed(FREE, FAULTY, UNKNOWN))
    assert code == 1
    assert "pillow 9.0.0: PYSEC-2022-42979, mended in 9.3.0" in words
    assert "Packages looked up: 2. Known faults: 1." in words
    assert "Packages that nothing is known of: 1 (torch)." in words


def test_no_known_fault_ends_with_zero(audit):
    assert audit.verdict(printed(FREE)) == (0, "Packages looked up: 1. Known faults: 0.")
