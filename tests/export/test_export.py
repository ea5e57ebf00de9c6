"""A model as ONNX graphs and as a static folder; the page itself is driven in tests/browser."""

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.data import letters
from gan_lessons.data.load import load_dataset
from gan_lessons.export import onnx_graphs, readme, web
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import image_to_tensor, image_to_uint8, open_image, tensor_to_image
from gan_lessons.models.stargan.architecture import USED as NETWORKS
from gan_lessons.models.stargan.networks import build
from gan_lessons.style_transfer import StyleTransfer

STEP = 2 / 255  # one step of a screen, in [-1, 1]


class Native:
    """The exported graphs, run by onnxruntime on one thread."""

    def __init__(self, folder):
        import onnxruntime

        self.folder = folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.about = json.loads((folder / onnx_graphs.DESCRIPTION).read_text())
        self.sessions = {
            name: onnxruntime.InferenceSession(folder / file, options)
            for name, file in self.about["files"].items()
        }

    def __call__(self, name: str, *tensors: torch.Tensor) -> torch.Tensor:
        session = self.sessions[name]
        names = [given.name for given in session.get_inputs()]
        (out,) = session.run(None, {n: t.numpy() for n, t in zip(names, tensors, strict=True)})
        return torch.from_numpy(out)


def exported(model: StyleTransfer, folder) -> Native:
    onnx_graphs.write_graphs(model, OutputFolder(folder), "a model")
    return Native(folder)


@pytest.fixture(scope="module")
def bundled() -> StyleTransfer:
    return StyleTransfer.load("emoji64", device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def native(bundled, tmp_path_factory) -> Native:
    return exported(bundled, tmp_path_factory.mktemp("onnx"))


@pytest.fixture(scope="module")
def adain(tiny_config) -> StyleTransfer:
    """A model of the other architecture, whose normalisation has to be exported too."""
    config = tiny_config.override({"model.generator": "adain"})
    networks = build(config.model, seed=1)
    networks.pop("discriminator")
    return StyleTransfer(
        networks, styles=("a", "b", "c"), config=config, device="cpu", precision="fp32"
    )


def test_pictures_agree_with_pytorch(bundled, native):
    test = load_dataset("emoji_styles").subset("test")
    x = test.images[:: len(test) // 12].float() / 127.5 - 1
    random = torch.Generator().manual_seed(0)
    z = torch.randn(len(x), bundled.config.model.latent_dim, generator=random)
    y = torch.arange(len(x)) % len(bundled.styles)
    with torch.inference_mode():
        expected = bundled.generate(x, bundled.networks["mapping_network"](z, y))
    got = native("generator", x, native("mapping_network", z, y)).clamp(-1, 1)
    assert (expected - x).abs().mean() > 5 * STEP, "the model does nothing, so nothing is compared"
    assert (got - expected).abs().mean() < 2 * STEP
    assert (got - expected).abs().amax() < 4 * STEP


def test_styles_read_off_a_reference_agree_with_pytorch(bundled, native):
    x = load_dataset("emoji_styles").subset("test", "openmoji").images[:5].float() / 127.5 - 1
    y = torch.tensor([0, 1, 2, 3, 7])
    with torch.inference_mode():
        expected = bundled.networks["style_encoder"](x, y)
    assert torch.allclose(native("style_encoder", x, y), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 64, 64), (1, 8, 8), (2, 40, 132)])
def test_the_generator_takes_any_number_of_pictures_of_any_size(bundled, native, shape):
    number, height, width = shape
    random = torch.Generator().manual_seed(0)
    x = torch.rand(number, 3, height, width, generator=random) * 2 - 1
    s = torch.randn(number, bundled.config.model.style_dim, generator=random)
    with torch.inference_mode():
        expected = bundled.networks["generator"](x, s)
    assert torch.allclose(native("generator", x, s), expected, atol=1e-3)


def test_instance_normalisation_is_exported_and_the_model_left_as_it_was(adain, tmp_path):
    x = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    before = adain.generate(x, torch.ones(2, adain.config.model.style_dim))
    native = exported(adain, tmp_path)
    assert torch.equal(adain.generate(x, torch.ones(2, adain.config.model.style_dim)), before)
    random = torch.Generator().manual_seed(0)
    x = torch.rand(3, 3, 16, 24, generator=random) * 2 - 1
    s = torch.randn(3, adain.config.model.style_dim, generator=random)
    with torch.inference_mode():
        expected = adain.networks["generator"](x, s)
    error = (native("generator", x, s) - expected).abs().mean()
    assert error < 0.005 * expected.abs().mean(), "weights were halved, and nothing else"


def test_the_example_of_the_readme_does_what_the_model_does(bundled, native):
    readme.write_readme(OutputFolder(native.folder), bundled, "emoji64")
    text = (native.folder / "README.md").read_text(encoding="utf-8")
    assert "CC-BY-SA-4.0" in text.upper() and "0 noto" in text and "7 fluent_ink" in text
    for name in native.sessions:
        given = [f"`{one.name}`" for one in native.sessions[name].get_inputs()]
        part = text.split(f"`{name}.onnx`: ")[1].split(".onnx`")[0]
        assert all(f"- takes {one}, " in part for one in given) and "- gives `out`, " in part
    x = load_dataset("emoji_styles").subset("test", "openmoji").images[:1]
    tensor_to_image(x[0]).save(native.folder / "picture.png")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    assert len(code.splitlines()) <= 14
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=native.folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    latent = bundled.config.model.latent_dim
    z = torch.from_numpy(np.random.default_rng(0).standard_normal((1, latent), np.float32))
    with torch.inference_mode():
        s = bundled.networks["mapping_network"](z, torch.tensor([7]))
        expected = bundled.translate(x.float() / 127.5 - 1, s)[0]
    made = image_to_tensor(open_image(native.folder / "restyled.png"))
    assert (made - expected).abs().mean() < STEP and (made - expected).abs().max() < 4 * STEP


def test_a_model_of_ones_own_has_the_licence_of_its_pictures(adain, tmp_path):
    readme.write_readme(OutputFolder(tmp_path), adain, "mine")
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "what the pictures allow" in text and "0 a, 1 b, 2 c." in text


def test_enlarging_multiplies_by_the_kernels_before_they_are_blurred(bundled, native):
    from onnx import load, shape_inference

    graph = shape_inference.infer_shapes(load(native.folder / "generator.onnx")).graph
    sides = {
        value.name: tuple(side.dim_value for side in value.type.tensor_type.shape.dim)
        for value in graph.value_info
    }
    kernels = [sides[node.input[1]] for node in graph.node if node.op_type == "ConvTranspose"]
    layers = [m for m in bundled.networks["generator"].modules() if getattr(m, "upsample", False)]
    assert kernels == [layer.weight.transpose(0, 1).shape for layer in layers]


def test_weights_are_stored_in_halves(bundled, native):
    stored = sum((native.folder / file).stat().st_size for file in native.about["files"].values())
    numbers = sum(p.numel() for name in NETWORKS for p in bundled.networks[name].parameters())
    assert 2 * numbers < stored < 2.1 * numbers


def test_a_weight_beyond_half_precision_is_kept(tmp_path):
    from onnx import TensorProto, helper, load_from_string, numpy_helper

    def weights(name, largest):
        values = np.linspace(0, largest, onnx_graphs.WORTH_HALVING, dtype=np.float32)
        return numpy_helper.from_array(values, name)

    row = helper.make_tensor_value_info("x", TensorProto.FLOAT, [onnx_graphs.WORTH_HALVING])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [onnx_graphs.WORTH_HALVING])
    nodes = [
        helper.make_node("Mul", ["x", "large"], ["h"]),
        helper.make_node("Add", ["h", "small"], ["out"]),
    ]
    given = [weights("large", 1e6), weights("small", 1.0)]
    graph = helper.make_graph(nodes, "g", [row], [out], given)
    opset = helper.make_opsetid("", onnx_graphs.OPSET)
    proto = helper.make_model(graph, opset_imports=[opset], ir_version=10)
    halved = load_from_string(onnx_graphs._in_halves(proto))
    kept = {w.name: w.data_type for w in halved.graph.initializer}
    assert kept == {"large": TensorProto.FLOAT, "small.half": TensorProto.FLOAT16}


def test_graphs_name_nothing_of_the_machine_that_made_them(native, root):
    for file in native.about["files"].values():
        data = (native.folder / file).read_bytes()
        assert str(root).encode() not in data and b"site-packages" not in data


def packed(folder, files: dict[str, bytes]):
    """A folder with a package as `npm pack` leaves it."""
    name, version = web.RUNTIME
    folder.mkdir()
    with tarfile.open(folder / f"{name}-{version}.tgz", "w:gz") as archive:
        for file, data in files.items():
            member = tarfile.TarInfo(f"package/dist/{file}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return folder


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """A package of three small files, and their checksums in place of the real ones."""
    files = {name: name.encode() for name in web.RUNTIME_FILES}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    monkeypatch.setattr(web, "RUNTIME_FILES", digests)
    return packed(tmp_path / "package", files)


def test_the_command_writes_a_whole_folder_that_names_no_other_host(runtime, tmp_path):
    site = tmp_path / "site"
    command = ["export", "emoji64", "--out", str(site), "--runtime", str(runtime)]
    result = CliRunner().invoke(app, command)
    assert not result.exit_code, result.output
    assert "http.server" in result.output
    scripts = ("page.js", "worker.js", "engine.js", "threads.js", "headers.js", "word.js")
    for file in ("index.html", "style.css", *scripts):
        assert (site / file).is_file()
    for name in web.RUNTIME_FILES:
        assert (site / "runtime" / web.written_as(name)).read_bytes() == name.encode()
    samples = json.loads((site / "samples.json").read_text())
    assert len(samples) >= 5
    assert all((site / sample["file"]).is_file() and sample["credit"] for sample in samples)
    model = StyleTransfer.load("emoji64", device="cpu", precision="fp32")
    assert all(model.styles[one["style"]] not in one["title"].split(", ")[1] for one in samples)
    assert json.loads((site / "alphabet.json").read_text()) == {}
    addresses = {
        address
        for path in site.iterdir()
        if path.suffix in (".html", ".js", ".css", ".json")
        for address in re.findall(rb"(?:https?:)?//[a-z0-9][\w.-]*\.[a-z]{2,}", path.read_bytes())
    }
    assert not addresses
    assert Native(site).about["name"] == "emoji64"


def test_a_model_of_letters_brings_an_alphabet(runtime, letters_model, tmp_path):
    model = StyleTransfer.load(letters_model, device="cpu", precision="fp32")
    web.write_page(model, tmp_path, "hands", runtime=runtime, report=lambda line: None)
    files = json.loads((tmp_path / "alphabet.json").read_text())
    assert "".join(files) == letters.LETTERS
    for letter, x in letters.plain_alphabet().items():
        assert torch.equal(image_to_uint8(open_image(tmp_path / files[letter])), x)
    samples = json.loads((tmp_path / "samples.json").read_text())
    assert samples[0]["title"] == "letter A" and "OFL" in samples[0]["credit"]


@pytest.mark.parametrize("name", web.SAMPLES)
def test_every_sample_is_held_out_and_credited(name):
    test = load_dataset(name).subset("test")
    for title, style in web.SAMPLES[name]:
        assert test.find(title, style).shape[0] == 3
        assert web._credit(name, title, style)


def test_pictures_of_a_users_own_set_are_not_published(adain, tmp_path):
    web._write_samples(OutputFolder(tmp_path), adain)
    assert adain.config.data.name == "tiny"
    assert json.loads((tmp_path / "samples.json").read_text()) == []


def test_another_package_is_refused(tmp_path):
    runtime = packed(tmp_path / "package", dict.fromkeys(web.RUNTIME_FILES, b"other"))
    command = ["export", "emoji64", "--out", str(tmp_path / "site")]
    result = CliRunner().invoke(app, [*command, "--runtime", str(runtime)])
    assert result.exit_code == 1
    assert "is not the one of version" in result.stderr and "--runtime DIR" in result.stderr


def test_no_client_and_no_package_is_said_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["export", "emoji64", "--out", str(tmp_path / "site")])
    assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1
    assert "npm" in result.stderr and "--runtime DIR" in result.stderr


def test_missing_packages_are_named(adain, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ValueError, match=r"gan-lessons\[web\]"):
        onnx_graphs.write_graphs(adain, OutputFolder(tmp_path), "a model")


def test_an_unknown_format_is_refused(tmp_path):
    result = CliRunner().invoke(app, ["export", "emoji64", "--format", "gif", "--out", "x"])
    assert result.exit_code == 2 and "web, onnx" in result.stderr
