"""StarGAN for paintings: results take brushwork and palette from one painting each.

Few works are known of a painter, and none of them shows what a photograph shows. So what a result
owes to its reference is said in statistics of frozen features, which do not ask where things stand,
and what it owes to its source by finding every place of it again. Judges say what all works of a
painter have in common. Beside them stand two terms of `PartsStarGAN`: a painting whose strokes
and palette were smoothed away comes back by its code, and drawn codes are spread as real ones.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.augment import displace, smooth_over
from gan_lessons.config import require
from gan_lessons.data.batches import Batch
from gan_lessons.losses import images, references
from gan_lessons.models.architecture import Terms
from gan_lessons.models.stargan.objective import StarGAN, grey
from gan_lessons.models.stargan.recipe import Config


class PaintingStarGAN(StarGAN):
    """`StarGAN` for pictures that fill their square, and whose style is palette and brushwork.

    The first half of a batch takes its codes from the mapping network, the second from references.
    For the first steps nobody judges, and all codes come from references: what a painting's
    statistics can teach is learned sooner without a game.
    """

    def __init__(self, config: Config):
        require(config.model.projected > 0, "model.projected must be above 0 for paintings, got 0")
        super().__init__(config)

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

        terms |= self.density_terms(drawn, s, y)
        if judged:
            terms |= self.fooling_terms(self.vary(x_fake, batch.uniform[:, 2]), batch.y_trg)
        return terms

    def maps(self, x: Tensor) -> list[Tensor]:
        """What manner is seen in: the colours themselves, at half the side, and four features."""
        return [F.avg_pool2d(x, 2), *self.networks["projected"].features(x)]
