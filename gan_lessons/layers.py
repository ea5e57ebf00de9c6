"""Building blocks of the networks: residual, AdaIN and modulated blocks; and what makes networks.

Feature maps are `(N, C, H, W)`, styles `(N, S)`. At the start of a training every block keeps the
variance of its input within a factor of two (three with AdaIN, where the style adds its own; what
averaging takes from noise aside), so that depth costs no stability.
"""

import math
from collections.abc import Callable, Collection, Mapping
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HALF = math.sqrt(0.5)  # the sum of two unit-variance branches, brought back to unit variance
SLOPE = 0.2


class InstanceNorm(nn.Module):
    """Remove each channel's mean and scale over the picture.

    y = (x - mean(x)) / sqrt(var(x) + eps), over H and W (Ulyanov et al. 2016, equation 4).

    Tiles of one large picture must be normalised alike; `shared_statistics` lends them the
    statistics of a pass over the whole picture.
    """

    def __init__(self, channels: int, *, affine: bool = False, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.lent: tuple[Tensor, Tensor] | None = None
        self.record = False

    def forward(self, x: Tensor) -> Tensor:
        several = x.shape[2] * x.shape[3] > 1  # of a single pixel PyTorch refuses to take a scale
        if self.lent is None and not self.record and several:
            return self.normalise(x)
        if self.record:
            self.lent = self.statistics(x)
        mean, scale = self.lent or self.statistics(x)
        y = (x - mean) * scale
        if self.weight is None:
            return y.to(x.dtype)
        return (y * self.weight[:, None, None] + self.bias[:, None, None]).to(x.dtype)

    def normalise(self, x: Tensor) -> Tensor:
        """Each picture by its own statistics."""
        if x.device.type != "cpu":
            return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
        # On a CPU that one leaves channels_last; the batch norm of one picture is the same sum,
        # stays in it, and is four times as fast there.
        norm = partial(F.batch_norm, running_mean=None, running_var=None, training=True)
        settings = {"weight": self.weight, "bias": self.bias, "eps": self.eps}
        return torch.cat([norm(picture, **settings) for picture in x.split(1)])

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and 1 / sqrt(var + eps) of each channel, `(N, C, 1, 1)` each."""
        _, mean, var = self.moments(x)
        return mean, torch.rsqrt(var + self.eps)

    def moments(self, x: Tensor) -> tuple[int | Tensor, Tensor, Tensor]:
        """How many places count, and over them the mean and variance, `(N, C, 1, 1)` each."""
        var, mean = torch.var_mean(x.float(), dim=(2, 3), keepdim=True, correction=0)
        return x.shape[2] * x.shape[3], mean, var


@contextmanager
def shared_statistics(network: nn.Module, run):
    """Within the block, every `InstanceNorm` of a network uses the statistics of one pass.

    Args:
        network: whose normalisation layers are concerned.
        run: called without arguments; runs the network over the whole picture, at a size that
            fits in memory.

    Yields:
        None. Afterwards each picture is normalised by its own statistics again.
    """
    norms = [m for m in network.modules() if isinstance(m, InstanceNorm)]
    try:
        for norm in norms:
            norm.record = True
        if norms:  # without any there is nothing to share
            run()
        for norm in norms:
            norm.record = False
        yield
    finally:
        for norm in norms:
            norm.record, norm.lent = False, None


class AdaIN(nn.Module):
    """Adaptive instance normalisation (Huang and Belongie 2017, equation 8).

    y = (1 + gamma(s)) * norm(x) + beta(s), with gamma and beta linear in the style.
    """

    def __init__(self, style_dim: int, channels: int):
        super().__init__()
        self.norm = InstanceNorm(channels)
        self.affine = nn.Linear(style_dim, 2 * channels)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        gamma, beta = self.affine(s)[:, :, None, None].chunk(2, dim=1)
        return (1 + gamma) * self.norm(x) + beta


def fold() -> Tensor:
    """The matrix that takes a 3x3 kernel to the 4x4 one of `halve`: `(9, 16)`."""
    matrix = torch.zeros(3, 3, 4, 4)
    for row in range(3):
        for column in range(3):
            matrix[row, column, row : row + 2, column : column + 2] = 1 / 4
    return matrix.reshape(9, 16)


def halve(x: Tensor, conv: nn.Conv2d, fold: Tensor) -> Tensor:
    """A 3x3 convolution and 2x2 average pooling in one convolution of stride 2.

    Both are linear: averaging four results is one 4x4 kernel, the mean of four shifted ones.

    Args:
        x: `(N, C, H, W)`, H and W even.
        conv: 3x3 with padding 1.
        fold: what `fold` gives, where the weights are.

    Returns:
        `(N, K, H/2, W/2)`.
    """
    kernel = conv.weight.flatten(2) @ fold
    return F.conv2d(x, kernel.unflatten(2, (4, 4)), conv.bias, stride=2, padding=1)


def double(x: Tensor) -> Tensor:
    """Each pixel four times: `(N, C, H, W)` to `(N, C, 2H, 2W)`."""
    kind = "cpu" if x.is_meta else x.device.type
    with torch.autocast(kind, enabled=False):  # which would copy to float32 and back
        return F.interpolate(x, scale_factor=2, mode="nearest")


class ResBlk(nn.Module):
    """Pre-activation residual block, optionally normalised, optionally halving the size."""

    def __init__(self, dim_in: int, dim_out: int, *, normalize=False, downsample=False):
        super().__init__()
        self.downsample = downsample
        self.norm1 = InstanceNorm(dim_in, affine=True) if normalize else nn.Identity()
        self.norm2 = InstanceNorm(dim_in, affine=True) if normalize else nn.Identity()
        self.conv1 = nn.Conv2d(dim_in, dim_in, 3, padding=1)
        self.conv2 = nn.Conv2d(dim_in, dim_out, 3, padding=1)
        self.skip = nn.Conv2d(dim_in, dim_out, 1, bias=False) if dim_in != dim_out else None
        self.register_buffer("fold", fold() if downsample else None, persistent=False)

    def shortcut(self, x: Tensor) -> Tensor:
        # Pooling and a 1x1 convolution commute; pooling first costs a quarter.
        x = F.avg_pool2d(x, 2) if self.downsample else x
        return x if self.skip is None else self.skip(x)

    def forward(self, x: Tensor) -> Tensor:
        h = F.leaky_relu(self.norm1(x), SLOPE)
        h = halve(h, self.conv1, self.fold) if self.downsample else self.conv1(h)
        h = self.conv2(F.leaky_relu(self.norm2(h), SLOPE))
        return HALF * (h + self.shortcut(x))


class AdaINResBlk(nn.Module):
    """Residual block whose normalisations take their scale and shift from the style."""

    def __init__(self, dim_in: int, dim_out: int, style_dim: int, *, upsample=False):
        super().__init__()
        self.upsample = upsample
        self.norm1 = AdaIN(style_dim, dim_in)
        self.norm2 = AdaIN(style_dim, dim_out)
        self.conv1 = nn.Conv2d(dim_in, dim_out, 3, padding=1)
        self.conv2 = nn.Conv2d(dim_out, dim_out, 3, padding=1)
        self.skip = nn.Conv2d(dim_in, dim_out, 1, bias=False) if dim_in != dim_out else None

    def shortcut(self, x: Tensor) -> Tensor:
        x = x if self.skip is None else self.skip(x)
        return double(x) if self.upsample else x

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        h = F.leaky_relu(self.norm1(x, s), SLOPE)
        h = double(h) if self.upsample else h
        h = self.conv1(h)
        h = self.conv2(F.leaky_relu(self.norm2(h, s), SLOPE))
        return HALF * (h + self.shortcut(x))


class ModulatedConv(nn.Module):
    """Convolution whose input channels the style scales, with demodulated output.

    w'_ijk = s_i w_ijk;  y_j = conv(x, w')_j / sqrt(sum_ik w'_ijk^2 + eps)
    (Karras et al. 2020, equations 1 and 3). Scaling inputs and outputs instead of the weights is
    the same sum and lets all samples share one convolution. Unlike AdaIN it divides by an
    expected, not a measured, scale: no droplet artefacts, and tiles need no shared statistics.

    With `upsample`, bilinear interpolation is folded into the kernel: a transposed convolution
    of stride 2 with the kernel blurred by [1, 3, 3, 1], free of the grid that nearest leaves.
    """

    def __init__(self, dim_in: int, dim_out: int, style_dim: int, *, upsample=False):
        super().__init__()
        self.upsample = upsample
        self.weight = nn.Parameter(torch.empty(dim_out, dim_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(dim_out))
        self.affine = nn.Linear(style_dim, dim_in)
        nn.init.kaiming_normal_(self.weight, a=SLOPE)
        nn.init.zeros_(self.affine.bias)
        if upsample:
            taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
            self.register_buffer("blur", taps[:, None] * taps[None, :], persistent=False)

    def demodulation(self, scale: Tensor) -> Tensor:
        """1 / sqrt(sum of the squared, scaled weights): `(N, dim_in)` to `(N, dim_out)`."""
        energy = self.weight.square().sum(dim=(2, 3))
        return torch.rsqrt(F.linear(scale.to(energy.dtype).square(), energy) + 1e-8)

    def convolve(self, x: Tensor) -> Tensor:
        if not self.upsample:
            return F.conv2d(x, self.weight, padding=1)
        dim_out, dim_in = self.weight.shape[:2]
        planes = self.weight.flip(2, 3).reshape(dim_out * dim_in, 1, 3, 3)
        kernel = F.conv2d(planes, self.blur.to(planes.dtype)[None, None], padding=3)
        kernel = kernel.reshape(dim_out, dim_in, 6, 6).transpose(0, 1)
        return F.conv_transpose2d(x, kernel, stride=2, padding=2)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        scale = 1 + self.affine(s)
        gain = math.sqrt(2 / (1 + SLOPE**2))  # what the leaky ReLU before it took away
        with torch.autocast(x.device.type, enabled=False):
            demodulation = gain * self.demodulation(scale)
        y = self.convolve(x * scale[:, :, None, None].to(x.dtype))
        bias = self.bias[:, None, None].to(y.dtype)
        return y * demodulation[:, :, None, None].to(y.dtype) + bias


class ModulatedResBlk(nn.Module):
    """Residual block of two modulated convolutions."""

    def __init__(self, dim: int, style_dim: int):
        super().__init__()
        self.conv1 = ModulatedConv(dim, dim, style_dim)
        self.conv2 = ModulatedConv(dim, dim, style_dim)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        h = self.conv1(F.leaky_relu(x, SLOPE), s)
        h = self.conv2(F.leaky_relu(h, SLOPE), s)
        return HALF * (x + h)


class DomainLinear(nn.Module):
    """One linear layer a domain, of which only the asked-for one is computed.

    y_n = W[d_n] x_n + b[d_n]. Its cost does not grow with the number of domains.
    """

    def __init__(self, domains: int, dim_in: int, dim_out: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(domains, dim_out, dim_in))
        self.bias = nn.Parameter(torch.zeros(domains, dim_out))
        for matrix in self.weight:
            nn.init.kaiming_normal_(matrix)

    def forward(self, x: Tensor, domain: Tensor) -> Tensor:
        # Not self.weight[domain]: its gradient is added up in the order in which threads come.
        weight, bias = self.weight.index_select(0, domain), self.bias.index_select(0, domain)
        return torch.baddbmm(bias[:, :, None], weight, x[:, :, None])[:, :, 0]

    def every(self, x: Tensor) -> Tensor:
        """All domains' layers, `(D, N, dim_in)` or `(N, dim_in)` to `(D, N, dim_out)`."""
        return self.bias[:, None] + x @ self.weight.mT


def networks_from_seed(
    makers: Mapping[str, Callable[[], nn.Module]], seed: int, names: Collection[str] = ()
) -> dict[str, nn.Module]:
    """Make networks, initialised from a seed without touching global randomness.

    Args:
        makers: by name.
        seed: of the initial weights.
        names: of the networks that are wanted; empty: all.

    Returns:
        The networks by name, on the CPU.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return {name: make() for name, make in makers.items() if not names or name in names}
