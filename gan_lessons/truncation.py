"""The truncation trick: styles nearer to the mean of their kind (Karras et al. 2019, appendix B).

s' = m + psi (s - m), with the mean code m of a style. What all pictures of a style have in common
is surest near m; what sets one apart from the others lies far from it. A psi below 1 trades the one
for the other, for drawn codes and for those that are read off references.
"""

import torch
from torch import Tensor, nn

MOST = 2.0


class Truncated(nn.Module):
    """A network that makes codes, with its codes moved towards the mean of their style.

    Args:
        network: (given, y) to codes `(N, S)`; a mapping network or a style encoder.
        means: the mean code of each style, `(domains, S)`.
        psi: 0 gives the mean, 1 the network's own code.
    """

    def __init__(self, network: nn.Module, means: Tensor, psi: float):
        super().__init__()
        self.network = network
        self.register_buffer("means", means)
        self.register_buffer("psi", torch.tensor(psi))
        if hasattr(network, "one_code"):
            self.one_code = network.one_code

    def forward(self, given: Tensor, y: Tensor) -> Tensor:
        """Codes `(N, S)` of latents or pictures `(N, ...)` and styles `(N,)`."""
        s = self.network(given, y)
        return torch.lerp(self.means[y].to(s.dtype), s, self.psi.to(s.dtype))


@torch.no_grad()
def truncated(networks: dict[str, nn.Module], psi: float) -> dict[str, nn.Module]:
    """The networks of a model, those that make codes truncated.

    Args:
        networks: with a "mapping_network" whose `mean_codes` are `(domains, S)`; not changed.
        psi: see :class:`Truncated`; 0 to 2.

    Returns:
        Other networks in the place of mapping network and style encoder; with a psi of 1 the same.

    Raises:
        ValueError: for another psi, or a model that draws no styles.
    """
    if not 0 <= psi <= MOST:  # false of NaN, too
        raise ValueError(f"truncation lies in 0..{MOST:g}, got {psi:g}")
    if psi == 1:
        return networks
    if "mapping_network" not in networks:
        raise ValueError("this model draws no styles that a truncation could change; leave it at 1")
    means = networks["mapping_network"].mean_codes()
    made = ("mapping_network", "style_encoder")
    return {
        name: Truncated(network, means, psi) if name in made else network
        for name, network in networks.items()
    }
