"""Hundreds of damaged and unusual images through `restyle`: rightly restyled, or named."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_lessons.images.gate import open_layers
from gan_lessons.style_transfer import StyleTransfer

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="peak memory is asked of POSIX")
STYLES = ("discs", "squares")


def made_by(name: str):
    path = Path(__file__).parents[1] / "data" / name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


def run(folder: Path, *arguments: str) -> tuple[int, str, str, int]:
    """Exit code, output, errors and peak MiB of a restyling in a process of its own."""
    command = [sys.executable, "-m", "gan_lessons", "restyle", *arguments]
    with (folder / "out.txt").open("w") as out, (folder / "err.txt").open("w") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    texts = ((folder / name).read_text(encoding="utf-8") for name in ("out.txt", "err.txt"))
    return process.returncode, *texts, usage.ru_maxrss // unit


@pytest.fixture(scope="module")
def restyled(vivid_model, tmp_path_factory):
    """The cases, and what the command made of all of them at once."""
    home = tmp_path_factory.mktemp("damaged")
    (home / "in").mkdir()
    cases = made_by("damaged.py").make(home / "in")
    options = ["--model", str(vivid_model), "--style", ",".join(STYLES), "--precision", "fp32"]
    one = next(path for path, expectation in cases if expectation.outcome == "ok")
    *_, least = run(home, str(one), *options, "--device", "cpu", "--out", str(home / "first"))
    paths = [str(path) for path, _ in cases]
    done = run(home, *paths, *options, "--device", "cpu", "--out", str(home / "out"))
    return cases, home / "out", done, least


def test_some_five_hundred_end_with_the_code_for_skipped_ones(restyled):
    cases, out, (code, said, complained, _), _ = restyled
    assert len(cases) >= 490
    assert code == 3
    assert "Traceback" not in said + complained and "Error" not in complained
    assert (out / "gallery.html").is_file()


def test_each_is_restyled_or_named_with_its_reason(restyled):
    cases, out, (_, _, complained, _), _ = restyled
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    made = {source["file"] for source in manifest["sources"]}
    reasons = {one["file"]: one["reason"] for one in manifest["skipped"]}
    assert made == {str(path) for path, want in cases if want.outcome == "ok"}
    assert set(reasons) == {str(path) for path, want in cases if want.outcome == "refused"}
    for path, want in cases:
        if want.outcome == "refused":
            assert want.reason in reasons[str(path)]
    told = [
        f"{one['file']}: {said}" for one in manifest["sources"] for said in one.get("remarks", [])
    ]
    lines = sorted(set(complained.splitlines()) - set(told))
    assert len(lines) + len(told) == len(complained.splitlines())
    assert lines == sorted(f"skipped {name}: {why}" for name, why in reasons.items())
    assert all(why.endswith(".") and len(why) < 250 for why in reasons.values())


def test_each_result_is_the_restyled_right_picture(restyled, vivid_model):
    cases, out, _, _ = restyled
    model = StyleTransfer.load(vivid_model, device="cpu", precision="fp32")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    files = {
        (source["file"], result["style"]): result["file"]
        for source in manifest["sources"]
        for result in source["results"]
    }
    wrong = []
    for path, want in cases:
        if want.pixels is None:
            continue
        for style in STYLES:
            rgb, alpha, _ = open_layers(out / files[str(path), style])
            got = np.asarray(rgb, float)
            right = np.asarray(model.restyle(Image.fromarray(want.pixels), style)[0], float)
            if alpha and got.shape == right.shape:  # white shines through whatever is drawn
                right = np.maximum(right, 255 - np.asarray(alpha, float)[..., None])
            # The model passes on what a lossy format changed, somewhat enlarged.
            if got.shape != right.shape or np.abs(got - right).mean() > 2 * want.tolerance:
                wrong.append((path.name, style))
    assert not wrong


def test_memory_stays_bounded(restyled):
    *_, (_, _, _, peak), least = restyled
    assert peak < least + 500
