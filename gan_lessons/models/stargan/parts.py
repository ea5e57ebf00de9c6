"""Codes that hold a palette: which colour each soft part of a picture has, besides a style vector.

Generator and style encoder each cut a picture into K soft parts, such as paper, outline, body and
eyes. The encoder reports the mean colour of each part of a reference, and a few numbers more; the
generator paints them onto the same parts of its source. A place of the source thus learns what the
reference has at such a place, wherever that is and whatever it shows, and a code is still one
vector that can be drawn, averaged and walked between.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import SLOPE, DomainLinear, InstanceNorm, ResBlk, double
from gan_lessons.models.stargan.modulated import ModulatedGenerator
from gan_lessons.models.stargan.recipe import ModelConfig

WIDTH, DEEP = 32, 64  # channels of a `Pyramid` at a half of the side, and below
COLOURS = 3  # the first values of a part: red, green and blue
RARE = 2.0  # places' worth of the usual values that a part's mean begins with
PAPER, INK = 0.94, 0.01  # lightness above which a place is paper; variance added to that of ink
OF_PAPER = 3.0  # what paper is taken for where ink has mean 0 and variance 1


class Levelled(InstanceNorm):
    """Lightness, standardised over what is not white paper.

    It is the same for a picture, a paler and a darker copy of it: parts must not hang on these. As
    an `InstanceNorm` it can be lent the statistics of a whole picture for its tiles.
    """

    def __init__(self):
        super().__init__(1, eps=INK)

    def forward(self, x: Tensor) -> Tensor:
        """Level.

        Args:
            x: `(N, 3, H, W)` in [-1, 1].

        Returns:
            `(N, 1, H, W)`, of mean 0 and variance near 1 over the ink, 3 on paper.
        """
        if self.record:
            self.lent = self.statistics(x)
        mean, scale = self.lent or self.statistics(x)
        light = x.float().mean(dim=1, keepdim=True)
        return torch.where(light <= PAPER, (light - mean) * scale, OF_PAPER).to(x.dtype)

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """How many places are ink, mean and variance of its lightness, `(N, 1, 1, 1)` each."""
        light = x.float().mean(dim=1, keepdim=True)
        ink = (light <= PAPER).float()
        count = ink.sum(dim=(2, 3), keepdim=True)
        share = ink / count.clamp(min=1)
        mean = (light * share).sum(dim=(2, 3), keepdim=True)
        return count, mean, ((light - mean).square() * share).sum(dim=(2, 3), keepdim=True)


class UnitSize(InstanceNorm):
    """Divide by the root of the mean square of all channels, a statistic of the whole picture."""

    def __init__(self):
        super().__init__(1, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, C, H, W)` to the same shape, of mean square 1, in float32."""
        if self.record:
            self.lent = self.statistics(x)
        _, scale = self.lent or self.statistics(x)
        return x.float() * scale

    def moments(self, x: Tensor) -> tuple[int, Tensor, Tensor]:
        """How many places count, no mean, and the mean square, `(N, 1, 1, 1)`."""
        square = x.float().square().mean(dim=(1, 2, 3), keepdim=True)
        return x.shape[2] * x.shape[3], torch.zeros_like(square), square


class Pyramid(nn.Module):
    """Features of every second place that know their surroundings: down to 1/16 and up again."""

    def __init__(self):
        super().__init__()
        self.level = Levelled()
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1)
            for a, b in ((4, WIDTH), (WIDTH, DEEP), (DEEP, DEEP), (DEEP, DEEP))
        )
        self.middle = ResBlk(DEEP, DEEP)
        self.up = nn.ModuleList(nn.Conv2d(DEEP, b, 3, padding=1) for b in (DEEP, DEEP, WIDTH))
        self.out = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Look at pictures.

        Args:
            x: `(N, 3, H, W)` in [-1, 1]; H and W multiples of 16.

        Returns:
            `(N, 32, H / 2, W / 2)`, and the maps on the way down, from a half to 1/16 of the side.
        """
        h, levels = torch.cat([x, self.level(x)], dim=1), []
        for conv in self.down:
            h = F.leaky_relu(conv(h), SLOPE)
            levels.append(h)
        levels[-1] = h = F.leaky_relu(self.middle(h), SLOPE)
        for conv, skip in zip(self.up, levels[-2::-1], strict=True):
            h = F.leaky_relu(conv(double(h)) + skip, SLOPE)
        return F.leaky_relu(self.out(h), SLOPE), levels


class Parts(nn.Module):
    """Cut pictures into soft parts."""

    def __init__(self, count: int):
        super().__init__()
        self.look = Pyramid()
        self.norm = UnitSize()
        self.to_parts = nn.Conv2d(WIDTH, count, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """To which parts each place belongs, the features that say so, and the pyramid's maps.

        Args:
            x: `(N, 3, H, W)` in [-1, 1].

        Returns:
            Shares `(N, K, H / 2, W / 2)` that sum to 1 over the parts, in float32; features
            `(N, 32, H / 2, W / 2)`; the maps of `Pyramid`.
        """
        h, levels = self.look(x)
        # At unit size, so that parts are soft or sharp by the layer's weights alone.
        return self.to_parts(self.norm(h)).float().softmax(dim=1), h, levels


class PartsEncoder(nn.Module):
    """Read off a reference its style vector and the values of its parts."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.parts = Parts(config.parts)
        self.to_values = nn.Conv2d(WIDTH, config.part_values - COLOURS, 1)
        shape = (config.domains, config.parts, config.part_values)
        self.usual = nn.Parameter(torch.zeros(shape))  # of parts that a picture lacks
        self.squeeze = nn.Linear(WIDTH + 3 * DEEP, 2 * DEEP)
        self.heads = DomainLinear(config.domains, 2 * DEEP, config.style_dim)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Encode.

        Args:
            x: `(N, 3, H, W)` in [-1, 1].
            y: `(N,)` int64, the domain of each image.

        Returns:
            `(N, code_dim)`: style_dim numbers of the whole, then the values of each part.
        """
        shares, h, levels = self.parts(x)
        shares = shares.flatten(2)  # (N, K, P)
        values = torch.cat([F.avg_pool2d(x.float(), 2), self.to_values(h).float()], dim=1)
        total = shares @ values.flatten(2).transpose(1, 2) + RARE * self.usual.index_select(0, y)
        values = total / (shares.sum(dim=2, keepdim=True) + RARE)
        # At unit size too: nothing else holds the pyramid's features down.
        pooled = torch.cat([self.parts.norm(h).mean(dim=(2, 3)) for h in levels], dim=1)
        vector = self.heads(F.leaky_relu(self.squeeze(pooled), SLOPE), y)
        return torch.cat([vector.float(), values.flatten(1)], dim=1)


class PartsGenerator(ModulatedGenerator):
    """`ModulatedGenerator` that also paints the values of parts, and mixes colours anew.

    x + g(x, s) can hardly exchange a hue: it has to take one colour away exactly and add another.
    So three more outputs, of which training begins with none: each place's colour through a matrix
    of its own, a shift, and a share of the way to the painted colour.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        self.stride = max(self.stride, 2**4)  # of the parts' pyramid
        self.vector_dim, self.part_values = config.style_dim, config.part_values
        self.palette_dim = config.parts * config.part_values
        self.style_dim = config.code_dim  # what a user gives
        self.parts = Parts(config.parts)
        self.from_paint = nn.Conv2d(config.part_values, config.width, 3, padding=1)
        self.to_mix = nn.Conv2d(self.to_rgb.in_channels, 13, 3, padding=1)

    def paint(self, x: Tensor, s: Tensor) -> Tensor:
        """The values of parts, laid on the parts of pictures.

        Args:
            x: `(N, 3, H, W)` in [-1, 1].
            s: `(N, code_dim)`.

        Returns:
            `(N, part_values, H / 2, W / 2)`; the first three are colours in [-1, 1].
        """
        shares, _, _ = self.parts(x)
        values = s[:, -self.palette_dim :].float().unflatten(1, (shares.shape[1], self.part_values))
        return torch.einsum("nkv,nkhw->nvhw", values, shares)

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Restyle.

        Args:
            x: `(N, 3, H, W)` in [-1, 1]; H and W multiples of `stride`.
            s: `(N, code_dim)`.

        Returns:
            `(N, 3, H, W)`, near [-1, 1] once trained; not clamped.
        """
        return self.painted(x, s)[0]

    def painted(self, x: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        """The result, and what `paint` laid under it."""
        paint = self.paint(x, s)
        vector = s[:, -self.palette_dim - self.vector_dim : -self.palette_dim]
        under = paint.contiguous(memory_format=torch.channels_last)
        h = self.finest(x, vector, under=self.from_paint(under))
        mix = self.to_mix(h).to(x.dtype)
        matrix, shift = mix[:, :12].unflatten(1, (3, 4)).split([3, 1], dim=2)
        colour = F.interpolate(paint[:, :COLOURS], scale_factor=2, mode="bilinear")
        mixed = (matrix * x[:, None]).sum(dim=2) + shift[:, :, 0]
        return x + self.to_rgb(h).to(x.dtype) + mixed + mix[:, 12:] * (colour - x), paint


def begin(networks: dict[str, nn.Module]) -> None:
    """The first weights that need more than chance.

    Both networks start with one division into parts: what each calls its third part must be the
    same for colours to arrive where they belong, and agreeing is hard to learn. Places are divided
    by lightness more than by colour, which a style may change. All domains start alike, and new
    outputs at nothing.

    Args:
        networks: "generator" and "style_encoder", changed in place.
    """
    generator, encoder = networks["generator"], networks["style_encoder"]
    with torch.no_grad():
        encoder.parts.to_parts.weight.normal_(std=0.5)
        encoder.parts.look.down[0].weight[:, :3] *= 0.4
        encoder.usual[:, :, :COLOURS] = 0.3
        encoder.heads.weight.copy_(encoder.heads.weight[:1].expand_as(encoder.heads.weight) / 2)
    generator.parts.load_state_dict(encoder.parts.state_dict())
    for layer in (generator.from_paint, generator.to_mix):
        nn.init.zeros_(layer.weight)
