"""What cards, notes and sheets ask of the benches that hand themselves to them."""

import typing

from gan_lessons.evaluation.contestants import Method, Task
from gan_lessons.evaluation.letter_contestants import Contestant
from gan_lessons.evaluation.letter_measures import Hands, Judges
from gan_lessons.evaluation.letters import LetterBed, LetterPlan
from gan_lessons.evaluation.painting_contestants import Way
from gan_lessons.evaluation.paintings import PaintingBed, PaintingPlan
from gan_lessons.evaluation.protocol import Pair, Protocol, TestBed
from gan_lessons.evaluation.trained_baselines import Rival
from gan_lessons.metrics.style import Judge
from gan_lessons.style_transfer import StyleTransfer


class BenchOfOneModel(typing.Protocol):
    """A model, and where it is measured."""

    model: StyleTransfer
    device: str


class BenchOfStyles(BenchOfOneModel, typing.Protocol):
    """On a set of styles; `bench.Bench`."""

    bed: TestBed
    protocol: Protocol
    methods: dict[str, Method]
    rivals: list[Rival]
    judge: Judge | None

    def task(self, pair: Pair, seed: int) -> Task:
        """The pictures of a pair of styles."""


class BenchOfLetters(BenchOfOneModel, typing.Protocol):
    """On `letters`; `letter_bench.LetterBench`."""

    bed: LetterBed
    protocol: LetterPlan
    styles: list[str]
    judges: Judges
    contestants: dict[str, Contestant]

    def hands(self, style: str) -> Hands:
        """Statistics of a style."""


class BenchOfPaintings(BenchOfOneModel, typing.Protocol):
    """On `painted_photos`; `painting_bench.PaintingBench`."""

    bed: PaintingBed
    protocol: PaintingPlan
    painters: tuple[str, ...]
    ways: dict[str, Way]
