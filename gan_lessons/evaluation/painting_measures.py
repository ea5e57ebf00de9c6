"""The measures of one painter under one seed, and how far a bootstrap says that they may be off."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from gan_lessons.evaluation.measures import Measure
from gan_lessons.evaluation.painting_contestants import Asked, Way
from gan_lessons.evaluation.painting_matching import matched
from gan_lessons.evaluation.paintings import PaintingBed, Photograph, Views
from gan_lessons.images.movement import movement
from gan_lessons.metrics import gap
from gan_lessons.metrics.diversity import diversity
from gan_lessons.metrics.edges import edges, shared_edges
from gan_lessons.metrics.gap import Ground, Results, Weights
from gan_lessons.metrics.references import Scale

MEASURES = {
    "closed": Measure("share of the way to held-out works, by KID", "higher"),
    "closed_all": Measure("the same, each of all works held out in turn", "higher"),
    "kid": Measure("KID of crops to held-out works, MobileNetV2, x 1000", "lower", 1),
    "edges": Measure("edge F1 against the photograph", "higher"),
    "edges_chance": Measure("edge F1 against other photographs", ""),
    "match": Measure("match, among all works", "higher"),
    "match_train": Measure("match, of training works", "higher"),
    "match_held": Measure("match, of held-out works", "higher"),
    "match_folds": Measure("match, two works left out", "higher"),
    "diversity": Measure("diversity of draws", ""),
    "spread": Measure("spread over references", ""),
    "memorisation": Measure("distance to training crops, over that of held-out works", ""),
    "nearest": Measure("the same of the nearest one in a hundred", ""),
    "movement": Measure("mean change of a pixel", ""),
}
WORKS = "training works"  # in the place of results: the floor


Row = dict[str, Any]  # measures by name, and the bootstrap's


@dataclass(frozen=True)
class Known:
    """A painter under one seed, and all that is computed of it once.

    Args:
        bed: photographs and works.
        painter: one of the bed's.
        seed: one of the plan's.
    """

    bed: PaintingBed
    painter: str
    seed: int

    @cached_property
    def photos(self) -> list[Photograph]:
        """The photographs of this seed."""
        return self.bed.photographs(self.seed)

    @cached_property
    def asked(self) -> Asked:
        """What contestants are asked for."""
        plan = self.bed.plan
        works = self.bed.works(self.painter)
        return Asked(self.painter, works, self.seed, plan.draws, plan.latents, self.bed.device)

    @cached_property
    def works(self) -> Views:
        """The works through crops."""
        return self.bed.works_seen(self.painter, self.seed)

    @cached_property
    def scale(self) -> Scale:
        """What style statistics vary by among crops of training works."""
        return Scale([group.flatten(0, 1) for group in self.works_of("train").groups])

    @cached_property
    def manners(self) -> Tensor:
        """Style statistics of each work, `(W, D)`."""
        return self.manner(self.works)

    @cached_property
    def ground(self) -> Ground:
        """Kernels of photographs and works."""
        own = [photo.x[0] for photo in self.photos]
        return Ground.of(self.seen(own).pooled, self.works.pooled)

    @cached_property
    def whole(self) -> Ground:
        """The same of all held-out photographs, those of other seeds too."""
        return Ground.of(self.bed.untouched, self.works.pooled)

    def way(self, train: Tensor, held: Tensor) -> Tensor:
        """The whole way to some works, once and for each draw of works, `(1 + B,)`."""
        photos = torch.ones(len(self.weights.works), len(self.whole.photos), dtype=torch.float64)
        weights = Weights(photos, self.weights.works)
        return gap.gap(self.whole, weights, train=train, held=held)

    @cached_property
    def train(self) -> Tensor:
        """Which works a model may have been trained on, `(W,)` of 0 and 1."""
        return self.bed.of_split(self.painter, "train")

    @cached_property
    def held(self) -> Tensor:
        """Which works results are compared with, likewise."""
        return self.bed.of_split(self.painter, self.bed.plan.split)

    @cached_property
    def weights(self) -> Weights:
        """Of a bootstrap; that of the works is the same for every seed of the evaluation."""
        groups = self.train.long() + 2 * self.held.long()
        seeds = 1 + self.seed, 0
        return Weights.drawn(len(self.photos), groups, self.bed.plan.redrawn, seeds)

    @cached_property
    def lines(self) -> list[Tensor]:
        """Edges of each photograph, bool `(1, H, W)`."""
        return [edges(photo.x) for photo in self.photos]

    @cached_property
    def usual(self) -> Tensor:
        """How far crops of held-out works are from training works."""
        held = self.works_of(self.bed.plan.split)
        return nearest_angle(held.pooled.flatten(0, 1), self.bed.trained(self.painter))

    def works_of(self, split: str) -> Views:
        """The works of a split through crops."""
        own = self.bed.of_split(self.painter, split).bool()
        seen = self.works
        return Views(seen.perceptual[own], seen.pooled[own], [g[own] for g in seen.groups])

    def seen(self, pictures: Sequence[Tensor], results: int = 1) -> Views:
        """Pictures through the photographs' crops, so many of each photograph in a row."""

        def cut(number: int, picture: Tensor) -> Tensor:
            return self.bed.cut(picture, self.photos[number // results], self.seed)

        return Views.of(pictures, cut, self.bed.device)

    def manner(self, views: Views) -> Tensor:
        """Style statistics of each picture, the mean over its crops, `(N, D)`."""
        return self.scale([group.mean(dim=1) for group in views.groups])


@dataclass(frozen=True)
class Seen:
    """Results of one contestant, as far as they are the same whatever they are compared with."""

    views: Views
    count: int  # results of each photograph
    kept: Tensor  # edge F1 against each photograph, (N,)
    found: dict[str, float]


def look(way: Way, known: Known) -> Seen:
    """Let a contestant restyle all photographs, in 8 bits as a file has them, and look at them.

    Args:
        way: the contestant.
        known: painter and seed.

    Returns:
        What its results look like.
    """
    made = [in_levels(way.restyle(photo, known.asked)) for photo in known.photos]
    count = len(made[0])
    views = known.seen([picture for results in made for picture in results], count)
    return Seen(views, count, kept(made, known), still(known, made) | crossing(made, known))


def judge(seen: Seen, way: Way, known: Known) -> Row:
    """All measures of one contestant on one painter under one seed.

    Args:
        seen: its results, from `look`.
        way: the contestant.
        known: painter and seed.

    Returns:
        Measures by name; under "redrawn" those that hang on photographs and works, for each draw of
        the bootstrap.
    """
    weights = known.weights.photos
    ways, kid = realism(seen, known, way.by_reference)
    redrawn = ways | {"edges": weights @ seen.kept / weights.sum(dim=1)}
    if way.by_reference:
        manners = known.manner(seen.views).unflatten(0, (-1, seen.count))
        redrawn |= matched(manners, known.manners, known.weights, known.train)
    return {
        **{name: values[0].item() for name, values in redrawn.items()},
        **kid,
        **varied(seen, way.by_reference),
        **reproduction(seen.views, known),
        **seen.found,
        "redrawn": {name: short(values[1:]) for name, values in redrawn.items()},
    }


def in_levels(x: Tensor) -> Tensor:
    """Pictures as 8 bits hold them, so that what nobody can see decides nothing."""
    return ((x.float() + 1) * 127.5).round().clamp(0, 255) / 127.5 - 1


def still(known: Known, made: Sequence[Tensor]) -> dict[str, float]:
    """Mean change of a pixel, a mean over photographs."""
    moved = [movement(p.x.expand_as(own), own) for p, own in zip(known.photos, made, strict=True)]
    return {"movement": sum(moved) / len(moved)}


def realism(
    seen: Seen, known: Known, by_reference: bool
) -> tuple[dict[str, Tensor], dict[str, float]]:
    """How far results have gone by KID, `(1 + B,)`, and the KID itself where it can be known."""
    count, pooled = seen.count, seen.views.pooled
    results = Results.of(pooled.unflatten(0, (-1, count)), known.works.pooled)
    w, ground = known.weights, known.ground

    def shares(allowed: Tensor) -> Tensor:
        return w.works * allowed if by_reference else torch.ones(len(w.works), count).double()

    def both(train: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
        way = gap.closed(ground, results, w, shares=shares(train), held=held)
        return way, known.way(train, held)

    way, whole = both(known.train, known.held)
    each = torch.eye(len(known.train), dtype=torch.float64)
    parts = [(v[:, None], *both(1 - one, one)) for v, one in zip(w.works.T, each, strict=True)]
    turned, turns = (sum(v[:, 0] * part[at] for v, *part in parts) for at in (0, 1))
    found = {}
    if known.held.sum() > 1:
        found["kid"] = 1000 * (gap.start(known.whole, held=known.held) - way[0].item())
    return {"closed": way / whole, "closed_all": turned / turns}, found


def kept(made: Sequence[Tensor], known: Known) -> Tensor:
    """Edge F1 of each photograph, a mean over its results, `(N,)`."""
    own = [
        shared_edges(lines.expand(len(results), -1, -1), edges(results)).mean()
        for lines, results in zip(known.lines, made, strict=True)
    ]
    return torch.stack(own).double().cpu()


def crossing(made: Sequence[Tensor], known: Known) -> dict[str, float]:
    """Edge F1 against the photograph that comes next, as far as both reach."""
    found = []
    for results, lines in zip(made, known.lines[1:] + known.lines[:1], strict=True):
        own = edges(results[:1])
        height, width = (min(each) for each in zip(own.shape[1:], lines.shape[1:], strict=True))
        found.append(shared_edges(lines[:, :height, :width], own[:, :height, :width]).item())
    return {"edges_chance": sum(found) / len(found)} if len(found) > 1 else {}


def varied(seen: Seen, by_reference: bool) -> dict[str, float]:
    """Mean perceptual distance of two results of a photograph, crop by crop."""
    if seen.count < 2:
        return {}
    name = "spread" if by_reference else "diversity"
    return {name: variety(seen.views.perceptual, seen.count)}


def variety(perceptual: Tensor, count: int) -> float:
    """The same of features `(N K, C, D)`, K pictures of each thing."""
    of_each = perceptual.unflatten(0, (-1, count)).transpose(1, 2).flatten(0, 1)
    return sum(diversity(one[None].float()).item() for one in of_each) / len(of_each)


def reproduction(seen: Views, known: Known) -> dict[str, float]:
    """How near results come to crops of training works, over how near held-out works come."""
    own = nearest_angle(seen.pooled.flatten(0, 1), known.bed.trained(known.painter))
    ratios = [own.quantile(share) / known.usual.quantile(share) for share in (0.5, 0.01)]
    return dict(zip(("memorisation", "nearest"), (ratio.item() for ratio in ratios), strict=True))


def nearest_angle(features: Tensor, train: Tensor) -> Tensor:
    """1 - cos to the nearest of others: `(N, D)` and `(M, D)` to `(N,)`.

    Of pooled features, which say what there is and not where: a copy is found wherever a crop was
    cut from. Perceptual ones, cell by cell, put a copy that is moved by 16 of 128 pixels nearly as
    far away as another painting.
    """
    return 1 - (normalize(features, dim=1) @ normalize(train, dim=1).T).amax(dim=1)


def of_works(known: Known) -> Row:
    """What training works themselves score: the floor, and how much pictures of a painter vary."""
    own = known.works_of("train").perceptual
    found = {"diversity": variety(own, len(own)), "spread": variety(own, len(own))}
    if known.held.sum() > 1:
        train, held = known.train, known.held
        found["kid"] = 1000 * (gap.start(known.whole, held=held) - known.way(train, held)[0].item())
    return found


def short(values: Tensor) -> list[float]:
    """Numbers with four digits behind the point: they are many, and written down."""
    return [round(value, 4) for value in values.tolist()]
