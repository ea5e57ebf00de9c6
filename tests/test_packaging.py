"""What is installed, from which list, and that the wheel alone is enough."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([0-9][A-Za-z0-9.]*)")
# What comes with a requirement so surely that naming it again would be a second list.
BROUGHT_ALONG = {
    "docutils": "sphinx",
    "ipython": "ipykernel",
    "jupyter-server": "jupyterlab",
    "pygments": "nbconvert",
    "rich": "typer",
}


@pytest.fixture(scope="module")
def project(root) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def requirements(project) -> list[Requirement]:
    """Every requirement, of every extra."""
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    parsed = [Requirement(line) for lines in lists for line in lines]
    return [each for each in parsed if canonicalize_name(each.name) != project["name"]]


@pytest.fixture(scope="module")
def pins(root) -> dict[str, Version]:
    lines = (root / "constraints.txt").read_text().splitlines()
    matched = {line: PIN.fullmatch(line) for line in lines}
    assert all(matched.values()), [line for line, match in matched.items() if not match]
    return {canonicalize_name(match[1]): Version(match[2]) for match in matched.values()}


@pytest.fixture(scope="module")
def peers(project) -> set[str]:
    """What only a comparison asks for, and neither `make` nor a test installs."""
    return {Requirement(line).name for line in project["optional-dependencies"]["bench"]}


def test_every_requirement_has_a_pin_within_its_range(requirements, pins, peers):
    needed = [each for each in requirements if each.name not in peers]
    missing = [str(each) for each in needed if canonicalize_name(each.name) not in pins]
    outside = [
        f"{each} against {pin}"
        for each in requirements
        if (pin := pins.get(canonicalize_name(each.name))) and pin not in each.specifier
    ]
    assert not missing and not outside


def test_pins_are_for_every_platform(pins):
    assert {"torch", "torchvision"} <= pins.keys()
    one_platform = re.compile(r"nvidia|cuda|cu1\d|triton|pytorch-")
    assert not [name for name in pins if one_platform.search(name)]
    assert not [name for name, pin in pins.items() if pin.local]


def test_pins_suit_the_oldest_python(project, pins):
    oldest = project["requires-python"].removeprefix(">=") + ".0"
    unfit = []
    for dist in distributions():
        asks = dist.metadata.get("Requires-Python")
        same = pins.get(canonicalize_name(dist.name)) == Version(dist.version)
        if same and asks and oldest not in SpecifierSet(asks):
            unfit.append(f"{dist.name} {dist.version} asks for Python {asks}")
    assert not unfit


def test_the_newest_python_is_the_same_wherever_pins_are_installed(root):
    """Wheels of the pinned NumPy, SciPy and ONNX Runtime end at Python 3.14."""
    assert "<3.15" in (root / "environment.yml").read_text()
    assert "<= sys.version_info < (3, 15)" in (root / "Makefile").read_text()
    assert "Python 3.11 to 3.14" in (root / "README.md").read_text()


def test_requirements_are_ranges_and_name_no_address(requirements):
    assert not [str(each) for each in requirements if each.url]
    assert not [str(each) for each in requirements if not each.specifier or "==" in str(each)]


def test_all_holds_every_extra_but_the_peers(project):
    (everything,) = (Requirement(line) for line in project["optional-dependencies"]["all"])
    assert everything.extras == project["optional-dependencies"].keys() - {"all", "bench"}


def test_bare_package_needs_no_jupyter(project):
    bare = {Requirement(line).name for line in project["dependencies"]}
    extra = {"jupyterlab", "ipywidgets", "matplotlib", "scikit-learn", "tensorboard", "pytest"}
    assert not bare & extra


def test_everything_imported_is_declared(root, requirements):
    declared = {canonicalize_name(each.name) for each in requirements}
    assert declared >= set(BROUGHT_ALONG.values())
    declared |= BROUGHT_ALONG.keys()
    homes = packages_distributions()
    lost = {}
    for path in (root / "gan_lessons").rglob("*.py"):
        for name in imported(path) - set(sys.stdlib_module_names) - {"gan_lessons"}:
            dists = {canonicalize_name(dist) for dist in homes.get(name, [name])}
            if not dists & declared:
                lost.setdefault(name, []).append(path.name)
    assert not lost


def imported(path: Path) -> set[str]:
    """First parts of the modules that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    return names


def test_conda_gets_the_same_through_the_same_extras(root, project):
    environment = yaml.safe_load((root / "environment.yml").read_text())
    assert environment["name"] == project["name"]
    python, pip, by_pip = environment["dependencies"]
    assert python == f"python{project['requires-python']},<3.15"
    assert pip == "pip"
    assert by_pip == {"pip": ["-c constraints.txt", "-e .[all]"]}


def test_wheel_carries_the_tracked_data_and_notebooks(wheel, tracked):
    members = set(zipfile.ZipFile(wheel).namelist())
    shared = [path for path in tracked if path.parts[0] in ("data", "notebooks")]
    assert not [
        str(path) for path in shared if f"gan_lessons/_share/{path.as_posix()}" not in members
    ]
    code = [path for path in tracked if path.parts[0] == "gan_lessons"]
    assert not [str(path) for path in code if path.as_posix() not in members]


def test_wheel_carries_nothing_else(wheel):
    members = zipfile.ZipFile(wheel).namelist()
    inside = re.compile(r"gan_lessons/|gan_lessons-[\d.]+\.dist-info/")
    assert not [name for name in members if not inside.match(name)]
    built_here = re.compile(r"_(128|256)\.|\.ipynb_checkpoints|__pycache__|\.pyc$")
    assert not [name for name in members if built_here.search(name)]
    assert {
        f"gan_lessons-0.1.0.dist-info/licenses/{name}" for name in ("LICENSE", "NOTICE")
    } <= set(members)


def test_installed_package_finds_its_files_in_an_empty_folder(installed, wheel, tmp_path):
    members = zipfile.ZipFile(wheel).namelist()
    shared = sorted(name for name in members if name.startswith("gan_lessons/_share/"))
    assert shared, "the wheel carries neither data nor notebooks"
    parts = tuple(shared[0].split("/")[2:])
    code = (
        "import sys\n"
        "for name in 'IPython jupyter_core matplotlib ipywidgets sklearn nbformat'.split():\n"
        "    sys.modules[name] = None\n"
        "import gan_lessons\n"
        "from gan_lessons.files import share\n"
        f"print(gan_lessons.__file__, share(*{parts!r}), sep='\\n')\n"
        "print(gan_lessons.open_image.__name__)"
    )
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert not result.returncode, result.stderr
    module, found, name = result.stdout.splitlines()
    assert Path(module).is_relative_to(installed) and Path(found).is_relative_to(installed)
    assert name == "open_image"


def test_command_is_installed(project):
    assert project["scripts"] == {"gan-lessons": "gan_lessons.__main__:main"}
    result = subprocess.run(
        [sys.executable, "-m", "gan_lessons", "--help"], capture_output=True, text=True
    )
    assert not result.returncode and "restyle" in result.stdout
