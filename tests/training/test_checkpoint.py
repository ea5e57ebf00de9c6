import io
import os
import pickle
import zipfile
from contextlib import suppress

import pytest
import torch

from gan_lessons.data.batches import Batches
from gan_lessons.files import OutputFolder
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.training import checkpoint
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

CPU = torch.device("cpu")


class Trap:
    """An object whose unpickling leaves a trace on the disk."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def trained(config, dataset, steps=3):
    objective = StarGAN(config)
    state = create_state(objective, config, CPU)
    batches = Batches(dataset, config.data, batch=4, latent_dim=4, seed=0)
    for step in range(steps):
        train_step(objective, state, batches(step), step, scale=1.0)
    state.seconds = 12.5
    state.origin = {"weights": "elsewhere", "steps": 7, "images": 28}
    return state


def flatten(value, path=""):
    """All leaves of nested parts by path."""
    if isinstance(value, dict):
        parts = [flatten(part, f"{path}/{name}") for name, part in value.items()]
        return {name: leaf for part in parts for name, leaf in part.items()}
    if isinstance(value, list | tuple):
        return flatten(dict(enumerate(value)), path)
    return {path: value}


def equal(one, other):
    one, other = flatten(one), flatten(other)
    return one.keys() == other.keys() and all(
        value.equal(other[path]) if isinstance(value, torch.Tensor) else value == other[path]
        for path, value in one.items()
    )


@pytest.fixture
def state(tiny_config, tiny_dataset):
    return trained(tiny_config, tiny_dataset)


@pytest.fixture
def saved(state, tmp_path):
    return checkpoint.save(state, OutputFolder(tmp_path / "run"))


def test_a_checkpoint_holds_everything(state, saved):
    parts = checkpoint.read(saved)
    assert equal(parts, state.parts())
    assert set(parts["networks"]) == set(state.networks)
    moments = [key for key in flatten(parts["optimisers"]) if "exp_avg" in key]
    weights = [p for network in state.networks.values() for p in network.parameters()]
    assert len(moments) == 2 * len(weights)


def test_restoring_makes_a_fresh_state_equal_in_every_part(state, saved, tiny_config):
    fresh = create_state(StarGAN(tiny_config.override({"train.seed": 9})), tiny_config, CPU)
    assert not equal(fresh.parts(), state.parts())
    fresh.restore(checkpoint.read(saved))
    assert equal(fresh.parts(), state.parts())


def test_averages_start_as_copies_and_networks_learn_at_their_own_rates(tiny_config):
    own = {"train.lr": 1e-3, "train.mapping_lr": 1e-5, "train.discriminator_lr": 2e-3}
    config = tiny_config.override(own)
    state = create_state(StarGAN(config), config, CPU)
    assert set(state.averages) == {"generator", "mapping_network", "style_encoder"}
    for name, average in state.averages.items():
        assert equal(average.state_dict(), state.networks[name].state_dict())
    rates = {
        id(p): group["full_lr"]
        for optimiser in state.optimisers.values()
        for group in optimiser.param_groups
        for p in group["params"]
    }
    for name, network in state.networks.items():
        expected = {"mapping_network": 1e-5, "discriminator": 2e-3}.get(name, 1e-3)
        assert {rates[id(p)] for p in network.parameters()} == {expected}


def test_precision_is_settled_once(tiny_config):
    config = tiny_config.override({"train.precision": "bf16"})
    assert create_state(StarGAN(config), config, CPU).precision == "bf16"
    assert create_state(StarGAN(config), config, CPU, "fp32").precision == "fp32"


# What is no checkpoint


@pytest.mark.parametrize("how", ["pickle", "torch", "torch legacy", "inside a checkpoint"])
def test_code_in_a_file_is_refused_and_not_executed(state, tmp_path, how):
    trace, path = tmp_path / "trace", tmp_path / "checkpoint.pt"
    if how == "pickle":
        path.write_bytes(pickle.dumps(Trap(trace)))
    elif how == "inside a checkpoint":
        torch.save({**state.parts(), "origin": Trap(trace)}, path)
    else:
        torch.save(Trap(trace), path, _use_new_zipfile_serialization=how == "torch")
    with pytest.raises(ValueError, match="not a readable checkpoint; nothing in it was executed"):
        checkpoint.read(path)
    assert not trace.exists()
    with suppress(
        RuntimeError
    ):  # what a bare pickle gives is no checkpoint, but it has run by then
        torch.load(path, weights_only=False)
    assert trace.exists()  # the trap does work


def test_a_file_cut_short_anywhere_is_refused(saved, tmp_path):
    data, path = saved.read_bytes(), tmp_path / "cut.pt"
    for share in (0, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.9999):
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(ValueError, match="cut.pt is not a readable checkpoint"):
            checkpoint.read(path)


def test_a_damaged_file_is_refused_or_read_but_never_raises_otherwise(saved, tmp_path):
    data, path = saved.read_bytes(), tmp_path / "damaged.pt"
    chance = torch.Generator().manual_seed(0)
    refused = 0
    for _ in range(60):
        damaged = bytearray(data)
        start = int(torch.randint(len(data) - 200, (1,), generator=chance))
        noise = torch.randint(256, (200,), generator=chance, dtype=torch.uint8)
        damaged[start : start + 200] = bytes(noise.tolist())
        path.write_bytes(damaged)
        try:
            checkpoint.read(path)
        except ValueError as error:
            told = ("nothing in it was executed", "a checkpoint of something else")
            assert any(sentence in str(error) for sentence in told)
            refused += 1
    assert refused


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x80\x04.", b"\x80\x02}q\x00.", b"PK\x03\x04"]
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a readable checkpoint|checkpoint of something else"):
        checkpoint.read(path)


def test_a_zip_of_something_else_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("picture.txt", "no tensors here")
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match="not a readable checkpoint"):
        checkpoint.read(path)


@pytest.mark.parametrize("value", [{"networks": {}}, {"format": "other 3"}, [1, 2], torch.ones(3)])
def test_a_checkpoint_of_something_else_is_refused(tmp_path, value):
    path = tmp_path / "checkpoint.pt"
    torch.save(value, path)
    with pytest.raises(ValueError, match="checkpoint of something else"):
        checkpoint.read(path)


def test_weights_that_are_not_finite_are_not_saved(state):
    checkpoint.check_finite(state)
    with torch.no_grad():
        next(state.networks["style_encoder"].parameters())[0] = float("inf")
    with pytest.raises(FloatingPointError, match="style_encoder.*after step 3.*is sound"):
        checkpoint.check_finite(state)


@pytest.mark.parametrize(
    "lost", ["networks", "optimisers", "step", "config", "origin", "precision", "scaler"]
)
@pytest.mark.parametrize("by", [None, 3, []])
def test_a_checkpoint_that_lacks_a_part_is_one_sentence(saved, lost, by):
    parts = torch.load(saved, weights_only=True)
    left = {k: v for k, v in parts.items() if k != lost} | ({} if by is None else {lost: by})
    torch.save(left, saved)
    if lost == "step" and by == 3:
        assert checkpoint.read(saved)["step"] == 3
        return
    with pytest.raises(ValueError, match=f"damaged: it lacks {lost}. Restore it from a copy"):
        checkpoint.read(saved)


@pytest.mark.parametrize(
    "damage",
    [
        lambda parts: parts["networks"].pop("generator"),
        lambda parts: parts["averages"].update(generator=3),
        lambda parts: parts["networks"]["generator"].pop("to_rgb.weight"),
        lambda parts: parts["networks"]["generator"].update({"to_rgb.weight": torch.zeros(2)}),
        lambda parts: parts["optimisers"]["D"].update(param_groups=[]),
        lambda parts: parts["optimisers"].update(G={}),
    ],
)
def test_a_checkpoint_of_other_networks_is_one_sentence(state, saved, damage):
    parts = checkpoint.read(saved)
    damage(parts)
    with pytest.raises(ValueError, match="lacks parts, or holds those of other networks; restore"):
        state.restore(parts)


# Another recipe


def moments(parts, change):
    for optimiser in parts["optimisers"].values():
        for each in optimiser["state"].values():
            each["exp_avg"] = change(each["exp_avg"])


@pytest.mark.parametrize(
    "change",
    [
        lambda m: torch.zeros(1),
        lambda m: m.flatten()[: m.numel() // 2],
        lambda m: torch.zeros(1).expand(2**40),
        lambda m: "x",
        lambda m: None,
    ],
)
def test_moments_of_other_shapes_would_be_written_past_their_end(state, saved, change):
    """A fused step trusts them: what a file held once broke the heap of this process."""
    parts = checkpoint.read(saved)
    moments(parts, change)
    with pytest.raises(ValueError, match="lacks parts, or holds those of other networks"):
        state.restore(parts)


def test_moments_and_settings_are_the_optimiser_s_own(state, saved):
    """By its strides one stored number can stand for a whole moment: it is not written through."""
    parts = checkpoint.read(saved)
    rates = [group["full_lr"] for o in state.optimisers.values() for group in o.param_groups]
    moments(parts, lambda m: torch.zeros(1).expand(m.shape))
    for optimiser in parts["optimisers"].values():
        for group in optimiser["param_groups"]:
            group |= {"lr": "x", "full_lr": 10.0**9, "betas": (5, 5), "capturable": True}
    state.restore(parts)
    groups = [group for o in state.optimisers.values() for group in o.param_groups]
    assert [group["full_lr"] for group in groups] == rates
    assert all(group["betas"] == (0.0, 0.99) and not group["capturable"] for group in groups)
    for optimiser in state.optimisers.values():
        for parameter, kept in optimiser.state.items():
            held = kept["exp_avg"].untyped_storage().nbytes()
            assert held >= 4 * parameter.numel() and kept["exp_avg"].count_nonzero() == 0


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("precision", "x"),
        ("precision", "auto"),
        ("data", "x"),
        ("data", {"styles": [1, 2]}),
        ("data", {"styles": ["\x1b[31m", "b"]}),
        ("validation", ["x"]),
        ("validation", {"best": "x", "step": 1, "since": 0}),
        ("validation", {"best": 1.0}),
    ],
)
def test_what_is_read_without_being_weights_is_of_its_kind(saved, part, value):
    torch.save(torch.load(saved, weights_only=True) | {part: value}, saved)
    with pytest.raises(ValueError, match=f"it lacks {part}"):
        checkpoint.read(saved)


def test_an_origin_is_a_record_or_none(state, saved):
    parts = checkpoint.read(saved)
    for origin in ({"weights": []}, {"weights": "\x1b[31m", "steps": 3}, {"steps": 3}):
        state.restore(parts | {"origin": origin})
        assert state.origin == {}


def test_the_same_recipe_goes_on(tiny_config):
    checkpoint.check_same_recipe(tiny_config, tiny_config, 5)


def test_another_recipe_is_refused_with_every_field_that_differs(tiny_config):
    saved = tiny_config.override({"train.lr": 2e-4})
    asked = saved.override({"train.lr": 1e-3, "loss.sty": 2.0, "model.width": 6})
    with pytest.raises(ValueError, match="another recipe") as refused:
        checkpoint.check_same_recipe(saved, asked, 5)
    message = str(refused.value)
    for said in ("train.lr: 0.001 here, 0.0002 there", "loss.sty: 2.0", "model.width: 6 here, 4"):
        assert said in message
    assert "--init-from" in message and "train.batch" not in message


def test_every_field_but_intervals_and_length_matters():
    changes = {
        "data.name": "other", "data.size": 32, "data.crop_scale": 0.9, "data.flip": True,
        "data.crop_most": 0.9, "data.sources": "photo",
        "model.generator": "adain", "model.domains": 3, "model.stem_stride": 1,
        "model.bottleneck": 8, "loss.augment": "cutout", "train.precision": "fp32",
        "train.compile": True, "train.decay": 0.5, "train.batch": 8, "train.accumulate": 2,
        "train.beta1": 0.5, "train.beta2": 0.9, "train.graphs": False,
        "train.snapshots": True, "loss.paired": True, "model.first_pass": "emoji64",
    }  # fmt: skip
    # Some terms need the features of "projected", others codes of "parts", two another generator.
    parts = Config().override({"model.projected": 4, "model.generator": "parts"})
    judged = {"model.auxiliary": 4, "model.reader": 4}
    outlines = parts.override({"model.generator": "outlines", **judged})
    of_outlines = ("loss.paired", "loss.auxiliary", "loss.legible", *judged)
    others = {
        **dict.fromkeys(of_outlines, outlines),
        "loss.keep": parts.override({"model.generator": "repainting"}),
        "loss.manner": parts.override({"model.generator": "painting"}),
        "data.crop_most": parts.override({"data.crop_scale": 0.5}),
    }
    free = {"train.steps", "train.log_every", "train.sample_every", "train.checkpoint_every"}
    free |= {"train.snapshots", "train.patience"}
    for name in set(parts.names()) - {"model.size"}:
        saved = others.get(name, parts)
        section, key = name.split(".")
        value = changes.get(name, getattr(getattr(saved, section), key))
        asked = saved.override({name: value if name in changes else 2 * value + 1})
        if name in free:
            checkpoint.check_same_recipe(saved, asked, 100)
        else:
            with pytest.raises(ValueError, match=name):
                checkpoint.check_same_recipe(saved, asked, 100)


@pytest.mark.parametrize(
    ("before", "after", "step", "allowed"),
    [
        (100, 200, 80, True),  # the decay of the first begins at 80
        (100, 200, 81, True),  # longer is always allowed
        (100, 200, 100, True),
        (200, 100, 80, True),  # the decay of the second begins at 80
        (200, 100, 81, False),
        (200, 100, 150, False),
    ],
)
def test_the_length_may_change_until_the_decay_begins(before, after, step, allowed):
    saved, asked = (
        Config().override({"train.steps": n, "train.decay": 0.2}) for n in (before, after)
    )
    if allowed:
        told = checkpoint.check_same_recipe(saved, asked, step)
        assert ("had begun to fall towards step 100; now they rise" in told) == (step > 80)
    else:
        with pytest.raises(ValueError, match=f"train.steps: {after} here, {before} there"):
            checkpoint.check_same_recipe(saved, asked, step)
