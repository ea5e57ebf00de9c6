"""The recipe of the style-transfer model: shapes, weights of the terms, length."""

import math
from dataclasses import dataclass, field, fields

from gan_lessons.config import (
    DEEPEST,
    WIDEST,
    DataConfig,
    Recipe,
    TrainConfig,
    require,
    within,
)

GENERATORS = ("modulated", "adain", "parts", "repainting", "outlines", "painting")
WITH_PARTS = ("parts", "repainting")  # those whose codes hold the palettes of parts
PALETTE = 6  # numbers that "painting" has for a picture's colours


@dataclass(frozen=True)
class ModelConfig:
    """Shapes of the four networks (StarGAN v2, appendix B, and what we changed)."""

    size: int = 64  # pixels a side at training; the generator takes any size
    domains: int = 8  # styles
    generator: str = "modulated"  # "adain", the paper's; "parts", whose codes hold palettes;
    # "repainting", the same behind a first pass; "outlines", which draws letters' strokes; or
    # "painting", for pictures that fill their square: palette, then brushwork
    first_pass: str = ""  # the model whose generator makes that first pass
    width: int = 64  # channels of the generator's first layer
    max_width: int = 128
    bottleneck: int = 16  # side of the smallest feature map at `size`; 8 loses the detail
    blocks: int = 2  # residual blocks at the bottleneck, encoder and decoder each
    stem_stride: int = 2  # of the trunks' first layer; 1 in the paper, 2 is cheaper
    critic_width: int = 64  # channels of the discriminator's first layer
    critic_max_width: int = 192
    projected: int = 0  # channels of a second, projected discriminator's heads; 0: there is none
    auxiliary: int = 0  # channels of a classifier of styles beside these; 0: there is none
    reader: int = 0  # channels of a classifier of letters on the same features; 0: there is none
    encoder_width: int = 48  # channels of the style encoder's first layer
    encoder_max_width: int = 128
    style_dim: int = 64
    parts: int = 24  # soft parts that a code of "parts" has values of
    part_values: int = 6  # numbers a part: its colour, and what else training makes of them
    latent_dim: int = 16
    mapping_width: int = 128  # 512 in the paper

    def __post_init__(self):
        require(
            16 <= self.size <= 1024 and self.size & (self.size - 1) == 0,
            f"model.size must be a power of two in 16..1024, got {self.size}",
        )
        within(self, "model", "domains", least=2, most=WIDEST)
        require(
            self.generator in GENERATORS,
            f"model.generator: one of {', '.join(GENERATORS)}, got {self.generator!r}",
        )
        within(self, "model", "projected", "auxiliary", "reader", least=0, most=WIDEST)
        for name in ("auxiliary", "reader"):
            require(
                not getattr(self, name) or (self.projected > 0 and self.generator == "outlines"),
                f'model.{name} is for model.generator "outlines", with model.projected above 0',
            )
        require(self.stem_stride in (1, 2), f"model.stem_stride: 1 or 2, got {self.stem_stride}")
        require(
            4 <= self.bottleneck < self.size and self.size % self.bottleneck == 0,
            f"model.bottleneck must divide model.size {self.size}, got {self.bottleneck}",
        )
        within(self, "model", "blocks", least=0, most=DEEPEST)
        wide = (f.name for f in fields(self) if f.name.endswith(("width", "dim")))
        within(self, "model", *wide, most=WIDEST)
        within(self, "model", "parts", least=2, most=256)
        within(self, "model", "part_values", least=4, most=256)

    @property
    def code_dim(self) -> int:
        """Length of a style code."""
        return self.made_dim + (self.domains if self.generator == "repainting" else 0)

    @property
    def made_dim(self) -> int:
        """What encoder and mapping network make of it; the rest says which style was asked for."""
        if self.generator == "painting":
            return self.style_dim + PALETTE
        return self.style_dim + (self.parts * self.part_values if self.paints else 0)

    @property
    def paints(self) -> bool:
        """Whether codes hold palettes."""
        return self.generator in WITH_PARTS

    @classmethod
    def paper(cls, size: int = 256, domains: int = 2) -> "ModelConfig":
        """Exactly the shapes of StarGAN v2 (Choi et al. 2020, appendix B, Tables 5 to 8).

        Args:
            size: pixels a side, a power of two.
            domains: number of styles.

        Returns:
            A configuration with 33.9 M parameters in the generator at 256 pixels.
        """
        width = 2**14 // size
        return cls(
            size=size,
            domains=domains,
            generator="adain",
            width=width,
            max_width=512,
            bottleneck=16,
            blocks=2,
            stem_stride=1,
            critic_width=width,
            critic_max_width=512,
            encoder_width=width,
            encoder_max_width=512,
            mapping_width=512,
        )


# Terms that only some generators' codes are asked for.
OWN = {
    "restore": (*WITH_PARTS, "outlines", "painting"),
    "restore_features": (*WITH_PARTS, "outlines", "painting"),
    "contrast": (*WITH_PARTS, "outlines"),
    "density": (*WITH_PARTS, "outlines", "painting"),
    "density_scaled": (*WITH_PARTS, "painting"),
    "paint": WITH_PARTS,
    "manner": ("painting",),
    "keep": ("repainting",),
    "first": (*WITH_PARTS, "painting"),
    "auxiliary": ("outlines",),
    "legible": ("outlines",),
    "paired": ("outlines",),
}


@dataclass(frozen=True)
class LossConfig:
    """Weights of the terms (StarGAN v2, section 3) and the schedule of each."""

    adv: float = 1.0  # fooling the discriminator; 0, for "outlines" alone: nobody judges
    paired: bool = False  # letters: the plain typeface's are told what each typeface makes of them
    projected: float = 1.0  # fooling the projected discriminator, where there is one
    auxiliary: float = 0.0  # being taken for the style by a classifier (Odena et al. 2017)
    legible: float = 0.0  # being read as the source's letter by `model.reader`
    sty: float = 1.0  # style reconstruction, |s - E(x_fake)|
    cyc: float = 1.0  # cycle consistency, |x - G(x_fake, E(x))|
    ds: float = 0.1  # diversity-sensitive loss at the start; 1 repaints emoji in one palette
    ds_features: float = 0.0  # the same on the projected discriminator's features: shapes, shading
    ds_steps: int = 0  # steps over which both fall to zero; 0: they stay
    nce: float = 0.0  # every place found again in the source, in features (Park et al. 2020)
    restore: float = 0.0  # own pictures, restored from results and destroyed copies by their code
    restore_features: float = 0.0  # the same in the projected discriminator's features
    paint: float = 0.0  # the same of the painted parts alone
    contrast: float = 0.0  # results nearer to their own reference than to others, in statistics;
    # with "outlines" the codes of two letters of a typeface, than to those of other typefaces
    manner: float = 0.0  # results have the brushwork and palette of their reference, in statistics
    density: float = 0.0  # drawn codes spread as those of real pictures do (energy score)
    density_scaled: float = 0.0  # the same, each number of a code in units of its deviation
    keep: float = 0.0  # what the mean code makes is what the first pass made
    first: int = 0  # steps before the game: only what `paint` and `density` ask for is learned
    lazy: int = 1  # steps from one `cyc`, `nce` and `ds` to the next, weighted up by as much
    mismatch: float = 0.5  # real drawings of another style, as negatives (Reed et al. 2016, 4.1)
    r1: float = 1.0  # gamma of the gradient penalty (Mescheder et al. 2018, equation 9)
    r1_interval: int = 8  # lazy regularisation: every so many steps, weighted up by as much
    augment: str = "shift"  # of what D sees; brightness hides a background that is not quite white

    def __post_init__(self):
        counts = ("lazy", "r1_interval")
        others = (f.name for f in fields(self) if f.name not in ("augment", "paired", *counts))
        within(self, "loss", *others, least=0, most=math.inf)
        within(self, "loss", *counts)
        unknown = set(self.augmentations) - {"shift", "brightness", "cutout"}
        require(not unknown, f"loss.augment: unknown {sorted(unknown)}")

    @property
    def augmentations(self) -> tuple[str, ...]:
        """The names in `augment`, in order."""
        return tuple(part for part in self.augment.split(",") if part)

    def ds_at(self, step: int) -> float:
        """Factor on the diversity terms at a step: linear decay, a function and not a state."""
        return max(0.0, 1 - step / self.ds_steps) if self.ds_steps else 1.0


@dataclass(frozen=True)
class Config(Recipe):
    """The whole recipe of one training."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self):
        require(
            self.data.size == self.model.size,
            f"data.size {self.data.size} and model.size {self.model.size} must be equal",
        )
        looking = ("ds_features", "nce", "restore_features", "manner")
        if self.model.paints:
            looking += ("contrast",)
        for name in looking:
            require(
                self.model.projected > 0 or getattr(self.loss, name) == 0,
                f"loss.{name} needs the features of model.projected, which is 0",
            )
        for name, judge in (("auxiliary", "auxiliary"), ("legible", "reader")):
            require(
                getattr(self.model, judge) > 0 or not getattr(self.loss, name),
                f"loss.{name} asks the classifier of model.{judge}, which is 0",
            )
        for name, generators in OWN.items():
            require(
                self.model.generator in generators or not getattr(self.loss, name),
                f"loss.{name} is asked of model.generator {' or '.join(generators)} only",
            )
        require(
            self.model.generator == "outlines" or self.loss.adv > 0,
            'loss.adv may be 0 for model.generator "outlines" only',
        )
