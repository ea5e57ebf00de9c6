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
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.course.sweep import reports
from gan_lessons.data.batches import normals_of_system
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


def told(folder, change):
    """Change what stands beside a model's weights."""
    values = json.loads((folder / store.CONFIG).read_text())
    change(values)
    (folder / store.CONFIG).write_text(json.dumps(values))


MADE = {
    "a text for a factor": {"widened": "x"},
    "a list for a factor": {"widened": [1]},
    "a text for an origin": {"from": "x"},
    "an origin without a name": {"from": {"steps": 3}},
    "an origin with a list for a name": {"from": {"weights": [], "steps": "many"}},
    "things for numbers": {"steps": [1], "images": {}, "hours": "x", "moved": True, "accuracy": {}},
    "no record": [1],
    "escapes": {"device": "\x1b[31m", "recipe": "x\n# y", "from": {"weights": "\x1b]0;x\x07"}},
    "a command": {"from": {"weights": "x; rm -rf ~", "steps": 1}},
}


@pytest.mark.parametrize("kind", MADE)
def test_what_a_model_says_of_its_making_is_of_its_kind_or_left_out(kind, tiny_model, tmp_path):
    folder, home = tmp_path / "theirs", tmp_path / "set"
    shutil.copytree(tiny_model, folder)
    told(folder, lambda values: values.__setitem__("run", MADE[kind]))
    for style in ("a", "b"):
        (home / style).mkdir(parents=True)
        for k in range(3):
            picture = Image.new("RGB", (40, 40), (80 * k, 0, 0))
            picture.save(home / style / f"{k}.png")
    device = ("--device", "cpu")
    source = home / "a" / "1.png"
    init = ("--init-from", str(folder), "--set", "train.steps=1", "--set", "train.batch=2")
    for command in (
        ("widen", str(folder), "--by", "1.3", "--out", str(tmp_path / "wide")),
        ("average", str(folder), str(folder), "--out", str(tmp_path / "mean")),
        ("restyle", str(source), "--model", str(folder), "--out", str(tmp_path / "made")),
        ("train", "--data", str(home), *init, *device, "--out", str(tmp_path / "run")),
    ):
        result = CliRunner().invoke(app, list(command))
        assert result.exit_code == 0 and "\x1b" not in result.output, (command, result.output)
    for card in tmp_path.glob("*/README.md"):
        text = card.read_text()
        assert "\x1b" not in text and "\n# y" not in text
        assert "--init-from x;" not in text  # quoted, where it is to be copied into a shell


NAMES = {
    "an escape": ["\x1b[31ma", "b"],
    "a line end": ["a\nb", "c"],
    "a bell": ["a\x07", "b"],
    "half of a character": ["\ud800", "b"],
    "two alike": ["a", "a"],
    "an empty one": ["", "b"],
    "a long one": ["a" * 256, "b"],
    "none": [],
    "numbers": [1, 2],
}


@pytest.mark.parametrize("kind", NAMES)
def test_styles_are_told_apart_by_plain_names(kind, tiny_model, tmp_path):
    folder = tmp_path / "theirs"
    shutil.copytree(tiny_model, folder)
    domains = json.loads((folder / store.CONFIG).read_text())["config"]["model"]["domains"]
    more = [f"style {k}" for k in range(domains - 2)]
    told(folder, lambda values: values.__setitem__("styles", [*NAMES[kind], *more]))
    with pytest.raises(ValueError, match="does not name"):
        store.describe(folder)
    plain = ["Émile's 👩\u200d🎨", "../../x", *more]
    told(folder, lambda values: values.__setitem__("styles", plain))
    assert store.describe(folder).styles == tuple(plain)


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("train", "lr", 10**400),
        ("train", "lr", float("inf")),
        ("train", "ema_half_life", 10**400),
        ("loss", "sty", float("inf")),
        ("loss", "ds_steps", 10**30),
        ("data", "targets", 10**18),
        ("data", "crop_most", float("nan")),
        ("data", "sources", ["noto"]),
    ],
)
def test_no_number_of_a_recipe_is_without_bound(section, field, value, tmp_path):
    recipe = architecture("stargan").recipe()
    values = recipe.to_dict()
    values[section][field] = value
    with pytest.raises(ValueError, match=field):
        type(recipe).from_dict(values)
    if isinstance(value, float):
        with pytest.raises(ValueError, match=field):
            recipe.override({f"{section}.{field}": str(value)})


def test_a_whole_number_in_the_place_of_another_leaves_the_field_as_it_was():
    recipe = architecture("stargan").recipe()
    values = recipe.to_dict()
    values["train"]["lr"] = 1
    read = type(recipe).from_dict(values)
    assert type(read.train.lr) is float and read.override({"train.lr": "0.5"}).train.lr == 0.5


def weights_that_claim(folder, kind, shape, size):
    """A file of weights that holds nothing but holes."""
    tensor = {"dtype": kind, "shape": shape, "data_offsets": [0, size]}
    head = json.dumps({"generator.weight": tensor}).encode()
    with (folder / store.FILE).open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        file.truncate(8 + len(head) + size)


@pytest.mark.parametrize(
    ("kind", "shape", "size"),
    [
        ("F16", [10**11], 2 * 10**11),
        ("F16", [2**30 + 1], 2**31 + 2),
        ("U8", [2**31], 2**31),
        ("F4", [8], 4),
        ("F6_E2M3", [8], 6),
        ("C64", [8], 64),
        ("F16", [2**63, 2], 0),
    ],
)
def test_weights_of_unknown_kinds_and_beyond_all_reason_are_refused(kind, shape, size, tmp_path):
    weights_that_claim(tmp_path, kind, shape, size)
    with pytest.raises(ValueError, match=r"model.safetensors (holds|is not a safetensors file)"):
        store.stored_shapes(tmp_path)


@pytest.mark.parametrize("held", [store.FILE, store.CONFIG])
@pytest.mark.parametrize("command", ["widen", "average", "train"])
def test_no_model_is_written_over(command, held, tiny_model, tmp_path):
    out = tmp_path / "days of work"
    out.mkdir()
    shutil.copy(tiny_model / held, out)
    before = {path: path.read_bytes() for path in out.iterdir()}
    words = {
        "widen": ["widen", str(tiny_model), "--by", "1.3"],
        "average": ["average", str(tiny_model), str(tiny_model)],
        "train": ["train", "--set", "train.steps=1", "--device", "cpu"],
    }
    result = CliRunner().invoke(app, [*words[command], "--out", str(out)])
    assert result.exit_code == 1 and "already holds a model; name another" in result.output
    assert before == {path: path.read_bytes() for path in out.iterdir()}


def test_folders_that_are_no_snapshots_are_none(tiny_model, tmp_path):
    for name in ("x", "-1", "1e3", "½", "000003"):
        shutil.copytree(tiny_model, tmp_path / store.SNAPSHOTS / name)
    assert [path.name for path in store.snapshots(tmp_path)] == ["000003"]


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


def test_no_seed_of_few_bits_stands_behind_the_system_s_numbers(vivid_model, monkeypatch):
    """A generator of PyTorch on the CPU keeps 32 bits of a seed, so none may be in between."""
    one, other = (torch.Generator().manual_seed(seed) for seed in (5, 5 + 2**32))
    assert torch.equal(torch.randn(9, generator=one), torch.randn(9, generator=other))
    model = StyleTransfer.load(vivid_model, device="cpu", precision="fp32")
    asked, ask = [], os.urandom
    monkeypatch.setattr(os, "urandom", lambda count: asked.append(count) or ask(count))
    model.codes(model.styles[0], count=5, seed=None)
    assert sum(asked) == 8 * 5 * model.config.model.latent_dim


def test_the_system_s_numbers_are_normal():
    from scipy.stats import kstest

    numbers = normals_of_system(50, 1000)
    assert numbers.shape == (50, 1000) and numbers.dtype == torch.float32
    assert numbers.isfinite().all() and len(numbers.unique()) > 49_000
    assert kstest(numbers.flatten().numpy(), "norm").pvalue > 1e-6


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
