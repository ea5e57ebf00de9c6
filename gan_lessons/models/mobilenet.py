"""The bundled MobileNetV2 as a frozen encoder: batch norm folded in, nothing in it learns.

Its first blocks see edges, textures and parts of things. Weights are those that figures are
measured with, see `data/features`.
"""

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from gan_lessons.data.build.features import FILE
from gan_lessons.files import share

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet
# Channels after the stem and after the last block of each width, and how often the side is halved.
CHANNELS = {0: 32, 1: 16, 3: 24, 6: 32, 10: 64, 13: 96}
HALVINGS = {0: 1, 1: 1, 3: 2, 6: 3, 10: 4, 13: 4}


def trained() -> nn.Sequential:
    """MobileNetV2's layers with the weights that come with the course, on the CPU.

    Raises:
        ValueError: if the weights are missing.
    """
    import torchvision  # takes a second, which nobody who trains something else has to wait

    with torch.device("cpu"):  # also where others are asked for their shapes alone
        layers = torchvision.models.mobilenet_v2(weights=None).features
    stored = {name: v.float() for name, v in load_file(share("data", "features", FILE)).items()}
    missing, unknown = layers.load_state_dict(stored, strict=False)
    assert not unknown and all(name.endswith("num_batches_tracked") for name in missing)
    return fused(layers.eval())


def fused(network: nn.Module) -> nn.Module:
    """Fold every batch norm into the convolution before it: the same function, a quarter faster."""
    names = list(network._modules)
    for name, following in zip(names, names[1:]):
        layer, norm = network._modules[name], network._modules[following]
        if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            network._modules[name] = fuse_conv_bn_eval(layer, norm)
            network._modules[following] = nn.Identity()
    for child in network.children():
        fused(child)
    return network


def frozen(network: nn.Module) -> nn.Module:
    """Turn weights into buffers, which no optimiser steps and no file repeats."""
    for module in network.modules():
        for name, weight in list(module._parameters.items()):
            if weight is not None:
                del module._parameters[name]
                module.register_buffer(name, weight.detach(), persistent=False)
    return network


class Encoder(nn.Module):
    """The first blocks of MobileNetV2.

    Args:
        taps: numbers of the layers whose results are wanted, from `CHANNELS`, ascending.
    """

    def __init__(self, taps: tuple[int, ...]):
        super().__init__()
        self.taps = taps
        self.layers = frozen(trained()[: max(taps) + 1])
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Look at pictures.

        Args:
            x: `(N, 3, H, W)` in [-1, 1].

        Returns:
            A map for each tap, `(N, C, H', W')`.
        """
        h, maps = ((x + 1) / 2 - self.mean) / self.std, []
        for number, layer in enumerate(self.layers):
            h = layer(h)
            if number in self.taps:
                maps.append(h)
        return maps
