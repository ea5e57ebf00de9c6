"""One model on a set of styles: what is measured of it and of what it must beat, pair by pair."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation import contact_sheet, measures, notes, referring, results, tables
from gan_lessons.evaluation.contestants import (
    REPAINTED,
    WITHOUT_CHANCE,
    Task,
    methods,
    pair_of,
    repainted,
)
from gan_lessons.evaluation.measures import Described, Known, real_diversity
from gan_lessons.evaluation.progress import Row, Unit, fingerprint_of
from gan_lessons.evaluation.protocol import Pair, Protocol, TestBed, mixed, scattered
from gan_lessons.evaluation.trained_baselines import bundled
from gan_lessons.metrics import prdc
from gan_lessons.metrics.diversity import same_palette
from gan_lessons.metrics.features import as_float, embed
from gan_lessons.metrics.linear_judge import judge_of_styles
from gan_lessons.metrics.memorisation import usual_distance
from gan_lessons.metrics.references import Scale, style_statistics
from gan_lessons.metrics.style import Judge, judge
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import count_of

TAUGHT = 200  # training pictures of each style that a judge of one's own set is fitted to


@dataclass(frozen=True)
class Trained:
    """Training pictures of one style and what is computed of them once."""

    images: Tensor
    perceptual: Tensor  # in half precision: they are many
    pooled: Tensor
    radii: Tensor | None
    usual: float | None  # distance of the style's test pictures to them
    diversity: dict[str, float]  # of sets of them
    scale: Scale  # of their style statistics


@dataclass(frozen=True)
class Shared:
    """What is measured on one set at one size and is the same whatever the model."""

    tested: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)  # features by style
    rows: dict[Unit, Row] = field(default_factory=dict)  # of copying and the like

    def keep(self, rows: dict[Unit, Row]) -> None:
        """Take from whole rows what the next model need not measure again."""
        for unit, row in rows.items():
            self.rows[unit] = {name: own for name, own in row.items() if name not in results.OURS}


class Bench:
    """A model, a test bed and the features of its pictures.

    Args:
        model: to be measured.
        dataset: with the model's styles.
        protocol: how much.
        rivalled: whether the trained baselines stand beside the model too.
        shared: with the models that were measured before, on this set, at this size and by this
            protocol.
    """

    def __init__(
        self,
        model: StyleTransfer,
        dataset: StyleDataset,
        protocol: Protocol,
        rivalled: bool = True,
        shared: Shared | None = None,
    ):
        self.model, self.protocol = model, protocol
        self.bed = TestBed(dataset, protocol, model.size, only=pair_of(model))
        self.device = str(model.device)
        self.rivals = bundled(dataset, model.size, self.device) if rivalled else []
        self.methods = methods(model, self.bed.paired)
        self.methods |= {rival.title: rival.method for rival in self.rivals}
        self.referring = referring.contestants(model)
        self.referring |= {r.title: r.by_references for r in self.rivals if r.by_references}
        self.referring |= {REPAINTED: repainted} if self.bed.paired else {}
        self.shared = shared or Shared()
        self.trained: tuple[str, Trained] | None = None
        self.kept: tuple[Pair | None, dict[str, Described]] = None, {}
        self.judge = judge_for(self.bed, self.device)

    summary = results.summary
    table = staticmethod(tables.markdown)
    notes = notes.of_styles
    sheet = contact_sheet.sheet_of_styles
    sheet_name = "sheet.png"

    def units(self) -> list[Unit]:
        """Pairs and seeds in the order of work: one target after another."""
        return [(pair, seed) for pair in self.bed.pairs for seed in self.protocol.seeds]

    def fingerprint(self) -> str:
        """What a partial result must agree on to be gone on with."""
        beside = [rival.weights for rival in self.rivals]
        name, known = self.bed.dataset.name, self.bed.paired
        return fingerprint_of(self.model, self.protocol, name, results.FORMAT, beside, known)

    def measure(self, pair: Pair, seed: int) -> Row:
        """All methods on one pair of styles under one seed."""
        task, known = self.task(pair, seed), self.known(pair)
        if self.kept[0] != pair:
            self.kept = pair, {}
        row, there = {}, self.shared.rows.get((pair, seed), {})
        few, trained = referring.some(task, self.protocol.referred), self.train(pair[1])
        for name in self.methods_of(pair):
            if name in there:
                row[name] = there[name]
                continue
            row[name] = measures.measure(self.described(name, task, known), known, seed)
            if name in self.referring:
                method = self.referring[name]
                row[name] |= referring.measure(method, few, trained.scale, self.device)
        spread = {name.replace("diversity", "spread"): v for name, v in trained.diversity.items()}
        return row | {results.REAL_SETS: trained.diversity | spread}

    def named(self, unit: Unit) -> str:
        """One pair and seed in words."""
        (source, target), seed = unit
        return (
            f"{source} to {target}, {len(self.bed.shared((source, target)))} concepts, seed {seed}"
        )

    def heading(self) -> str:
        """All that is measured, in words."""
        plan = self.protocol
        pairs, seeds = count_of(len(self.bed.pairs), "pair"), count_of(len(plan.seeds), "seed")
        return f"{plan.name}: {pairs} of styles, {seeds}"

    def methods_of(self, pair: Pair) -> list[str]:
        """Names of the methods that can do a pair."""
        elsewhere = {one.title for one in self.rivals if one.pair not in (None, pair)}
        return [name for name in self.methods if name not in elsewhere]

    def described(self, name: str, task: Task, known: Known) -> Described:
        """Results of one method; those that know no chance are kept from seed to seed."""
        if name in self.kept[1]:
            return self.kept[1][name]
        described = measures.describe(name, self.methods[name](task), task, known)
        if name in WITHOUT_CHANCE:
            self.kept[1][name] = described
        return described

    def task(self, pair: Pair, seed: int) -> Task:
        """The pictures of a pair."""
        source, target = pair
        keys, bed = self.bed.shared(pair), self.bed
        trained = self.train(target)
        rows = [bed.test_keys(source).index(key) for key in keys]
        true = keys if bed.paired else scattered(bed.test_keys(target), len(keys))
        return Task(
            pair=pair,
            seed=seed,
            number=bed.pairs.index(pair),
            draws=self.protocol.draws,
            latents=self.protocol.latents,
            x=as_float(bed.images("test", source, keys)).to(self.device),
            true=bed.images("test", target, true).to(self.device),
            train=trained.images,
            x_features=self.test(source)[0][rows],
            train_features=trained.perceptual,
            paired=bed.paired,
        )

    def known(self, pair: Pair) -> Known:
        """What is known of a pair's target style."""
        target, keys, bed = pair[1], self.bed.shared(pair), self.bed
        gallery, shown = self.test(target)[0], bed.test_keys(target)
        trained = self.train(target)
        return Known(
            true=gallery[[shown.index(key) for key in keys]] if bed.paired else None,
            gallery=gallery,
            gallery_groups=[bed.groups[key] for key in shown],
            wanted=[bed.groups[key] for key in keys],
            train=trained.perceptual,
            train_pooled=trained.pooled,
            train_radii=trained.radii,
            usual=trained.usual,
            judge=self.judge,
            device=self.device,
        )

    def test(self, style: str) -> tuple[Tensor, Tensor]:
        """Features of all test pictures of a style, computed once."""
        if style not in self.shared.tested:
            keys = self.bed.test_keys(style)
            self.shared.tested[style] = embed(
                self.bed.images("test", style, keys), device=self.device
            )
        return self.shared.tested[style]

    def train(self, style: str) -> "Trained":
        """Training pictures of a style and their features; only one style's are kept."""
        if self.trained is None or self.trained[0] != style:
            keys = self.bed.train_keys(style)
            images = self.bed.images("train", style, keys).to(self.device)
            perceptual, pooled = embed(images, device=self.device)
            diverse = real_diversity(images, perceptual, self.protocol.draws, self.device)
            radii = prdc.radii(pooled) if len(pooled) > prdc.NEIGHBOURS else None
            perceptual = perceptual.half()
            try:
                usual = usual_distance(self.test(style)[0], perceptual)
            except ValueError:  # the set repeats itself: nothing can be said of memorisation
                usual = None
            scale = Scale(style_statistics(images, device=self.device))
            self.trained = style, Trained(images, perceptual, pooled, radii, usual, diverse, scale)
        return self.trained[1]

    def forecast(self, units: list[tuple[Pair, int]]) -> float:
        """Seconds that units will take, by a measured pass over a few pictures."""
        draws, task = self.protocol.draws, self.task(*units[0])
        few = Task(**{**vars(task), "x": task.x[: 32 // draws + 1]})
        made = self.methods["model"](few)
        generated = seconds(lambda: self.methods["model"](few)) / made[:, :, 0, 0, 0].numel()
        images = made.flatten(0, 1)[:32]
        described = seconds(lambda: embed(images, device=self.device)) / len(images)
        moved = seconds(lambda: same_palette(made[0]))
        pooled = embed(task.true, device=self.device)[1]
        known = self.known(units[0][0])
        compared = seconds(lambda: measures.realism(pooled, known, measures.SUBSETS // draws, 0))
        sources = sum(len(self.bed.shared(pair)) for pair, _ in units)
        targets = {pair[1] for pair, _ in units}
        once = sum(len(self.bed.train_keys(s)) + len(self.bed.test_keys(s)) for s in targets)
        each = described * (2 * draws + 2) + generated * (draws + 2) + moved
        referred = min(self.protocol.referred, len(task.x)) * len(units) * referring.REFERENCES
        by_references = (3 * described * len(self.referring) + generated) * referred
        compared *= (draws + 20) * len(units)
        return described * 2 * once + sources * each + by_references + compared


def judge_for(bed: TestBed, device: str) -> Judge | None:
    """Who judges the styles of a set: the bundled network where it knows them, or a linear one.

    Args:
        bed: the pictures.
        device: where to judge.

    Returns:
        None where a style has no test pictures to say what a judge is worth.
    """
    known = judge(device=device)
    if bed.dataset.styles == known.styles:
        return known
    styles = bed.dataset.styles
    if not all(bed.test_keys(style) and bed.rows["train", style] for style in styles):
        return None
    taught = [bed.images("train", s, mixed(bed.rows["train", s])[:TAUGHT]) for s in styles]
    tested = [bed.images("test", s, bed.test_keys(s)) for s in styles]
    return judge_of_styles(labelled(taught, device), labelled(tested, device), styles)


def labelled(sets: list[Tensor], device: str) -> tuple[Tensor, Tensor]:
    """Pictures of several classes in one tensor, and their classes."""
    counts = torch.tensor([len(x) for x in sets])
    return torch.cat(sets).to(device), torch.arange(len(sets)).repeat_interleave(counts)


def seconds(run: Callable[[], object]) -> float:
    """Time of the second of two calls; the first pays for set-up."""
    for _ in range(2):
        started = time.perf_counter()
        run()
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # the call may have returned before the work was done
    return time.perf_counter() - started
