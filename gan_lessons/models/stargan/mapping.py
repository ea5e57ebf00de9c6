"""The mapping network of StarGAN v2 (Choi et al. 2020, appendix B, Table 6)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.layers import DomainLinear
from gan_lessons.models.stargan.recipe import ModelConfig

LATENTS = 1000  # that the mean code of a style is taken over


class MappingNetwork(nn.Module):
    """Turn a random latent into a style code of the asked-for domain (Table 6).

    Four shared layers, then four layers of which every domain has its own.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        width, domains = config.mapping_width, config.domains
        sizes = [config.latent_dim] + [width] * 4
        self.shared = nn.ModuleList(
            nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)
        )
        sizes = [width] * 4 + [config.made_dim]
        self.unshared = nn.ModuleList(
            DomainLinear(domains, a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)
        )

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        """Draw a style.

        Args:
            z: `(N, latent_dim)`, standard normal.
            y: `(N,)` int64, the domain of each style.

        Returns:
            `(N, code_dim)`.
        """
        h = z
        for layer in self.shared:
            h = F.relu(layer(h))
        for layer in self.unshared[:-1]:
            h = F.relu(layer(h, y))
        return self.unshared[-1](h, y)

    def every(self, z: Tensor) -> Tensor:
        """The same latents in all domains, `(K, latent_dim)` to `(domains, K, code_dim)`.

        Cheaper than `forward` with every domain in turn, which copies a domain's weights for each
        sample.
        """
        h = z
        for layer in self.shared:
            h = F.relu(layer(h))
        for layer in self.unshared[:-1]:
            h = F.relu(layer.every(h))
        return self.unshared[-1].every(h)

    @torch.no_grad()
    def mean_codes(self) -> Tensor:
        """The mean code of each domain over the same latents always, `(domains, code_dim)`."""
        random = torch.Generator().manual_seed(0)
        z = torch.randn(LATENTS, self.shared[0].in_features, generator=random)
        return self.every(z.to(self.shared[0].weight.device)).mean(dim=1)

    @torch.no_grad()
    def widen(self, factor: float) -> None:
        """Let draws lie further from the mean of their style, or nearer to it.

        A generator may show less than all by which codes differ; wider draws make up for that. The
        last layer is linear, so what it makes of the mean stays, and only its weights grow.

        Args:
            factor: on the distance from the mean; 1 changes nothing.
        """
        last = self.unshared[-1]
        mean = self.mean_codes()[:, -last.bias.shape[1] :]  # without what stands in front of it
        last.weight.mul_(factor)
        last.bias.copy_(factor * last.bias + (1 - factor) * mean)
