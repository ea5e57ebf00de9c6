"""Does a model give back what it was trained on?"""

from torch import Tensor

from gan_lessons.metrics.perceptual import nearest


def memorisation(fake: Tensor, held_out: Tensor, train: Tensor) -> float:
    """Distance to the nearest training picture, over the same for held-out pictures.

    Near 1, results are as far from the training pictures as new drawings are; far below 1, they
    are copies.

    Args:
        fake: perceptual features `(N, D)`.
        held_out: `(M, D)`, of real pictures that were not trained on.
        train: `(T, D)`.

    Returns:
        The ratio of the medians.

    Raises:
        ValueError: if held-out pictures lie among the training pictures, so that no ratio exists.
    """
    usual = nearest(held_out, train)[0].median().item()
    if usual < 1e-4:
        raise ValueError("most held-out pictures are training pictures; split the set first")
    return nearest(fake, train)[0].median().item() / usual
