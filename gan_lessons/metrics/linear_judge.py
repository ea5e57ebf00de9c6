"""A judge for any set: a linear classifier on fixed features, fitted in one step to real pictures.

The emoji come with a trained network as their judge. A set of one's own, and letters, get one of
these: least squares has a closed form, so that nothing is trained for long and nothing is drawn.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.metrics.features import perceive
from gan_lessons.metrics.references import Scale, style_statistics
from gan_lessons.metrics.style import Judge

RIDGE = 0.1  # of the mean squared length of a picture's features
Describe = Callable[[Tensor], Tensor]


class LinearClassifier(nn.Module):
    """Features of pictures times a matrix.

    Args:
        describe: pictures `(N, 3, H, W)` in [-1, 1] to features `(N, D)`.
        mean: `(D,)`, of the features that it was fitted to.
        weight: `(D, classes)`.
    """

    def __init__(self, describe: Describe, mean: Tensor, weight: Tensor):
        super().__init__()
        self.describe = describe
        self.register_buffer("mean", mean)
        self.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Judge: `(N, 3, H, W)` in [-1, 1] to `(N, classes)`."""
        return self.of(self.describe(x))

    def of(self, features: Tensor) -> Tensor:
        """Judge what is described already: `(N, D)` to `(N, classes)`."""
        return (features - self.mean) @ self.weight


def judge_of_styles(
    train: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor], names: Sequence[str]
) -> Judge:
    """A judge that looks at style statistics, which do not say what is drawn or where.

    Args:
        train: real pictures `(N, 3, S, S)`, in [-1, 1] or uint8, and their classes `(N,)`, about
            as many of each; on the device where it shall judge.
        held_out: others, which it was not fitted to, for its own accuracy.
        names: of the classes.

    Returns:
        The judge with its accuracy and confusion on the held-out pictures.

    Raises:
        ValueError: if a class has no picture to learn from, or nothing is held out.
    """
    device = str(train[0].device)
    groups = style_statistics(train[0], device=device)
    scale = Scale(groups)
    features = scale(groups)
    judge = _fitted(
        lambda x: scale(style_statistics(x, device=device)), features, train, held_out, names
    )
    judge.network.scale = scale  # for who has the statistics already
    return judge


def judge_of_content(
    train: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor], names: Sequence[str]
) -> Judge:
    """A judge that looks at what is where: perceptual features at every place.

    Args:
        train: as for `judge_of_styles`; here classes are things, such as letters.
        held_out: likewise.
        names: of the classes.

    Returns:
        The judge with its accuracy and confusion on the held-out pictures.

    Raises:
        ValueError: if a class has no picture to learn from, or nothing is held out.
    """
    device = str(train[0].device)
    features = perceive(train[0], device=device)
    return _fitted(lambda x: perceive(x, device=device), features, train, held_out, names)


def _fitted(
    describe: Describe,
    features: Tensor,
    train: tuple[Tensor, Tensor],
    held_out: tuple[Tensor, Tensor],
    names: Sequence[str],
) -> Judge:
    x, y = train
    absent = [name for i, name in enumerate(names) if not (y == i).any()]
    if absent or not len(held_out[0]):
        what = f"pictures of {', '.join(absent[:3])}" if absent else "held-out pictures"
        raise ValueError(f"a judge needs {what}, got none")
    mean, weight = least_squares(features, y.to(features.device), len(names))
    network = LinearClassifier(describe, mean, weight)
    judge = Judge(network, tuple(names), x.shape[-1], 0.0, [])
    judged = judge.logits(held_out[0]).argmax(dim=1).cpu()
    true = held_out[1].cpu()
    table = torch.bincount(true * len(names) + judged, minlength=len(names) ** 2)
    accuracy = (judged == true).double().mean().item()
    return Judge(network, tuple(names), x.shape[-1], accuracy, table.view(len(names), -1).tolist())


def least_squares(features: Tensor, y: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """The matrix W that makes |X W - Y|^2 + lambda |W|^2 least, X centred, Y of ones and zeros.

    W = X' (X X' + lambda)^-1 Y, because there are fewer pictures than features; lambda is `RIDGE`
    times the mean of the diagonal of X X'.

    Args:
        features: `(N, D)`.
        y: `(N,)`, classes.
        classes: how many there are.

    Returns:
        The mean of the features `(D,)` and W `(D, classes)`.
    """
    mean = features.mean(dim=0)
    x = features - mean
    gram = x @ x.T
    gram.diagonal().add_(RIDGE * gram.diagonal().mean())
    wanted = F.one_hot(y, classes).to(x.dtype)
    return mean, x.T @ torch.linalg.solve(gram, wanted - wanted.mean(dim=0))
