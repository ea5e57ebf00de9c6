"""StarGAN for letters: a hand is read off some letters of a typeface, others are drawn in it.

- **Restore.** A letter of a typeface loses its style: it is bent and thinned to strokes. By the
  code of two other letters of the typeface it must come back. Which letters are of one typeface is
  known, and nothing of what another typeface makes of them. With `loss.paired` that is known too:
  the strokes are those of the plain typeface's letter, which is how results are made.
- **Own hand.** The codes of two letters of a typeface are nearer to each other than to those of
  other typefaces: codes cannot fall together.
- **Density.** The mapping network draws codes that are spread as those of real typefaces.
- **The game.** Letters of the plain typeface, drawn by codes of references and by drawn codes, must
  pass for letters of the domain, and show the hand of their code. Without `loss.adv` nobody judges.
  With `loss.auxiliary` a classifier that learns the domains from real letters must know them,
  too, and with `loss.legible` one that learns to read must read the source's letter.
"""

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional as F

from gan_lessons import losses
from gan_lessons.augment import warp
from gan_lessons.data.letter_batches import UNKNOWN, LetterBatch
from gan_lessons.losses import images, references
from gan_lessons.models.architecture import Terms
from gan_lessons.models.stargan import projected_losses
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.outlines import paper
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.models.stargan.strokes import LEAST, MOST

TEMPERATURE = 0.2  # of the softmax over cosines of codes


class OutlineStarGAN(StarGAN):
    """`StarGAN` for a model that draws outlines.

    The first half of a batch takes its codes from the mapping network in the game, the second from
    references.
    """

    def __init__(self, config: Config):
        super().__init__(config)
        if not config.loss.adv:
            self.phases = self.phases[1:]

    def hands(self, batch: LetterBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Codes of both references, `(N, S)` each, and the code that results are drawn by.

        Half of the typefaces are known by one letter, half by the mean of two.
        """
        both = torch.cat([batch.x_ref, batch.x_ref2])
        s1, s2 = self.forward["style_encoder"](both, batch.y_trg.repeat(2)).chunk(2)
        few = torch.arange(len(batch), device=s1.device)[:, None] % 2 == 0
        return s1, s2, torch.where(few, s1, (s1 + s2) / 2)

    def asked(self, batch: LetterBatch, s: Tensor) -> Tensor:
        """The game's codes: drawn for the first half, read for the second.

        No gradient flows into the mapping network.
        """
        half = len(batch) // 2
        with torch.no_grad():
            y = batch.y_trg[:half]
            drawn = self.forward["mapping_network"](batch.z_trg[:half], y).to(s.dtype)
        return torch.cat([drawn, s[half:]])

    def discriminator_terms(self, batch: LetterBatch, step: int) -> Terms:
        """D's turn: tell letters of a domain from drawn ones, and from those of other domains."""
        n, y = len(batch), batch.y_trg
        with torch.no_grad():
            s = self.hands(batch)[2]
            x_fake = self.forward["generator"](batch.x_real, self.asked(batch, s))
        chance = torch.cat([batch.uniform[:, 0], batch.uniform[:, 1]])
        x = self.vary(torch.cat([batch.x_trg, x_fake]), chance)
        y_other = y.roll(1)  # what each real letter falsely claims as well, where it is another
        claims = torch.stack([y.repeat(2), y_other.repeat(2)], dim=1)
        as_own, as_other = self.forward["discriminator"](x, claims).unbind(1)
        terms = {"adv_d": (self.loss.adv, losses.nonsaturating_d(as_own[:n], as_own[n:]))}
        mistaken = losses.mismatched(as_other[:n], y != y_other)
        terms["mis"] = (self.loss.adv * self.loss.mismatch, mistaken)
        if self.penalised(step):
            weight = self.loss.adv * self.loss.r1 * self.loss.r1_interval
            seen = self.vary(batch.x_trg, batch.uniform[:, 0]).detach().requires_grad_()
            told = self.networks["discriminator"](seen, y)
            terms["r1"] = (weight, losses.r1_penalty(told, seen))
        if self.model.projected and self.loss.projected:
            maps = self.forward["projected"](x)
            terms["pro_d"] = (1.0, projected_losses.discriminator_loss(maps, y, y))
        if self.model.auxiliary or self.model.reader:
            wrong = self.misread(x[:n], y, batch.letter_trg)
            terms |= {f"{name}_d": (1.0, value) for name, value in wrong.items()}
        return terms

    def generator_terms(self, batch: LetterBatch, step: int) -> Terms:
        """G's turn: bring letters back by the hand of others, and pass for real."""
        generator, n = self.networks["generator"], len(batch)
        s1, s2, s = self.hands(batch)
        if self.loss.paired:
            strokes = generator.strokes(batch.x_real)
        else:
            cut = LEAST + (batch.cut * (MOST + 1 - LEAST)).floor()
            strokes = generator.strokes(warp(batch.x_trg, batch.warped), cut)
        if self.loss.adv:  # one pass for both tasks
            strokes = torch.cat([strokes, generator.strokes(batch.x_real)])
            s = torch.cat([s, self.asked(batch, s)])
        ink = generator.ink(strokes, s)  # (N, 1, S, S) logits, or 2 N with the game's
        terms = self.restoring_terms(ink[:n], batch.x_trg)
        terms["con"] = (self.loss.contrast, references.own_hand(s1, s2, TEMPERATURE))
        terms |= self.density_terms(self.drawn(batch), s[:n], batch.y_trg)
        if self.loss.adv:
            terms |= self.passing_terms(paper(ink[n:]), s[n:], batch)
        return terms

    def misread(self, x: Tensor, y: Tensor, letters: Tensor) -> dict[str, Tensor]:
        """Cross-entropies of the classifiers that there are.

        Args:
            x: pictures, `(N, 3, S, S)`.
            y: their styles, `(N,)`, for "aux".
            letters: which letters they are, `(N,)`, for "let".
        """
        judges, found = self.networks["projected"], {}
        maps = judges.features(x)
        if self.model.auxiliary:
            found["aux"] = F.cross_entropy(judges.classify(maps), y)
        if self.model.reader:
            logits = self.networks["reader"](maps)
            found["let"] = F.cross_entropy(logits, letters, ignore_index=UNKNOWN)
        return found

    def restoring_terms(self, ink: Tensor, x_trg: Tensor) -> Terms:
        """How far the ink of a letter, `(N, 1, S, S)` logits, is from the letter that it was."""
        x_rec = paper(ink)
        wanted = (1 - x_trg[:, :1]) / 2
        unsure = F.binary_cross_entropy_with_logits(ink, wanted.clamp(0, 1))
        weight = self.loss.restore
        terms: Terms = {"rec": (weight, images.l1(x_rec, x_trg)), "bce": (weight, unsure)}
        if self.loss.restore_features:
            apart = self.amiss_in_features(x_rec, x_trg)
            terms["rec_f"] = (self.loss.restore_features, apart)
        return terms

    def passing_terms(self, x_fake: Tensor, s: Tensor, batch: LetterBatch) -> Terms:
        """Drawn letters must pass for real ones of their domain, and show the hand of their code.

        The encoder that reads them is not taught by them: it could agree with the generator upon
        marks that no real letter has.
        """
        x = self.vary(x_fake, batch.uniform[:, 2])
        terms = self.fooling_terms(x, batch.y_trg)
        if self.loss.auxiliary or self.loss.legible:
            wrong = self.misread(x, batch.y_trg, batch.letter_real)
            weights = {"aux": self.loss.auxiliary, "let": self.loss.legible}
            terms |= {f"{name}_g": (weights[name], value) for name, value in wrong.items()}
        if self.loss.sty:
            encoder = self.networks["style_encoder"]
            still = {name: value.detach() for name, value in encoder.named_parameters()}
            shown = functional_call(encoder, still, (x_fake, batch.y_trg))
            terms["sty"] = (self.loss.sty, references.own_hand(shown, s.detach(), TEMPERATURE))
        return terms
