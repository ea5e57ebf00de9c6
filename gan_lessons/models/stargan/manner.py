"""StarGAN for paintings: results take brushwork and palette from one painting each.

Few works are known of a painter, and none of them shows what a photograph shows. So what a result
owes to its reference is said in statistics of frozen features, which do not ask where things stand,
and what it owes to its source by finding every place of it again. Judges say what all works of a
painter have in common. Beside them stand two terms of `RestoringStarGAN`: a painting whose strokes
and palette were smoothed away comes back by its code, and drawn codes are spread as real ones.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons import losses
from gan_lessons.augment import displace, smooth_over
from gan_lessons.config import require
from gan_lessons.data.batches import Batch
from gan_lessons.losses import images, references
from gan_lessons.models.architecture import Terms
from gan_lessons.models.stargan import projected_losses
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.models.stargan.restoring import density_terms, grey


class PaintingStarGAN(StarGAN):
    """`StarGAN` for pictures that fill their square, and whose style is palette and brushwork.

    The first half of a batch takes its codes from the mapping network, the second from references.
    For the first steps nobody judges, and all codes come from references: what a painting's
    statistics can teach is learned sooner without a game.
    """

    def __init__(self, config: Config):
        require(config.model.projected > 0, "model.projected must be above 0 for paintings, got 0")
        super().__init__(config)

    def factors(self, step: int) -> tuple[int, bool]:
        """What the generator's terms take from the step."""
        return self.due(step), step < self.loss.first

    def results(self, batch: Batch, step: int) -> Tensor:
        """Before the game the judges learn what sets styles apart, on the sources themselves."""
        return batch.x_real if step < self.loss.first else super().results(batch, step)

    def styles(self, batch: Batch, second: bool = False) -> Tensor:
        """Target codes: drawn ones, and those of references, `(N, code_dim)`."""
        k = batch.latents
        with torch.no_grad():
            drawn = self.networks["mapping_network"](batch.z_trg[:k], batch.y_trg[:k])
        encoded = self.forward["style_encoder"](batch.x_ref[k:], batch.y_trg[k:])
        return torch.cat([drawn.float(), encoded.float()])

    def generator_terms(self, batch: Batch, step: int) -> Terms:
        """G's turn: paint as the reference is painted, keep what is shown, and fool the judges."""
        x_real, half = batch.x_real, len(batch) // 2
        judged = step >= self.loss.first
        k = batch.latents if judged else 0

        # Codes: of references, and of the second half of the sources, moved about.
        moved = displace(x_real[half:], batch.displaced[half:], on_white=False)
        pictures = torch.cat([batch.x_ref[k:], moved])
        y = torch.cat([batch.y_trg[k:], batch.y_org[half:]])
        s = self.forward["style_encoder"](pictures, y).float()
        s_ref, s_org = s[:-half], s[-half:]
        drawn = self.drawn(batch)
        own = drawn.detach()[batch.y_trg[:k], torch.arange(k, device=s.device)]
        x_fake = self.forward["generator"](x_real, torch.cat([own, s_ref]))

        # Paint as the reference is painted.
        with torch.no_grad():
            wanted = self.maps(batch.x_ref[k:])
        amiss = references.manner(self.maps(x_fake[k:]), wanted)
        terms: Terms = {"manner": (self.loss.manner, amiss)}

        # Keep what is shown.
        if self.due(step) and self.loss.nce:
            found = self.recognisable(grey(x_fake), grey(x_real))
            terms["nce"] = (self.due(step) * self.loss.nce, found)

        # Give back to a smoothed picture its strokes and colours.
        smooth = smooth_over(x_real[half:], batch.destroyed[half:])
        x_rec = self.forward["generator"](smooth, s_org)
        terms["rec"] = (self.loss.restore, images.l1(x_rec, x_real[half:]))
        if self.loss.restore_features:
            away = self.amiss_in_features(x_rec, x_real[half:])
            terms["rec_f"] = (self.loss.restore_features, away)

        terms |= density_terms(self.loss, drawn, s, y)
        return terms | self.judged(batch, x_fake) if judged else terms

    def judged(self, batch: Batch, x_fake: Tensor) -> Terms:
        """Fool both judges."""
        x = self.vary(x_fake, batch.uniform[:, 2])
        logits = self.forward["discriminator"](x, batch.y_trg)
        told = projected_losses.generator_loss(self.forward["projected"](x), batch.y_trg)
        return {
            "adv_g": (self.loss.adv, losses.nonsaturating_g(logits)),
            "pro_g": (self.loss.projected, told),
        }

    def maps(self, x: Tensor) -> list[Tensor]:
        """What manner is seen in: the colours themselves, at half the side, and four features."""
        return [F.avg_pool2d(x, 2), *self.networks["projected"].features(x)]
