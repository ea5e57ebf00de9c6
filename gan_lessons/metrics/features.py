"""The network whose features every figure is computed on: MobileNetV2, trained on ImageNet.

Its weights come with the course. It is not Inception, nor a network of LPIPS, so figures are named
for what they are: "KID, MobileNetV2", never FID or LPIPS.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.images.resize import resize
from gan_lessons.models.mobilenet import MEAN, STD, trained

NAME = "MobileNetV2"
SIZE = 96  # pixels a side that pictures are resized to
GRID = 16  # largest side of a perceptual feature map
TAPS = (1, 3, 6, 10, 13)  # the last block of each width among the first 14
CHANNELS = (16, 24, 32, 64, 96)
SIDES = (16, 16, 12, 6, 6)  # of each tap's map, pooled to at most GRID
PERCEPTUAL = sum(c * s * s for c, s in zip(CHANNELS, SIDES))
POOLED = 1280


class FeatureNetwork(nn.Module):
    """Pictures to two descriptions: what is where, and what there is.

    The perceptual one follows LPIPS (Zhang et al. 2018, equation 1) without its learned weights:
    feature maps after five of the first 14 blocks, unit-normalised over the channels at each
    position, averaged to at most 16x16 positions so that a shift by a pixel counts little, and
    divided by the square root of the number of positions. The squared Euclidean distance of two
    such descriptions is then the sum over the maps of the mean over positions of the squared
    difference.

    The pooled one is the last layer averaged over positions, as the Fréchet and kernel distances
    take it from Inception.

    Both are computed in float32 whatever surrounds them.
    """

    def __init__(self):
        super().__init__()
        self.layers = trained()
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Describe pictures.

        Args:
            x: `(N, 3, H, W)` in [-1, 1], any size.

        Returns:
            Perceptual `(N, 20608)` and pooled `(N, 1280)` features, float32.
        """
        with exact(x.device):
            maps, h = self.maps(x)
            for layer in self.layers[TAPS[-1] + 1 :]:
                h = layer(h)
            return maps, h.mean(dim=(2, 3))

    def perceive(self, x: Tensor) -> Tensor:
        """The perceptual description alone, for a sixth less: `(N, 3, H, W)` to `(N, 20608)`."""
        with exact(x.device):
            return self.maps(x)[0]

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The perceptual description, and what the last of its layers gave."""
        h, found = self.preprocess(x), []
        for number, layer in enumerate(self.layers[: TAPS[-1] + 1]):
            h = layer(h)
            if number in TAPS:
                found.append(describe(h))
        return torch.cat(found, dim=1), h

    def preprocess(self, x: Tensor) -> Tensor:
        """Resize to 96 pixels, antialiased, and normalise as ImageNet was."""
        x = resize(x.float(), SIZE)
        x = ((x + 1) / 2 - self.mean) / self.std
        return x.contiguous(memory_format=torch.channels_last)


@contextmanager
def exact(device: torch.device) -> Iterator[None]:
    """Single precision in full: without autocast, and without the short products of a GPU."""
    with (
        torch.autocast(device.type, enabled=False),
        torch.backends.cudnn.flags(enabled=True, allow_tf32=False),
    ):
        yield


def describe(h: Tensor) -> Tensor:
    """One map as a vector: `(N, C, H, W)` to `(N, C * S * S)`, S at most 16."""
    h = h / h.square().sum(dim=1, keepdim=True).add(1e-10).sqrt()
    if h.shape[-1] > GRID:
        h = F.adaptive_avg_pool2d(h, GRID)
    return (h / h.shape[-1]).flatten(1)


@cache
def feature_network(device: str = "cpu") -> FeatureNetwork:
    """The network with its weights, loaded once for each device.

    Args:
        device: such as "cpu" or "cuda".

    Returns:
        The network, frozen.

    Raises:
        ValueError: if the weights are missing.
    """
    network = FeatureNetwork().eval().to(device, memory_format=torch.channels_last)
    return network.requires_grad_(False)


@torch.inference_mode()
def embed(x: Tensor, *, batch: int = 0, device: str = "cpu") -> tuple[Tensor, Tensor]:
    """Describe many pictures, some at a time.

    Args:
        x: `(N, 3, H, W)`, in [-1, 1] or uint8.
        batch: pictures in one pass; 0: what suits the device.
        device: where to compute.

    Returns:
        Perceptual `(N, 20608)` and pooled `(N, 1280)` features, float32 on the device.
    """
    network, batch = feature_network(str(device)), batch or at_once(device)
    perceptual = torch.empty(len(x), PERCEPTUAL, device=device)
    pooled = torch.empty(len(x), POOLED, device=device)
    for start in range(0, len(x), batch):
        part = as_float(x[start : start + batch].to(device))
        perceptual[start : start + batch], pooled[start : start + batch] = network(part)
    return perceptual, pooled


@torch.inference_mode()
def perceive(x: Tensor, *, batch: int = 0, device: str = "cpu") -> Tensor:
    """The perceptual features that `embed` gives, where the pooled ones are not needed.

    Args:
        x: `(N, 3, H, W)`, in [-1, 1] or uint8.
        batch: pictures in one pass; 0: what suits the device.
        device: where to compute.

    Returns:
        `(N, 20608)`, float32 on the device.
    """
    network, batch = feature_network(str(device)), batch or at_once(device)
    return torch.cat([network.perceive(as_float(part.to(device))) for part in x.split(batch)])


def at_once(device: str) -> int:
    """Pictures in one pass: as many as a CPU's cache likes, or enough to keep a GPU busy."""
    return 32 if torch.device(device).type == "cpu" else 512


def as_float(x: Tensor) -> Tensor:
    """Pictures in [-1, 1], whether they come so or as uint8."""
    return x.float() / 127.5 - 1 if x.dtype == torch.uint8 else x
