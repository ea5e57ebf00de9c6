"""The recipes smoke, class and full: one code path, other numbers."""

from gan_lessons.config import DataConfig, TrainConfig
from gan_lessons.data import letters, paintings
from gan_lessons.models.stargan.recipe import Config, LossConfig, ModelConfig

PRESETS = ("smoke", "class", "full")
# A second discriminator on frozen features, and what pays for it: dear terms come less often.
SECOND = {
    "model.projected": 64,
    "loss.mismatch": 1.0,
    "loss.lazy": 4,
    "loss.r1_interval": 16,
}

# What all of "smoke" have in common: seconds on one CPU thread.
SHORTEST = {
    "data.size": 32,
    "model.bottleneck": 8,
    "model.blocks": 1,
    "train.steps": 20,
    "train.batch": 8,
    "train.log_every": 5,
    "train.sample_every": 10,
    "train.checkpoint_every": 10,
}
# The same for models that have more to do in these seconds.
TINY = {
    **SHORTEST,
    "model.width": 8,
    "model.max_width": 16,
    "model.critic_width": 8,
    "model.critic_max_width": 16,
    "model.encoder_width": 8,
    "model.encoder_max_width": 16,
    "model.style_dim": 16,
    "model.mapping_width": 16,
}
# What sets of styles change in the recipe's own numbers.
OF_STYLES = {
    "smoke": {
        **SHORTEST,
        "model.width": 16,
        "model.max_width": 32,
        "model.critic_width": 16,
        "model.critic_max_width": 32,
        "model.encoder_width": 16,
        "model.encoder_max_width": 32,
        "model.mapping_width": 32,
    },
    "class": {"train.steps": 5_000, **SECOND},
    "full": {
        **SECOND,
        "model.mapping_width": 64,
        "loss.ds": 0.2,
        "loss.ds_features": 0.5,
        "train.steps": 12_000,
        "train.batch": 128,
        "train.warmup": 200,
        "train.ema_half_life": 20.0,
        "train.sample_every": 1_000,
        "train.checkpoint_every": 1_000,
    },
}


# Shapes of a model that draws outlines, and terms for which there is no room beside its own.
LETTERS = {
    "model.generator": "outlines",
    "model.width": 32,
    "model.bottleneck": 8,
    "model.critic_width": 32,
    "model.critic_max_width": 128,
    "model.projected": 32,
    "model.encoder_width": 32,
    "model.style_dim": 128,
    "model.latent_dim": 32,
    "loss.adv": 0.3,
    "loss.projected": 0.2,
    "loss.sty": 0.3,
    "loss.cyc": 0.0,
    "loss.ds": 0.0,
    "loss.restore": 5.0,
    "loss.restore_features": 1.0,
    "loss.contrast": 0.1,
    "loss.density": 0.1,
    "loss.mismatch": 1.0,
    "loss.r1_interval": 16,
    "train.lr": 5e-4,
    "train.mapping_lr": 1e-3,
    "train.beta1": 0.5,
    "train.ema_half_life": 4.0,
}
OF_LETTERS = {
    "smoke": {**TINY, "model.projected": 0, "loss.restore_features": 0.0},
    "class": {"train.steps": 5_000, "train.batch": 32},
    "full": {"train.steps": 20_000, "train.batch": 128, "train.warmup": 200},
}

# Crops in which strokes are seen, and what a painting's manner is learned from.
PAINTINGS = {
    "data.size": 128,
    "data.crop_scale": 0.25,
    "data.crop_most": 0.6,
    "data.sources": "photo",
    "data.flip": True,
    "model.generator": "painting",
    "model.width": 48,
    "model.max_width": 96,
    "model.critic_width": 32,
    "model.critic_max_width": 128,
    "model.projected": 48,
    "model.encoder_width": 32,
    "model.encoder_max_width": 96,
    "model.mapping_width": 96,
    "loss.sty": 0.0,
    "loss.cyc": 0.0,
    "loss.ds": 0.0,
    "loss.nce": 0.5,
    "loss.restore": 2.0,
    "loss.restore_features": 1.0,
    "loss.manner": 10.0,
    "loss.density": 1.0,
    "loss.density_scaled": 0.1,
    "loss.lazy": 2,
    "loss.r1_interval": 16,
    "loss.augment": "shift,brightness,cutout",
    "train.lr": 4e-4,
    "train.discriminator_lr": 4e-4,
    "train.mapping_lr": 5e-4,
    "train.beta1": 0.5,
    "train.decay": 0.5,
}
OF_PAINTINGS = {
    "smoke": {**TINY, "model.projected": 8, "loss.first": 5},
    "class": {"train.steps": 2_400, "train.batch": 8, "loss.first": 700},
    "full": {
        "train.steps": 20_000,
        "train.batch": 64,
        "train.warmup": 200,
        "loss.first": 2_000,
        "train.sample_every": 1_000,
        "train.checkpoint_every": 1_000,
    },
}

# For sets that need a model of their own: what its recipes share, the recipes, the set's styles.
SPECIAL = {
    letters.NAME: (LETTERS, OF_LETTERS, letters.STYLES),
    paintings.NAME: (PAINTINGS, OF_PAINTINGS, paintings.STYLES),
}


def preset(name: str, *, data: str = "emoji_styles", domains: int = 8) -> Config:
    """A complete recipe by name; the three differ in numbers only, never in code path.

    Args:
        name: "smoke" (seconds on one CPU thread; at 32 pixels and without the second
            discriminator, whose features see nothing so small), "class" (a lesson on one small
            GPU), "full" (the real thing), or "paper" (StarGAN v2 to the letter: its shapes, losses
            and rates; days on a CPU).
        data: a bundled set or a folder.
        domains: its number of styles.

    Returns:
        A validated configuration.

    Raises:
        ValueError: if there is no such preset.
    """
    if name == "paper":
        return paper(data, domains)
    if name not in PRESETS:
        raise ValueError(f"no preset {name!r}; they are {', '.join(PRESETS)}, paper")
    shared, recipes, styles = SPECIAL.get(data, ({}, OF_STYLES, ()))
    base = Config(data=DataConfig(name=data), model=ModelConfig(domains=len(styles) or domains))
    return base.override(shared | recipes[name])


def paper(data: str, domains: int, size: int = 64) -> Config:
    """The published recipe (Choi et al. 2020, appendix B), at a size of ours.

    Args:
        data: a bundled set or a folder.
        domains: its number of styles.
        size: pixels a side.

    Returns:
        A validated configuration; the loop still merges latent and reference passes.
    """
    return Config(
        data=DataConfig(name=data, size=size),
        model=ModelConfig.paper(size, domains),
        loss=LossConfig(ds=1.0, ds_steps=100_000, mismatch=0.0, r1_interval=1, augment=""),
        train=TrainConfig(
            steps=100_000,
            batch=8,
            lr=1e-4,
            discriminator_lr=1e-4,
            mapping_lr=1e-6,
            decay=0.0,
            ema_half_life=5.5,  # 0.999 a step
        ),
    )
