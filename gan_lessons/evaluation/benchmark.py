"""The benchmark: one model and what it must beat, by one protocol, into one card of results.

Every pair of styles under every seed is measured by itself and written down at once, so that an
interrupted evaluation goes on where it stopped and ends with the same figures.

Only sets with a truth are measured: the same thing drawn in several styles. What can be said of a
set without one, such as painted_photos (distance of crops to held-out works, kept edges), is not
here yet, and asking for it is refused.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from gan_lessons.data.emoji import SIZES
from gan_lessons.data.load import load_dataset
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation import contact_sheet, measures, results, speed, tables
from gan_lessons.evaluation.contestants import WITHOUT_CHANCE, Task, methods
from gan_lessons.evaluation.measures import Described, Known, Row, real_diversity
from gan_lessons.evaluation.protocol import Pair, Protocol, TestBed, protocol
from gan_lessons.evaluation.trained_baselines import bundled
from gan_lessons.files import OutputFolder
from gan_lessons.metrics import prdc
from gan_lessons.metrics.diversity import same_palette
from gan_lessons.metrics.features import as_float, embed
from gan_lessons.metrics.memorisation import usual_distance
from gan_lessons.metrics.style import Judge, judge
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import duration

PARTIAL = "partial.jsonl"
RESULTS, TABLE, SHEET = "results.json", "results.md", "sheet.png"
Report = Callable[[str], None]


def evaluate(
    model: StyleTransfer,
    name: str,
    out: str | Path,
    *,
    which: str | Protocol = "smoke",
    dataset: StyleDataset | None = None,
    figures_only: bool = False,
    report: Report = print,
) -> dict:
    """Measure a model and everything that stands beside it.

    Args:
        model: to be measured.
        name: what it is called in the card.
        out: folder for `results.json`, `results.md` and `sheet.png`; an evaluation of the same
            model that was interrupted there is gone on with.
        which: name of one of `PROTOCOLS`, or a protocol of your own.
        dataset: already loaded; otherwise the set that the model was trained on is.
        figures_only: leave out the trained baselines, the speed and the sheet.
        report: called with each line for people.

    Returns:
        What `results.json` holds.

    Raises:
        ValueError: for an unknown protocol, a set without a truth, or a folder that holds the
            evaluation of another model.
    """
    wanted = protocol(which) if isinstance(which, str) else which
    folder = OutputFolder(out)
    bench = Bench(model, load(model, dataset), wanted, rivalled=not figures_only)
    done = Partial(folder, bench.fingerprint())
    report(f"{wanted.name}: {len(bench.bed.pairs)} pairs of styles, {len(wanted.seeds)} seeds")
    work(bench, done, report)
    rows = {unit: done.rows[unit] for unit in bench.units()}
    found = results.summary(name, bench, rows, done.cpu_seconds)
    if not figures_only:
        found["speed"] = speed.measure(model)
        folder.write_bytes(SHEET, contact_sheet.sheet(bench))
    folder.write_json(RESULTS, found)
    folder.write_text(TABLE, tables.markdown(found))
    report(f"results are in {folder.root}")
    return found


def load(model: StyleTransfer, dataset: StyleDataset | None) -> StyleDataset:
    """The set that a model was trained on, or the given one; its styles must be the model's."""
    if dataset is None:
        name = model.config.data.name
        size = model.size
        if name == "emoji_styles":
            size = min((side for side in SIZES if side >= size), default=SIZES[-1])
        dataset = load_dataset(name, size=size)
    if dataset.styles != model.styles:
        raise ValueError(
            f"the model has the styles {', '.join(model.styles)}; {dataset.name} has "
            f"{', '.join(dataset.styles)}"
        )
    return dataset


def work(bench: "Bench", done: "Partial", report: Report) -> None:
    """Measure what is not measured yet, and say how much is left."""
    left = [unit for unit in bench.units() if unit not in done.rows]
    if left:
        report(
            f"this will take {duration(bench.forecast(left))}; it can be stopped and gone on with"
        )
    started = time.monotonic()
    for number, unit in enumerate(left, start=1):
        used = time.process_time()
        try:
            row = bench.measure(*unit)
            done.add(unit, row, time.process_time() - used)
        except KeyboardInterrupt:
            report(
                f"stopped after {number - 1} of {len(left)}; the same command goes on from there"
            )
            raise
        seconds_left = (time.monotonic() - started) / number * (len(left) - number)
        (source, target), seed = unit
        named = f"{source} to {target}, {len(bench.bed.shared(unit[0]))} concepts, seed {seed}"
        report(f"{number}/{len(left)}  {named}  {duration(seconds_left)} left")


class Partial:
    """What is measured already, kept in one file, a line for each pair and seed."""

    def __init__(self, folder: OutputFolder, fingerprint: str):
        self.folder, self.rows, self.cpu_seconds = folder, {}, 0.0
        lines = list(self.read())
        if not lines:
            folder.append_line(PARTIAL, json.dumps({"of": fingerprint}))
        elif lines[0] != {"of": fingerprint}:
            raise ValueError(
                f"{folder.root} holds the evaluation of other weights or by another protocol; "
                "name another folder"
            )
        for line in lines[1:]:
            self.rows[tuple(line["pair"]), line["seed"]] = line["figures"]
            self.cpu_seconds += line["cpu_seconds"]

    def read(self) -> Iterator[dict]:
        """Whole lines; what a kill cut short is measured again."""
        path = self.folder.root / PARTIAL
        for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            try:
                yield json.loads(text)
            except json.JSONDecodeError:
                continue

    def add(self, unit: tuple[Pair, int], row: Row, cpu_seconds: float) -> None:
        """Write down one pair under one seed."""
        line = {"pair": unit[0], "seed": unit[1], "figures": row, "cpu_seconds": cpu_seconds}
        self.cpu_seconds += cpu_seconds
        self.folder.append_line(PARTIAL, json.dumps(line))
        self.rows[unit] = row


@dataclass(frozen=True)
class Trained:
    """Training pictures of one style and what is computed of them once."""

    images: Tensor
    perceptual: Tensor  # in half precision: they are many
    pooled: Tensor
    radii: Tensor | None
    usual: float | None  # distance of the style's test pictures to them
    diversity: dict[str, float]  # of sets of them


class Bench:
    """A model, a test bed and the features of its pictures.

    Args:
        model: to be measured.
        dataset: with the model's styles.
        protocol: how much.
        rivalled: whether the trained baselines stand beside the model too.
    """

    def __init__(
        self, model: StyleTransfer, dataset: StyleDataset, protocol: Protocol, rivalled: bool = True
    ):
        self.model, self.protocol = model, protocol
        self.bed = TestBed(dataset, protocol, model.size)
        self.device = str(model.device)
        self.rivals = bundled(dataset, model.size, self.device) if rivalled else []
        self.methods = methods(model) | {rival.title: rival.method for rival in self.rivals}
        self.tested: dict[str, tuple[Tensor, Tensor]] = {}
        self.trained: tuple[str, Trained] | None = None
        self.kept: tuple[Pair | None, dict[str, Described]] = None, {}
        known = judge(device=self.device)
        self.judge: Judge | None = known if dataset.styles == known.styles else None

    def units(self) -> list[tuple[Pair, int]]:
        """Pairs and seeds in the order of work: one target after another."""
        return [(pair, seed) for pair in self.bed.pairs for seed in self.protocol.seeds]

    def fingerprint(self) -> str:
        """What a partial result must agree on to be gone on with."""
        against = [rival.weights for rival in self.rivals]
        plan = [results.FORMAT, asdict(self.protocol), self.weights(), against]
        setting = f"{self.bed.dataset.name} {self.model.precision} {self.device}"
        return hashlib.sha256((json.dumps(plan) + setting).encode()).hexdigest()

    def weights(self) -> str:
        """SHA-256 of the model's networks."""
        digest = hashlib.sha256()
        for name, network in sorted(self.model.networks.items()):
            digest.update(name.encode())
            for value in network.state_dict().values():
                digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def measure(self, pair: Pair, seed: int) -> Row:
        """All methods on one pair of styles under one seed."""
        task, known = self.task(pair, seed), self.known(pair)
        if self.kept[0] != pair:
            self.kept = pair, {}
        row = {}
        for name in self.methods_of(pair):
            described = self.described(name, task, known)
            row[name] = measures.measure(described, known, seed)
        return row | {results.REAL_SETS: self.train(pair[1]).diversity}

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
        return Task(
            pair=pair,
            seed=seed,
            number=bed.pairs.index(pair),
            draws=self.protocol.draws,
            latents=self.protocol.latents,
            x=as_float(bed.images("test", source, keys)).to(self.device),
            true=bed.images("test", target, keys).to(self.device),
            train=trained.images,
            x_features=self.test(source)[0][rows],
            train_features=trained.perceptual,
        )

    def known(self, pair: Pair) -> Known:
        """What is known of a pair's target style."""
        target, keys, bed = pair[1], self.bed.shared(pair), self.bed
        gallery, shown = self.test(target)[0], bed.test_keys(target)
        trained = self.train(target)
        return Known(
            true=gallery[[shown.index(key) for key in keys]],
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
        if style not in self.tested:
            keys = self.bed.test_keys(style)
            self.tested[style] = embed(self.bed.images("test", style, keys), device=self.device)
        return self.tested[style]

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
            self.trained = style, Trained(images, perceptual, pooled, radii, usual, diverse)
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
        return described * once + sources * each + compared * (draws + 20) * len(units)


def seconds(run: Callable[[], object]) -> float:
    """Time of the second of two calls; the first pays for set-up."""
    for _ in range(2):
        started = time.perf_counter()
        run()
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # the call may have returned before the work was done
    return time.perf_counter() - started
