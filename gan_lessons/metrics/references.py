"""Does a reference decide, and do draws and alphabets spread as real ones do?

Pure functions on features and statistics. Each has a value that says "nothing happens": a style
encoder that gives one code whatever it sees has a worth of 1, a match of 1 / K, a spread of 0.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.images.colour import statistics
from gan_lessons.metrics import prdc
from gan_lessons.metrics.diversity import diversity
from gan_lessons.metrics.features import TAPS, as_float, at_once, exact, feature_network
from gan_lessons.metrics.perceptual import between
from gan_lessons.metrics.prdc import Manifold

GRAMS = TAPS[:3]  # maps with fewer positions than pairs of channels say nothing of pairs


def worth(with_true: Tensor, with_random: Tensor) -> float:
    """What a reference is worth: truth by the true drawing over truth by any of its style.

    mean d(G(x, E(t)), t) / mean d(G(x, E(r)), t), with t the true drawing of x in the target style
    and r a random picture of that style.

    Args:
        with_true: distances to the truth, the reference being the truth itself, `(N,)`.
        with_random: the same with random references, `(N,)` or `(N, K)`.

    Returns:
        1 where references decide nothing, below 1 where they tell what is wanted, 0 for an oracle.

    Raises:
        ValueError: if all results are the truth whatever the reference, so that nothing is told.

    Example:
        >>> worth(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]))
        0.5
    """
    _same_sources(len(with_true), len(with_random))
    usual = with_random.mean().item()
    if usual == 0:
        raise ValueError("every result is the truth, whatever the reference: worth says nothing")
    return with_true.mean().item() / usual


def match(results: Tensor, references: Tensor) -> Tensor:
    """Among K references, is the one that was used the nearest to the result?

    Args:
        results: statistics `(N, K, D)`; result k of each source was made with reference k.
        references: statistics `(K, D)`, one set for all, or `(N, K, D)`.

    Returns:
        For each source the share of its K results whose nearest reference is their own, `(N,)`:
        1 / K exactly where all K results are one picture, 1 for an oracle.

    Raises:
        ValueError: if there is not one result for each reference, or only one reference.

    Example:
        >>> styles = torch.tensor([[0.0], [1.0], [5.0]])
        >>> match(styles[None] + 0.4, styles)
        tensor([1.])
    """
    if references.ndim == 2:
        references = references.expand(len(results), -1, -1)
    if results.shape != references.shape or results.shape[1] < 2:
        raise ValueError(
            "one result for each of 2 references or more is needed, got "
            f"{tuple(results.shape)} and {tuple(references.shape)}"
        )
    wanted = torch.arange(results.shape[1], device=results.device)
    found = [between(own, given).argmin(dim=1) for own, given in zip(results, references)]
    return (torch.stack(found) == wanted).float().mean(dim=1)


def spread(features: Tensor, real: float) -> float:
    """How far apart results are, as a share of how far apart real pictures are.

    Args:
        features: perceptual features `(N, K, D)` of K results of each of N sources, by K references
            or K draws. With palettes matched: those of `diversity.same_palettes`.
        real: mean distance of two real pictures of the style, measured in the same way.

    Returns:
        0 where all results of a source are one picture, 1 where they vary as the style does.

    Raises:
        ValueError: if real pictures do not differ, or for fewer than 2 results of a source.

    Example:
        >>> spread(torch.tensor([[[0.0], [1.0]]]), real=2.0)
        0.5
    """
    if not real > 0:
        raise ValueError(f"real pictures must differ for a spread to be a share, got {real}")
    return diversity(features).mean().item() / real


def diversity_of_what_is_right(draws: Sequence[Tensor], real: Sequence[Tensor]) -> float:
    """Mean distance of two draws of a thing, over that of two real ones of the same thing.

    It can be asked where many right answers are known, as for letters, of which each typeface has
    its own. Both means are taken over the things first, so that each counts alike.

    Args:
        draws: for each thing (letter) the perceptual features of its draws, `(K, D)`.
        real: for each thing those of its real pictures (typefaces), `(M, D)`; counts may differ.

    Returns:
        1 is right, below 1 too much alike, above 1 too wild.

    Raises:
        ValueError: if the two do not speak of the same things, or real ones do not differ.

    Example:
        >>> two = torch.tensor([[0.0], [2.0]])
        >>> diversity_of_what_is_right([two, two], [two / 2, two])
        1.6
    """
    _same_things(draws, real)
    right = sum(diversity(x[None]).item() for x in real) / len(real)
    if not right > 0:
        raise ValueError("the real pictures of each thing are one picture: nothing is diverse")
    return sum(diversity(x[None]).item() for x in draws) / len(draws) / right


def each_by_itself(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Manifold:
    """Precision, recall, density and coverage thing by thing, then averaged.

    A set of all letters at once would be covered by one typeface with many letters.

    Args:
        real: for each thing (letter) features of its real pictures, `(M, D)`; counts may differ.
        fake: for each thing those of its draws, `(K, D)`.

    Returns:
        The four figures, means over the things.

    Raises:
        ValueError: if the two do not speak of the same things, or a set has too few pictures.
    """
    _same_things(fake, real)
    found = [prdc.compare(own, made) for own, made in zip(real, fake)]
    names = ("precision", "recall", "density", "coverage")
    means = {name: sum(getattr(one, name) for one in found) / len(found) for name in names}
    return Manifold(**means)


def consistency(alphabets: Tensor, real: Tensor) -> float:
    """Do the letters of one code belong together?

    Mean distance between the statistics of two letters of one alphabet, over that of the same
    letter in two real typefaces. What a letter has in every typeface is taken away first: the mean
    of its real statistics.

    Args:
        alphabets: statistics `(A, L, D)` of L letters of each of A codes.
        real: statistics `(M, L, D)` of the same letters of M typefaces. Given as `alphabets` too,
            they say what is usual in real alphabets, which is what to compare with.

    Returns:
        0 where the letters of a code have one style, 1 where they are as unlike each other as
        letters of different typefaces.

    Raises:
        ValueError: if letters differ in number, or there are fewer than 2 letters or typefaces.
    """
    if alphabets.shape[1:] != real.shape[1:] or min(real.shape[:2]) < 2:
        raise ValueError(
            "two letters and two typefaces or more are needed, the same letters on both sides, "
            f"got {tuple(alphabets.shape)} and {tuple(real.shape)}"
        )
    usual = real.mean(dim=0)
    across = diversity((real - usual).transpose(0, 1)).mean().item()
    if not across > 0:
        raise ValueError("the real typefaces are one: nothing tells alphabets apart")
    return diversity(alphabets - usual).mean().item() / across


@torch.inference_mode()
def style_statistics(x: Tensor, *, batch: int = 0, device: str = "cpu") -> list[Tensor]:
    """What a picture's style leaves in it wherever things stand: statistics over positions.

    Means and standard deviations of the channels of MobileNetV2 after five of its blocks, and
    correlations of channels (a Gram matrix of normalised maps; Gatys et al. 2016, section 2.2)
    after the first three; mean and standard deviation of the colour of what is not white paper
    (Reinhard et al. 2001). No loss of the course looks through MobileNetV2.

    Args:
        x: `(N, 3, H, W)`, in [-1, 1] or uint8.
        batch: pictures in one pass; 0: what suits the device.
        device: where to compute.

    Returns:
        Groups `(N, D_g)` that `Scale` makes one vector of, float32 on the device.
    """
    parts = [
        _statistics(as_float(part.to(device)).float(), device)
        for part in x.split(batch or at_once(device))
    ]
    return [torch.cat(group) for group in zip(*parts, strict=True)]


class Scale:
    """Weighs statistics against each other by how much they vary among pictures of a style.

    Every number is divided by its standard deviation over those pictures, and every group by the
    root of its length, so that each of the groups counts alike.

    Args:
        groups: from `style_statistics`, of two pictures or more, best of many training pictures.

    Raises:
        ValueError: for fewer than two pictures.
    """

    LEAST = 1e-3  # of the mean deviation of a group: what never varies must not decide

    def __init__(self, groups: Sequence[Tensor]):
        if len(groups[0]) < 2:
            raise ValueError("a scale needs statistics of two pictures or more")
        self.width = []
        for group in groups:
            std = group.std(dim=0)
            least = (self.LEAST * std.mean()).clamp(min=torch.finfo(std.dtype).tiny)
            self.width.append(std.clamp(min=least) * group.shape[1] ** 0.5)

    def __call__(self, groups: Sequence[Tensor]) -> Tensor:
        """One vector a picture: groups `(N, D_g)` to `(N, D)`."""
        return torch.cat([own / width for own, width in zip(groups, self.width)], dim=1)


def _statistics(x: Tensor, device: str) -> list[Tensor]:
    """Groups of statistics of as many pictures as fit."""
    network, found = feature_network(str(device)), []
    with exact(torch.device(device)):
        h = network.preprocess(x)
        for number, layer in enumerate(network.layers[: TAPS[-1] + 1]):
            h = layer(h)
            if number in TAPS:
                found += _moments(h.flatten(2), grams=number in GRAMS)
    mean, std, _ = statistics(x)
    return found + [torch.cat([mean, std], dim=1)]


def _moments(h: Tensor, *, grams: bool) -> list[Tensor]:
    """Mean, deviation and correlations of channels over positions: `(N, C, P)` to groups."""
    mean, std = h.mean(dim=2), h.std(dim=2, correction=0)
    if not grams:
        return [mean, std]
    flat = (h - mean[:, :, None]) / (std[:, :, None] + 1e-5)
    gram = flat @ flat.transpose(1, 2) / h.shape[2]
    rows, columns = torch.triu_indices(*gram.shape[1:], offset=1, device=h.device)
    return [mean, std, gram[:, rows, columns]]


def _same_sources(first: int, second: int) -> None:
    if first != second or not first:
        raise ValueError(f"the same sources are needed on both sides, got {first} and {second}")


def _same_things(first: Sequence[Tensor], second: Sequence[Tensor]) -> None:
    if len(first) != len(second) or not first:
        raise ValueError(
            f"the same things are needed on both sides, got {len(first)} and {len(second)}"
        )
