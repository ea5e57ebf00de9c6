"""One model on `painted_photos`: what is measured of it and of what it must beat, by painter."""

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.evaluation import (
    notes,
    painting_peer,
    painting_results,
    painting_sheet,
    painting_table,
)
from gan_lessons.evaluation.bench import seconds
from gan_lessons.evaluation.painting_contestants import Way, bundled, painters_of, ways
from gan_lessons.evaluation.painting_measures import (
    WORKS,
    Known,
    Seen,
    judge,
    look,
    of_works,
)
from gan_lessons.evaluation.paintings import PaintingBed, PaintingPlan
from gan_lessons.evaluation.progress import Row, Unit, fingerprint_of
from gan_lessons.style_transfer import StyleTransfer


class PaintingBench:
    """A model, photographs and works, and what is known of them.

    Args:
        model: to be measured.
        dataset: `painted_photos`, read at `paintings.SIZE`.
        plan: how much.
        rivalled: whether the trained baselines stand beside the model too.
    """

    summary = painting_results.summary
    table = staticmethod(painting_table.markdown)
    notes = notes.of_paintings
    sheet = painting_sheet.sheet_of_paintings
    sheet_name = "sheet.jpg"

    def __init__(
        self, model: StyleTransfer, dataset: StyleDataset, plan: PaintingPlan, rivalled: bool = True
    ):
        self.model, self.protocol, self.device = model, plan, str(model.device)
        self.bed = PaintingBed(dataset, plan, self.device)
        self.painters = painters_of(model, self.bed.painters)
        self.ways: dict[str, Way] = ways(model)
        if rivalled:
            self.ways |= bundled(self.device) | painting_peer.published()
        self.alike: dict[tuple[str, int], Seen] = {}

    def units(self) -> list[Unit]:
        """Painters and seeds in the order of work."""
        return [((painter,), seed) for painter in self.painters for seed in self.protocol.seeds]

    def named(self, unit: Unit) -> str:
        """One painter and seed in words."""
        (painter,), seed = unit
        return f"{painter}, {len(self.bed.photographs(seed))} photographs, seed {seed}"

    def heading(self) -> str:
        """All that is measured, in words."""
        plan = self.protocol
        photos = sum(len(self.bed.photographs(seed)) for seed in plan.seeds)
        return f"{plan.name}: {len(self.painters)} painters, {photos} photographs, {plan.split}"

    def fingerprint(self) -> str:
        """What a partial result must agree on to be gone on with."""
        form, name = painting_results.FORMAT, self.bed.dataset.name
        return fingerprint_of(self.model, self.protocol, name, form, list(self.ways))

    def measure(self, what: tuple[str, ...], seed: int) -> Row:
        """All contestants on one painter under one seed."""
        known = Known(self.bed, what[0], seed)
        row = {
            name: judge(self.seen(name, way, known), way, known) for name, way in self.ways.items()
        }
        return row | {WORKS: of_works(known)}

    def seen(self, name: str, way: Way, known: Known) -> Seen:
        """Results of a contestant; what does not hang on the painter is looked at once."""
        if not way.alike:
            return look(way, known)
        key = name, known.seed
        if key not in self.alike:
            self.alike[key] = look(way, known)
        return self.alike[key]

    def forecast(self, units: list[Unit]) -> float:
        """Seconds that units will take, by one photograph that everyone restyles."""
        (painter,), seed = units[0]
        known = Known(self.bed, painter, seed)
        photo, few = known.photos[0], known.photos[:1]
        first = [way for name, way in self.ways.items() if not painting_peer.is_peer(name)]
        made = seconds(lambda: [way.restyle(photo, known.asked) for way in first])
        seen = seconds(lambda: known.seen([photo.x[0] for photo in few]))
        results = sum(len(known.asked.works) if way.by_reference else 1 for way in first)
        photos = sum(len(self.bed.photographs(seed)) for _, seed in units)
        if len(first) < len(self.ways):  # the same for every painter
            one = next(way for way in self.ways.values() if way not in first)
            peer = seconds(lambda: one.restyle(photo, known.asked)) + seen
            made += peer * (len(self.ways) - len(first)) / len(self.painters)
        a_crop = seen / self.protocol.crops
        views = len(known.asked.works) * self.protocol.views * len(units)
        return photos * (made + seen * results) + 2 * views * a_crop
