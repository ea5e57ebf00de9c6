"""A texture from the statistics of a painting, and a photograph redrawn in those of another.

Filters of random weights look at a picture, and the Gram matrices of their maps are its statistics
(Ustyuzhaninov et al. 2016). A texture is noise that was moved until it had a painting's; a redrawn
photograph also keeps its own maps of a frozen network (Gatys et al. 2016). Lesson 10 does the same
on smaller pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.course.labs.pictures import keep
from gan_lessons.course.labs.store import Report, Store
from gan_lessons.data.load import load_dataset
from gan_lessons.images.resize import resize
from gan_lessons.losses.images import gram
from gan_lessons.models.mobilenet import Encoder

LESSON = "10_style_as_statistics"
DATA = "painted_photos"
TEXTURE_OF = "Great wave off Kanagawa"
PHOTO, REDRAWN_AFTER = "Mountain 7", "Church at Auvers"
CONTENT_WEIGHT = 0.03
FILTERS = 64  # of each width
BLOCK = 3  # of the frozen network, whose maps are the content
RIM = 8  # pixels mirrored around what the frozen network sees


@dataclass(frozen=True)
class Budget:
    """What a preset may spend."""

    side: int  # of pictures, in pixels
    widths: tuple[int, ...]  # of filters, in pixels
    steps: int  # iterations of L-BFGS


BUDGETS = {
    "smoke": Budget(32, (3, 5), 3),
    "class": Budget(128, (3, 5, 7, 11, 15), 150),
    "full": Budget(256, (3, 5, 7, 11, 15, 23, 31), 1000),
}


def square(title: str, side: int) -> Tensor:
    """The left or upper square of a picture: `(1, 3, side, side)` in [-1, 1]."""
    data = load_dataset(DATA)
    image = data.images[data.names.index(title)]
    short = min(image.shape[1:])
    return resize(image[None, :, :short, :short].float() / 127.5 - 1, side)


def filters(width: int) -> Tensor:
    """Random patterns, always the same: `(64, 3, width, width)`."""
    chance = torch.Generator().manual_seed(width)
    return torch.randn(FILTERS, 3, width, width, generator=chance) / (3 * width * width) ** 0.5


def statistics(x: Tensor, banks: list[Tensor]) -> list[Tensor]:
    """A Gram matrix for each bank of filters: `(1, 3, H, W)` to `(1, 64, 64)` each."""
    found = []
    for bank in banks:
        rim = bank.shape[-1] // 2
        padded = F.pad(x, (rim, rim, rim, rim), mode="reflect")
        found.append(gram(F.relu(F.conv2d(padded, bank))))
    return found


def style_loss(found: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """The relative squared errors of Gram matrices, added up."""
    pairs = zip(found, wanted, strict=True)
    return torch.stack([relative_error(g, g_wanted) for g, g_wanted in pairs]).sum()


def relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    """|found - wanted|^2 / |wanted|^2."""
    return (found - wanted).square().sum() / wanted.square().sum()


def things(network: Encoder, x: Tensor) -> Tensor:
    """What is where: maps of a frozen network that sees the picture doubled."""
    x = F.pad(x, (RIM, RIM, RIM, RIM), mode="reflect")
    x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return network(x)[0]


def descend(x: Tensor, loss_of: Callable[[Tensor], Tensor], steps: int) -> Tensor:
    """Make a loss small by changing the pixels of a picture, with L-BFGS."""
    x = x.clone().requires_grad_()
    optimiser = torch.optim.LBFGS(
        [x],
        max_iter=steps,
        max_eval=25 * steps,  # the default, 1.25 evaluations a step, may stop it early
        history_size=20,
        line_search_fn="strong_wolfe",
        tolerance_change=0,
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = loss_of(x)
        loss.backward()
        return loss

    optimiser.step(closure)
    return x.detach().clamp(-1, 1)


def file_of(*titles: str) -> str:
    """The name under which a texture (of a work) or a redrawn photograph (photograph, work) lies.

    >>> file_of("Mountain 7", "Church at Auvers")
    'mountain_7-church_at_auvers'
    """
    return "-".join(title.lower().replace(" ", "_") for title in titles)


def run(store: Store, preset: str, report: Report) -> None:
    """Make the texture of a work, and redraw a photograph in the style of another."""
    budget = BUDGETS[preset]
    store.once(f"texture of {TEXTURE_OF}", lambda: texture(store, budget, TEXTURE_OF))
    made = lambda: redrawn(store, budget, PHOTO, REDRAWN_AFTER)  # noqa: E731
    store.once(f"{PHOTO} in the style of {REDRAWN_AFTER}", made)


def texture(store: Store, budget: Budget, title: str) -> dict[str, Any]:
    """A picture with the statistics of a work, from noise."""
    work = square(title, budget.side).to(store.device)
    banks = [filters(width).to(store.device) for width in budget.widths]
    wanted = statistics(work, banks)
    noise = 0.1 * torch.randn(work.shape, generator=torch.Generator().manual_seed(0))
    noise = noise.to(store.device)

    def loss_of(x: Tensor) -> Tensor:
        return style_loss(statistics(x, banks), wanted)

    made = descend(noise, loss_of, budget.steps)
    return {
        "side": budget.side,
        "steps": budget.steps,
        "widths": budget.widths,
        "style_before": loss_of(noise),
        "style": loss_of(made),
        "picture": keep(store, file_of(title), made[0]),
    }


def redrawn(store: Store, budget: Budget, photo: str, title: str) -> dict[str, Any]:
    """A photograph in the statistics of a work."""
    source, work = (square(name, budget.side).to(store.device) for name in (photo, title))
    banks = [filters(width).to(store.device) for width in budget.widths]
    network = Encoder((BLOCK,)).to(store.device)
    things_wanted, wanted = things(network, source), statistics(work, banks)

    def content(x: Tensor) -> Tensor:
        return relative_error(things(network, x), things_wanted)

    def style(x: Tensor) -> Tensor:
        return style_loss(statistics(x, banks), wanted)

    made = descend(source, lambda x: CONTENT_WEIGHT * content(x) + style(x), budget.steps)
    return {
        "side": budget.side,
        "steps": budget.steps,
        "widths": budget.widths,
        "content_weight": CONTENT_WEIGHT,
        "style_before": style(source),
        "style": style(made),
        "content": content(made),
        "picture": keep(store, file_of(photo, title), made[0]),
    }
