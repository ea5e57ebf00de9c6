"""Many small GANs trained at once: the same numbers as one after the other, in a fifth of the time.

Small networks spend their time on starting operations, not on computing. So the weights of many
are stacked, and one batched product serves all; each keeps its own data, noise, loss and gradient.
Under spectral norm they agree but for the number of power iterations.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from gan_lessons import losses
from gan_lessons.data.samples import SampleBatch
from gan_lessons.layers import SLOPE
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import FAMILIES
from gan_lessons.models.mlp.recipe import DenseGANRecipe


class Stack(nn.Module):
    """Dense networks of one shape, side by side.

    Args:
        networks: from `models.mlp.networks`, without classes and without `squash`. Under spectral
            norm each keeps its own singular vectors.
    """

    def __init__(self, networks: Sequence[nn.Module]):
        super().__init__()
        layers = list(zip(*(network.layers[::2] for network in networks), strict=True))
        self.count, self.spectral = len(networks), parametrize.is_parametrized(layers[0][0])
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for k, each in enumerate(layers):
            weights = [
                layer.parametrizations.weight.original if self.spectral else layer.weight
                for layer in each
            ]
            self.weights.append(torch.stack([w.detach() for w in weights]))
            self.biases.append(torch.stack([layer.bias.detach() for layer in each])[:, None])
            if self.spectral:
                found = [layer.parametrizations.weight[0] for layer in each]
                for side in ("u", "v"):
                    vectors = torch.stack([getattr(norm, f"_{side}") for norm in found])
                    self.register_buffer(f"{side}{k}", vectors[:, :, None].clone())

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Apply each network to its own rows: `(K * N, D)`, network after network, to the same."""
        h = x.unflatten(0, (self.count, -1))
        for k, bias in enumerate(self.biases):
            h = F.leaky_relu(h, SLOPE) if k else h
            h = torch.baddbmm(bias, h, self.weight(k).mT)
        h = h.flatten(0, 1)
        return h[:, 0] if h.shape[1] == 1 else h

    def weight(self, k: int) -> Tensor:
        """Weights of a layer, `(K, out, in)`; over their largest singular values if wanted."""
        weight = self.weights[k]
        if not self.spectral:
            return weight
        u, v = getattr(self, f"u{k}"), getattr(self, f"v{k}")
        if self.training:  # one step of power iteration a pass (Miyato et al. 2018, algorithm 1)
            with torch.no_grad():
                u.copy_(F.normalize(weight @ v, dim=1, eps=1e-12))
                v.copy_(F.normalize(weight.mT @ u, dim=1, eps=1e-12))
        # What the next pass changes in place, this one's gradient still needs.
        return weight / (u.clone().mT @ weight @ v.clone())


class Together:
    """The objective of all: their terms are sums, so that each network gets its own gradient.

    Args:
        recipes: of each GAN; alike but for family of losses and seed.
    """

    averaged = ("generator",)

    def __init__(self, recipes: Sequence[DenseGANRecipe]):
        first = recipes[0]
        alike = {
            (
                recipe.model,
                replace(recipe.loss, family=first.loss.family),
                replace(recipe.train, seed=first.train.seed),
            )
            for recipe in recipes
        }
        if len(alike) != 1:
            raise ValueError("these recipes differ in more than family and seed")
        self.loss, self.families = first.loss, [recipe.loss.family for recipe in recipes]
        made = [GAN(recipe).networks for recipe in recipes]
        self.networks = {name: Stack([each[name] for each in made]) for name in made[0]}
        self.forward = dict(self.networks)
        self.lrs = {"generator": first.train.lr, "discriminator": first.train.discriminator_lr}
        self.phases = (
            Phase("D", ("discriminator",), self.discriminator_terms),
            Phase("G", ("generator",), self.generator_terms, interval=first.loss.critic_steps),
        )

    def discriminator_terms(self, batch: SampleBatch, step: int) -> Terms:
        """Sum of what each discriminator minimises."""
        with torch.no_grad():
            x_fake = self.networks["generator"](batch.z)
        judge = self.networks["discriminator"]
        real, fake = self.split(judge(batch.x_real)), self.split(judge(x_fake))
        pairs = zip(self.families, real, fake, strict=True)
        terms = {"adv_d": (1.0, sum(FAMILIES[family][0](r, f) for family, r, f in pairs))}
        middle = losses.between(batch.x_real, x_fake, batch.uniform[:, 3, 0])
        points = {
            "r1": (losses.r1_penalty, batch.x_real.detach()),
            "r2": (losses.r2_penalty, x_fake.detach()),
            "gp": (losses.wgan_gp, middle),
        }
        for name, (penalty, x) in points.items():
            if weight := getattr(self.loss, name):
                x = x.requires_grad_()
                terms[name] = (weight * len(self.families), penalty(judge(x), x))
        return terms

    def generator_terms(self, batch: SampleBatch, step: int) -> Terms:
        """Sum of what each generator minimises."""
        judge = self.networks["discriminator"]
        fake = self.split(judge(self.networks["generator"](batch.z)))
        real = [None] * len(fake)
        if "relativistic" in self.families:
            with torch.no_grad():
                real = self.split(judge(batch.x_real))
        total = 0
        for family, r, f in zip(self.families, real, fake, strict=True):
            given = (r, f) if family == "relativistic" else (f,)
            total = total + FAMILIES[family][1](*given)
        return {"adv_g": (1.0, total)}

    def split(self, logits: Tensor) -> list[Tensor]:
        """Logits of each GAN."""
        return list(logits.chunk(len(self.families)))


def join(batches: Sequence[SampleBatch]) -> SampleBatch:
    """One batch of all, GAN after GAN."""
    names = ("x_real", "y", "z", "uniform")
    return SampleBatch(*(torch.cat([getattr(each, name) for each in batches]) for name in names))
