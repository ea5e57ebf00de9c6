"""What the experiments on convolutional GANs look at: gradients, grids, samples, their distance."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_lessons.models.dcgan.networks import WEIGHTED

SIZE, LATENT = 32, 64


def gradient_norms(network: nn.Module) -> list[float]:
    """Norm of the gradient of each weight, from the input to the output.

    Args:
        network: after a backward pass.

    Returns:
        One number a linear or convolutional layer; shortcuts are not counted, so that networks
        with and without them have the same layers.
    """
    layers = [
        module
        for name, module in network.named_modules()
        if isinstance(module, WEIGHTED) and "shortcut" not in name
    ]
    return [layer.weight.grad.float().norm().item() for layer in layers]


def checkerboard(x: Tensor) -> float:
    """Power of the finest pattern, of period 2, over that of the patterns next to it.

    Args:
        x: `(N, C, H, W)`, sides even.

    Returns:
        1 where period 2 is nothing special, as in noise; a grid of single pixels gives more.
    """
    finest = 0.0
    nearby = 0.0
    for rows in (x, x.transpose(2, 3)):
        power = torch.fft.rfft(rows.float(), dim=3).abs().square().mean(dim=(0, 1, 2))
        finest += power[-1].item()
        nearby += power[-4:-1].mean().item()
    return finest / nearby


@torch.no_grad()
def draw(generator: nn.Module, count: int, *, latent: int = LATENT, seed: int = 1) -> Tensor:
    """Pictures from a generator, `(count, 3, SIZE, SIZE)` in [-1, 1]; always the same latents."""
    z = torch.randn(count, latent, generator=torch.Generator().manual_seed(seed))
    device = next(generator.parameters()).device
    parts = [generator(part).cpu() for part in z.to(device).split(64)]
    return (
        torch.cat(parts).unflatten(1, (3, SIZE, SIZE)) if parts[0].ndim == 2 else torch.cat(parts)
    )


@dataclass(frozen=True)
class Judge:
    """Measures pictures against real ones; the features of these are computed once."""

    real: Tensor  # (N, 1280) features

    @classmethod
    def of(cls, images: Tensor, count: int, seed: int = 0) -> "Judge":
        """A judge who has seen some real pictures, drawn at random."""
        from gan_lessons.metrics.features import embed

        rows = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:count]
        return cls(embed(images[rows])[1])

    def __call__(self, x: Tensor) -> dict[str, float]:
        """KID x 1000, its spread over subsets, and the checkerboard of pictures."""
        from gan_lessons.metrics.features import embed
        from gan_lessons.metrics.frechet import kernel_distance

        mean, spread = kernel_distance(self.real, embed(x)[1])
        return {"kid": 1000 * mean, "kid_spread": 1000 * spread, "checkerboard": checkerboard(x)}
