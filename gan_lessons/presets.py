"""The recipes smoke, class and full: one code path, other numbers."""

from gan_lessons.config import Config, DataConfig, LossConfig, ModelConfig

PRESETS = ("smoke", "class", "full")


def preset(name: str, *, data: str = "emoji_styles", domains: int = 8) -> Config:
    """A complete recipe by name; the three differ in numbers only, never in code path.

    Args:
        name: "smoke" (seconds on one CPU thread), "class" (a lesson on one small GPU), or
            "full" (the real thing).
        data: a bundled set or a folder.
        domains: its number of styles.

    Returns:
        A validated configuration.

    Raises:
        ValueError: if there is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(f"no preset {name!r}; they are {', '.join(PRESETS)}")
    painted = data == "painted_photos"
    base = Config(
        data=DataConfig(name=data, crop_scale=0.5 if painted else 1.0, flip=painted),
        model=ModelConfig(domains=domains),
        loss=LossConfig(augment="shift,brightness,cutout" if painted else "shift"),
    )
    changes = {
        "smoke": {
            "data.size": 32,
            "model.bottleneck": 8,
            "model.width": 16,
            "model.max_width": 32,
            "model.blocks": 1,
            "model.critic_width": 16,
            "model.critic_max_width": 32,
            "model.encoder_width": 16,
            "model.encoder_max_width": 32,
            "model.mapping_width": 32,
            "train.steps": 20,
            "train.batch": 8,
            "train.log_every": 5,
            "train.sample_every": 10,
            "train.checkpoint_every": 10,
        },
        "class": {"train.steps": 5_000},
        "full": {"train.steps": 100_000},
    }
    return base.override(changes[name])
