"""The benchmark: one model and what it must beat, by one protocol, into one card of results.

Every pair of styles under every seed is measured by itself and written down at once, so that an
interrupted evaluation goes on where it stopped and ends with the same figures.

What is measured follows from the set. Where the same thing is drawn in several styles there is a
truth; where nothing says so, everything is measured but that; `letters` and `painted_photos` have
measures of their own.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gan_lessons.data.emoji import SIZES
from gan_lessons.data.letters import NAME as LETTERS
from gan_lessons.data.load import load_dataset
from gan_lessons.data.paintings import NAME as PAINTINGS
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation import letters, paintings, speed
from gan_lessons.evaluation.bench import Bench, Shared
from gan_lessons.evaluation.contestants import fits, pair_of
from gan_lessons.evaluation.letter_bench import LetterBench
from gan_lessons.evaluation.letters import LetterPlan
from gan_lessons.evaluation.painting_bench import PaintingBench
from gan_lessons.evaluation.paintings import PaintingPlan
from gan_lessons.evaluation.progress import Partial, Report, work
from gan_lessons.evaluation.protocol import Protocol, protocol
from gan_lessons.files import OutputFolder
from gan_lessons.style_transfer import StyleTransfer

RESULTS, TABLE = "results.json", "results.md"
Plan = Protocol | LetterPlan | PaintingPlan
AnyBench = Bench | LetterBench | PaintingBench
PAIRS = ("by-name", "none")


def evaluate(
    model: StyleTransfer,
    name: str,
    out: str | Path,
    *,
    which: str | Plan = "smoke",
    dataset: StyleDataset | None = None,
    pairs: str | None = None,
    figures_only: bool = False,
    shared: Shared | None = None,
    then: Callable[[AnyBench], None] = lambda bench: None,
    report: Report = print,
) -> dict:
    """Measure a model and everything that stands beside it.

    Args:
        model: to be measured.
        name: what it is called in the card.
        out: folder for `results.json`, `results.md` and a sheet of pictures; an evaluation of the
            same model that was interrupted there is gone on with.
        which: name of one of `PROTOCOLS`, or a protocol of your own.
        dataset: already loaded; otherwise the set that the model was trained on is.
        pairs: "by-name" where test pictures of one name in two styles show the same thing, "none"
            where they do not; None leaves it to what the set says of itself.
        figures_only: leave out the trained baselines, the speed and the sheet.
        shared: with models that are measured before or after on the same set.
        then: called at the end with what has measured, for measures of one's own.
        report: called with each line for people.

    Returns:
        What `results.json` holds.

    Raises:
        ValueError: for an unknown protocol, a set with nothing to measure on, or a folder that
            holds the evaluation of another model.
    """
    folder = OutputFolder(out)
    dataset = load(model, dataset, pairs, report)
    bench = bench_for(model, dataset, which, rivalled=not figures_only, shared=shared)
    done = Partial(folder, bench.fingerprint())
    report(bench.heading())
    work(bench, done, report)
    rows = {unit: done.rows[unit] for unit in bench.units()}
    if shared is not None:
        shared.keep(rows)
    found = bench.summary(name, rows, done.cpu_seconds)
    found["notes"] = bench.notes(found)
    if not figures_only:
        found["speed"] = speed.measure_speed(model)
        folder.write_bytes(bench.sheet_name, bench.sheet())
    folder.write_json(RESULTS, found)
    folder.write_text(TABLE, bench.table(found))
    for note in found["notes"]:
        report(f"note: {note}")
    report(f"results are in {folder.root}")
    then(bench)
    return found


def bench_for(
    model: StyleTransfer,
    dataset: StyleDataset,
    which: str | Plan,
    rivalled: bool = True,
    shared: Shared | None = None,
) -> AnyBench:
    """What measures a model on a set.

    Args:
        model: to be measured.
        dataset: with the model's styles.
        which: name of a protocol, which every kind of set has, or one of your own.
        rivalled: whether the trained baselines stand beside the model too.
        shared: with other models, where they are measured on styles.

    Returns:
        The bench.

    Raises:
        ValueError: for an unknown protocol, or a set with nothing to measure on.
    """
    known = protocol(which) if isinstance(which, str) else which
    if dataset.name == PAINTINGS:
        plan = paintings.PLANS[known.name] if isinstance(known, Protocol) else known
        split = known.split if isinstance(known, Protocol) else plan.split
        return PaintingBench(model, dataset, replace(plan, split=split), rivalled)
    if dataset.name != LETTERS:
        return Bench(model, dataset, known, rivalled, shared)
    if not model.kind.draws:
        raise ValueError(f"{LETTERS} are measured by draws, which {model.kind.title} has not")
    if isinstance(known, Protocol):
        known = replace(letters.PLANS[known.name], split=known.split)
    return LetterBench(model, dataset, known)


def check_styles(dataset: StyleDataset, asked: str) -> None:
    """Refuse sets with measures of their own where what is asked for is not made of them."""
    if dataset.name in (LETTERS, PAINTINGS):
        raise ValueError(
            f"{asked} is for sets of styles; {dataset.name} has measures of its own: leave it to "
            "gan-lessons evaluate, without options, for each model or snapshot"
        )


def load(
    model: StyleTransfer,
    dataset: StyleDataset | None,
    pairs: str | None = None,
    report: Report | None = None,
) -> StyleDataset:
    """The set that a model was trained on, or the given one.

    Args:
        model: whose styles the set must have.
        dataset: already loaded, or None.
        pairs: see `evaluate`.
        report: see `evaluate`.

    Returns:
        The set.

    Raises:
        ValueError: if its styles are others, or for a way to find pairs that there is not.
    """
    if pairs not in (None, *PAIRS):
        raise ValueError(f"pairs are found {' or '.join(PAIRS)}, got {pairs!r}")
    if dataset is None:
        name = model.config.data.name
        size = model.size
        if name == PAINTINGS:
            size = paintings.SIZE  # one scale for all models
        if name == "emoji_styles":
            size = min((side for side in SIZES if side >= size), default=SIZES[-1])
        dataset = load_dataset(name, size=size, report=report)
    if not fits(model, dataset.styles):
        wanted = pair_of(model) or model.styles
        raise ValueError(
            f"the model has the styles {', '.join(wanted)}; {dataset.name} has "
            f"{', '.join(dataset.styles)}"
        )
    return dataset if pairs is None else replace(dataset, paired=pairs == "by-name")
