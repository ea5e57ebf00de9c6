"""What CONTRIBUTING shows as an example is executed, and held to the rules it is an example of."""

import importlib.util
import inspect
import re
import subprocess
import sys
from types import ModuleType

import pytest

NETWORK = "gan_lessons/models/autoencoder/networks.py"
OBJECTIVE = "gan_lessons/models/autoencoder/objective.py"
TEST = "tests/models/autoencoder/test_objective.py"
CASES = "tests/models/test_every_objective.py, in CASES"


def loaded(root, path):
    """A test file of the checkout as a module."""
    spec = importlib.util.spec_from_file_location("shared_checks", root / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checks_in(module):
    return {name: f for name, f in vars(module).items() if name.startswith("test_")}


@pytest.fixture(scope="module")
def blocks(root):
    """The code of the section by the file that it is said to be."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split("\n## Adding a network\n")[1], flags=re.M)[0]
    found = re.findall(r"^```python\n# (.+?)\n(.+?)^```$", section, flags=re.M | re.S)
    return dict(found)


@pytest.fixture
def modules(blocks, monkeypatch):
    """The three files, as if they lay where they are said to lie."""
    made = {}
    for path in (NETWORK, OBJECTIVE, TEST):
        name = path.removesuffix(".py").replace("/", ".")
        made[path] = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, made[path])  # dataclasses ask for it there
        exec(compile(blocks[path], path, "exec"), vars(made[path]))
    return made


def test_the_section_shows_three_files_and_an_entry(blocks):
    assert list(blocks) == [NETWORK, OBJECTIVE, TEST, CASES]


def test_its_test_passes(modules):
    tests = checks_in(modules[TEST])
    assert len(tests) == 2
    for test in tests.values():
        test()


def test_its_test_fails_when_the_objective_is_wrong(modules):
    kind = modules[OBJECTIVE].Autoencoding
    right = kind.terms
    kind.terms = lambda self, batch, step: {
        name: (-weight, value) for name, (weight, value) in right(self, batch, step).items()
    }
    with pytest.raises(AssertionError):
        modules[TEST].test_it_keeps_the_directions_that_vary_most()


def test_what_every_objective_keeps_it_keeps(modules, blocks, root, tmp_path):
    shared = loaded(root, "tests/models/test_every_objective.py")
    known = {**vars(shared), **vars(modules[NETWORK]), **vars(modules[OBJECTIVE])}
    (make,) = eval(blocks[CASES], known).values()
    checks = checks_in(shared).values()
    assert len(checks) >= 5
    for check in checks:
        given = {"make": make, "tmp_path": tmp_path}
        check(**{name: given[name] for name in inspect.signature(check).parameters})


@pytest.mark.parametrize("path", [NETWORK, OBJECTIVE, TEST])
def test_it_keeps_to_the_style(blocks, root, path):
    # Which imports are the package's own, ruff sees from files that are not there.
    command = [sys.executable, "-m", "ruff", "check", "--ignore", "I001"]
    command += ["--stdin-filename", path, "-"]
    checked = subprocess.run(command, input=blocks[path], cwd=root, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_it_imports_in_the_right_direction(blocks, root):
    shape = loaded(root, "tests/test_architecture.py")
    for path in (NETWORK, OBJECTIVE):
        module = path.removeprefix("gan_lessons/").removesuffix(".py").replace("/", ".")
        assert not shape.wrong_imports(module, shape.ast.parse(blocks[path]))
