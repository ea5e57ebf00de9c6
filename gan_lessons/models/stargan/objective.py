"""What StarGAN v2 trains for: two phases a step, discriminator and generator.

Half of each batch takes its style from a latent and half from a reference, in one pass, where the
paper makes two passes of each kind.
"""

import torch
from torch import Tensor, nn

from gan_lessons import losses
from gan_lessons.augment import augment
from gan_lessons.data.batches import Batch
from gan_lessons.data.letter_batches import LetterBatch
from gan_lessons.losses import images, references
from gan_lessons.models.architecture import Phase, Terms
from gan_lessons.models.stargan import projected_losses
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.stargan.recipe import Config


class StarGAN:
    """Networks and phases of the multi-domain, multi-style model.

    Args:
        config: shapes, weights of the terms and training.
    """

    averaged = ("generator", "mapping_network", "style_encoder")  # those with an EMA

    def __init__(self, config: Config):
        self.loss, self.model = config.loss, config.model
        self.networks: dict[str, nn.Module] = build(config.model, config.train.seed)
        self.lrs = dict.fromkeys(self.networks, config.train.lr)
        self.lrs["mapping_network"] = config.train.mapping_lr
        known = ("discriminator", "projected", "reader")
        judges = tuple(name for name in known if name in self.networks)
        self.lrs |= dict.fromkeys(judges, config.train.discriminator_lr)
        # Penalties need gradients of gradients: they keep the eager network where the loop
        # replaces this entry by a compiled one.
        self.forward = dict(self.networks)
        shown = ("generator", "mapping_network", "style_encoder")
        self.phases = (
            Phase("D", judges, self.discriminator_terms, kind=self.penalised),
            Phase("G", shown, self.generator_terms, kind=self.factors),
        )

    def penalised(self, step: int) -> bool:
        """Whether the gradient penalty is due."""
        return self.loss.r1 > 0 and step % self.loss.r1_interval == 0

    def factors(self, step: int) -> tuple[int, float, bool]:
        """What the generator's terms take from the step."""
        return self.due(step), self.loss.ds_at(step), step < self.loss.first

    def due(self, step: int) -> int:
        """Factor on the lazy terms of the generator: their interval where they are due, else 0."""
        return self.loss.lazy if step % self.loss.lazy == 0 else 0

    def styles(self, batch: Batch, second: bool = False) -> Tensor:
        """Target style codes: from latents for the first samples, from references for the rest.

        Args:
            batch: the samples.
            second: another code of the same domain and the same kind.

        Returns:
            `(N, style_dim)`.
        """
        z, x = (batch.z_trg2, batch.x_ref2) if second else (batch.z_trg, batch.x_ref)
        k = batch.latents
        mapped = self.forward["mapping_network"](z[:k], batch.y_trg[:k])
        encoded = self.forward["style_encoder"](x[k:], batch.y_trg[k:])
        return torch.cat([mapped, encoded.to(mapped.dtype)])

    def vary(self, x: Tensor, uniform: Tensor) -> Tensor:
        """Pictures as the judges see them, augmented by the batch's numbers."""
        return augment(x, uniform, self.loss.augmentations)

    def results(self, batch: Batch, step: int) -> Tensor:
        """What the discriminators have to tell from real drawings, `(N, 3, S, S)`.

        Before the game, where there is a time before it, they learn what sets styles apart on the
        sources themselves.
        """
        if step < self.loss.first:
            return batch.x_real
        return self.forward["generator"](batch.x_real, self.styles(batch))

    def discriminator_terms(self, batch: Batch, step: int) -> Terms:
        """D's turn: tell real drawings of a domain from translations, and from other domains.

        With `loss.mismatch` the sources are looked at too: a source is a real drawing of its own
        domain and a wrong one of the target's. Each judge sees all pictures in one pass.
        """
        n = len(batch)
        with torch.no_grad():
            x_fake = self.results(batch, step)

        # All pictures, of which domain each is or pretends to be, and which was wanted.
        pictures, y_own = [batch.x_ref, x_fake], [batch.y_trg, batch.y_trg]
        chance = [batch.uniform[:, 0], batch.uniform[:, 1]]
        if self.loss.mismatch:
            pictures.insert(1, batch.x_real)
            y_own.insert(1, batch.y_org)
            chance.insert(1, batch.uniform[:, 1])
        y_wanted = batch.y_trg.repeat(len(pictures))
        y_own = torch.cat(y_own)
        x = self.vary(torch.cat(pictures), torch.cat(chance))

        both = torch.stack([y_own, y_wanted], dim=1)
        as_own, as_wanted = self.forward["discriminator"](x, both).unbind(1)
        real, fake = as_own[:-n], as_own[-n:]
        terms = {"adv_d": (self.loss.adv, losses.nonsaturating_d(real, fake))}

        if self.loss.mismatch:
            sources = as_wanted[n : 2 * n]
            others = batch.y_org != batch.y_trg
            terms["mis"] = (self.loss.mismatch, losses.mismatched(sources, others))

        if self.penalised(step):
            weight = self.loss.r1 * self.loss.r1_interval
            terms["r1"] = (weight, self.gradient_penalty(batch))

        if self.model.projected:
            maps = self.forward["projected"](x)
            told = projected_losses.discriminator_loss(maps, y_own[:-n], batch.y_trg)
            terms["pro_d"] = (1.0, told)
        return terms

    def gradient_penalty(self, batch: Batch) -> Tensor:
        """R1 of the discriminator at the references."""
        x = self.vary(batch.x_ref, batch.uniform[:, 0])
        x = x.detach().requires_grad_()
        return losses.r1_penalty(self.networks["discriminator"](x, batch.y_trg), x)

    def generator_terms(self, batch: Batch, step: int) -> Terms:
        """G's turn: fool the judges, keep style legible and content recoverable, vary.

        The way back and the second result cost more than all the rest: with `loss.lazy` they are
        asked for at every so-manieth step, and weighted up by as much.
        """
        generate, encode = self.forward["generator"], self.forward["style_encoder"]
        due = self.due(step)
        s_trg = self.styles(batch)
        x_fake = generate(batch.x_real, s_trg)

        terms = self.fooling_terms(self.vary(x_fake, batch.uniform[:, 2]), batch.y_trg)

        if due and self.loss.cyc:
            # One encoder pass reads the style of the result and of the source.
            pictures = torch.cat([x_fake, batch.x_real])
            s_pred, s_org = encode(pictures, torch.cat([batch.y_trg, batch.y_org])).chunk(2)
            x_rec = generate(x_fake, s_org)
            away = images.cycle_consistency(x_rec, batch.x_real)
            terms["cyc"] = (due * self.loss.cyc, away)
        else:
            s_pred = encode(x_fake, batch.y_trg)
        terms["sty"] = (self.loss.sty, images.style_reconstruction(s_pred, s_trg))

        if due and self.loss.nce:
            terms["nce"] = (due * self.loss.nce, self.recognisable(x_fake, batch.x_real))

        factor = due * self.loss.ds_at(step)
        if factor and (self.loss.ds or self.loss.ds_features):
            terms |= self.diversity_terms(batch, x_fake, factor)
        return terms

    def fooling_terms(self, x_fake: Tensor, y_trg: Tensor) -> Terms:
        """Fool the judges: results, as they see them, pass for real ones of the wanted domains."""
        logits = self.forward["discriminator"](x_fake, y_trg)
        terms: Terms = {"adv_g": (self.loss.adv, losses.nonsaturating_g(logits))}
        if self.model.projected and self.loss.projected:
            told = projected_losses.generator_loss(self.forward["projected"](x_fake), y_trg)
            terms["pro_g"] = (self.loss.projected, told)
        return terms

    def drawn(self, batch: Batch | LetterBatch) -> Tensor:
        """Codes of all domains from all latents of a batch: `(domains, 2 N, code_dim)`."""
        z = torch.cat([batch.z_trg, batch.z_trg2])
        return self.networks["mapping_network"].every(z).float()

    def density_terms(self, drawn: Tensor, s: Tensor, y: Tensor) -> Terms:
        """Draws of each style are spread as the codes of its pictures.

        Args:
            drawn: `(domains, K, code_dim)`.
            s: codes, `(N, code_dim)`.
            y: their domains, `(N,)`.
        """
        drawn, codes = drawn.index_select(0, y), s.detach().float()
        terms: Terms = {"den": (self.loss.density, references.energy_score(drawn, codes))}
        if self.loss.density_scaled:
            # The style vector is the longer, and would be all that counts.
            width = codes.std(dim=0) + 1e-3
            even = references.energy_score(drawn / width, codes / width)
            terms["den_s"] = (self.loss.density_scaled, even)
        return terms

    def amiss_in_features(self, x_rec: Tensor, x_real: Tensor) -> Tensor:
        """L1 to the pictures that should have come back, in frozen features."""
        look = self.networks["projected"].features
        with torch.no_grad():
            wanted = look(x_real)
        pairs = zip(look(x_rec), wanted, strict=True)
        return torch.stack([images.l1(a.float(), b.float()) for a, b in pairs]).mean()

    def recognisable(self, x_fake: Tensor, x_real: Tensor) -> Tensor:
        """PatchNCE in frozen features, at a quarter and an eighth of the pictures' side.

        CUT takes them from the generator's own encoder; ones that were learned elsewhere need no
        training, and no style can talk them into anything.
        """
        look = self.networks["projected"].features
        with torch.no_grad():
            keys = look(x_real)[1:3]
        found = []
        for query, key in zip(look(x_fake)[1:3], keys, strict=True):
            found.append(images.patch_nce(places(query), places(key)))
        return torch.stack(found).mean()

    def diversity_terms(self, batch: Batch, x_fake: Tensor, factor: float) -> Terms:
        """Two codes of one style give two results: apart in pixels, and in what features see."""
        terms: Terms = {}
        with torch.no_grad():
            x_fake2 = self.forward["generator"](batch.x_real, self.styles(batch, second=True))
        if self.loss.ds:
            terms["ds"] = (-factor * self.loss.ds, images.diversity(x_fake, x_fake2))
        if self.loss.ds_features:
            look = self.networks["projected"].features
            maps = zip(look(x_fake), look(x_fake2), strict=True)
            apart = torch.stack([images.diversity(a, b) for a, b in maps]).mean()
            terms["ds_f"] = (-factor * self.loss.ds_features, apart)
        return terms


def places(h: Tensor) -> Tensor:
    """A map as a list of places, in float32: `(N, C, H, W)` to `(N, H * W, C)`."""
    return h.flatten(2).transpose(1, 2).float()


def grey(x: Tensor) -> Tensor:
    """Lightness in all three channels: what content is recognised by whatever its colours."""
    return x.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
