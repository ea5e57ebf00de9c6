"""The recipes smoke, class and full: one code path, other numbers."""

import shlex

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


def command(config: Config, out: str = "runs/again") -> str:
    """The command line that trains by a recipe: the nearest preset, and what differs from it.

    Args:
        config: any recipe.
        out: the run's folder.

    Returns:
        One line for a shell.

    Example:
        >>> command(preset("class").override({"train.seed": "3"}))
        'gan-lessons train --data emoji_styles --preset class --set train.seed=3 --out runs/again'
    """
    made = {
        name: preset(name, data=config.data.name, domains=config.model.domains) for name in PRESETS
    }
    nearest = min(PRESETS, key=lambda name: len(config.differences(made[name])))
    values = config.to_dict()
    settings = []
    for difference in config.differences(made[nearest]):
        section, key = difference.split(":")[0].split(".")
        settings.append(f"--set {section}.{key}={values[section][key]}")
    data = shlex.quote(config.data.name)
    words = ["gan-lessons train --data", data, "--preset", nearest, *settings, "--out", out]
    return " ".join(words)
