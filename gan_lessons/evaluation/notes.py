"""What has to be said beside the figures: that there are few pictures, no truth, or no change."""

from gan_lessons.evaluation.bench import Bench
from gan_lessons.images.movement import STILL, UNMOVED
from gan_lessons.text import count_of

FEW = 50  # pictures below which distances between sets say little


def notes(bench: Bench, found: dict) -> list[str]:
    """Sentences for people; none where nothing has to be said.

    Args:
        bench: what was measured.
        found: the card, for the figures in it.

    Returns:
        A sentence each, in the order of weight.
    """
    told = []
    if unmoved(found):
        told.append(f"{found['model']['name']} {UNMOVED}; its figures are those of copying.")
    if not bench.bed.paired:
        told.append(
            "nothing says that two pictures of one name show the same thing, so truth, content and "
            "the worth of a reference are not measured; if they do, say so with --pairs by-name."
        )
    return told + small(bench)


def unmoved(found: dict) -> bool:
    """Whether the model's results are the pictures that it was given."""
    changes = [
        found["figures"]["movement"]["model"],
        *found["figures"]["movement"]["variants"].values(),
    ]
    return all(each["value"] < STILL for each in changes if each)


def small(bench: Bench) -> list[str]:
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
    if bench.judge is None:
        told.append("style is not judged: a style without test pictures has no judge.")
    return told
