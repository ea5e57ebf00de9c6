"""What has to be said beside the figures: that there are few pictures, no truth, or no change."""

from gan_lessons.evaluation.benches import BenchOfLetters, BenchOfPaintings, BenchOfStyles
from gan_lessons.evaluation.referring import REFERENCES
from gan_lessons.images.movement import STILL, UNMOVED
from gan_lessons.text import count_of

FEW_TYPEFACES = 20
FEW = 50  # pictures below which distances between sets say little


def of_styles(bench: BenchOfStyles, found: dict) -> list[str]:
    """Sentences about a set of styles; none where nothing has to be said.

    Args:
        bench: for what was measured.
        found: the card, for the figures in it.

    Returns:
        A sentence each, in the order of weight.
    """
    told = still(found)
    if not bench.bed.paired:
        told.append(
            "nothing says that two pictures of one name show the same thing, so truth, content and "
            "the worth of a reference are not measured; if they do, say so with --pairs by-name."
        )
    return told + small(bench)


def of_letters(bench: BenchOfLetters, found: dict) -> list[str]:
    """Sentences about letters: held-out typefaces are few in some styles.

    Args:
        bench: for what was measured.
        found: the card.

    Returns:
        A sentence each.
    """
    told, counts = still(found), {s: len(bench.bed.faces("test", s)) for s in bench.styles}
    few = [f"{style} {count}" for style, count in counts.items() if count < FEW_TYPEFACES]
    if few:
        told.append(
            f"small samples: held-out typefaces are few in {', '.join(few)}; KID, coverage and "
            f"precision of fewer than {FEW_TYPEFACES} say little, and match needs ten."
        )
    without = [style for style in bench.bed.dataset.styles if style not in bench.styles]
    if without:
        told.append(f"not measured, for want of held-out typefaces: {', '.join(without)}.")
    return told


def of_paintings(bench: BenchOfPaintings, found: dict) -> list[str]:
    """Sentences about paintings: works are very few.

    Args:
        bench: not asked; the card says all.
        found: the card.

    Returns:
        A sentence each.
    """
    told, held = still(found), [one["held"] for one in found["painters"]]
    if min(held) < FEW:
        works = count_of(min(held), "held-out work")
        told.append(
            f"small samples: {works} for a painter. How far results have gone towards them hangs "
            "on which these are; read the interval, and the figure that holds out each of all "
            "works in turn, though a model may have been trained on most of those."
        )
    photos = found["data"]["photographs"]
    if photos < FEW:
        told.append(f"small samples: {count_of(photos, 'photograph')} in all seeds together.")
    if found["protocol"]["side"]:
        side = found["protocol"]["side"]
        told.append(f"the middle of photographs was restyled, {side} px a side, not all of them.")
    return told


def still(found: dict) -> list[str]:
    """That a model does nothing, if so."""
    if not unmoved(found):
        return []
    return [f"{found['model']['name']} {UNMOVED}; its figures are those of copying."]


def unmoved(found: dict) -> bool:
    """Whether the model's results are the pictures that it was given."""
    changes = [
        found["figures"]["movement"]["model"],
        *found["figures"]["movement"]["variants"].values(),
    ]
    return all(each["value"] < STILL for each in changes if each)


def small(bench: BenchOfStyles) -> list[str]:
    """Which sets are too small for the figures that compare sets."""
    bed, told = bench.bed, []
    counts = {pair: len(bed.shared(pair)) for pair in bed.pairs}
    few = {pair: count for pair, count in counts.items() if count < FEW}
    if few:
        least, most = min(few.values()), max(few.values())
        span = (
            count_of(most, "test picture") if least == most else f"{least} to {most} test pictures"
        )
        of = "each pair" if len(few) == len(counts) else f"{len(few)} of {len(counts)} pairs"
        told.append(
            f"small samples: {span} in {of}. KID, precision, recall, density and coverage say "
            f"little below {FEW}, and the sign ± stands for other draws for the same few pictures, "
            "not for other pictures."
        )
    thin = [s for s in bed.dataset.styles if len(bed.train_keys(s)) < FEW]
    if thin:
        told.append(f"fewer than {FEW} training pictures to compare with: {', '.join(thin)}.")
    least = min(len(bed.train_keys(style)) for style in bed.dataset.styles)
    if 1 < least < REFERENCES:
        told.append(
            f"match is among {least} references in some style, where chance finds 1 in {least}."
        )
    untested = [s for s in bed.dataset.styles if not bed.test_keys(s)]
    if untested:
        told.append(f"not measured, for want of test pictures: {', '.join(untested)}.")
    if bench.judge is None:
        told.append("style is not judged: a style without test pictures has no judge.")
    return told
