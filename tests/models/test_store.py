import json
import math
import os
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from gan_lessons.cli.main import app
from gan_lessons.files import OutputFolder, share
from gan_lessons.models import derived, store
from gan_lessons.models.stargan.networks import Discriminator, build
from gan_lessons.models.store import Description

NAMES = ("generator", "mapping_network", "style_encoder", "discriminator")
STYLES = ("discs", "squares", "stripes")


class Trap:
    """An object whose unpickling leaves a trace on the disk."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def networks(tiny_config):
    return build(tiny_config.model, seed=5)


@pytest.fixture
def folder(networks, tiny_config, tmp_path):
    store.write_model(
        OutputFolder(tmp_path), networks, Description(tiny_config, STYLES, {"steps": 3})
    )
    return tmp_path


def read(folder, names):
    return store.read_networks(folder, store.describe(folder), names)


def changed(folder, **values):
    path = folder / "config.json"
    described = json.loads(path.read_text()) | values
    path.write_text(json.dumps({k: v for k, v in described.items() if v != "gone"}))


def test_weights_come_back_as_the_nearest_half_precision_numbers(folder, networks):
    stored = read(folder, NAMES)
    assert tuple(stored) == NAMES
    for name, network in networks.items():
        back = stored[name].state_dict()
        for key, value in network.state_dict().items():
            assert back[key].dtype == torch.float32
            assert back[key].equal(value.half().float()), key
            torch.testing.assert_close(back[key], value, rtol=2**-11, atol=1e-7)


def test_the_file_is_in_the_layout_of_the_hub(folder, networks):
    tensors = load_file(folder / "model.safetensors")
    expected = {f"{n}.{key}" for n, network in networks.items() for key in network.state_dict()}
    assert set(tensors) == expected
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}


def test_what_is_written_beside_the_weights_is_read_back(folder, tiny_config):
    assert store.describe(folder) == Description(tiny_config, STYLES, {"steps": 3})


def test_only_the_networks_asked_for_are_needed(folder, networks):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    save_file({k: v for k, v in tensors.items() if not k.startswith("discriminator.")}, path)
    assert tuple(read(folder, NAMES[:3])) == NAMES[:3]
    with pytest.raises(ValueError, match="the discriminator differs"):
        read(folder, NAMES)


def test_writing_twice_gives_the_same_bytes(folder, networks, tiny_config):
    before = [(folder / name).read_bytes() for name in ("model.safetensors", "config.json")]
    store.write_model(
        OutputFolder(folder), networks, Description(tiny_config, STYLES, {"steps": 3})
    )
    after = [(folder / name).read_bytes() for name in ("model.safetensors", "config.json")]
    assert before == after


def test_reading_leaves_global_randomness_alone(folder):
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    read(folder, NAMES)
    assert torch.rand(1).equal(expected)


# What is no model


@pytest.mark.parametrize("kind", ["pickle", "torch"])
def test_a_pickle_named_safetensors_is_refused_and_not_executed(folder, kind):
    trace, path = folder / "trace", folder / "model.safetensors"
    if kind == "pickle":
        path.write_bytes(pickle.dumps(Trap(trace)))
    else:
        torch.save({"generator.to_rgb.weight": Trap(trace)}, path)
    with pytest.raises(ValueError, match="is not a safetensors file.*nothing in it was executed"):
        read(folder, NAMES)
    assert not trace.exists()


def test_a_file_cut_short_anywhere_is_refused(folder):
    path = folder / "model.safetensors"
    data = path.read_bytes()
    for part in (0, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.9999):
        path.write_bytes(data[: int(part * len(data))])
        with pytest.raises(ValueError, match="is not a safetensors file"):
            read(folder, NAMES)


def test_a_damaged_header_is_refused(folder):
    path = folder / "model.safetensors"
    data = path.read_bytes()
    chance = torch.Generator().manual_seed(0)
    for _ in range(40):
        damaged = bytearray(data)
        for place in torch.randint(8 + 400, (8,), generator=chance).tolist():
            damaged[place] = int(torch.randint(256, (1,), generator=chance))
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"not a safetensors file|does not fit config\.json"):
            read(folder, NAMES)


def test_weights_of_another_model_are_refused(folder, tiny_config):
    changed(folder, config=tiny_config.override({"model.width": 6}).to_dict())
    with pytest.raises(ValueError, match="does not fit config.json.*generator.*different models"):
        read(folder, NAMES)


def test_a_folder_without_a_model_is_refused(tmp_path, folder):
    with pytest.raises(ValueError, match="holds no model: config.json is missing"):
        store.describe(tmp_path / "nowhere")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match="holds no weights: model.safetensors is missing"):
        read(folder, NAMES)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"[]", b"null", b'"a"']
)
def test_a_config_that_is_no_description_is_refused(folder, data):
    (folder / "config.json").write_bytes(data)
    with pytest.raises(ValueError, match="config.json (is not JSON|describes another kind)"):
        store.describe(folder)


@pytest.mark.parametrize("value", ["other 1", None, "gone"])
def test_a_model_of_another_package_is_refused(folder, value):
    changed(folder, format=value)
    with pytest.raises(ValueError, match="describes another kind of model"):
        store.describe(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"config": "gone"},
        {"config": []},
        {"config": {"model": {"width": "wide"}}},
        {"config": {"model": {"width": -1}}},
        {"config": {"model": {"depth": 3}}},
        {"styles": "gone"},
        {"styles": []},
        {"styles": ["discs", "squares"]},
        {"styles": [1, 2, 3]},
        {"styles": "abc"},
    ],
)
def test_a_damaged_config_is_refused_by_name(folder, values):
    changed(folder, **values)
    with pytest.raises(ValueError, match=r"config\.json is damaged \(.+\); fetch the model again"):
        store.describe(folder)


@pytest.mark.parametrize("run", ["gone", None, "yesterday"])
def test_a_model_that_does_not_say_what_made_it_can_be_read(folder, run):
    changed(folder, run=run)
    assert store.describe(folder).run == {}


def test_styles_may_have_names_in_any_script(networks, tiny_config, tmp_path):
    styles = ("浮世絵", "été", "stripes")
    store.write_model(OutputFolder(tmp_path), networks, Description(tiny_config, styles, {}))
    assert store.describe(tmp_path).styles == styles


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused_by_name(folder, value):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    tensors["generator.to_rgb.bias"][1] = value
    save_file(tensors, path)
    with pytest.raises(ValueError, match="not finite, in generator.to_rgb.bias; fetch the model"):
        read(folder, NAMES[:3])
    assert set(read(folder, NAMES[1:3])) == set(NAMES[1:3])  # nothing else is looked at


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("blocks", 1_000_000_000),
        ("width", 10**18),
        ("latent_dim", 2**64),
        ("mapping_width", 65_536),  # within bounds, and far from the stored shapes
        ("size", 2**62),
        ("domains", 10**9),
    ],
)
def test_shapes_that_no_machine_holds_are_refused_before_anything_is_built(folder, field, value):
    path = folder / "config.json"
    described = json.loads(path.read_text())
    described["config"]["model"][field] = value
    path.write_text(json.dumps(described))
    with pytest.raises(ValueError, match=rf"damaged \(model.{field} must|does not fit config.json"):
        read(folder, NAMES)


def test_models_of_earlier_versions_are_read(folder, tiny_config):
    before = store.describe(folder)
    changed(folder, format="gan_lessons style transfer 1", architecture="gone")
    assert store.describe(folder) == before
    old = json.loads((share("data", "models", "pix2pix") / "config.json").read_text())
    old = {k: v for k, v in old.items() if k != "styles"} | {"format": "gan_lessons translator 1"}
    (folder / "config.json").write_text(json.dumps(old))
    assert store.describe(folder) == store.describe(share("data", "models", "pix2pix"))


def test_only_what_is_asked_for_is_built(folder, monkeypatch):
    built = []
    monkeypatch.setattr(Discriminator, "__init__", lambda self, config: built.append(self))
    store.read_networks(folder, store.describe(folder), NAMES[:3])
    assert not built


# The mean of snapshots


def snapshots(tmp_path, config, count=3):
    """Models of one training, of other seeds in place of other steps."""
    root = tmp_path / "run" / "snapshots"
    for k in range(count):
        networks = {name: net for name, net in build(config.model, seed=k).items() if name in NAMES}
        folder = OutputFolder(root / f"{5 * (k + 1):06d}")
        store.write_model(
            folder, networks, Description(config, STYLES, {"steps": 5 * (k + 1), "images": 20})
        )
    return sorted(root.iterdir())


def test_the_mean_of_snapshots_is_a_model_that_says_of_what(tiny_config, tmp_path):
    folders = snapshots(tmp_path, tiny_config)
    command = ["average", tmp_path / "run", "--after", 10, "--out", tmp_path / "mean"]
    with pytest.raises(SystemExit) as left:
        app([str(word) for word in command], prog_name="gan-lessons")
    assert left.value.code == 0
    shown = ("generator", "mapping_network", "style_encoder")
    one, two, mean = (read(path, shown) for path in (*folders[1:], tmp_path / "mean"))
    for name in shown:
        states = [networks[name].state_dict() for networks in (one, two, mean)]
        for key, value in states[2].items():
            expected = (states[0][key] + states[1][key]) / 2
            torch.testing.assert_close(value, expected, rtol=1e-3, atol=1e-6)
    assert store.stored_shapes(tmp_path / "mean").keys() == set(shown)
    known = store.describe(tmp_path / "mean")
    made = known.run
    assert (
        known.styles == STYLES and made["averaged"] == ["000010", "000015"] and made["steps"] == 15
    )


def test_one_snapshot_has_no_mean(tiny_config, tmp_path):
    folders = snapshots(tmp_path, tiny_config, 1)
    with pytest.raises(ValueError, match="two models or more; train with train.snapshots=true"):
        derived.average_models(folders, OutputFolder(tmp_path / "mean"))


@pytest.mark.parametrize("generator", ["modulated", "repainting"])
def test_wider_draws_lie_further_from_the_mean_that_stays(tiny_config, tmp_path, generator):
    (folder,) = snapshots(tmp_path, tiny_config.override({"model.generator": generator}), 1)
    for by, name in ((1.5, "wide"), (2.0, "wider")):
        source = folder if name == "wide" else tmp_path / "wide"
        derived.widen_model(source, by, OutputFolder(tmp_path / name))
    shown = ("generator", "mapping_network", "style_encoder")
    before, after = (read(path, shown) for path in (folder, tmp_path / "wider"))
    z = torch.randn(1000, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        narrow, wide = (each["mapping_network"].every(z) for each in (before, after))
    mean = narrow.mean(dim=1, keepdim=True)
    torch.testing.assert_close(wide - mean, 3 * (narrow - mean), rtol=0.02, atol=0.02)
    states = [each["style_encoder"].state_dict() for each in (before, after)]
    assert all(value.equal(states[1][key]) for key, value in states[0].items())
    assert store.describe(tmp_path / "wider").run["widened"] == 3.0


def test_draws_are_widened_by_a_sensible_factor_where_there_are_any(tiny_config, tmp_path):
    (folder,) = snapshots(tmp_path, tiny_config, 1)
    out = OutputFolder(tmp_path / "wide")
    for factor in (0.0, -1.0, 11.0, float("nan")):
        with pytest.raises(ValueError, match="above 0 and at most 10"):
            derived.widen_model(folder, factor, out)
    with pytest.raises(ValueError, match="pix2pix draws no styles"):
        derived.widen_model(store.find("pix2pix"), 1.3, out)


def test_models_of_other_shapes_or_styles_have_no_mean(tiny_config, tmp_path):
    folders = snapshots(tmp_path, tiny_config)
    changed(folders[0], styles=list("abc"))
    with pytest.raises(ValueError, match="000005 has other shapes or styles than .*000015"):
        derived.average_models(folders, OutputFolder(tmp_path / "mean"))
    other = tiny_config.override({"model.width": 6, "model.max_width": 6})
    store.write_model(
        OutputFolder(folders[0]), build(other.model), store.Description(other, STYLES, {})
    )
    with pytest.raises(ValueError, match="000005 has other shapes or styles than .*000015"):
        derived.average_models(folders, OutputFolder(tmp_path / "mean"))


def test_judges_need_not_be_alike_for_a_mean(tiny_config, tmp_path):
    """Nor what else is no part of a model in use."""
    folders = snapshots(tmp_path, tiny_config, 2)
    changed(folders[0], config=tiny_config.override({"model.critic_width": 6}).to_dict())
    derived.average_models(folders, OutputFolder(tmp_path / "mean"))
    known = store.describe(tmp_path / "mean")
    assert known.recipe == store.describe(folders[1]).recipe


def test_a_model_and_what_came_of_it_have_a_mean(tiny_config, tmp_path):
    first, second, _ = snapshots(tmp_path, tiny_config)
    changed(second, config=tiny_config.override({"loss.sty": 0.5}).to_dict())
    command = ["average", first, second, "--after", 99, "--out", tmp_path / "mean"]
    with pytest.raises(SystemExit) as left:
        app([str(word) for word in command], prog_name="gan-lessons")
    assert left.value.code == 0
    known = store.describe(tmp_path / "mean")
    assert known.run["averaged"] == ["000005", "000010"] and known.recipe.loss.sty == 0.5
