"""What is compared: a model used in three ways, what asks for no training, and the truth."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_lessons.data.batches import generator_at
from gan_lessons.evaluation import baselines
from gan_lessons.evaluation.protocol import Pair
from gan_lessons.metrics.diversity import same_palettes
from gan_lessons.metrics.features import as_float
from gan_lessons.metrics.perceptual import between
from gan_lessons.style_transfer import StyleTransfer

MODEL, REFERENCE, MEAN = "model", "model, one reference", "model, mean code"
COPY, COLOUR, NEAREST, TRUE = "copying", "colour transfer", "nearest training image", "true image"
ADAIN, CYCLEGAN, PIX2PIX = "AdaIN", "CycleGAN", "pix2pix"  # trained; see `trained_baselines`
OF_ONE_PAIR = (CYCLEGAN, PIX2PIX)
HELD_OUT = "held-out images"  # in the place of true ones, where no pairs are known
REPAINTED = "true image, recoloured"  # by a reference: the most that a palette alone can give
REAL = (NEAREST, TRUE, HELD_OUT)  # drawings by hand: of the style by definition
WITHOUT_CHANCE = (COPY, COLOUR, *REAL, *OF_ONE_PAIR)  # the same whatever the seed


@dataclass(frozen=True)
class Task:
    """One pair of styles under one seed: the pictures to restyle, and what may be used for it."""

    pair: Pair
    seed: int
    number: int  # of the pair, so that pairs draw differently
    draws: int
    latents: int
    x: Tensor  # (N, 3, S, S) in [-1, 1], sources
    true: Tensor  # (N, 3, S, S), uint8, their true drawings; of no pairs, other test pictures
    train: Tensor  # (M, 3, S, S), uint8, training pictures of the target style
    x_features: Tensor  # (N, D), perceptual
    train_features: Tensor  # (M, D)
    paired: bool = True  # whether the truth is known


Method = Callable[[Task], Tensor]  # to (N, K, 3, S, S), in [-1, 1] or uint8
Referring = Callable[[Task, Tensor], Tensor]  # by references (N, K, 3, S, S), to the same shape


def methods(model: StyleTransfer | None, paired: bool = True) -> dict[str, Method]:
    """All that stand side by side.

    Args:
        model: a trained model, or None for the baselines alone.
        paired: whether the truth is known.

    Returns:
        Method by name.
    """
    return ({} if model is None else ways(model)) | {
        COPY: lambda task: baselines.copy(task.x)[:, None],
        COLOUR: lambda task: recoloured(task)[:, None],
        NEAREST: lambda task: baselines.nearest_image(
            between(task.x_features, task.train_features), task.train
        )[:, None],
        TRUE if paired else HELD_OUT: lambda task: task.true[:, None],
    } | ({REPAINTED: lambda task: repainted(task, one_reference(task))} if paired else {})


def ways(model: StyleTransfer) -> dict[str, Method]:
    """How a model is used: it draws styles, or takes them from references, or knows one answer."""
    if model.kind.draws:
        return {
            MODEL: lambda task: restyle(model, task, drawn(model, task, len(task.x) * task.draws)),
            REFERENCE: lambda task: restyle(model, task, referenced(model, task)),
            MEAN: lambda task: restyle(model, task, mean_code(model, task)),
        }
    if model.kind.needs_reference:
        return {
            MODEL: lambda task: restyle(model, task, referenced(model, task, task.draws)),
            REFERENCE: lambda task: restyle(model, task, referenced(model, task)),
        }
    (style,) = model.styles
    return {MODEL: lambda task: restyle(model, task, model.codes(style).expand(len(task.x), -1))}


def pair_of(model: StyleTransfer) -> Pair | None:
    """The only pair of styles that a model was trained for; None where it does any."""
    if model.kind.draws or model.kind.needs_reference:
        return None
    return model.config.data.source, model.config.data.target


def fits(model: StyleTransfer, styles: tuple[str, ...]) -> bool:
    """Whether a model can be measured on a set of these styles."""
    if model.kind.draws:
        return styles == model.styles
    return set(pair_of(model) or ()) <= set(styles)


def restyle(model: StyleTransfer, task: Task, s: Tensor) -> Tensor:
    """All sources in given styles: `(N * K, style_dim)` to `(N, K, 3, S, S)`."""
    draws = len(s) // len(task.x)
    x = task.x.repeat_interleave(draws, dim=0).to(model.device)
    return model.translate(x, s).unflatten(0, (len(task.x), draws))


@torch.inference_mode()
def drawn(model: StyleTransfer, task: Task, count: int, stream: int = 0) -> Tensor:
    """Style codes from latents, `(count, style_dim)`."""
    random = generator_at(task.seed, 2 * task.number + stream)
    z = torch.randn(count, model.config.model.latent_dim, generator=random)
    y = torch.full((count,), model.styles.index(task.pair[1]))
    return model.networks["mapping_network"](z.to(model.device), y.to(model.device))


def mean_code(model: StyleTransfer, task: Task) -> Tensor:
    """The style's code averaged over many latents, for each source."""
    mean = drawn(model, task, task.latents, stream=1).mean(dim=0, keepdim=True)
    return mean.expand(len(task.x), -1)


def referenced(model: StyleTransfer, task: Task, count: int = 1) -> Tensor:
    """Codes read off training pictures of the target style, `count` for each source."""
    return read_off(model, as_float(task.train[reference_rows(task, count)]), task.pair[1])


def one_reference(task: Task) -> Tensor:
    """The training picture that each source gets as its reference: `(N, 1, 3, S, S)`."""
    return as_float(task.train[reference_rows(task)])[:, None]


def repainted(task: Task, x_ref: Tensor) -> Tensor:
    """The true drawing of each source with all the colours of each reference.

    Args:
        task: with true drawings.
        x_ref: references `(N, K, 3, S, S)` in [-1, 1].

    Returns:
        `(N, K, 3, S, S)`, by optimal transport of colours.
    """
    true = as_float(task.true)[:, None].expand_as(x_ref)
    both = torch.stack([x_ref, true], dim=2).flatten(0, 1)  # (N K, 2, ...): colours of the first
    return same_palettes(both)[:, 1].unflatten(0, x_ref.shape[:2])


@torch.inference_mode()
def read_off(model: StyleTransfer, x_ref: Tensor, style: str) -> Tensor:
    """The code of each reference: `(N, 3, S, S)` in [-1, 1] to `(N, style_dim)`."""
    domain = model.styles.index(style) if model.kind.draws else 0
    y = torch.full((len(x_ref),), domain, device=model.device)
    return model.networks["style_encoder"](x_ref.to(model.device), y)


def reference_rows(task: Task, count: int = 1) -> Tensor:
    """Which training pictures each source gets as references, whoever draws by it: `(N count,)`."""
    random = generator_at(task.seed, 2 * task.number)
    return torch.randint(len(task.train), (len(task.x) * count,), generator=random).to(
        task.train.device
    )


def recoloured(task: Task) -> Tensor:
    """Sources with the colour statistics of the style's training pictures."""
    return baselines.colour_transfer(task.x, baselines.palette(as_float(task.train)))
