"""A model from somebody else: whatever its files ask for, it costs little and is one sentence."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from dataclasses import fields

import pytest
import torch
import yaml
from safetensors.torch import save_file
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.course.sweep import reports
from gan_lessons.data.build import packages
from gan_lessons.models import store
from gan_lessons.models.architecture import architecture
from gan_lessons.models.listing import names
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import read_yaml
from gan_lessons.training import checkpoint

resource = pytest.importorskip("resource", reason="limits of POSIX")
HUGE = (10**9, 10**18, 2**64, -1)


def numbers():
    """Every number in the shapes of every kind of model."""
    for name in sorted(names()):
        model = architecture(name).recipe().model
        yield from ((name, f.name) for f in fields(model) if type(getattr(model, f.name)) is int)


@pytest.mark.parametrize(("name", "field"), list(numbers()))
def test_no_number_of_a_configuration_costs_time_or_memory(tmp_path, name, field):
    kind, before = architecture(name), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    values = {"format": store.FORMAT, "architecture": name, "styles": ["a", "b"]}
    save_file({"generator.weight": torch.zeros(4)}, tmp_path / store.FILE)
    began = time.process_time()
    for value in HUGE:
        config = kind.recipe().to_dict()
        config["model"][field] = value
        (tmp_path / store.CONFIG).write_text(json.dumps(values | {"config": config}))
        with pytest.raises(ValueError):
            store.read_networks(tmp_path, store.describe(tmp_path), kind.used or kind.kept)
    assert time.process_time() - began < 20
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10
    assert sys.platform == "darwin" or grown < 500  # MB


def test_the_tensors_own_shapes_decide_before_anything_is_read(tiny_model, tmp_path):
    folder = tmp_path / "wide"
    shutil.copytree(tiny_model, folder)
    stored = store.stored_shapes(folder)["generator"]
    tensors = {f"generator.{key}": torch.zeros(2, 2).half() for key in stored}
    tensors["generator.more"] = torch.zeros(2**25).half()  # that numbers are there allows nothing
    save_file(tensors, folder / store.FILE)
    with pytest.raises(ValueError, match="does not fit config.json beside it: the generator"):
        store.read_networks(folder, store.describe(folder), ("generator",))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_nothing_waits_for_a_pipe(tiny_model, tmp_path):
    folder = tmp_path / "pipes"
    folder.mkdir()
    for name in (checkpoint.FILE, "run.json", store.CONFIG, store.FILE, "recipe.yaml", "x.tgz"):
        os.mkfifo(folder / name)
    for refuse in (
        lambda: checkpoint.read(folder / checkpoint.FILE),
        lambda: reports.rows(folder),
        lambda: store.describe(folder),
        lambda: store.stored_shapes(folder),
        lambda: read_yaml(folder / "recipe.yaml"),
        lambda: packages._unpack(folder / "x.tgz", tmp_path),
    ):
        with pytest.raises(ValueError):
            refuse()


def test_a_checkpoint_that_unpacks_to_more_than_it_is(tmp_path):
    path = tmp_path / checkpoint.FILE
    torch.save({"format": 1}, path)
    with zipfile.ZipFile(path) as plain, zipfile.ZipFile(tmp_path / "packed", "w") as packed:
        for entry in plain.infolist():
            packed.writestr(entry.filename, plain.read(entry), zipfile.ZIP_DEFLATED)
        packed.writestr("archive/data/0", bytes(2**24), zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="not a readable checkpoint; nothing in it was executed"):
        checkpoint.read(tmp_path / "packed")


def test_a_few_lines_of_yaml_do_not_stand_for_billions(tmp_path):
    path = tmp_path / "recipe.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 12)]
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match="aliases"):
        read_yaml(path)
    path.write_text(yaml.safe_dump({"a": [1, "two & *three"]}))
    assert read_yaml(path) == {"a": [1, "two & *three"]}


@pytest.mark.parametrize("repository", ["x/..", "x/.", "x/...", "../x", "x/y/z", "x", "x/y\n", ""])
def test_what_is_no_repository(repository):
    result = CliRunner().invoke(app, ["colab", "--repo", repository])
    assert result.exit_code == 1 and "OWNER/NAME" in result.output


def tgz(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def member(name: str, content: bytes = b"x", **settings) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in settings.items():
        setattr(info, key, value)
    return info, content


def bomb() -> bytes:
    """A packed file of 300 kB that holds a file of 300 MB, and no end of it."""
    import gzip

    head = tarfile.TarInfo("package/dist/ort.wasm.min.mjs")
    head.size = 2**40
    return gzip.compress(head.tobuf() + bytes(300 * 2**20), 6)


WHOLE = tgz(member("package/dist/ort.wasm.min.mjs", os.urandom(5000)))
ARCHIVES = {
    "junk": b"junk" * 1000,
    "nothing": b"",
    "a half": WHOLE[: len(WHOLE) // 2],
    "a flipped bit": WHOLE[:2000] + bytes([WHOLE[2000] ^ 1]) + WHOLE[2001:],
    "another's files": WHOLE,
    "a way out": tgz(member("../../escaped")),
    "an absolute way": tgz(member("/tmp/escaped-by-gan-lessons")),
    "a link out": tgz(member("package/dist", type=tarfile.SYMTYPE, linkname="/etc")),
    "a hard link out": tgz(member("package/dist/x", type=tarfile.LNKTYPE, linkname="../../../x")),
    "a pipe": tgz(member("package/dist/ort.wasm.min.mjs", b"", type=tarfile.FIFOTYPE)),
    "a folder": tgz(member("package/dist/ort.wasm.min.mjs", b"", type=tarfile.DIRTYPE)),
    "a file above": tgz(member("package/dist")),
    "a bomb": bomb(),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_for_the_page_is_one_sentence(kind, tmp_path, monkeypatch, tiny_model):
    from gan_lessons.export import web

    monkeypatch.setattr(packages, "MOST", 2**26)
    place, site = tmp_path / "given", tmp_path / "site"
    place.mkdir()
    name, version = web.RUNTIME
    (place / f"{name}-{version}.tgz").write_bytes(ARCHIVES[kind])
    command = ["export", str(tiny_model), "--out", str(site), "--runtime", str(place)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit), result.exception
    told = result.output.strip().splitlines()[-1]
    assert told.startswith("the runtime for browsers could not be taken"), result.output
    assert not list(site.rglob("*.js")) and not list(tmp_path.rglob("escaped*"))
    assert not os.path.exists("/tmp/escaped-by-gan-lessons")


def test_seed_none_draws_from_the_system(vivid_model):
    model = StyleTransfer.load(vivid_model, device="cpu", precision="fp32")
    picture = torch.zeros(3, 32, 32)
    fixed = [model.restyle(picture, model.styles[0], seed=1)[0].tobytes() for _ in range(2)]
    drawn = {model.codes(model.styles[0], seed=None).numpy().tobytes() for _ in range(8)}
    assert fixed[0] == fixed[1] and len(drawn) == 8
    torch.manual_seed(0)
    first = model.codes(model.styles[0], seed=None)
    torch.manual_seed(0)  # no seeded generator has a say
    assert not torch.equal(first, model.codes(model.styles[0], seed=None))
    assert len(model.restyle(picture, model.styles[0], count=3, seed=None)) == 3


def test_a_pickle_in_the_place_of_weights_runs_nothing(tmp_path):
    script = "import sys, pickle, os; sys.stdout.buffer.write(pickle.dumps(Boom()))"
    code = f"class Boom:\n    def __reduce__(self):\n        return print, ('ran',)\n{script}"
    data = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    for name in (store.FILE, checkpoint.FILE):
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match="nothing in it was executed"):
        checkpoint.read(tmp_path / checkpoint.FILE)
    with pytest.raises(ValueError, match="nothing in it was executed"):
        store.stored_shapes(tmp_path)
