"""StarGAN whose references count: what the model must do besides fooling its judges.

A style encoder falls asleep where nothing asks a result to show what sets its reference apart:
|E(x_fake) - s| is zero for a constant one. Four terms keep it awake.

- **Restore.** From a result, or a copy whose palette and lines were destroyed, and from the code
  read off the picture itself, the picture must come back: the code has to hold what is missing.
- **Paint.** The painted parts alone must come near it, so that parts mean the same in all pictures.
- **Contrast.** A result is nearer to its own reference than to others of the style.
- **Density.** The mapping network draws codes that are spread as those of real pictures.

A generator of two passes can be asked for one thing more, **keep**: by the mean code, which has no
palette of its own, it makes what its first pass made.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons import losses
from gan_lessons.augment import destroy, displace
from gan_lessons.data.batches import Batch
from gan_lessons.losses import images, references
from gan_lessons.models.architecture import Terms
from gan_lessons.models.stargan import projected_losses
from gan_lessons.models.stargan.objective import StarGAN, grey
from gan_lessons.models.stargan.parts import COLOURS
from gan_lessons.models.stargan.recipe import Config

LAYERS = 3  # of the frozen features' four maps: those whose statistics `contrast` compares


class PartsStarGAN(StarGAN):
    """`StarGAN` for a model whose codes hold palettes.

    The first half of a batch takes its codes from the mapping network: half of these the mean code,
    which has to keep the colours of its source, and half drawn ones. The second half takes them
    from references.
    """

    def __init__(self, config: Config):
        super().__init__(config)
        anew = ("style_encoder", "generator.parts", "generator.from_paint", "generator.to_mix")
        self.lrs |= dict.fromkeys(anew, config.train.parts_lr)

    def styles(self, batch: Batch, second: bool = False) -> Tensor:
        """Target codes: mean ones, drawn ones, and those of references; see the class.

        No gradient flows into the mapping network: its draws follow the codes of real pictures, and
        not what pleases the judges.
        """
        k = batch.latents
        with torch.no_grad():
            drawn = self.drawn(batch)
        s_ref = self.forward["style_encoder"](batch.x_ref[k:], batch.y_trg[k:])
        return self.wanted(batch, drawn, s_ref)

    def wanted(self, batch: Batch, drawn: Tensor, s_ref: Tensor) -> Tensor:
        """The target codes of a batch, `(N, code_dim)`.

        Args:
            batch: its first half takes codes from the mapping network.
            drawn: see `drawn`.
            s_ref: codes of the second half's references.
        """
        k, means = batch.latents, batch.latents // 2
        usual = drawn.mean(dim=1)[batch.y_trg[:means]]
        own = drawn[batch.y_trg[means:k], torch.arange(means, k, device=drawn.device)]
        return torch.cat([usual, own, s_ref.float()])

    def first_terms(self, batch: Batch) -> Terms:
        """Before the game: parts must mean the same in all pictures, and draws follow codes.

        Drawn codes that are far from all real ones would drive the generator out of its way.
        """
        s = self.forward["style_encoder"](displace(batch.x_real, batch.displaced), batch.y_org)
        x = destroy(batch.x_real, batch.destroyed)
        away = self.painted_amiss(self.networks["generator"].paint(x, s), batch.x_real)
        terms: Terms = {"paint": (self.loss.paint, away)}
        return terms | self.density_terms(self.drawn(batch), s, batch.y_org)

    @staticmethod
    def painted_amiss(paint: Tensor, x_real: Tensor) -> Tensor:
        """L1 of painted colours to those of the pictures."""
        return images.l1(paint[:, :COLOURS], F.avg_pool2d(x_real, 2))

    def generator_terms(self, batch: Batch, step: int) -> Terms:
        """G's turn: fool the judges, keep content, and let codes say what a picture looks like."""
        if step < self.loss.first:
            return self.first_terms(batch)
        k, x_real = batch.latents, batch.x_real

        # One encoder pass reads the references and, moved about, the sources themselves.
        pictures = torch.cat([batch.x_ref[k:], displace(x_real, batch.displaced)])
        y = torch.cat([batch.y_trg[k:], batch.y_org])
        s = self.forward["style_encoder"](pictures, y)
        s_ref, s_org = s[: -len(batch)], s[-len(batch) :]
        drawn = self.drawn(batch)
        s_trg = self.wanted(batch, drawn.detach(), s_ref)
        x_fake = self.forward["generator"](x_real, s_trg)

        terms = self.result_terms(batch, x_fake)
        if self.due(step) and self.loss.nce:
            found = self.recognisable(grey(x_fake), grey(x_real))
            terms["nce"] = (self.due(step) * self.loss.nce, found)

        # What the mean code made of a picture comes back by the mean code alone, so both keep its
        # colours; all others come back by their own code.
        means = k // 2
        usual = drawn.detach().mean(dim=1)[batch.y_org[:means]]
        terms |= self.restoring_terms(batch, x_fake, torch.cat([usual, s_org[means:]]))
        if self.loss.keep:
            kept = self.networks["generator"].first_pass(x_real[:means], s_trg[:means])
            terms["keep"] = (self.loss.keep, images.l1(x_fake[:means], kept))
        return terms | self.density_terms(drawn, s, y)

    def result_terms(self, batch: Batch, x_fake: Tensor) -> Terms:
        """Results fool both judges, and show which reference they were made by.

        The frozen features are looked at once, for the second judge and for `contrast`.
        """
        x = self.vary(x_fake, batch.uniform[:, 2])
        logits = self.forward["discriminator"](x, batch.y_trg)
        maps = self.networks["projected"].features(x)
        told = projected_losses.generator_loss(self.networks["projected"].judge(maps), batch.y_trg)
        terms: Terms = {
            "adv_g": (self.loss.adv, losses.nonsaturating_g(logits)),
            "pro_g": (self.loss.projected, told),
        }
        if self.loss.contrast:
            terms["con"] = (self.loss.contrast, self.told_apart(batch, maps))
        return terms

    def restoring_terms(self, batch: Batch, x_fake: Tensor, s: Tensor) -> Terms:
        """From results and destroyed copies the pictures come back by codes `(N, code_dim)`."""
        x_real, means = batch.x_real, batch.latents // 2
        x_rec, paint = self.networks["generator"].painted(self.spoilt(batch, x_fake), s)
        terms: Terms = {"rec": (self.loss.restore, images.l1(x_rec, x_real))}
        if self.loss.restore_features:
            away = self.amiss_in_features(x_rec, x_real)
            terms["rec_f"] = (self.loss.restore_features, away)
        away = self.painted_amiss(paint[means:], x_real[means:])
        terms["paint"] = (self.loss.paint, away)
        return terms

    def told_apart(self, batch: Batch, maps: list[Tensor]) -> Tensor:
        """`contrast` of the results that have a reference, among all references of the batch."""
        k, look = batch.latents, self.networks["projected"].features
        with torch.no_grad():
            real = references.statistics(look(torch.cat([batch.x_ref, batch.x_ref2]))[:LAYERS])
        found = references.statistics([h[k:] for h in maps[:LAYERS]])
        y, own = batch.y_trg.repeat(2), torch.arange(k, len(batch), device=real.device)
        return references.contrast(found, real, y, own)

    def spoilt(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """What pictures are restored from.

        Results, of which half lose their colours on the way but for those by the mean code; and in
        the last quarter their own destroyed copies.
        """
        n, means = len(batch), batch.latents // 2
        last = n - n // 4
        x = x_fake[:last].clamp(-1, 1)
        whole = batch.destroyed[:last, 4] < 0.5
        whole[:means] = True
        robbed = destroy(x, batch.destroyed[:last], lines=False)
        x = torch.where(whole[:, None, None, None], x, robbed)
        return torch.cat([x, destroy(batch.x_real[last:], batch.destroyed[last:])])


@torch.no_grad()
def grow(networks: dict[str, nn.Module], older: dict[str, nn.Module]) -> set[str]:
    """Start from a model whose codes hold no palettes.

    Its generator becomes the new one's first part. The mean of its codes of each style is where the
    style vectors of the new encoder and mapping network start, so that the generator makes of them
    what it made before.

    Args:
        networks: of the new model, changed in place.
        older: "generator" and "mapping_network" of a "modulated" one with the same widths.

    Returns:
        Names of the networks that start with weights of the older one.

    Raises:
        ValueError: if the generators do not fit.
    """
    generator, encoder = networks["generator"], networks["style_encoder"]
    own, theirs = generator.state_dict(), older["generator"].state_dict()
    if any(key not in own or own[key].shape != value.shape for key, value in theirs.items()):
        raise ValueError("the older generator has other widths than the recipe's")
    generator.load_state_dict(own | theirs)
    means = older["mapping_network"].mean_codes()
    encoder.heads.bias.copy_(means)
    networks["mapping_network"].unshared[-1].bias[:, : means.shape[1]] = means
    return {"generator"}
