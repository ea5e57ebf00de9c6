"""What a folder of `models/` says of its model, and what a training knows of it.

A model is one folder with a module `architecture.py` that makes `ARCHITECTURE`, and nothing else
has to know of it: the folder's name is the model's, and the command line, stored weights, cards,
forecasts and the benchmark read what stands in `ARCHITECTURE`.
"""

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gan_lessons.config import Recipe
from gan_lessons.data.batches import Rows
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models.listing import names

Terms = dict[str, tuple[float, Tensor]]  # name to (weight, unweighted value, a scalar)
Networks = dict[str, nn.Module]
Batches = Callable[[int], Rows]  # from a step's number to its batch


@dataclass(frozen=True)
class Phase:
    """One update within a step: which networks it steps, by which terms, how often.

    With D at every step and G at every fifth, D learns five times as often, each time from a batch
    of its own.

    `kind` says what the terms take from the step's number, such as whether a penalty is due: two
    steps of one kind compute alike, so that on a GPU one recorded step serves both. Without it
    nothing is recorded.
    """

    name: str
    networks: tuple[str, ...]
    terms: Callable[[Any, int], Terms]  # of a batch and the step's number
    interval: int = 1  # steps from one update to the next; the first is at step 0
    kind: Callable[[int], Hashable] | None = None


class Objective(Protocol):
    """What is trained: networks, how fast each learns, and the phases of a step.

    Attributes:
        networks: by name.
        forward: the same; the loop may replace entries by compiled ones, which penalties cannot
            use, because they need gradients of gradients.
        lrs: learning rate by network, and by part of one, such as "generator.parts".
        averaged: names of the networks that get a moving average.
        phases: what a step consists of, in order.

    One that keeps more than weights, as CycleGAN's buffers of images, has `memories` too: name to a
    module whose buffers a checkpoint holds.
    """

    networks: Networks
    forward: Networks
    lrs: dict[str, float]
    averaged: tuple[str, ...]
    phases: tuple[Phase, ...]


@dataclass(frozen=True)
class Column:
    """One column of a sample sheet: real pictures, or results together with their sources."""

    label: str
    x: Tensor  # (N, 3, S, S) in [-1, 1]
    source: Tensor | None = None  # (N, 3, S, S); None: nothing was made, the pictures are real


class Building(Protocol):
    """Makes networks: initialised from a seed, without touching global randomness."""

    def __call__(self, config: Any, seed: int = 0, names: Collection[str] = ()) -> Networks:
        """Build.

        Args:
            config: the section `model` of a recipe.
            seed: of the initial weights.
            names: of the networks that are wanted; empty: all.

        Returns:
            Networks by name, on the CPU.
        """


class Batching(Protocol):
    """Makes what a training sees of a data set."""

    def __call__(
        self, recipe: Any, dataset: StyleDataset, device: torch.device, split: str = "train"
    ) -> Batches:
        """From a step's number to its batch, a function of seed and step alone.

        Args:
            recipe: with the settings of data and training.
            dataset: the whole set.
            device: where the batches are wanted.
            split: "train", or "valid" for sample sheets.
        """


@dataclass(frozen=True)
class Architecture:
    """All that is to be known of a kind of model.

    Attributes:
        title: what people call it.
        about: a sentence for the cards of its models.
        recipe: the class of its recipe; the folder that it is written in names the architecture.
        presets: names of the recipes that need no file.
        preset: makes one of these, from its name and a data set's.
        fit: a recipe for a data set, such as with its number of styles; raises ValueError where
            the set lacks what the recipe asks for, and says what to choose instead.
        styles: what a user can ask a model for, from its recipe and the styles of its data set.
        build: makes its networks.
        objective: makes networks and phases of a recipe.
        batches: makes what it is trained on.
        kept: names of the networks that are stored with a model, as far as it has them.
        needed: those that must fit where a training begins with the weights of a model; all others
            start anew where they have other shapes or are not stored.
        used: those that a use of the model needs.
        use: from these to what turns pictures into pictures, where the model does that:
            "generator" from `(N, 3, H, W)` and codes `(N, S)` to `(N, 3, H, W)`, with attributes
            `stride`, of which H and W are multiples, and `style_dim`, S; and as far as the model
            has them "mapping_network" from latents `(N, Z)` and styles `(N,)` to codes, and
            "style_encoder" from references and their styles to codes.
        sheet: from networks, a batch, the recipe and the names of styles to a sample sheet.
        grows: whether a recipe's model can begin as a larger one of an older recipe's, where shapes
            differ; and
        grow: makes it so, from its networks, those of the older one that are `used`, and those of
            further models, and says which networks start with weights of theirs;
        beside: names or folders of these further models, by the recipe.
        nearest: for styles that a model does not know, the number of the one whose results look
            most like them, from the networks that are `used`, their recipe, a data set and names in
            it; None: such a model cannot learn other styles.
        tune: from a model's recipe to the short one by which it learns other styles.
        validate: from averaged networks, a batch that is not trained on and the recipe to what is
            to become small; a recipe with patience ends a training by it.
        note: for the cards of its models: what is kept, what to know.
        draws: whether it makes many results of one picture in one style.
        widen: lets draws of a style differ more, by a factor; changes networks in place.
        needs_reference: whether it takes its style from a picture alone.
        judged: facts that are measured at the end of a training and stored with the model.
    """

    title: str
    about: str
    recipe: type[Recipe]
    presets: tuple[str, ...]
    preset: Callable[[str, str], Recipe]
    fit: Callable[[Any, StyleDataset], Recipe]
    styles: Callable[[Any, tuple[str, ...]], tuple[str, ...]]
    build: Building
    objective: Callable[[Any], Objective]
    batches: Batching
    kept: tuple[str, ...]
    needed: tuple[str, ...]
    used: tuple[str, ...]
    use: Callable[[Networks], Networks] | None = None
    sheet: Callable[[Networks, Any, Any, tuple[str, ...]], list[Column]] | None = None
    grows: Callable[[Any, Any], bool] | None = None
    grow: Callable[..., set[str]] | None = None
    beside: Callable[[Any], tuple[str, ...]] = lambda recipe: ()
    nearest: Callable[[Networks, Any, StyleDataset, Sequence[str]], dict[str, int]] | None = None
    tune: Callable[[Any], Recipe] | None = None
    validate: Callable[[Networks, Any, Any], Tensor] | None = None
    note: str = ""
    draws: bool = False
    widen: Callable[[Networks, float], None] | None = None
    needs_reference: bool = False
    judged: Callable[[Networks, Any, StyleDataset], dict[str, Any]] | None = None

    def check_use(self) -> None:
        """Refuse a model that turns no pictures into pictures."""
        if self.use is None:
            raise ValueError(
                f"a {self.title} restyles no pictures; name a model that does, such as emoji64"
            )

    def check_draws(self, what: str) -> None:
        """Refuse a model that draws no styles where something lets people draw them.

        Args:
            what: the thing, for people.
        """
        if not self.draws:
            raise ValueError(
                f"{what} lets people draw styles, and {self.title} draws none; "
                "gan-lessons restyle and gan-lessons export --format onnx take such a model"
            )

    def check_asked(self, count: int, referenced: bool) -> None:
        """Refuse what a model of this kind does not do.

        Args:
            count: results of each style and picture that are wanted.
            referenced: whether there is a picture to take the style from.

        Raises:
            ValueError: saying what to ask for instead.
        """
        if count > 1 and not self.draws:
            raise ValueError(f"{self.title} gives one result of a picture; leave out the count")
        if self.needs_reference and not referenced:
            raise ValueError(
                f"{self.title} takes its style from a picture; give it as the reference"
            )
        if referenced and not self.needs_reference and not self.draws:
            raise ValueError(f"{self.title} knows one style alone; leave out the reference")


def architecture(name: str) -> Architecture:
    """What a model's folder says of it.

    Args:
        name: of the folder.

    Raises:
        ValueError: if there is no such model.
    """
    if name not in names():
        raise ValueError(f"no architecture {name!r}; they are {', '.join(names())}")
    return import_module(f"gan_lessons.models.{name}").ARCHITECTURE


def all_styles(recipe: Recipe, styles: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the data set: what a model of many styles can be asked for."""
    return styles


def alike(step: int) -> Hashable:
    """The kind of a phase whose terms take nothing from the step's number: one for all."""
    return ()
