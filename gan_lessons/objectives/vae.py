"""What a variational autoencoder trains for: one phase, a bound on the likelihood of the data."""

from dataclasses import dataclass, field

from torch import Tensor, nn

from gan_lessons import image_losses
from gan_lessons.config import Recipe, TrainConfig, require
from gan_lessons.data.samples import SampleBatch
from gan_lessons.networks.vae import VAEConfig, build, reparameterise
from gan_lessons.objectives.phase import Phase, Terms


@dataclass(frozen=True)
class VAELoss:
    """The two sides of the bound."""

    sigma: float = 0.2  # standard deviation of a decoded value, in units of [-1, 1]
    beta: float = 1.0  # weight of the KL term; 1 is the bound itself (Higgins et al. 2017, eq. 4)

    def __post_init__(self):
        require(self.sigma > 0, f"loss.sigma must be positive, got {self.sigma}")
        require(self.beta >= 0, f"loss.beta must not be negative, got {self.beta}")


@dataclass(frozen=True)
class VAERecipe(Recipe):
    """The recipe of a variational autoencoder."""

    model: VAEConfig = field(default_factory=VAEConfig)
    loss: VAELoss = field(default_factory=VAELoss)
    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            steps=3000, batch=64, lr=1e-3, beta1=0.9, beta2=0.999, weight_decay=0.0
        )
    )


class VAE:
    """Networks and phase of a variational autoencoder.

    Args:
        config: shapes, weights and training.
        networks: "encoder" and "decoder" of your own; otherwise those of the recipe are built.
    """

    averaged = ("encoder", "decoder")

    def __init__(self, config: VAERecipe, networks: dict[str, nn.Module] | None = None):
        self.loss = config.loss
        self.networks = networks or build(config.model, config.train.seed)
        self.lrs = dict.fromkeys(self.networks, config.train.lr)
        self.forward = dict(self.networks)
        self.phases = (Phase("VAE", ("encoder", "decoder"), self.terms),)

    def terms(self, batch: SampleBatch, step: int) -> Terms:
        """-log p(x) <= E_q[-log p(x | z)] + KL(q(z | x) || p(z)) (Kingma and Welling 2014, eq. 3).

        Both in nats an image; the constant of the normal distribution is left out.
        """
        mean, log_variance = self.forward["encoder"](batch.x_real)
        mean, log_variance = mean.float(), log_variance.float()
        x_rec = self.forward["decoder"](reparameterise(mean, log_variance, batch.z)).float()
        rec = image_losses.gaussian_nll(x_rec, batch.x_real, self.loss.sigma)
        kl = image_losses.kl_to_normal(mean, log_variance)
        return {"rec": (1.0, rec), "kl": (self.loss.beta, kl)}

    @staticmethod
    def reconstruct(networks: dict[str, nn.Module], x: Tensor) -> Tensor:
        """Images through the bottleneck, by the mean of their latents.

        Args:
            networks: "encoder" and "decoder", usually the averages.
            x: what the encoder takes.

        Returns:
            The same shape.
        """
        mean, _ = networks["encoder"](x)
        return networks["decoder"](mean)
