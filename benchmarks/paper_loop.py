"""The yardstick: StarGAN v2's training transcribed to the letter, in plain float32.

Choi et al. 2020, section 3 and appendices A and B, nothing saved anywhere: every branch of every
domain is computed and one of them picked; latents and references have a pass and an optimiser step
each; R1 is taken at every step; Adam is PyTorch's plain one. It trains nothing for the course; it
is what the package's loop is measured against.
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.data.batches import Batch
from gan_lessons.layers import AdaINResBlk, ResBlk
from gan_lessons.models.stargan.networks import Generator, he_init
from gan_lessons.models.stargan.recipe import ModelConfig
from gan_lessons.models.stargan.trunk import Trunk

LR, MAPPING_LR, DECAY = 1e-4, 1e-6, 0.999


class Pick(nn.Module):
    """Compute one branch a domain, then keep the one asked for."""

    def __init__(self, branches: list[nn.Module]):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, h: Tensor, y: Tensor) -> Tensor:
        """`(N, C)` and `(N,)` to `(N, K)`."""
        every = torch.stack([branch(h) for branch in self.branches], dim=1)
        return every[torch.arange(len(y)), y]


class EveryBranch(nn.Module):
    """A trunk that all domains share, and branches."""

    def __init__(self, trunk: nn.Module, branches: list[nn.Module]):
        super().__init__()
        self.trunk, self.pick = trunk, Pick(branches)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """An image or a latent `(N, ...)` and its domain `(N,)` to `(N, K)`."""
        return self.pick(self.trunk(x), y)


def perceptron(sizes: list[int], last: int | None = None) -> nn.Sequential:
    """Linear layers with a ReLU after each; `last` adds one without."""
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers, *([] if last is None else [nn.Linear(sizes[-1], last)]))


def first_convolve(block: ResBlk, x: Tensor) -> Tensor:
    """The shortcut as published: the 1x1 convolution before the pooling."""
    x = x if block.skip is None else block.skip(x)
    return F.avg_pool2d(x, 2) if block.downsample else x


def first_enlarge(block: AdaINResBlk, x: Tensor) -> Tensor:
    """The shortcut as published: the enlarging before the 1x1 convolution."""
    x = F.interpolate(x, scale_factor=2, mode="nearest") if block.upsample else x
    return x if block.skip is None else block.skip(x)


def build(config: ModelConfig, seed: int = 0) -> dict[str, nn.Module]:
    """The four networks with all their branches, of exactly the package's parameter counts.

    Args:
        config: `ModelConfig.paper(...)`, or another one with the paper's kind of generator.
        seed: of the initial weights.

    Returns:
        "generator", "mapping_network", "style_encoder", "discriminator".
    """
    width, style = config.mapping_width, config.style_dim

    def trunk(first: int, largest: int) -> Trunk:
        return Trunk(config.size, first, largest, config.stem_stride)

    def every(common: nn.Module, branch) -> EveryBranch:
        return EveryBranch(common, [branch() for _ in range(config.domains)])

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = trunk(config.encoder_width, config.encoder_max_width)
        critic = trunk(config.critic_width, config.critic_max_width)
        networks = {
            "generator": Generator(config),
            "mapping_network": every(
                perceptron([config.latent_dim] + [width] * 4),
                lambda: perceptron([width] * 4, style),
            ),
            "style_encoder": every(encoder, lambda: nn.Linear(encoder.out_dim, style)),
            "discriminator": every(critic, lambda: nn.Linear(critic.out_dim, 1)),
        }
        for network in networks.values():
            network.apply(he_init)
    for block in (m for n in networks.values() for m in n.modules()):
        if isinstance(block, ResBlk):
            block.shortcut = first_convolve.__get__(block)
        elif isinstance(block, AdaINResBlk):
            block.shortcut = first_enlarge.__get__(block)
    return networks


class PaperLoop:
    """One iteration: two updates of the discriminator, two of the generator, three averages.

    Args:
        config: shapes of the networks.
        seed: of the initial weights.
        device: where to train.
    """

    updates = {"discriminator": 2, "generator": 2, "mapping network": 1, "style encoder": 1}

    def __init__(self, config: ModelConfig, seed: int = 0, device: torch.device | str = "cpu"):
        self.networks = {k: v.to(device) for k, v in build(config, seed).items()}
        names = ("generator", "mapping_network", "style_encoder")
        self.averages = {name: copy.deepcopy(self.networks[name]) for name in names}
        self.optimisers = {
            name: torch.optim.Adam(
                network.parameters(),
                lr=MAPPING_LR if name == "mapping_network" else LR,
                betas=(0.0, 0.99),
                weight_decay=1e-4,
                foreach=False,
                fused=False,
            )
            for name, network in self.networks.items()
        }

    def __call__(self, batch: Batch) -> None:
        """Train on a batch of sources: a latent and a reference translation of each."""
        for from_latent in (True, False):
            self.step(self.discriminator_loss(batch, from_latent), ("discriminator",))
        self.step(
            self.generator_loss(batch, True), ("generator", "mapping_network", "style_encoder")
        )
        self.step(self.generator_loss(batch, False), ("generator",))
        for name, average in self.averages.items():
            for mean, value in zip(average.parameters(), self.networks[name].parameters()):
                mean.data = torch.lerp(value.data, mean.data, DECAY)

    def step(self, loss: Tensor, names: tuple[str, ...]) -> None:
        """One update of some networks; the gradient reaches all of them, as published."""
        for optimiser in self.optimisers.values():
            optimiser.zero_grad()
        loss.backward()
        for name in names:
            self.optimisers[name].step()

    def style(self, batch: Batch, from_latent: bool, second: bool = False) -> Tensor:
        """Style codes of a pass: all from latents, or all from references."""
        if from_latent:
            z = batch.z_trg2 if second else batch.z_trg
            return self.networks["mapping_network"](z, batch.y_trg)
        x = batch.x_ref2 if second else batch.x_ref
        return self.networks["style_encoder"](x, batch.y_trg)

    def discriminator_loss(self, batch: Batch, from_latent: bool) -> Tensor:
        """Equation 1 with R1 (Mescheder et al. 2018), gamma 1, at every step."""
        judge = self.networks["discriminator"]
        x_real = batch.x_real.detach().requires_grad_()
        real = judge(x_real, batch.y_org)
        (slope,) = torch.autograd.grad(real.sum(), x_real, create_graph=True)
        with torch.no_grad():
            x_fake = self.networks["generator"](batch.x_real, self.style(batch, from_latent))
        fake = judge(x_fake, batch.y_trg)
        r1 = 0.5 * slope.square().sum(dim=(1, 2, 3)).mean()
        return F.softplus(-real).mean() + F.softplus(fake).mean() + r1

    def generator_loss(self, batch: Batch, from_latent: bool) -> Tensor:
        """Equations 1 to 4: adversarial, style reconstruction, diversity, cycle; weights 1."""
        generate, encode = self.networks["generator"], self.networks["style_encoder"]
        s_trg = self.style(batch, from_latent)
        x_fake = generate(batch.x_real, s_trg)
        adv = F.softplus(-self.networks["discriminator"](x_fake, batch.y_trg)).mean()
        sty = (encode(x_fake, batch.y_trg) - s_trg).abs().mean()
        x_fake2 = generate(batch.x_real, self.style(batch, from_latent, second=True)).detach()
        ds = (x_fake - x_fake2).abs().mean()
        x_rec = generate(x_fake, encode(batch.x_real, batch.y_org))
        cyc = (x_rec - batch.x_real).abs().mean()
        return adv + sty - ds + cyc
