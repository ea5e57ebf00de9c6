"""The trial of lesson 07: from stored results to measures, and from measures to verdicts.

An advantage is positive where the GAN is better. Which measures a claim rests on was settled before
the results were there.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gan_lessons.course.comparison import Measure, majority, over_images, over_seeds, verdict
from gan_lessons.course.repair import KINDS

CLAIMS = ("training efficiency", "reconstruction and repair", "diversity")
HIGHER_IS_BETTER = {"psnr": 1, "ssim": 1, "perceptual": -1}
METHODS = {  # of repair: which network, and which way of using it
    "GAN, search": ("gan", "search"),
    "VAE, search": ("vae", "search"),
    "VAE, encoder": ("vae", "encoder"),
    "pix2pix": ("conditional", ""),
    "denoiser": ("denoiser", ""),
}
Results = Mapping[str, dict]


def by_seed(results: Results, kind: str) -> list[dict]:
    """The results of one kind, "rivals" or "repairers", in the order of their seeds."""
    return [results[name] for name in sorted(results) if name.startswith(f"{kind}, seed")]


def evidence(results: Results) -> dict[str, dict[str, list[Measure]]]:
    """All measures, by claim and exhibit.

    Args:
        results: of lesson 07, as `store.results` reads them.

    Returns:
        Claim to exhibit to measures.
    """
    pairs = by_seed(results, "rivals")
    repairers = by_seed(results, "repairers")
    everything = ("none", *KINDS)
    gans = stacked(pairs, "gan", "search", everything)
    return {
        CLAIMS[0]: {"samples over time": efficiency(pairs)},
        CLAIMS[1]: {
            "reconstruction": paired(gans, stacked(pairs, "vae", "encoder", everything), ["none"]),
            "repair by search": paired(gans, stacked(pairs, "vae", "search", everything), KINDS),
            "repair from pairs": paired(
                stacked(repairers, "conditional", "", KINDS),
                stacked(repairers, "denoiser", "", KINDS),
                KINDS,
            ),
        },
        CLAIMS[2]: {"variety of samples": diversity(pairs, results["real"]["train"]["spread"])},
    }


def verdicts(found: Mapping[str, Mapping[str, Sequence[Measure]]]) -> dict[str, str]:
    """One verdict a claim: the majority of its exhibits, each of which is that of its measures.

    Args:
        found: what `evidence` gives.

    Returns:
        Claim to "for", "against" or "undecided".
    """
    return {
        claim: majority([verdict(measures) for measures in exhibits.values()])
        for claim, exhibits in found.items()
    }


def efficiency(pairs: Sequence[dict]) -> list[Measure]:
    """Quality after a quarter, half and all of the seconds, and the seconds to equal quality."""
    measures = []
    for look, share in ((-3, "a quarter"), (-2, "half"), (-1, "all")):
        less = [pair["vae"]["curve"][look] - pair["gan"]["curve"][look] for pair in pairs]
        measures.append(over_seeds(f"KID, x1000, after {share} of the seconds", less))
    sooner = [math.log2(time_ratio(pair["gan"], pair["vae"])) for pair in pairs]
    return [*measures, over_seeds("halvings of the seconds to equal quality", sooner)]


def time_ratio(gan: Mapping, vae: Mapping) -> float:
    """How many times as long the VAE takes to the quality that both reach.

    That quality is the worse of the two at the end, so one of them takes all its seconds.
    """
    level = max(gan["curve"][-1], vae["curve"][-1])
    return seconds_to(vae, level) / seconds_to(gan, level)


def seconds_to(run: Mapping, level: float) -> float:
    """When a curve first falls to a level, between two looks by a straight line over log seconds.

    Args:
        run: with "seconds", ascending, and "curve", of which the last is at or below the level.
        level: wanted.

    Returns:
        Seconds; those of the first look, if it was there already.
    """
    seconds, curve = run["seconds"], run["curve"]
    k = next(k for k, kid in enumerate(curve) if kid <= level)
    if k == 0:
        return seconds[0]
    part = (curve[k - 1] - level) / (curve[k - 1] - curve[k])
    return seconds[k - 1] * (seconds[k] / seconds[k - 1]) ** part


def stacked(
    runs: Sequence[dict], who: str, way: str, kinds: Sequence[str]
) -> dict[tuple[str, str], Tensor]:
    """Figures picture by picture: (kind, figure) to `(S, N)`, seeds by pictures."""
    restored = [run[who]["restored"] for run in runs]
    found = [each[way] if way else each for each in restored]
    return {
        (kind, figure): torch.tensor([each[kind][figure] for each in found])
        for kind in kinds
        for figure in HIGHER_IS_BETTER
    }


def paired(
    first: Mapping[tuple[str, str], Tensor],
    second: Mapping[tuple[str, str], Tensor],
    kinds: Sequence[str],
) -> list[Measure]:
    """Advantage of the first, for each damage and figure, from differences picture by picture."""
    return [
        over_images(f"{figure}, {kind}", sign * (first[kind, figure] - second[kind, figure]))
        for kind in kinds
        for figure, sign in HIGHER_IS_BETTER.items()
    ]


def diversity(pairs: Sequence[dict], real: float) -> list[Measure]:
    """Recall, coverage, and how much nearer the spread of samples is to that of real pictures."""
    more = {
        name: [pair["gan"][name] - pair["vae"][name] for pair in pairs]
        for name in ("recall", "coverage")
    }
    more["spread, nearer to real"] = [
        abs(pair["vae"]["spread"] - real) - abs(pair["gan"]["spread"] - real) for pair in pairs
    ]
    return [over_seeds(name, advantages) for name, advantages in more.items()]


def gains(results: Results, figure: str) -> dict[str, list[float]]:
    """How much better each method of repair is than doing nothing, mean of seeds and pictures.

    Args:
        results: of lesson 07.
        figure: "psnr", "ssim" or "perceptual".

    Returns:
        Method to one gain a damage, in the order of `KINDS`; below zero where it does harm.
    """
    found = {}
    for name, (who, way) in METHODS.items():
        runs = [run for run in results.values() if who in run]
        restored = stacked(runs, who, way, KINDS)
        found[name] = [
            HIGHER_IS_BETTER[figure]
            * (
                restored[kind, figure].mean()
                - torch.tensor(results["real"]["nothing"][kind][figure]).mean()
            ).item()
            for kind in KINDS
        ]
    return found


def variety(results: Results) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Precision, recall, coverage and spread over the real set's, of samples and of real pictures.

    Args:
        results: of lesson 07.

    Returns:
        "GAN", "VAE" and "real" to the four figures, mean of seeds; and, for the first two, to half
        the lengths of their 95 % intervals.
    """
    real = results["real"]["train"]

    def four(run: Mapping) -> list[float]:
        return [run["precision"], run["recall"], run["coverage"], run["spread"] / real["spread"]]

    means, halves = {}, {}
    for who in ("gan", "vae"):
        columns = zip(*(four(pair[who]) for pair in by_seed(results, "rivals")), strict=True)
        measures = [over_seeds("", list(column)) for column in columns]
        means[who.upper()] = [measure.advantage for measure in measures]
        halves[who.upper()] = [measure.high - measure.advantage for measure in measures]
    return means | {"real": four(real)}, halves
