"""What a variational autoencoder trains for: one phase, a bound on the likelihood of the data."""

from torch import nn

from gan_lessons.data.samples import SampleBatch
from gan_lessons.losses import images
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.vae.networks import build, reparameterise
from gan_lessons.models.vae.recipe import VAERecipe


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
        rec = images.gaussian_nll(x_rec, batch.x_real, self.loss.sigma)
        kl = images.kl_to_normal(mean, log_variance)
        return {"rec": (1.0, rec), "kl": (self.loss.beta, kl)}
