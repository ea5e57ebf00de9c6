"""The ways in which a notebook is run to see what its numbers hang on: one factor at a time."""

import os
from dataclasses import asdict, dataclass, replace

from gan_lessons.course import claims

# What each kind of processor computes with, by the switches of PyTorch and of oneDNN.
INSTRUCTIONS = {"avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
SEEDS = 5


@dataclass(frozen=True)
class Setting:
    """How a notebook is run.

    Attributes:
        seed: what stands in the place of the notebook's `seed`.
        threads: of PyTorch.
        instructions: of INSTRUCTIONS; empty for all that the processor has.
        precision: what "auto" stands for; empty for what the machine chooses.
    """

    seed: int = 0
    threads: int = 1
    instructions: str = ""
    precision: str = ""

    def __str__(self) -> str:
        usual = asdict(Setting())
        differs = {k: v for k, v in asdict(self).items() if v != usual[k]}
        return ",".join(f"{name}={value}" for name, value in differs.items()) or "usual"

    @classmethod
    def named(cls, text: str) -> "Setting":
        """The setting that :func:`str` gives as this text.

        >>> Setting.named("seed=2,instructions=avx2")
        Setting(seed=2, threads=1, instructions='avx2', precision='')
        """
        parts = dict(part.split("=") for part in text.split(",") if part != "usual")
        return cls(**{k: int(v) if v.isdigit() else v for k, v in parts.items()})

    def environment(self) -> dict[str, str]:
        """The variables of a kernel that is to run like this: those of this process, changed."""
        switches = {name for each in INSTRUCTIONS.values() for name in each}
        kept = {k: v for k, v in os.environ.items() if k not in switches}
        asked = dict.fromkeys(THREADS, str(self.threads)) | {claims.GO_ON: "1"}
        return kept | asked | INSTRUCTIONS.get(self.instructions, {})


USUAL = Setting()


def one_at_a_time(seeds: int = SEEDS) -> list[Setting]:
    """The usual setting, and all that differ from it in one factor.

    Args:
        seeds: how many, the usual one included.
    """
    others = [Setting(threads=2), Setting(instructions="avx2"), Setting(precision=not_chosen())]
    return [Setting(seed=seed) for seed in range(seeds)] + others


def all_at_once(seeds: int = SEEDS) -> list[Setting]:
    """All factors changed at once, a seed each."""
    changed = Setting(threads=2, instructions="avx2", precision=not_chosen())
    return [replace(changed, seed=seed) for seed in range(1, seeds)]


def not_chosen() -> str:
    """The one of bf16 and fp32 that "auto" does not choose on this machine's processor."""
    from gan_lessons.training import precision

    return "fp32" if precision.resolve("auto", "cpu") == "bf16" else "bf16"


def compute_in(precision: str) -> None:
    """Has "auto" stand for a precision in this process; nothing may have asked for it before.

    Args:
        precision: "bf16" or "fp32"; nothing for what the machine chooses.
    """
    if not precision:
        return
    from gan_lessons.training import precision as asked

    as_is = asked.resolve
    asked.resolve = lambda name, device: as_is(precision if name == "auto" else name, device)
