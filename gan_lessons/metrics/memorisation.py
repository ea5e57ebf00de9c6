"""Does a model give back what it was trained on?"""

from torch import Tensor

from gan_lessons.metrics.perceptual import nearest

COPY = 1e-4  # a distance below which two pictures are one


def usual_distance(held_out: Tensor, train: Tensor) -> float:
    """How far new pictures usually are from the nearest training picture.

    Args:
        held_out: perceptual features `(M, D)` of real pictures that were not trained on.
        train: `(T, D)`.

    Returns:
        The median.

    Raises:
        ValueError: if most held-out pictures are training pictures, so that nothing can be said.
    """
    usual = nearest(held_out, train)[0].median().item()
    if usual < COPY:
        raise ValueError("most held-out pictures are training pictures; split the set first")
    return usual


def memorisation(fake: Tensor, train: Tensor, usual: float) -> float:
    """Distance to the nearest training picture, over the same for held-out pictures.

    Near 1, results are as far from the training pictures as new drawings are; far below 1, they
    are copies.

    Args:
        fake: perceptual features `(N, D)`.
        train: `(T, D)`.
        usual: what `usual_distance` found.

    Returns:
        The ratio of the medians.
    """
    return nearest(fake, train)[0].median().item() / usual
