"""Every number a training depends on, as frozen data.

Lengths count generator updates (`steps`); one step sees `batch` source images.
"""

import sys
from dataclasses import asdict, dataclass, fields, replace
from reprlib import repr as shortened
from typing import Any, Self

PRECISIONS = ("auto", "fp32", "bf16", "fp16", "fp64")  # the last: slow, to compare runs exactly


MOST = sys.float_info.max
LARGEST = 2**16  # numbers a sample: what is more is a slip, and no machine holds it
WIDEST = 2**12  # channels: few weights can make many of them, for every pixel of a picture
DEEPEST = 64  # layers or blocks of one kind


def require(condition: bool, message: str) -> None:
    """Raise a `ValueError` with a message unless a condition on a recipe holds."""
    if not condition:
        raise ValueError(message)


def within(part: Any, section: str, *names: str, least: int = 1, most: int = LARGEST) -> None:
    """Refuse a section of a recipe unless fields of it lie in a range.

    Args:
        part: the section.
        section: its name, for people.
        names: of the fields.
        least: smallest value.
        most: largest value.

    Raises:
        ValueError: naming the first field that does not.
    """
    for name in names:
        value = getattr(part, name)
        fits = least <= value <= most
        require(fits, f"{section}.{name} must lie in {least}..{most}, got {value}")


def halvable(size: int, field: str, times: int, *, left: int = 1, whole: bool = True) -> None:
    """Refuse a picture that a network cannot halve as often as its recipe says.

    Args:
        size: pixels a side.
        field: of the recipe that says how often, for people.
        times: what it says.
        left: pixels a side that have to be left in the end.
        whole: whether each halving has to come out even, since what is doubled again must fit.

    Raises:
        ValueError: saying which sizes would do.

    Example:
        >>> halvable(64, "model.depth", 8)
        Traceback (most recent call last):
        ValueError: model.depth=8 asks for a data.size of at least 256, a multiple of 256, got 64
    """
    step = 2**times
    wanted = [f"at least {left * step}"] + [f"a multiple of {step}"] * whole
    fits = size >= left * step and not (whole and size % step)
    require(fits, f"{field}={times} asks for a data.size of {', '.join(wanted)}, got {size}")


@dataclass(frozen=True)
class DataConfig:
    """Which images a training sees and how each is varied before use."""

    name: str = "emoji_styles"  # a bundled set, or a folder with one subfolder a style
    size: int = 64  # pixels a side
    crop_scale: float = 1.0  # smallest random crop, as a share of the short side; 1: no crop
    crop_most: float = 1.0  # largest one; below 1 brush strokes stay large enough to be seen
    targets: int = 0  # styles that the results of one step are in; 0: any number
    sources: str = ""  # the style that every second source is of; empty: sources of all alike
    flip: bool = False  # mirror half of the images; not for sets with letters or digits

    def __post_init__(self):
        within(self, "data", "size", least=8, most=1024)
        within(self, "data", "targets", least=0)
        require(
            0 < self.crop_scale <= 1, f"data.crop_scale must lie in (0, 1], got {self.crop_scale}"
        )
        require(
            self.crop_scale <= self.crop_most <= 1,
            f"data.crop_most must lie between data.crop_scale and 1, got {self.crop_most}",
        )

    @property
    def mean_crop(self) -> float:
        """Mean share of the short side that a crop takes; 1 where whole pictures are seen too."""
        return (self.crop_scale + self.crop_most) / 2 if self.crop_most < 1 else 1.0


@dataclass(frozen=True)
class TrainConfig:
    """Length, optimisers, precision and the intervals of everything periodic."""

    steps: int = 100_000
    batch: int = 16  # source images a step, over all processes
    accumulate: int = 1  # micro-batches a step; the result is that of one batch
    lr: float = 3e-4  # generator and style encoder
    discriminator_lr: float = 6e-4  # faster, so that it keeps up (Heusel et al. 2017)
    mapping_lr: float = 3e-6  # a hundredth of lr, as in the paper
    parts_lr: float = 1e-3  # of what learns from nothing beside a trained generator
    beta1: float = 0.0
    beta2: float = 0.99
    weight_decay: float = 1e-4
    warmup: int = 0  # steps over which the learning rates rise linearly
    decay: float = 0.2  # last share of the steps, in which the learning rates fall to a tenth
    ema_half_life: float = 5.0  # thousand images (Karras et al. 2020, appendix B)
    precision: str = "auto"
    compile: bool = False
    graphs: bool = True  # on one GPU: record steps as CUDA graphs and replay them
    seed: int = 0
    log_every: int = 50  # steps
    sample_every: int = 500
    checkpoint_every: int = 500
    snapshots: bool = False  # keep the weights of each checkpoint, in snapshots/STEP
    patience: int = 0  # checkpoints in a row that validate no better before it ends; 0: never

    def __post_init__(self):
        within(self, "train", "steps", "batch", most=2**31)
        within(self, "train", "seed", least=-(2**63), most=2**63 - 1)
        require(
            self.accumulate >= 1 and self.batch % self.accumulate == 0,
            f"train.accumulate must divide train.batch {self.batch}, got {self.accumulate}",
        )
        require(
            self.precision in PRECISIONS,
            f"train.precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}",
        )
        for name in ("lr", "discriminator_lr", "mapping_lr", "parts_lr", "ema_half_life"):
            value = getattr(self, name)
            require(value > 0, f"train.{name} must be positive, got {value}")
        for name in ("beta1", "beta2"):
            value = getattr(self, name)
            require(0 <= value < 1, f"train.{name} must lie in [0, 1), got {value}")
        require(0 <= self.decay < 1, f"train.decay must lie in [0, 1), got {self.decay}")
        within(self, "train", "weight_decay", "warmup", "patience", least=0, most=2**31)
        within(self, "train", "log_every", "sample_every", "checkpoint_every", most=2**31)

    @property
    def ema_decay(self) -> float:
        """Share of the average that survives one step: 0.5 ** (batch / half-life)."""
        return 0.5 ** (self.batch / (1000 * self.ema_half_life))

    def lr_scale(self, step: int) -> float:
        """Factor on every learning rate at a step: linear warm-up, linear decay at the end."""
        up = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        falling = self.steps - self.decay_start
        left = self.steps - step
        down = 1.0 if left >= falling else 0.1 + 0.9 * left / falling
        return up * down

    @property
    def decay_start(self) -> int:
        """Finished steps at which the learning rates begin to fall."""
        return round(self.steps * (1 - self.decay))


class Recipe:
    """What every recipe can do: a frozen dataclass of frozen sections, `train` among them.

    `Config` is the style-transfer model's; the other models keep theirs beside their objectives.
    """

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Nested plain data, for JSON and checkpoints."""
        return asdict(self)

    @property
    def architecture(self) -> str:
        """The model that it is a recipe of: the folder below `models/` that its class lies in."""
        return type(self).__module__.split(".")[-2]

    @classmethod
    def from_dict(cls, values: dict[str, dict[str, Any]]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            ValueError: if a section or field is unknown, or a value of another type or out of
                range.
        """
        parts = {f.name: f.default_factory() for f in fields(cls)}
        nested = isinstance(values, dict) and all(isinstance(v, dict) for v in values.values())
        require(nested, f"a configuration has the sections {', '.join(parts)} with named fields")
        unknown = [
            f"{section}.{key}"
            for section, part in values.items()
            for key in part
            if section not in parts or key not in {f.name for f in fields(parts[section])}
        ]
        require(not unknown, f"unknown configuration fields: {', '.join(unknown)}")
        wrong = [
            f"{section}.{key} is {shortened(value)}"
            for section, part in values.items()
            for key, value in part.items()
            if not _fits(value, type(getattr(parts[section], key)))
        ]
        require(not wrong, f"configuration values of another type: {', '.join(wrong)}")
        given = {
            name: {key: type(getattr(part, key))(value) for key, value in values[name].items()}
            for name, part in parts.items()
            if name in values
        }
        return cls(**{name: replace(part, **given.get(name, {})) for name, part in parts.items()})

    def override(self, settings: dict[str, str]) -> Self:
        """A copy with single fields replaced, as `--set train.lr=1e-4` asks.

        Args:
            settings: "section.field" to a value as text, or to a value of the field's type.

        Returns:
            A validated copy.

        Raises:
            ValueError: if a field is unknown, or a text does not parse as the field's type.
        """
        changes: dict[str, dict[str, Any]] = {}
        for name, value in settings.items():
            section, _, key = name.partition(".")
            if name not in self.names():
                raise ValueError(f"no field {name!r}; they are {', '.join(self.names())}")
            kind = type(getattr(getattr(self, section), key))
            changes.setdefault(section, {})[key] = _parse(name, value, kind)
        sized = [name for name in ("data", "model") if f"{name}.size" in self.names()]
        sides = {changes[s]["size"] for s in sized if "size" in changes.get(s, {})}
        if len(sides) == 1:  # one number, kept in two places
            for section in sized:
                changes.setdefault(section, {})["size"] = min(sides)
        return replace(
            self,
            **{name: replace(getattr(self, name), **part) for name, part in changes.items()},
        )

    def names(self) -> list[str]:
        """All fields as "section.field"."""
        return [f"{section}.{key}" for section, part in self.to_dict().items() for key in part]

    def differences(self, other: Self) -> list[str]:
        """Fields in which two configurations differ, each with both values."""
        mine, theirs = self.to_dict(), other.to_dict()
        return [
            f"{section}.{key}: {value!r} here, {theirs[section][key]!r} there"
            for section, part in mine.items()
            for key, value in part.items()
            if value != theirs[section][key]
        ]


def _parse(name: str, value: Any, kind: type) -> Any:
    """Read a field's value from text, or take one of the field's type."""
    if kind is bool and isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise ValueError(f"{name} is true or false, got {value!r}")
        return value.lower() == "true"
    try:
        if isinstance(value, str):
            value = kind(value)
        if _fits(value, kind):
            return kind(value)
    except ValueError:
        pass  # said below
    raise ValueError(f"{name} takes a value of type {kind.__name__}, got {value!r}")


def _fits(value: Any, kind: type) -> bool:
    """Whether a value has a field's type; a whole number also serves as a float.

    No number is infinite, or larger than those that tensors hold.
    """
    if kind is float:
        return type(value) in (int, float) and abs(value) <= MOST
    return type(value) is kind and (kind is not int or abs(value) <= 2**64)
