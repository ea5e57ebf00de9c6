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
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.parts import COLOURS
from gan_lessons.models.stargan.recipe import Config, LossConfig

LAYERS = 3  # of the frozen features' four maps: those whose statistics `contrast` compares


class RestoringStarGAN(StarGAN):
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
        with torch.no_grad():
            drawn = self.drawn(batch)
        k, means = batch.latents, batch.latents // 2
        own = drawn[batch.y_trg[means:k], torch.arange(means, k, device=drawn.device)]
        encoded = self.forward["style_encoder"](batch.x_ref[k:], batch.y_trg[k:])
        return torch.cat([drawn.mean(dim=1)[batch.y_trg[:means]], own, encoded.float()])

    def factors(self, step: int) -> tuple[int, bool]:
        """What the generator's terms take from the step."""
        return self.due(step), step < self.loss.first

    def results(self, batch: Batch, step: int) -> Tensor:
        """Before the game the judges learn what sets styles apart, on the sources themselves."""
        return batch.x_real if step < self.loss.first else super().results(batch, step)

    def first_terms(self, batch: Batch) -> Terms:
        """Before the game: parts must mean the same in all pictures, and draws follow codes.

        Drawn codes that are far from all real ones would drive the generator out of its way.
        """
        s = self.forward["style_encoder"](displace(batch.x_real, batch.displaced), batch.y_org)
        x = destroy(batch.x_real, batch.destroyed)
        away = self.painted_amiss(self.networks["generator"].paint(x, s), batch.x_real)
        terms: Terms = {"paint": (self.loss.paint, away)}
        return terms | density_terms(self.loss, self.drawn(batch), s, batch.y_org)

    @staticmethod
    def painted_amiss(paint: Tensor, x_real: Tensor) -> Tensor:
        """L1 of painted colours to those of the pictures."""
        return images.l1(paint[:, :COLOURS], F.avg_pool2d(x_real, 2))

    def generator_terms(self, batch: Batch, step: int) -> Terms:
        """G's turn: fool the judges, keep content, and let codes say what a picture looks like."""
        if step < self.loss.first:
            return self.first_terms(batch)
        generator, encode = self.networks["generator"], self.forward["style_encoder"]
        look = self.networks["projected"].features
        n, k = len(batch), batch.latents
        x_real, due = batch.x_real, self.due(step)

        # One encoder pass reads the references and, moved about, the sources themselves.
        pictures = torch.cat([batch.x_ref[k:], displace(x_real, batch.displaced)])
        s = encode(pictures, torch.cat([batch.y_trg[k:], batch.y_org]))
        s_ref, s_org = s[: n - k], s[n - k :]
        drawn = self.drawn(batch)
        mean = drawn.detach().mean(dim=1)
        means = k // 2
        own = drawn.detach()[batch.y_trg[means:k], torch.arange(means, k, device=s.device)]
        s_trg = torch.cat([mean[batch.y_trg[:means]], own, s_ref])
        x_fake = self.forward["generator"](x_real, s_trg)

        x = self.vary(x_fake, batch.uniform[:, 2])
        logits = self.forward["discriminator"](x, batch.y_trg)
        terms = {"adv_g": (self.loss.adv, losses.nonsaturating_g(logits))}
        maps = look(x)
        told = projected_losses.generator_loss(self.networks["projected"].judge(maps), batch.y_trg)
        terms["pro_g"] = (self.loss.projected, told)

        if self.loss.contrast:
            terms["con"] = (self.loss.contrast, self.told_apart(batch, maps))
        if due and self.loss.nce:
            terms["nce"] = (due * self.loss.nce, self.recognisable(grey(x_fake), grey(x_real)))

        # The way back. What the mean code made of a picture comes back by the mean code alone, so
        # both keep its colours; of the others half lose theirs on the way, and the last quarter
        # come from their own destroyed copies.
        s_back = torch.cat([mean[batch.y_org[:means]], s_org[means:]])
        x_rec, paint = generator.painted(self.spoilt(batch, x_fake), s_back)
        terms["rec"] = (self.loss.restore, images.l1(x_rec, x_real))
        if self.loss.restore_features:
            away = self.amiss_in_features(x_rec, x_real)
            terms["rec_f"] = (self.loss.restore_features, away)
        away = self.painted_amiss(paint[means:], x_real[means:])
        terms["paint"] = (self.loss.paint, away)

        if self.loss.keep:
            kept = generator.first_pass(x_real[:means], s_trg[:means])
            terms["keep"] = (self.loss.keep, images.l1(x_fake[:means], kept))

        return terms | density_terms(self.loss, drawn, s, torch.cat([batch.y_trg[k:], batch.y_org]))

    def told_apart(self, batch: Batch, maps: list[Tensor]) -> Tensor:
        """`contrast` of the results that have a reference, among all references of the batch."""
        k, look = batch.latents, self.networks["projected"].features
        with torch.no_grad():
            real = references.statistics(look(torch.cat([batch.x_ref, batch.x_ref2]))[:LAYERS])
        found = references.statistics([h[k:] for h in maps[:LAYERS]])
        y, own = batch.y_trg.repeat(2), torch.arange(k, len(batch), device=real.device)
        return references.contrast(found, real, y, own)

    def spoilt(self, batch: Batch, x_fake: Tensor) -> Tensor:
        """What pictures are restored from: results, and at the end destroyed copies."""
        n, means = len(batch), batch.latents // 2
        last = n - n // 4
        x = x_fake[:last].clamp(-1, 1)
        whole = batch.destroyed[:last, 4] < 0.5
        whole[:means] = True
        robbed = destroy(x, batch.destroyed[:last], lines=False)
        x = torch.where(whole[:, None, None, None], x, robbed)
        return torch.cat([x, destroy(batch.x_real[last:], batch.destroyed[last:])])


def density_terms(loss: LossConfig, drawn: Tensor, s: Tensor, y: Tensor) -> Terms:
    """Draws of each style are spread as the codes of its pictures.

    Args:
        loss: weights of the terms.
        drawn: `(domains, K, code_dim)`.
        s: codes, `(N, code_dim)`.
        y: their domains, `(N,)`.
    """
    drawn, codes = drawn[y], s.detach().float()
    terms: Terms = {"den": (loss.density, references.energy_score(drawn, codes))}
    if loss.density_scaled:
        # The style vector is the longer, and would be all that counts.
        width = codes.std(dim=0) + 1e-3
        even = references.energy_score(drawn / width, codes / width)
        terms["den_s"] = (loss.density_scaled, even)
    return terms


def grey(x: Tensor) -> Tensor:
    """Lightness in all three channels: what content is recognised by whatever its colours."""
    return x.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)


@torch.no_grad()
def grow(
    networks: dict[str, nn.Module], older: dict[str, nn.Module], latents: int = 1000
) -> set[str]:
    """Start from a model whose codes hold no palettes.

    Its generator becomes the new one's first part. The mean of its codes of each style is where the
    style vectors of the new encoder and mapping network start, so that the generator makes of them
    what it made before.

    Args:
        networks: of the new model, changed in place.
        older: "generator" and "mapping_network" of a "modulated" one with the same widths.
        latents: how many codes the mean is of.

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
    mapping = older["mapping_network"]
    random = torch.Generator().manual_seed(0)
    z = torch.randn(latents, mapping.shared[0].in_features, generator=random)
    domains, dim = encoder.heads.bias.shape
    for y in range(domains):
        mean = mapping(z, torch.full((latents,), y)).mean(dim=0)
        encoder.heads.bias[y] = mean
        networks["mapping_network"].unshared[-1].bias[y, :dim] = mean
    return {"generator"}
