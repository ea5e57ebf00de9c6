"""What CONTRIBUTING shows as an example is put in place, used, and held to the rules."""

import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import gan_lessons.models

FOLDER = "gan_lessons/models/tint"
FILES = [
    f"{FOLDER}/{name}.py"
    for name in ("recipe", "networks", "objective", "architecture", "__init__")
]
TEST = "tests/models/tint/test_objective.py"
CASES = "tests/models/test_every_objective.py, in CASES"


def loaded(path):
    """A file as a module."""
    spec = importlib.util.spec_from_file_location("shared_checks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checks_in(module):
    return {name: f for name, f in vars(module).items() if name.startswith("test_")}


@pytest.fixture(scope="module")
def blocks(root):
    """The code of the section by the file that it is said to be."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split("\n## Adding a model\n")[1], flags=re.M)[0]
    found = re.findall(r"^```python\n# (.+?)\n(.+?)^```$", section, flags=re.M | re.S)
    return dict(found)


@pytest.fixture
def place(blocks, tmp_path, monkeypatch):
    """The files, beside the package's own for as long as a test runs."""
    for path in [*FILES, TEST]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(blocks[path], encoding="utf-8")
    own = [*gan_lessons.models.__path__, str(tmp_path / "gan_lessons" / "models")]
    monkeypatch.setattr(gan_lessons.models, "__path__", own)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("gan_lessons.models.tint")]:
        del sys.modules[name]


def test_the_section_shows_one_folder_a_test_and_an_entry(blocks):
    assert list(blocks) == [*FILES, TEST, CASES]


def test_its_test_passes(place):
    tests = checks_in(loaded(place / TEST))
    assert len(tests) == 2
    for test in tests.values():
        test()


def test_its_test_fails_when_the_objective_is_wrong(place):
    module = loaded(place / TEST)
    right = module.Tinting.terms
    module.Tinting.terms = lambda self, batch, step: {
        name: (-weight, value) for name, (weight, value) in right(self, batch, step).items()
    }
    with pytest.raises(AssertionError):
        module.test_it_reaches_the_least_squares_fit()


def test_what_every_objective_keeps_it_keeps(place, blocks, root, tmp_path):
    shared, shown = loaded(root / "tests/models/test_every_objective.py"), loaded(place / TEST)
    known = {**vars(shared), **{name: vars(shown)[name] for name in ("Tinting", "TintRecipe")}}
    (make,) = eval(blocks[CASES], known).values()
    checks = checks_in(shared).values()
    assert len(checks) >= 5
    for check in checks:
        given = {"make": make, "tmp_path": tmp_path}
        check(**{name: given[name] for name in inspect.signature(check).parameters})


@pytest.mark.parametrize("path", [*FILES, TEST])
def test_it_keeps_to_the_style(blocks, root, path):
    # Which imports are the package's own, ruff sees from files that are not there.
    command = [sys.executable, "-m", "ruff", "check", "--ignore", "I001"]
    command += ["--stdin-filename", path, "-"]
    checked = subprocess.run(command, input=blocks[path], cwd=root, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_it_imports_in_the_right_direction(blocks, root):
    shape = loaded(root / "tests/test_architecture.py")
    for path in FILES:
        module = path.removeprefix("gan_lessons/").removesuffix(".py").replace("/", ".")
        assert not shape.wrong_imports(module, shape.ast.parse(blocks[path]))


@pytest.mark.slow
def test_one_folder_is_trained_used_measured_and_exported(blocks, root, tiny_dataset, tmp_path):
    """The package as it is, and the folder: no other file is touched."""
    package = Path(shutil.copytree(root / "gan_lessons", tmp_path / "gan_lessons"))
    for path in FILES:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(blocks[path], encoding="utf-8")
    for row, image in enumerate(tiny_dataset.images):
        style = tiny_dataset.styles[tiny_dataset.labels[row]]
        folder = tmp_path / "pictures" / tiny_dataset.splits[row] / style
        folder.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(image.permute(1, 2, 0).numpy())
        picture.save(folder / f"{tiny_dataset.keys[row]}.png")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "GAN_LESSONS_DATA": str(root)}

    def run(*words):
        command = [sys.executable, "-m", "gan_lessons", *map(str, words)]
        options = {"capture_output": True, "text": True, "env": environment, "cwd": tmp_path}
        done = subprocess.run(command, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert (package / "models" / "tint" / "architecture.py").is_file()
    settings = ["--set=data.source=discs", "--set=data.target=stripes", "--set=train.steps=60"]
    told = run(
        "train", "--model", "tint", "--data", "pictures", "--out", "run", "--device", "cpu",
        "--set=train.lr=0.05", *settings,
    )  # fmt: skip
    assert "restyle PICTURE --model run --out DIR" in told and "not moved" not in told
    card = (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    assert "affine map of colours" in card and "train --recipe recipe.yaml" in card
    source = next((tmp_path / "pictures" / "test" / "discs").iterdir())
    run("restyle", source, "--model", "run", "--out", "out", "--device", "cpu")
    (made,) = (tmp_path / "out").glob("*.png")
    assert made.name.endswith("__stripes__1.png")
    run("evaluate", "run", "--out", "measured", "--device", "cpu")
    found = json.loads((tmp_path / "measured" / "results.json").read_text(encoding="utf-8"))
    (pair,) = found["pairs"]
    assert (pair["source"], pair["target"]) == ("discs", "stripes")
    assert found["figures"]["movement"]["model"]["value"] > 0.1
    run("export", "run", "--format", "onnx", "--out", "graphs")
    assert (tmp_path / "graphs" / "generator.onnx").is_file()
    described = json.loads((tmp_path / "graphs" / "model.json").read_text(encoding="utf-8"))
    assert described["files"] == {"generator": "generator.onnx"} and described["stride"] == 1
